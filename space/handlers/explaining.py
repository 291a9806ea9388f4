"""Explaining: the default set after every verdict, and what a visitor asks for beyond it."""

import time
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from typing import Any

import gradio as gr

import explain
from explain import Result, Subject, figures
from explain.capture import open_stream
from explain.pair_attention import pair_attention
from mfclip import Detector, Verdict
from space.components import knobs
from space.components.cause import cause_card, done_line, nothing, progress_line, remarks
from space.components.example_strip import Example
from space.components.face_views import thumbnails
from space.components.map_view import map_view
from space.components.markup import notice
from space.explained import DEFAULT, ORDER, SETTINGS, WHERE, Explained, place_of
from space.gpu import on_gpu
from space.session import Session
from space.text import speaking, words

Values = list[Any]
Looks = tuple[bool, bool]
"""How a map is looked at: smooth between its cells, on its own scale."""

PLAIN: Looks = (False, False)

NO_FIGURE = gr.update(value=None, visible=False)
"""Instead of a figure: gradio's sign for an empty one is nothing that a screen reader could make sense of."""


def drawn(figure: Any) -> Any:
    """A figure that is seen from now on."""
    return gr.update(value=figure, visible=True)


@on_gpu
def ask(detector: Detector, verdict: Verdict, method: str, settings: dict[str, Any]) -> Result:
    """One explanation. Raises ValueError with the sentence to show."""
    return explain.explain(detector, verdict, method, **settings)


class Explaining:
    """The handlers of the sections below the verdict, with the detector they ask.

    examples: the page's pictures, beside which a visitor's face is put.
    """

    def __init__(self, detector: Detector, examples: tuple[Example, ...]) -> None:
        self.detector, self.examples = detector, examples
        self.seconds: dict[str, float] = {}  # how long each method took last, for the time that is left

    @cached_property
    def compared(self) -> tuple[tuple[Example, Verdict], ...]:
        """The examples with their verdicts, judged when they are first asked for and not while the page starts."""
        return tuple((example, self.detector(example.path)) for example in self.examples)

    def layers(self, verdict: Verdict) -> tuple[str, ...]:
        """Layers of the image stream whose tokens can be asked."""
        return open_stream(Subject.of(self.detector, verdict), "image").layers

    def show(
        self,
        session: Session,
        explained: Explained,
        looks: Looks = PLAIN,
        order: tuple[str, ...] = ORDER,
    ) -> dict[str, Values]:
        """Values of the outputs of the sections of `order`, by section; no other is drawn."""
        return {place: self._section(place, session, explained, looks) for place in order}

    def _section(self, place: str, session: Session, explained: Explained, looks: Looks) -> Values:
        if place != WHERE:
            return [self._figure(place, session, explained), remarks(explained, place)]
        return [
            map_view(session.now, explained, session.theme, *looks),
            self._mixing(session, explained, looks[0]),
            remarks(explained, WHERE),
        ]

    def _figure(self, place: str, session: Session, explained: Explained) -> Any:
        result = explained.results.get(place)
        if result is None:
            return None
        scale = figures.scale_of(explained.results.values())
        return figures.draw(result, scale, session.theme, refuted=explained.fails(place))

    def _mixing(self, session: Session, explained: Explained, smooth: bool) -> Any:
        result = explained.results.get(WHERE)
        if result is None or result.method != "attention" or session.now is None:
            return NO_FIGURE
        face = session.now.face.crop.face
        figure = figures.draw(result, theme=session.theme, smooth=smooth, face=face)
        return drawn(figure)

    def whole(self, session: Session) -> tuple[Explained, float]:
        """The default set at one go, and how long it took (s)."""
        started = time.monotonic()
        *_, (_, explained, _) = self.default(session)
        return explained, time.monotonic() - started

    def cleared(self, session: Session) -> Values:
        """Nothing explained: explained, progress, cause, then every section, while a verdict is awaited."""
        with speaking(session.language):
            shown = self.show(session.judged(None), Explained())
        return [Explained(), "", "", *(value for values in shown.values() for value in values)]

    def default(self, session: Session) -> Iterator[tuple[str, Explained, str]]:
        """(method that was done, explained so far, HTML of progress), step by step; one step where there is nothing."""
        explained, verdict = Explained(session.now), session.now
        if verdict is None:
            yield "", explained, ""
            return
        started = time.monotonic()
        for number, method in enumerate(DEFAULT, start=1):
            explained = self.explained_by(explained, verdict, method, dict(SETTINGS.get(method, {})))
            rest = DEFAULT[number:]
            with speaking(session.language):
                line = (
                    progress_line(number + 1, len(DEFAULT), rest[0], self.left(rest))
                    if rest
                    else done_line(time.monotonic() - started)
                )
            yield method, explained, line

    def left(self, methods: tuple[str, ...]) -> float | None:
        """Seconds that methods will take, by how long they took last; None where one never ran."""
        if any(method not in self.seconds for method in methods):
            return None
        return sum(self.seconds[method] for method in methods)

    def explained_by(
        self, explained: Explained, verdict: Verdict, method: str, settings: dict[str, Any]
    ) -> Explained:
        """One more explanation, or the sentence why there is none, in its section."""
        place = place_of(method)
        try:
            result = ask(self.detector, verdict, method, settings)
        except ValueError as error:
            return explained.refused(place, str(error))
        self.seconds[method] = result.seconds
        return explained.with_result(place, result)

    def stages(self, session: Session, looks: Looks, order: tuple[str, ...]) -> Iterator[Values]:
        """After a verdict: explained, progress, cause, then every section of `order`, as they come."""
        for method, explained, line in self.default(session):
            with speaking(session.language):
                shown = self.show(session, explained, looks)
                card = cause_card(explained)
            changed = place_of(method) if method else ""
            values: Values = []
            for place in order:
                # The scale of the page grows with each result, so that what stands there is drawn anew with it.
                known = not changed or place in explained.results or place in explained.problems
                values += shown[place] if known else [gr.skip()] * len(shown[place])
            yield [explained, line, card, *values]

    def map(
        self,
        session: Session,
        explained: Explained,
        method: str,
        looks: Looks,
        values: dict[tuple[str, str], Any],
    ) -> Iterator[Values]:
        """A map was asked for: explained, progress, and the section's outputs, at the start and at the end."""
        there = explained.is_of(session.now)
        with speaking(session.language):
            line = progress_line(1, 1, method, self.left((method,))) if there else notice(words.NOT_EXPLAINED)
        yield [gr.skip(), line, *[gr.skip()] * 3]
        if session.now is None or not there:
            return
        settings = knobs.settings_of(method, values)
        explained = self.explained_by(explained, session.now, method, settings)
        with speaking(session.language):
            shown = self.show(session, explained, looks, (WHERE,))[WHERE]
            done = done_line(self.seconds.get(method, 0.0), (method,)) if WHERE in explained.results else ""
        yield [explained, done, *shown]

    def redrawn(
        self, session: Session, explained: Explained, looks: Looks, order: tuple[str, ...] = ORDER
    ) -> Values:
        """The sections of `order` as they stand, after a receipt came or the looks of page or map changed."""
        with speaking(session.language):
            shown = self.show(session, explained, looks, order)
        return [value for values in shown.values() for value in values]

    def audit(self, session: Session) -> Any:
        """Every input replaced: the figure, None without a verdict."""
        if session.now is None:
            return NO_FIGURE
        return drawn(figures.draw(ask(self.detector, session.now, "audit", {}), theme=session.theme))

    def pairs(self, session: Session) -> Values:
        """Gallery, figure and remarks of the visitor's face beside the examples, under the visitor's descriptions."""
        with speaking(session.language):
            if session.now is None:
                return [nothing(), NO_FIGURE, ""]
            named = [(words.PAIRS_YOURS, session.now)]
            named += [(example.title, verdict) for example, verdict in self.compared]
            try:
                result = pair_attention(
                    self.detector, [verdict for _, verdict in named], session.now.hierarchy
                )
            except ValueError as error:
                return [notice(str(error)), NO_FIGURE, ""]
            labels = {**result.labels, "faces": tuple(name for name, _ in named)}
            result = replace(result, labels=labels, subject=None)
            held = Explained(session.now).with_result("pairs", result)
            figure = figures.draw(result, theme=session.theme)
            return [gallery(named), drawn(figure), remarks(held, "pairs")]


def gallery(named: list[tuple[str, Verdict]]) -> str:
    """HTML of the faces that are compared, in the order of the figure's columns."""
    return thumbnails([(name, verdict.face.crop.face) for name, verdict in named])
