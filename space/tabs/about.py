"""The verdict as data, and what this page is."""

from dataclasses import dataclass

import gradio as gr

from space.components.headings import heading
from space.text import words


@dataclass(frozen=True)
class AboutTab:
    """The verdict as JSON and the button that asks for it."""

    show: gr.Button
    json: gr.JSON


def draw() -> AboutTab:
    """Draw the section."""
    heading("about")
    gr.Markdown(words.ABOUT, elem_id="mf-about")
    with gr.Accordion(words.JSON_OPEN, open=False, elem_id="mf-json-open"):
        gr.Markdown(words.JSON_LEAD)
        show = gr.Button(words.JSON_BUTTON, size="sm", elem_id="mf-json-button")
        content = gr.JSON(label=words.JSON_LABEL, elem_id="mf-json")
    return AboutTab(show, content)
