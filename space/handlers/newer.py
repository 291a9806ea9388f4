"""Another verdict stands: the work for the one before ends, and what was found out about that one goes."""

from typing import Any

import gradio as gr

from mfclip import Verdict
from space.handlers import compare, linked, trust
from space.handlers.explaining import NO_AUDIT, no_pairs
from space.handlers.working import Visit
from space.session import Session

Values = list[Any]


def cleared(session: Session, linked_to: Verdict | None) -> Values:
    """Values of `Tabs.asked_for`. linked_to: the verdict that the linked view is of."""
    return [
        "",  # how far a map has come
        *trust.cleared(session),
        *compare.cleared(session),
        *NO_AUDIT,
        *no_pairs(session),
        *linked.cleared(session, linked_to),
    ]


def settled(visit: Visit, session: Session, linked_to: Verdict | None) -> Values:
    """A listener that may have changed the verdict is through: values of `Tabs.asked_for`."""
    values = cleared(session, linked_to)
    return values if visit.shows(session.now) else [gr.skip()] * len(values)
