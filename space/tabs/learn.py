"""The guided lesson: one card, one step at a time."""

from dataclasses import dataclass

import gradio as gr

from space.components.lesson_card import LEARN
from space.components.markup import text
from space.text import words


@dataclass(frozen=True)
class LearnTab:
    """The lesson's card; its event `turn` carries `step`, the number of the step asked for, from 1."""

    card: gr.HTML


def draw(card: str) -> LearnTab:
    """Draw the lesson; card: HTML of its first step."""
    gr.HTML(f'<p class="mf-lead">{text(words.LESSON_LEAD)}</p>', elem_id="mf-learn-lead")
    return LearnTab(gr.HTML(card, js_on_load=LEARN, elem_id="mf-learn"))
