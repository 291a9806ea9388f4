"""A photo, a mode, a face or an example is chosen: the verdict, then its reasons as they come."""

from collections.abc import Iterator
from typing import Any

import gradio as gr

from mfclip import Verdict
from space.components.example_strip import FRAME
from space.explained import Explained
from space.handlers import learn as learning
from space.handlers import newer
from space.handlers.explaining import Explaining
from space.handlers.verdict import Judging
from space.handlers.working import Visit
from space.page.turns import EXPLAINING, ONE_AT_A_TIME, PRIVATE
from space.session import Session
from space.tabs import Tabs
from space.text import speaking

EARLIER = """() => {
  const cards = [...document.querySelectorAll('#mf-verdict .mf-card, #mf-cause .mf-cause')];
  clearTimeout(window.mfEarlier);
  window.mfEarlier = setTimeout(() => cards.forEach((card) => card.classList.add('mf-earlier')), 700);
}"""
"""Marks what stands there as the answer to the photo before: seen where the queue refuses the question, or it waits
long."""

ANSWERED = """() => {
  clearTimeout(window.mfEarlier);
  document.querySelectorAll('.mf-earlier').forEach((card) => card.classList.remove('mf-earlier'));
}"""
"""Takes the mark away. What is drawn anew has none, but an answer that reads as the one before is not drawn anew."""


def wire_verdict(tabs: Tabs, judging: Judging, explaining: Explaining) -> None:
    """Another photo, mode or face, or an example."""
    shown = tabs.photo
    looked = [tabs.state, *tabs.verdict, tabs.noise.face, tabs.noise.patch, shown.faces, shown.face]
    looked += [*tabs.reasons, *tabs.asked_for]
    given = [tabs.visit, tabs.lab.linked.shown, tabs.state, shown.photo, shown.cropped, tabs.lab.key]
    turn = {**PRIVATE, **ONE_AT_A_TIME}

    def look(visit: Visit, linked: Verdict | None, session: Session, *told: Any) -> Iterator[list[Any]]:
        visit.shows(None)  # what runs for the verdict before ends now, and not when the next one is there
        cleared = [*explaining.cleared(session), *newer.cleared(session.judged(None), linked)]
        for values in judging.look(session, *told):
            yield [*values, *cleared]
            cleared = [gr.skip()] * len(cleared)
        visit.shows(values[0].now)

    for change in (shown.photo.change, shown.cropped.input, shown.face.input):
        change(None, js=EARLIER, queue=False, **PRIVATE)
    shown.card.change(None, js=FRAME, queue=False, **PRIVATE)
    shown.examples.pick(judging.pick, None, [shown.photo, shown.cropped], queue=False, **PRIVATE)
    for event in (
        shown.photo.change(look, given, looked, **turn),
        shown.cropped.input(look, given, looked, **turn),
        shown.face.input(look, [*given, shown.face], looked, **turn),
    ):
        event.success(None, js=ANSWERED, queue=False, **PRIVATE)
        explain_after(tabs, explaining, event)


def explain_after(tabs: Tabs, explaining: Explaining, event: Any) -> None:
    """After an event that may have changed the verdict: what belonged to another goes, and the reasons come."""

    def reasons(
        visit: Visit, session: Session, explained: Explained, smooth: bool, own: bool
    ) -> Iterator[list[Any]]:
        yield from explaining.stages(visit, session, explained, (smooth, own))

    def lesson(session: Session) -> str:
        with speaking(session.language):
            return learning.show(explaining.detector, session, 1)

    event.then(lesson, tabs.state, tabs.learn.card, queue=False, **PRIVATE)
    settled = event.then(
        newer.settled,
        [tabs.visit, tabs.state, tabs.lab.linked.shown],
        tabs.asked_for,
        queue=False,
        trigger_mode="always_last",
        **PRIVATE,
    )
    settled.then(
        reasons,
        [tabs.visit, tabs.state, tabs.explained, *tabs.where.looks],
        tabs.reasons,
        trigger_mode="always_last",
        **PRIVATE,
        **EXPLAINING,
    )
