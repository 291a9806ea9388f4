"""Headings of sections and their one sentence of lead."""

import gradio as gr

from space.components.markup import text
from space.text import words


def heading(name: str, lead: str = "") -> gr.HTML:
    """The heading of a section of words.SECTIONS."""
    said = f'<p class="mf-lead">{text(lead)}</p>' if lead else ""
    return gr.HTML(f'<h2 id="{name}" class="mf-h2">{text(words.SECTIONS[name])}</h2>{said}')


def header() -> gr.HTML:
    """The page's title, and what it is for."""
    return gr.HTML(
        f'<header class="mf-header"><p class="mf-brand">{text(words.TITLE)}</p><h1>{text(words.LEAD)}</h1>'
        f'<p class="mf-intro">{text(words.INTRO)}</p></header>'
    )


def lead(sentence: str) -> gr.HTML:
    """One sentence that says what follows."""
    return gr.HTML(f'<p class="mf-lead">{text(sentence)}</p>')
