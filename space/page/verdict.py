"""A photo, a mode, a face or an example is chosen: the verdict, then its reasons as they come."""

from collections.abc import Iterator
from typing import Any

import gradio as gr

from space.explained import ORDER
from space.handlers import compare as comparing
from space.handlers import learn as learning
from space.handlers import trust as trusting
from space.handlers.explaining import Explaining
from space.handlers.verdict import Judging
from space.page.turns import EXPLAINING, ONE_AT_A_TIME, PRIVATE
from space.session import Session
from space.tabs import Tabs
from space.text import speaking


def wire_verdict(tabs: Tabs, judging: Judging, explaining: Explaining) -> None:
    shown = tabs.photo
    looked = [tabs.state, *tabs.verdict, tabs.noise.face, tabs.noise.patch, shown.faces, shown.face]
    looked += [*tabs.reasons, *tabs.trust.outputs, *tabs.compare.outputs]
    given = [tabs.state, shown.photo, shown.cropped, tabs.lab.key]
    turn = {**PRIVATE, **ONE_AT_A_TIME}

    def look(session: Session, *told: Any) -> Iterator[list[Any]]:
        cleared = explaining.cleared(session)
        cleared += [*trusting.cleared(session), *comparing.cleared(session)]
        for values in judging.look(session, *told):
            yield [*values, *cleared]
            cleared = [gr.skip()] * len(cleared)

    shown.examples.pick(judging.pick, None, [shown.photo, shown.cropped], queue=False, **PRIVATE)
    for event in (
        shown.photo.change(look, given, looked, **turn),
        shown.cropped.input(look, given, looked, **turn),
        shown.face.input(look, [*given, shown.face], looked, **turn),
    ):
        explain_after(tabs, explaining, event)


def explain_after(tabs: Tabs, explaining: Explaining, event: Any) -> None:
    """After an event: the reasons of the verdict it led to, as they come."""

    def reasons(session: Session, smooth: bool, own: bool) -> Iterator[list[Any]]:
        yield from explaining.stages(session, (smooth, own), ORDER)

    def lesson(session: Session) -> str:
        with speaking(session.language):
            return learning.show(explaining.detector, session, 1)

    event.then(lesson, tabs.state, tabs.learn.card, queue=False, **PRIVATE)
    event.then(
        reasons,
        [tabs.state, *tabs.where.looks],
        tabs.reasons,
        trigger_mode="always_last",
        **PRIVATE,
        **EXPLAINING,
    )
