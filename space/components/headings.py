"""Headings of sections and their one sentence of lead."""

import gradio as gr

from space.components.markup import text
from space.text import words


def heading(name: str, lead: str = "") -> gr.HTML:
    """The heading of a section of words.SECTIONS, which the links in the header jump to."""
    said = f'<p class="mf-lead">{text(lead)}</p>' if lead else ""
    return gr.HTML(f'<h2 id="{name}" class="mf-h2">{text(words.SECTIONS[name])}</h2>{said}')


def header() -> gr.HTML:
    """The page's title, what it is for, and links to its sections."""
    links = "".join(f'<a href="#{name}">{text(title)}</a>' for name, title in words.SECTIONS.items())
    return gr.HTML(
        f'<header class="mf-header"><p class="mf-brand">{text(words.TITLE)}</p><h1>{text(words.LEAD)}</h1>'
        f'<p class="mf-intro">{text(words.INTRO)}</p>'
        f'<nav aria-label="{text(words.NAVIGATION)}">{links}</nav></header>'
    )
