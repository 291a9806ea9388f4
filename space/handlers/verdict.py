"""Judging: a photo, a mode or a face was chosen, and what the page then shows of the verdict."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import gradio as gr
import numpy as np

from explain.figures import Bar, draw_similarities, draw_tree
from mfclip import Detector
from mfclip.photo import Photo, read_photo
from space.components import descriptions, face_views, tree_view, verdict_card
from space.components.example_strip import Example
from space.judging import Given, judge
from space.session import Session, short_labels
from space.text import speaking, words


class Judging:
    """The handlers of the photo, with the detector they ask. Each returns values in the order of its outputs."""

    def __init__(self, detector: Detector, shown: tuple[Example, ...]) -> None:
        self.detector, self.shown = detector, shown
        self.decision = detector.config.decision
        self.known = {example.name: read_photo(example.path).rgb for example in shown}

    verdict_names = ("card", "readouts", "tree", "branches", "rows", "change", "bars")

    def verdict(self, session: Session, key: int) -> list[Any]:
        """What an edit can change: card, sum, tree, its list, the rows, the change, the bars."""
        now = session.now
        with speaking(session.language):
            return [
                verdict_card.verdict_card(session, self.decision),
                verdict_card.readouts_card(session, self.decision),
                None if now is None else draw_tree(tree_view.branches(now.tree)),
                tree_view.tree_list(session),
                descriptions.description_list(session, key),
                descriptions.change_card(session, self.decision),
                _bars(session),
            ]

    def views(self, session: Session, given: Given) -> list[Any]:
        """What only another photo or face can change: face, patch, the numbered faces."""
        with speaking(session.language):
            return [
                face_views.face_view(session),
                face_views.patch_view(session),
                face_views.faces_map(session, given if isinstance(given, Photo) else None),
            ]

    def look(
        self, session: Session, given: Given, cropped: bool, key: int, face: int | None = None
    ) -> Iterator[list[Any]]:
        """A photo, a mode or a face (None: the largest) was chosen: clear what stood there, then show the verdict."""
        empty = session.judged(None)
        with speaking(session.language):
            cleared = [verdict_card.pending_card(), *self.verdict(empty, key)[1:]]
        choice = gr.skip() if face is not None else gr.update(choices=[], value=None, visible=False)
        yield [empty, *cleared, *self.views(empty, None), choice]
        with speaking(session.language):
            session = replace(session, example=self.example(given))
            session = judge(self.detector, session, given, bool(cropped), face or 0)
            choice = gr.skip() if face is not None else _face_choice(session)
        yield [session, *self.verdict(session, key), *self.views(session, given), choice]

    def example(self, given: Given) -> str:
        """Name of the page's picture that was given, "" for any other photo."""
        if not isinstance(given, Photo):
            return ""
        return next((name for name, rgb in self.known.items() if np.array_equal(rgb, given.rgb)), "")

    def pick(self, event: gr.EventData) -> tuple[str, bool]:
        """An example was chosen: it becomes the photo, which is then judged like any other."""
        return str(self.shown[int(event.index)].path), False


def _face_choice(session: Session) -> Any:
    count = len(session.start.faces) if session.start else 0
    if count < 2:
        return gr.update(choices=[], value=None, visible=False)
    names = [words.FACE_FIRST if number == 0 else words.FACE_OTHER for number in range(count)]
    choices = [(name.format(number=number + 1), number) for number, name in enumerate(names)]
    return gr.update(choices=choices, value=0, visible=True)


def _bars(session: Session) -> Any:
    if session.now is None or session.start is None:
        return None
    before = {
        row.key: view.similarity
        for row, view in zip(session.original, session.start.descriptions, strict=True)
    }
    bars = [
        Bar(f"{number} {short_labels(row)[3][:32]}", row.fake, view.similarity, before.get(row.key))
        for number, (row, view) in enumerate(
            zip(session.rows, session.now.descriptions, strict=True), start=1
        )
    ]
    return draw_similarities(bars, words.BARS_AXIS, words.BARS_NAMES)
