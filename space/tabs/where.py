"""Where on the face: a map, its method, and the controls made from the method's knobs."""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from space.components import knobs
from space.components.headings import lead
from space.components.map_view import READ
from space.explained import SETTINGS
from space.text import words

METHODS = ("occlusion", "pixels", "grid", "attention")
"""Methods that give a map over the face, those with the best receipts first."""

FIRST = METHODS[0]


@dataclass(frozen=True)
class WhereTab:
    """Controls and outputs. groups: one a method, only the chosen one is seen. controls: by (method, knob)."""

    method: gr.Radio
    groups: dict[str, gr.Column]
    controls: dict[tuple[str, str], gr.components.Component]
    smooth: gr.Checkbox
    own: gr.Checkbox
    run: gr.Button
    stop: gr.Button
    progress: gr.HTML
    view: gr.HTML
    mixing: gr.Plot
    remarks: gr.HTML

    @property
    def settings(self) -> list[gr.components.Component]:
        """What a map is drawn with, in the order of the handler's arguments: method, looks, then every knob."""
        return [self.method, *self.looks, *self.controls.values()]

    @property
    def looks(self) -> list[gr.Checkbox]:
        """How a map is looked at: smooth, on its own scale."""
        return [self.smooth, self.own]

    @property
    def outputs(self) -> list[gr.components.Component]:
        """What an explanation fills, in the order of its handler's values."""
        return [self.view, self.mixing, self.remarks]


def draw(layers: tuple[str, ...], first: list[Any]) -> WhereTab:
    """Draw the section. layers: those of the image stream; first: the values of `outputs`, for a signed map."""
    lead(words.WHERE_LEAD)
    with gr.Row(equal_height=False, elem_classes="mf-split"):
        with gr.Column(scale=7, min_width=300):
            view = gr.HTML(first[0], js_on_load=READ, elem_id="mf-where-view")
            mixing = gr.Plot(
                label=words.MAP_FIGURE, show_label=False, container=False, visible=False, elem_id="mf-mixing"
            )
            remarks = gr.HTML(first[2], elem_id="mf-where-remarks")
        with gr.Column(scale=5, min_width=300):
            method = gr.Radio(
                [(words.MAP_CHOICES[name], name) for name in METHODS],
                value=FIRST,
                label=words.MAP_METHOD,
                elem_id="mf-map-method",
            )
            groups, controls = {}, {}
            for name in METHODS:
                with gr.Column(
                    visible=name == FIRST, elem_id=f"mf-knobs-{name}", elem_classes="mf-knobs"
                ) as groups[name]:
                    for knob in knobs.knobs_of(name):
                        label = f"mf-knob-{name}-{knob.name}"
                        controls[name, knob.name] = knobs.control(knob, label, layers, SETTINGS.get(name, {}))
            smooth = gr.Checkbox(label=words.MAP_SMOOTH, container=False, elem_id="mf-smooth")
            own = gr.Checkbox(
                label=words.MAP_OWN, info=words.MAP_OWN_INFO, container=False, elem_id="mf-own-scale"
            )
            with gr.Row(elem_classes="mf-buttons"):
                run = gr.Button(words.MAP_RUN, variant="primary", size="sm", elem_id="mf-map-run")
                stop = gr.Button(words.MAP_STOP, size="sm", elem_id="mf-map-stop")
            progress = gr.HTML("", elem_id="mf-where-progress")
    return WhereTab(method, groups, controls, smooth, own, run, stop, progress, view, mixing, remarks)
