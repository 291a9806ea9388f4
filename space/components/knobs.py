"""Controls made from the knobs that methods describe as data."""

from collections.abc import Mapping, Sequence
from typing import Any

import gradio as gr

from explain import METHODS
from explain.methods import Knob
from space.text import words
from space.text.toolkit import spoken

NONE: Mapping[str, Any] = {}

HIDDEN = ("batch", "limit", "seed")
"""Knobs of speed and repetition, which no visitor of a page needs."""


def knobs_of(method: str) -> tuple[Knob, ...]:
    """The knobs of a method that the page offers."""
    return tuple(knob for knob in METHODS[method].knobs if knob.name not in HIDDEN)


def control(
    knob: Knob, name: str, choices: Sequence[Any] = (), settings: Mapping[str, Any] = NONE
) -> gr.components.Component:
    """The component of one knob. name: its elem_id. choices: for a choice that only the model knows. settings: what
    the page begins with where that is not the knob's default."""
    first = settings.get(knob.name, knob.default)
    told = {"label": words.KNOB_NAMES.get(knob.name, knob.name), "info": spoken(knob.help), "elem_id": name}
    if knob.kind == "choice":
        offered = [(spoken(str(choice)), choice) for choice in (knob.choices or choices)]
        return gr.Dropdown(offered, value=first, filterable=False, **told)
    if knob.kind == "switch":
        return gr.Checkbox(value=first, **told)
    if knob.kind in ("integer", "number") and knob.low is not None and knob.high is not None:
        step = 1 if knob.kind == "integer" else 0.05
        return gr.Slider(knob.low, min(knob.high, 256), value=first, step=step, **told)
    return gr.Textbox(value=str(first), **told)


def settings_of(method: str, values: Mapping[tuple[str, str], Any]) -> dict[str, Any]:
    """The settings of a method among the values of all controls, by (method, knob)."""
    return {knob.name: values[method, knob.name] for knob in knobs_of(method)}
