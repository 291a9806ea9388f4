"""The laboratory of descriptions, and its words linked with the face."""

from typing import Any

from space.handlers.explaining import Explaining
from space.handlers.lab import Lab
from space.handlers.linked import Linking
from space.page.turns import EXPLAINING, ONE_AT_A_TIME, PRIVATE
from space.page.verdict import explain_after
from space.tabs import Tabs, language


def wire_lab(opened: Any, tabs: Tabs, handlers: Lab, linking: Linking, explaining: Explaining) -> None:
    """opened: the event after which a page has its session."""
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
    told = opened.then(handlers.open_link, [state, share.parcel], changed, js=language.OPENED, **turn)
    explain_after(tabs, explaining, told)
    wire_linked(tabs, linking)


def wire_linked(tabs: Tabs, linking: Linking) -> None:
    view, state = tabs.lab.linked, tabs.state
    given = [tabs.visit, state, tabs.lab.key]
    run = view.run.click(linking.linked, given, view.outputs, **PRIVATE, **EXPLAINING)
    view.stop.click(
        linking.stopped, [tabs.visit, state], view.progress, cancels=[run], queue=False, **PRIVATE
    )
