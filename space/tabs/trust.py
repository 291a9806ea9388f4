"""Whether to believe it: the receipt of an explanation, the verdict under changes of the photo, and the base rate."""

from dataclasses import dataclass

import gradio as gr

from mfclip.rates import Rates
from space.components.base_rate import SLIDE, base_rate
from space.components.headings import lead
from space.components.markup import quiet, text
from space.components.sweep_card import sweep_card
from space.text import words


@dataclass(frozen=True)
class TrustTab:
    """Controls and outputs. place: whose receipt; kind: how the photo is changed."""

    place: gr.Radio
    check: gr.Button
    check_full: gr.Button
    check_stop: gr.Button
    check_progress: gr.HTML
    expected: gr.HTML
    receipt: gr.HTML
    curves: gr.Plot
    kind: gr.Radio
    sweep: gr.Button
    sweep_stop: gr.Button
    sweep_progress: gr.HTML
    curve: gr.Plot
    said: gr.HTML
    base_rate: gr.HTML

    @property
    def checked(self) -> list[gr.components.Component]:
        """What a receipt fills, in the order of its handler's values."""
        return [self.check_progress, self.receipt, self.curves]

    @property
    def swept(self) -> list[gr.components.Component]:
        """What a sweep fills, in the order of its handler's values."""
        return [self.sweep_progress, self.curve, self.said]

    @property
    def outputs(self) -> list[gr.components.Component]:
        """What another verdict empties, in the order of `handlers.trust.cleared`."""
        return [*self.checked, *self.swept]


def draw(rates: Rates | None, expected: str) -> TrustTab:
    """Draw the section. rates: what an alarm of this checkpoint is worth, None where it was not measured. expected:
    HTML of what the full test is and how long it takes."""
    subheading(words.RECEIPT_TITLE)
    lead(words.RECEIPT_LEAD)
    place = gr.Radio(
        list(words.RECEIPT_CHOICES),
        value=words.RECEIPT_CHOICES[0][1],
        label=words.RECEIPT_OF,
        elem_id="mf-trust-place",
    )
    with gr.Row(elem_classes="mf-buttons"):
        check = gr.Button(words.RECEIPT_RUN, variant="primary", size="sm", elem_id="mf-trust-check")
        check_full = gr.Button(words.RECEIPT_RUN_FULL, size="sm", elem_id="mf-trust-check-full")
        check_stop = gr.Button(words.RECEIPT_STOP, size="sm", elem_id="mf-trust-check-stop")
    expected_html = gr.HTML(expected, elem_id="mf-trust-expected")
    check_progress = gr.HTML("", elem_id="mf-trust-check-progress")
    with gr.Row(equal_height=False, elem_classes="mf-split"):
        with gr.Column(scale=7, min_width=300):
            receipt = gr.HTML(quiet(words.RECEIPT_EMPTY), elem_id="mf-trust-receipt")
        with gr.Column(scale=5, min_width=300):
            curves = gr.Plot(
                label=words.RECEIPT_FIGURE, show_label=False, container=False, elem_id="mf-trust-curves"
            )
    subheading(words.SWEEP_TITLE)
    lead(words.SWEEP_LEAD)
    kind = gr.Radio(
        list(words.SWEEP_CHOICES),
        value=words.SWEEP_CHOICES[0][1],
        label=words.SWEEP_OF,
        elem_id="mf-trust-kind",
    )
    with gr.Row(elem_classes="mf-buttons"):
        sweep = gr.Button(words.SWEEP_RUN, variant="primary", size="sm", elem_id="mf-trust-sweep")
        sweep_stop = gr.Button(words.SWEEP_STOP, size="sm", elem_id="mf-trust-sweep-stop")
    sweep_progress = gr.HTML("", elem_id="mf-trust-sweep-progress")
    said = gr.HTML(sweep_card(None), elem_id="mf-trust-swept")
    curve = gr.Plot(label=words.SWEEP_FIGURE, show_label=False, container=False, elem_id="mf-trust-curve")
    subheading(words.BASE_TITLE)
    lead(words.BASE_LEAD)
    slider = gr.HTML(base_rate(rates), js_on_load=SLIDE, elem_id="mf-trust-base-rate")
    return TrustTab(
        place=place,
        check=check,
        check_full=check_full,
        check_stop=check_stop,
        check_progress=check_progress,
        expected=expected_html,
        receipt=receipt,
        curves=curves,
        kind=kind,
        sweep=sweep,
        sweep_stop=sweep_stop,
        sweep_progress=sweep_progress,
        curve=curve,
        said=said,
        base_rate=slider,
    )


def subheading(title: str) -> gr.HTML:
    """The heading of a part of the section."""
    return gr.HTML(f'<h3 class="mf-h3">{text(title)}</h3>')
