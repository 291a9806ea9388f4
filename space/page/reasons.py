"""Where, and what else is explained on request; the theme of the browser that opened the page."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import gradio as gr

from space.explained import WHERE, Explained
from space.handlers.explaining import PLAIN, Explaining
from space.handlers.working import Visit
from space.page.turns import EXPLAINING, ONE_AT_A_TIME, PRIVATE
from space.session import Session
from space.tabs import Tabs

LOOKS = """(session, theme, explained) =>
  [session, document.body.classList.contains('dark') ? 'dark' : 'light', explained]"""
"""What the browser shows, asked once when the page opens."""


def wire_reasons(blocks: gr.Blocks, tabs: Tabs, explaining: Explaining) -> None:
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
    _wire_theme(blocks, tabs, explaining)


def _wire_requests(tabs: Tabs, explaining: Explaining) -> None:
    """What is explained on its button alone."""
    tabs.ledger.audit_run.click(
        explaining.audit,
        [tabs.visit, tabs.state],
        tabs.ledger.audit,
        **{**PRIVATE, "show_progress": "minimal"},
        **EXPLAINING,
    )
    tabs.pairs.run.click(
        explaining.pairs,
        [tabs.visit, tabs.state],
        tabs.pairs.outputs,
        **{**PRIVATE, "show_progress": "minimal"},
        **EXPLAINING,
    )


def _wire_theme(blocks: gr.Blocks, tabs: Tabs, explaining: Explaining) -> None:
    """The page is drawn light; a browser that shows it dark gets the figures anew."""
    sections = tabs.sections

    def greet(session: Session, theme: str, explained: Explained) -> list[Any]:
        if theme == session.theme:  # everything was drawn for it already
            return [gr.skip()] * (1 + len(sections))
        session = replace(session, theme="dark" if theme == "dark" else "light")
        return [session, *explaining.redrawn(session, explained, PLAIN)]

    blocks.load(
        greet,
        [tabs.state, tabs.theme, tabs.explained],
        [tabs.state, *sections],
        js=LOOKS,
        **PRIVATE,
        **ONE_AT_A_TIME,
    )
