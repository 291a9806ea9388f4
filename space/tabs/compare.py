"""One photo beside another: what it is compared with, and both verdicts under one scale."""

from dataclasses import dataclass

import gradio as gr

from space.components.face_image import face_image
from space.components.headings import lead
from space.components.markup import quiet
from space.text import words

FIRST = "jpeg"
QUALITY = (30, 95, 60)
"""Lowest and highest JPEG quality of the copy, and the one to begin with."""


@dataclass(frozen=True)
class CompareTab:
    """Controls and outputs. kind: what is compared with; photo, cropped: the other photo; quality: of the copy."""

    kind: gr.Radio
    photo: gr.Image
    cropped: gr.Checkbox
    quality: gr.Slider
    run: gr.Button
    stop: gr.Button
    progress: gr.HTML
    said: gr.HTML
    cards: gr.HTML
    ledger: gr.HTML
    maps: gr.HTML

    @property
    def settings(self) -> list[gr.components.Component]:
        """What the handler is asked with after session and photo, in the order of its arguments."""
        return [self.kind, self.photo, self.cropped, self.quality]

    @property
    def controls(self) -> list[gr.components.Component]:
        """What the choice of kind shows and hides, in the order of `handlers.compare.controls`."""
        return [self.photo, self.cropped, self.quality]

    @property
    def outputs(self) -> list[gr.components.Component]:
        """What a comparison fills, in the order of its handler's values."""
        return [self.progress, self.said, self.cards, self.ledger, self.maps]


def draw() -> CompareTab:
    """Draw the section, nothing compared yet."""
    lead(words.COMPARE_LEAD)
    with gr.Row(equal_height=False, elem_classes="mf-split"):
        with gr.Column(scale=5, min_width=300):
            kind = gr.Radio(
                list(words.COMPARE_CHOICES), value=FIRST, label=words.COMPARE_OF, elem_id="mf-compare-kind"
            )
            low, high, first = QUALITY
            quality = gr.Slider(
                low, high, value=first, step=5, label=words.COMPARE_QUALITY, elem_id="mf-compare-quality"
            )
            photo = face_image(
                format="png",
                label=words.COMPARE_PHOTO,
                show_label=False,
                alt_text=words.COMPARE_PHOTO_ALT,
                placeholder=words.PHOTO_PLACEHOLDER,
                sources=["upload", "clipboard"],
                buttons=[],
                height=240,
                visible=False,
                elem_id="mf-compare-photo",
            )
            cropped = gr.Checkbox(
                label=words.CROPPED,
                info=words.CROPPED_INFO,
                container=False,
                visible=False,
                elem_id="mf-compare-cropped",
            )
            with gr.Row(elem_classes="mf-buttons"):
                run = gr.Button(words.COMPARE_RUN, variant="primary", size="sm", elem_id="mf-compare-run")
                stop = gr.Button(words.COMPARE_STOP, size="sm", elem_id="mf-compare-stop")
            progress = gr.HTML("", elem_id="mf-compare-progress")
        with gr.Column(scale=7, min_width=300):
            cards = gr.HTML(quiet(words.COMPARE_EMPTY), elem_id="mf-compare-cards")
    said = gr.HTML("", elem_id="mf-compare-said")
    ledger = gr.HTML("", elem_id="mf-compare-ledger")
    maps = gr.HTML("", elem_id="mf-compare-maps")
    return CompareTab(kind, photo, cropped, quality, run, stop, progress, said, cards, ledger, maps)
