"""The laboratory of descriptions, and its words linked with the face."""

from collections.abc import Iterator
from typing import Any

import gradio as gr

from space.explained import ORDER
from space.handlers.explaining import Explaining
from space.handlers.lab import Lab
from space.handlers.linked import Linking
from space.page.turns import EXPLAINING, ONE_AT_A_TIME, PRIVATE
from space.page.verdict import explain_after
from space.session import Session
from space.tabs import Tabs, language


def wire_lab(blocks: gr.Blocks, tabs: Tabs, handlers: Lab, linking: Linking, explaining: Explaining) -> None:
    lab, state, verdict = tabs.lab, tabs.state, tabs.verdict
    turn = {**PRIVATE, **ONE_AT_A_TIME}
    commits = [lab.apply.click, lab.side.input]
    commits += [event for box in lab.sentences for event in (box.submit, box.blur)]
    for commit in commits:
        # "multiple": leaving two fields in quick succession must not lose the second
        edited = commit(
            handlers.edit,
            [state, *lab.editor],
            [state, *verdict, lab.scope, lab.tokens, *lab.history],
            trigger_mode="multiple",
            **turn,
        )
        explain_after(tabs, explaining, edited)
    lab.rows.choose(handlers.choose, state, [lab.rows, *lab.chosen], trigger_mode="always_last", **turn)
    changed = [state, *verdict, *lab.chosen, *lab.history]
    here = [state, lab.key]
    share, wordings = lab.sharing, lab.wordings
    for event in (
        lab.add.click(handlers.add, state, changed, **turn),
        lab.remove.click(handlers.remove, here, changed, **turn),
        wordings.reset.click(handlers.reset, state, changed, **turn),
        wordings.everyday.click(handlers.everyday, state, changed, **turn),
        wordings.nonsense.click(handlers.nonsense, state, changed, **turn),
        lab.undo.click(handlers.undo, here, changed, **turn),
        lab.redo.click(handlers.redo, here, changed, **turn),
        lab.rows.undo(handlers.undo, here, changed, **turn),
        lab.rows.redo(handlers.redo, here, changed, **turn),
        share.given.upload(handlers.open_file, [state, share.given], changed, **turn),
    ):
        explain_after(tabs, explaining, event)
    saved = share.export.click(handlers.export, state, share.parcel, queue=False, **PRIVATE)
    saved.then(None, [share.parcel, share.name], None, js=language.SAVE, **PRIVATE)
    linked = share.make.click(handlers.link, state, [share.parcel, lab.note], queue=False, **PRIVATE)
    linked.then(None, share.parcel, share.link, js=language.SHARE, **PRIVATE)
    opened = blocks.load(
        handlers.open_link, [state, share.parcel], [*changed, share.opened], js=language.OPENED, **turn
    )

    def reasons(opened: bool, session: Session, smooth: bool, own: bool) -> Iterator[list[Any]]:
        if opened:
            yield from explaining.stages(session, (smooth, own), ORDER)
        else:  # a generator that gives nothing would empty what it is wired to
            yield [gr.skip()] * len(tabs.reasons)

    asked = [share.opened, state, *tabs.where.looks]
    opened.then(reasons, asked, tabs.reasons, **PRIVATE, **EXPLAINING)
    wire_linked(tabs, linking)


def wire_linked(tabs: Tabs, linking: Linking) -> None:
    view, state = tabs.lab.linked, tabs.state
    run = view.run.click(linking.linked, [state, tabs.lab.key], view.outputs, **PRIVATE, **EXPLAINING)
    view.stop.click(linking.stopped, state, view.progress, cancels=[run], queue=False, **PRIVATE)
    tabs.photo.card.change(
        linking.forget, [state, view.shown], view.outputs, cancels=[run], queue=False, **PRIVATE
    )
