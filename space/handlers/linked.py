"""Linking words with the face: seconds of work, told as it goes, that a visitor can stop."""

import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import gradio as gr

import explain
from explain import Result
from explain.methods import Progress
from mfclip import Detector, Verdict
from space.components.linked import linked_view
from space.components.markup import notice, quiet
from space.components.work_line import about, bar_line, ended_line
from space.handlers.working import Visit
from space.session import Choice, Session
from space.text import speaking, words
from space.text.toolkit import spoken

SETTINGS: dict[str, Any] = {"cells": 7, "steps": 8, "limit": 8}
"""Of `pairs`: 8 points on the path of the face and 16 on those of the texts, and none added. On three bundled examples
the table added up to within 0.3 to 4 %; the page tells the gap."""


class Linking:
    """The handlers of the linked views, with the detector they ask."""

    def __init__(self, detector: Detector) -> None:
        self.detector = detector

    def linked(self, visit: Visit, session: Session, code: Any) -> Iterator[list[Any]]:
        """Link the words of all descriptions with the face: progress, view, and the verdict that the view is of.

        code: of the `Choice` in the editor, whose description is shown first.
        """
        verdict = session.now
        if verdict is None:
            with speaking(session.language):
                yield [notice(session.no_verdict(words.NOT_EXPLAINED)), gr.skip(), gr.skip()]
            return
        started = time.monotonic()
        work = visit.begin("linked", verdict, partial(self._pairs, verdict))
        yield ["", gr.skip(), gr.skip()]
        for step in work.steps():
            with speaking(session.language):
                line = working_line(step.done / step.of, step.left)
            yield [line, gr.skip(), gr.skip()]
        if work.stopped:
            yield [self.stopped(visit, session), gr.skip(), gr.skip()]
        if work.left:
            return
        with speaking(session.language):
            try:
                result = work.outcome()
            except ValueError as error:
                yield [notice(spoken(str(error))), gr.skip(), gr.skip()]
                return
            seconds = time.monotonic() - started
            chosen = Choice.of(int(code)).key if isinstance(code, int | float) else -1
            view = linked_view(result, verdict, session.rows, chosen, session.theme)
            yield [ended_line(words.LINKED_DONE.format(seconds=f"{seconds:.1f}")), view, verdict]

    def stopped(self, visit: Visit, session: Session) -> str:
        """The visitor stopped the work: HTML that says so."""
        visit.stop("linked")
        with speaking(session.language):
            return ended_line(words.LINKED_STOPPED)

    def _pairs(self, verdict: Verdict, progress: Progress) -> Result:
        return explain.explain(self.detector, verdict, "pairs", progress=progress, **SETTINGS)


def cleared(session: Session, shown: Verdict | None) -> list[Any]:
    """Progress, view, and the verdict it is of, where another verdict stands. shown: the one that the view was of."""
    with speaking(session.language):
        return ["", quiet(words.LINKED_EMPTY if shown is None else words.LINKED_STALE), None]


def working_line(share: float, left: float | None) -> str:
    """HTML: a share of the work, 0..1, is done; left: about how many seconds the rest takes, None where unknown."""
    rest = "" if left is None else words.LINKED_LEFT.format(seconds=about(left))
    return bar_line(words.LINKED_WORKING.format(share=f"{100 * share:.0f} %", left=rest), share)
