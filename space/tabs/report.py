"""Downloads of what is shown, and the hidden fields that carry them."""

from dataclasses import dataclass

import gradio as gr

from space.components.headings import lead
from space.text import words


@dataclass(frozen=True)
class ReportTab:
    """Buttons, and content, name and media type of the file on its way to the browser."""

    face: gr.Checkbox
    html: gr.Button
    json: gr.Button
    file: tuple[gr.Textbox, gr.Textbox, gr.Textbox]


def draw() -> ReportTab:
    """Draw the section."""
    lead(words.REPORT_LEAD)
    face = gr.Checkbox(
        label=words.REPORT_FACE, info=words.REPORT_FACE_INFO, container=False, elem_id="mf-report-face"
    )
    with gr.Row(elem_classes="mf-buttons"):
        html = gr.Button(words.REPORT_HTML, size="sm", elem_id="mf-report-html")
        json = gr.Button(words.REPORT_JSON, size="sm", elem_id="mf-report-json")
    content, name, kind = (gr.Textbox(visible=False) for _ in range(3))
    return ReportTab(face, html, json, (content, name, kind))
