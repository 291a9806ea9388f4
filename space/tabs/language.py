"""The language lab: choose a description, edit it, see what that does."""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from mfclip.prompts import MAX_CHARACTERS
from space.components.descriptions import CHOOSE
from space.components.headings import heading, lead
from space.components.markup import text
from space.session import Row
from space.text import words


@dataclass(frozen=True)
class LanguageTab:
    """The list of descriptions, the editor of one of them, and the effect. key: which row is in the editor."""

    rows: gr.HTML
    key: gr.Number
    side: gr.Radio
    sentences: tuple[gr.Textbox, ...]
    tokens: gr.HTML
    apply: gr.Button
    add: gr.Button
    remove: gr.Button
    reset: gr.Button
    change: gr.HTML
    bars: gr.Plot
    shares: gr.Plot
    remarks: gr.HTML

    @property
    def outputs(self) -> list[gr.components.Component]:
        """What an explanation fills, in the order of its handler's values."""
        return [self.shares, self.remarks]

    @property
    def editor(self) -> tuple[gr.components.Component, ...]:
        """What is typed in, in the order of the handlers' arguments: key, side, four sentences."""
        return (self.key, self.side, *self.sentences)


def draw(rows: str, chosen: Row, tokens: str, change: str, bars: Any, first: list[Any]) -> LanguageTab:
    """Draw the lab; chosen: the row in the editor, first: the values of `outputs`, the others as they look at first."""
    heading("lab", words.LAB_LEAD)
    with gr.Row(equal_height=False, elem_classes="mf-split"):
        with gr.Column(scale=7, min_width=300):
            list_html = gr.HTML(rows, js_on_load=CHOOSE, elem_id="mf-descriptions")
            with gr.Row(elem_classes="mf-buttons"):
                add = gr.Button(words.ADD, size="sm", elem_id="mf-add")
                reset = gr.Button(words.RESET, size="sm", elem_id="mf-reset")
        with gr.Column(scale=5, min_width=300, elem_classes="mf-editor"):
            gr.HTML(f'<p class="mf-label">{text(words.EDITOR)}</p>')
            key = gr.Number(chosen.key, precision=0, visible="hidden", elem_id="mf-key")
            side = gr.Radio(
                list(words.SIDE_CHOICES),
                value="fake" if chosen.fake else "real",
                label=words.SIDE,
                elem_id="mf-side",
            )
            sentences = tuple(
                gr.Textbox(
                    sentence,
                    label=label,
                    lines=1,
                    max_lines=4,
                    max_length=MAX_CHARACTERS,
                    elem_id=f"mf-sentence-{i}",
                )
                for i, (label, sentence) in enumerate(
                    zip(words.LEVEL_LABELS, chosen.sentences, strict=True), start=1
                )
            )
            tokens_html = gr.HTML(tokens, elem_id="mf-tokens")
            with gr.Row(elem_classes="mf-buttons"):
                apply = gr.Button(words.APPLY, variant="primary", size="sm", elem_id="mf-apply")
                remove = gr.Button(words.REMOVE, size="sm", elem_id="mf-remove")
            gr.HTML(f'<p class="mf-label mf-gap">{text(words.CHANGE)}</p>')
            change_html = gr.HTML(change, elem_id="mf-change")
    gr.HTML(f'<p class="mf-label mf-gap">{text(words.BARS_LEAD)}</p>')
    plot = gr.Plot(bars, label=words.BARS_LEAD, show_label=False, container=False, elem_id="mf-bars")
    lead(words.WORDS_LEAD)
    shares = gr.Plot(
        first[0], label=words.WORDS_FIGURE, show_label=False, container=False, elem_id="mf-words-figure"
    )
    remarks = gr.HTML(first[1], elem_id="mf-words-remarks")
    return LanguageTab(
        list_html,
        key,
        side,
        sentences,
        tokens_html,
        apply,
        add,
        remove,
        reset,
        change_html,
        plot,
        shares,
        remarks,
    )
