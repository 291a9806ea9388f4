"""A page is opened: it gets the example's session, and its figures in the theme of the browser."""

from dataclasses import replace
from typing import Any

import gradio as gr

from space.explained import Explained
from space.handlers.explaining import PLAIN, Explaining
from space.handlers.working import Visit
from space.page.turns import ONE_AT_A_TIME, PRIVATE
from space.session import Session
from space.tabs import Tabs

LOOKS = """(session, theme, explained) =>
  [session, document.body.classList.contains('dark') ? 'dark' : 'light', explained]"""
"""What the browser shows, asked once when the page opens."""


def wire_opening(
    blocks: gr.Blocks, tabs: Tabs, session: Session, explained: Explained, explaining: Explaining
) -> Any:
    """Wire what opens a page. session, explained: of the example that was drawn. Returns the event after which the page
    has its session.

    gradio forgets a visitor when many others came since, and begins with the first values of the states again. Those
    hold no verdict, and only a page that opens, where the example is seen, gets the example's.
    """
    held = [tabs.state, tabs.explained, tabs.visit]

    def give(now: Session) -> list[Any]:
        if now.opened:
            return [gr.skip()] * len(held)
        return [session, explained, Visit(session.now)]

    # Not in the queue, which may refuse it: nothing is computed, and nothing that a visitor did is overwritten.
    opened = blocks.load(give, tabs.state, held, queue=False, **PRIVATE)
    _wire_theme(opened, tabs, explaining)
    return opened


def _wire_theme(opened: Any, tabs: Tabs, explaining: Explaining) -> None:
    """The page is drawn light; a browser that shows it dark gets the figures anew."""
    sections = tabs.sections

    def greet(session: Session, theme: str, explained: Explained) -> list[Any]:
        if theme == session.theme:  # everything was drawn for it already
            return [gr.skip()] * (1 + len(sections))
        session = replace(session, theme="dark" if theme == "dark" else "light")
        return [session, *explaining.redrawn(session, explained, PLAIN)]

    opened.then(
        greet,
        [tabs.state, tabs.theme, tabs.explained],
        [tabs.state, *sections],
        js=LOOKS,
        **PRIVATE,
        **ONE_AT_A_TIME,
    )
