"""Receipts, the sweep, the comparison, and the lesson."""

from functools import partial
from typing import Any

import gradio as gr

from mfclip import Detector
from space.handlers import compare as comparing
from space.handlers import learn as learning
from space.handlers import trust as trusting
from space.handlers.explaining import Explaining
from space.page.turns import EXPLAINING, PRIVATE
from space.session import Session
from space.tabs import Tabs
from space.text import speaking


def wire_trust(tabs: Tabs, detector: Detector, explaining: Explaining, pace: float) -> None:
    """Receipts, the sweep, the comparison, and the lesson. pace: as `handlers.trust.pace_of` gives it."""
    view, other, state = tabs.trust, tabs.compare, tabs.state
    tested: list[Any] = [
        button.click(
            partial(trusting.check, detector, full=full, pace=pace),
            [tabs.visit, state, tabs.explained, view.place],
            [tabs.explained, *view.checked],
            **PRIVATE,
            **EXPLAINING,
        )
        for button, full in ((view.check, False), (view.check_full, True))
    ]
    for checked in tested:
        checked.then(  # a map whose receipt fails is grey from now on
            lambda session, explained, *looks: explaining.redrawn(session, explained, looks),
            [state, tabs.explained, *tabs.where.looks],
            tabs.sections,
            **PRIVATE,
        )
    kept = [state, tabs.explained, view.place]
    view.place.input(trusting.shown, kept, view.checked, queue=False, **PRIVATE)
    view.place.input(partial(trusting.expected, pace=pace), kept, view.expected, queue=False, **PRIVATE)
    swept: Any = view.sweep.click(
        partial(trusting.sweep, detector),
        [tabs.visit, state, tabs.photo.photo, view.kind],
        view.swept,
        **PRIVATE,
        **EXPLAINING,
    )
    compared: Any = other.run.click(
        partial(comparing.compare, detector),
        [tabs.visit, state, tabs.explained, tabs.photo.photo, *other.settings],
        other.outputs,
        **PRIVATE,
        **EXPLAINING,
    )
    other.kind.change(comparing.controls, other.kind, other.controls, queue=False, **PRIVATE)
    for name, button, line, events in (
        ("receipt", view.check_stop, view.check_progress, tested),
        ("sweep", view.sweep_stop, view.sweep_progress, [swept]),
        ("compare", other.stop, other.progress, [compared]),
    ):
        stopped = partial(trusting.stopped, name)
        button.click(stopped, [tabs.visit, state], line, cancels=events, queue=False, **PRIVATE)

    def turn(session: Session, event: gr.EventData) -> str:
        with speaking(session.language):
            return learning.show(detector, session, learning.number_of(event.step))

    tabs.learn.card.turn(turn, state, tabs.learn.card, **PRIVATE, **EXPLAINING)
