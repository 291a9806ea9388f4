"""The language lab: rows are edited, added, removed, and the verdict on the same face answers."""

from typing import Any

import gradio as gr

from mfclip.prompts import describe_forgery
from space.components import descriptions
from space.handlers.verdict import Judging
from space.judging import settle, tokens
from space.session import Session
from space.text import words


class Lab:
    """The handlers of the lab; what they answer of the verdict is drawn as Judging draws it."""

    def __init__(self, judging: Judging) -> None:
        self.detector, self.judging = judging.detector, judging

    def editor(self, session: Session, key: int) -> list[Any]:
        """What the editor shows of a row: key, side, four sentences, tokens."""
        row = session.row(key) or session.rows[0]
        return [
            row.key,
            "fake" if row.fake else "real",
            *row.sentences,
            descriptions.token_line(tokens(row.sentences)),
        ]

    def edit(self, session: Session, key: int, side: str, *sentences: str) -> list[Any]:
        """The editor was left or applied: take its text, answer at once."""
        edited = session.with_text(int(key), side == "fake", [sentence or "" for sentence in sentences])
        if edited is session:
            return [gr.skip()] * (2 + len(self.judging.verdict_names))
        session = settle(self.detector, edited)
        counted = descriptions.token_line(tokens(tuple(sentence or "" for sentence in sentences)))
        return [session, *self.judging.verdict(session, int(key)), counted]

    def choose(self, session: Session, event: gr.EventData) -> list[Any]:
        """Another row was chosen in the list."""
        key = int(event.key)
        return [descriptions.description_list(session, key), *self.editor(session, key)]

    def add(self, session: Session) -> list[Any]:
        """One more description, taken into the editor."""
        new = describe_forgery(words.NEW_KIND, words.NEW_FAMILY, words.NEW_GENERATOR)
        session, key = session.with_new(new)
        return self._restarted(settle(self.detector, session), key)

    def remove(self, session: Session, key: int) -> list[Any]:
        """The row in the editor goes; its neighbour comes into the editor."""
        session, neighbour = session.without(int(key))
        return self._restarted(settle(self.detector, session), neighbour)

    def reset(self, session: Session) -> list[Any]:
        """All edits undone."""
        session = settle(self.detector, session.reset())
        return self._restarted(session, session.rows[0].key)

    def _restarted(self, session: Session, key: int) -> list[Any]:
        return [session, *self.judging.verdict(session, key), *self.editor(session, key)]
