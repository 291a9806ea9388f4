"""Where, and what else is explained on request."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import gradio as gr

from space.explained import WHERE, Explained
from space.handlers.explaining import Explaining
from space.handlers.working import Visit
from space.page.turns import EXPLAINING, PRIVATE
from space.session import Session
from space.tabs import Tabs


def wire_reasons(tabs: Tabs, explaining: Explaining) -> None:
    view = tabs.where
    kept = [tabs.state, tabs.explained]
    names = list(view.controls)

    def map_of(
        visit: Visit,
        session: Session,
        explained: Explained,
        method: str,
        smooth: bool,
        own: bool,
        *values: Any,
    ) -> Iterator[list[Any]]:
        settings = dict(zip(names, values, strict=True))
        yield from explaining.map(visit, session, explained, method, (smooth, own), settings)

    def redraw(session: Session, explained: Explained, smooth: bool, own: bool) -> list[Any]:
        return explaining.redrawn(session, explained, (smooth, own), (WHERE,))

    drawn = view.run.click(
        map_of,
        [tabs.visit, *kept, *view.settings],
        [tabs.explained, view.progress, *view.outputs],
        **PRIVATE,
        **EXPLAINING,
    )
    view.stop.click(
        explaining.stopped, [tabs.visit, tabs.state], view.progress, cancels=[drawn], queue=False, **PRIVATE
    )
    for look in view.looks:
        look.input(redraw, [*kept, *view.looks], view.outputs, queue=False, **PRIVATE)
    view.method.change(
        lambda chosen: [gr.update(visible=name == chosen) for name in view.groups],
        view.method,
        list(view.groups.values()),
        queue=False,
        **PRIVATE,
    )
    _wire_requests(tabs, explaining)


def _wire_requests(tabs: Tabs, explaining: Explaining) -> None:
    """What is explained on its button alone."""
    for name, run, stop, handler, outputs in (
        ("audit", tabs.ledger.audit_run, tabs.ledger.audit_stop, explaining.audit, tabs.ledger.audited),
        ("pairs", tabs.pairs.run, tabs.pairs.stop, explaining.pairs, tabs.pairs.outputs),
    ):
        asked = run.click(handler, [tabs.visit, tabs.state], outputs, **PRIVATE, **EXPLAINING)
        stopped = partial(explaining.stopped, name=name)
        stop.click(stopped, [tabs.visit, tabs.state], outputs[0], cancels=[asked], queue=False, **PRIVATE)
