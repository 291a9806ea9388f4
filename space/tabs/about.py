"""The verdict as data, and what this page is."""

from dataclasses import dataclass

import gradio as gr

from space.components.about_card import split_about
from space.components.headings import heading
from space.text import words


@dataclass(frozen=True)
class AboutTab:
    """The verdict as JSON and the button that asks for it. opening, measured, closing: the page's account of itself."""

    show: gr.Button
    json: gr.JSON
    opening: gr.Markdown
    measured: gr.HTML
    closing: gr.Markdown


def draw(measured: str = "") -> AboutTab:
    """Draw the section; measured: HTML of `about_card` for the checkpoint in use."""
    heading("about")
    before, after = split_about(words.ABOUT)
    opening = gr.Markdown(before, elem_id="mf-about")
    card = gr.HTML(measured, elem_id="mf-about-checkpoint")
    closing = gr.Markdown(after, elem_id="mf-about-closing")
    with gr.Accordion(words.JSON_OPEN, open=False, elem_id="mf-json-open"):
        gr.Markdown(words.JSON_LEAD)
        show = gr.Button(words.JSON_BUTTON, size="sm", elem_id="mf-json-button")
        content = gr.JSON(label=words.JSON_LABEL, elem_id="mf-json")
    return AboutTab(show, content, opening, card, closing)
