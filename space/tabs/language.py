"""The section of words: the laboratory of descriptions, and the words linked with the face."""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from space.components.descriptions import CHOOSE
from space.components.download import HAND_OVER
from space.components.headings import heading, lead
from space.components.linked import LINK
from space.components.markup import quiet, text
from space.session import Row
from space.text import words

# Which row is chosen is the visitor's to say. An answer on its way when another row is pressed, as that to an edit of
# the row that was left, draws the list with the old one marked. The press stands until its own answer comes.
STAY = """
let pressed = null;
const codeIn = (part) => part.dataset.code ?? part.querySelector('input').value;
const inList = () => [...element.querySelectorAll('label, .mf-branch')];
const marked = () => element.querySelector('input:checked')?.value
  ?? element.querySelector('[aria-pressed=true]')?.dataset.code;
const note = (event) => {
  const part = event.target.closest('label, .mf-branch');
  if (!part || event.button || (event.type === 'click' && event.detail)) return;
  pressed = codeIn(part) === marked() && event.type !== 'change' ? null : codeIn(part);
};
for (const kind of ['pointerdown', 'click', 'change']) element.addEventListener(kind, note);
document.addEventListener('pointerdown', (event) => { if (!element.contains(event.target)) pressed = null; });
watch('value', () => {
  const stays = pressed !== null && marked() !== pressed && inList().some((part) => codeIn(part) === pressed);
  if (!stays) { pressed = null; return; }
  for (const part of inList()) {
    const chosen = codeIn(part) === pressed, input = part.querySelector('input');
    if (input) input.checked = chosen;
    else part.setAttribute('aria-pressed', String(chosen));
  }
});
"""

# What the browser does by itself: it saves a text as a file, makes a link of this page's address, and reads it.
SAVE = f"""(content, name) => {{
  const kind = 'application/json';
  {HAND_OVER}
}}"""
SHARE = """(code) => {
  if (!code) return '';
  const link = location.origin + location.pathname + location.search + '#prompts=' + code;
  if (navigator.clipboard) navigator.clipboard.writeText(link).catch(() => {});
  return link;
}"""
OPENED = (
    """(session, code) => [session, location.hash.startsWith('#prompts=') ? location.hash.slice(9) : '']"""
)


@dataclass(frozen=True)
class Wordings:
    """The buttons that reword all descriptions."""

    reset: gr.Button
    everyday: gr.Button
    nonsense: gr.Button


@dataclass(frozen=True)
class Sharing:
    """Descriptions as a file and as a link. parcel: what the browser is to save or to link, unseen. name: of the
    file."""

    export: gr.Button
    given: gr.UploadButton
    make: gr.Button
    link: gr.Textbox
    parcel: gr.Textbox
    name: gr.Textbox


@dataclass(frozen=True)
class LinkedViews:
    """Words and the face, linked. shown: the verdict that the view is of."""

    run: gr.Button
    stop: gr.Button
    progress: gr.HTML
    view: gr.HTML
    shown: gr.State

    @property
    def outputs(self) -> list[gr.components.Component]:
        """What is filled, in the order of the handlers' values."""
        return [self.progress, self.view, self.shown]


@dataclass(frozen=True)
class LanguageTab:
    """The tree of descriptions, the editor, the effect, and what can be done with all descriptions at once.

    key: the code of the `Choice` in the editor. scope: which descriptions an edit reaches.
    """

    rows: gr.HTML
    key: gr.Number
    side: gr.Radio
    sentences: tuple[gr.Textbox, ...]
    scope: gr.HTML
    tokens: gr.HTML
    apply: gr.Button
    add: gr.Button
    remove: gr.Button
    undo: gr.Button
    redo: gr.Button
    wordings: Wordings
    note: gr.HTML
    sharing: Sharing
    change: gr.HTML
    bars: gr.Plot
    linked: LinkedViews
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

    @property
    def chosen(self) -> list[gr.components.Component]:
        """What another choice fills, in the order of `Lab.editor`."""
        return [*self.editor, self.scope, self.tokens, self.remove]

    @property
    def history(self) -> list[gr.components.Component]:
        """What every edit fills at last: undo, redo and the note."""
        return [self.undo, self.redo, self.note]


def draw(rows: str, chosen: Row, tokens: str, change: str, bars: Any, first: list[Any]) -> LanguageTab:
    """Draw the lab; chosen: the row in the editor, first: the values of `outputs`, the others as they look at first."""
    heading("lab", words.LAB_LEAD)
    wordings = _wordings()
    note = gr.HTML("", elem_id="mf-lab-note")
    with gr.Row(equal_height=False, elem_classes="mf-split"):
        with gr.Column(scale=7, min_width=300):
            list_html = gr.HTML(rows, js_on_load=STAY + CHOOSE, elem_id="mf-descriptions")
            with gr.Row(elem_classes="mf-buttons"):
                add = gr.Button(words.ADD, size="sm", elem_id="mf-add")
                undo = gr.Button(words.UNDO, size="sm", interactive=False, elem_id="mf-undo")
                redo = gr.Button(words.REDO, size="sm", interactive=False, elem_id="mf-redo")
        with gr.Column(scale=5, min_width=300, elem_classes="mf-editor"):
            gr.HTML(f'<p class="mf-label">{text(words.EDITOR)}</p>')
            scope = gr.HTML(f'<p class="mf-small">{text(words.SCOPE_ROW)}</p>', elem_id="mf-scope")
            key, side, sentences = _fields(chosen)
            tokens_html = gr.HTML(tokens, elem_id="mf-tokens")
            with gr.Row(elem_classes="mf-buttons"):
                apply = gr.Button(words.APPLY, variant="primary", size="sm", elem_id="mf-apply")
                remove = gr.Button(words.REMOVE, size="sm", elem_id="mf-remove")
            gr.HTML(f'<p class="mf-label mf-gap">{text(words.CHANGE)}</p>')
            change_html = gr.HTML(change, elem_id="mf-change")
    sharing = _sharing()
    gr.HTML(f'<p class="mf-label mf-gap">{text(words.BARS_LEAD)}</p>')
    plot = gr.Plot(bars, label=words.BARS_LEAD, show_label=False, container=False, elem_id="mf-bars")
    lead(words.WORDS_LEAD)
    shares = gr.Plot(
        first[0], label=words.WORDS_FIGURE, show_label=False, container=False, elem_id="mf-words-figure"
    )
    remarks = gr.HTML(first[1], elem_id="mf-words-remarks")
    linked = _linked()
    return LanguageTab(
        rows=list_html,
        key=key,
        side=side,
        sentences=sentences,
        scope=scope,
        tokens=tokens_html,
        apply=apply,
        add=add,
        remove=remove,
        undo=undo,
        redo=redo,
        wordings=wordings,
        note=note,
        sharing=sharing,
        change=change_html,
        bars=plot,
        linked=linked,
        shares=shares,
        remarks=remarks,
    )


def _fields(chosen: Row) -> tuple[gr.Number, gr.Radio, tuple[gr.Textbox, ...]]:
    key = gr.Number(chosen.key, precision=0, visible="hidden", elem_id="mf-key")
    side = gr.Radio(
        list(words.SIDE_CHOICES),
        value="fake" if chosen.fake else "real",
        label=words.SIDE,
        elem_id="mf-side",
    )
    sentences = tuple(
        # No max_length: a browser would cut off what is pasted without a word.
        gr.Textbox(sentence, label=label, lines=1, max_lines=4, elem_id=f"mf-sentence-{number}")
        for number, (label, sentence) in enumerate(
            zip(words.LEVEL_LABELS, chosen.sentences, strict=True), start=1
        )
    )
    return key, side, sentences


def _wordings() -> Wordings:
    gr.HTML(
        f'<p class="mf-label">{text(words.WORDINGS)}</p><p class="mf-small">{text(words.WORDINGS_LEAD)}</p>'
    )
    with gr.Row(elem_classes="mf-buttons"):
        return Wordings(
            gr.Button(words.PUBLISHED, size="sm", elem_id="mf-reset"),
            gr.Button(words.EVERYDAY_BUTTON, size="sm", elem_id="mf-everyday"),
            gr.Button(words.NONSENSE_BUTTON, size="sm", elem_id="mf-nonsense"),
        )


def _sharing() -> Sharing:
    with gr.Accordion(words.SHARE_OPEN, open=False, elem_id="mf-share"):
        gr.HTML(f'<p class="mf-small">{text(words.SHARE_LEAD)}</p>')
        with gr.Row(elem_classes="mf-buttons"):
            export = gr.Button(words.EXPORT, size="sm", elem_id="mf-export")
            given = gr.UploadButton(
                words.IMPORT, file_types=[".json"], type="filepath", size="sm", elem_id="mf-import"
            )
            make = gr.Button(words.LINK, size="sm", elem_id="mf-link-make")
        link = gr.Textbox(
            label=words.LINK_FIELD,
            placeholder=words.LINK_PLACE,
            lines=1,
            max_lines=3,
            interactive=False,
            buttons=["copy"],
            elem_id="mf-link",
        )
    parcel = gr.Textbox(visible=False, label=words.EXPORT)
    name = gr.Textbox(words.EXPORT_NAME, visible=False, label=words.EXPORT)
    return Sharing(export, given, make, link, parcel, name)


def _linked() -> LinkedViews:
    gr.HTML(
        f'<h3 class="mf-h3">{text(words.LINKED_TITLE)}</h3><p class="mf-lead">{text(words.LINKED_LEAD)}</p>'
    )
    with gr.Row(elem_classes="mf-buttons"):
        run = gr.Button(words.LINKED_RUN, variant="primary", size="sm", elem_id="mf-linked-run")
        stop = gr.Button(words.LINKED_STOP, size="sm", elem_id="mf-linked-stop")
    progress = gr.HTML("", elem_id="mf-linked-progress")
    view = gr.HTML(quiet(words.LINKED_EMPTY), js_on_load=LINK, elem_id="mf-linked")
    return LinkedViews(run, stop, progress, view, gr.State(None))
