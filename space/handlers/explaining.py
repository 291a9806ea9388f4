"""Explaining: the default set after every verdict, and what a visitor asks for beyond it."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import gradio as gr

import explain
from explain import Result, Subject, figures
from explain.capture import open_stream
from explain.methods import Progress
from explain.pair_attention import pair_attention
from mfclip import Detector, Verdict
from space.components import knobs
from space.components.cause import audit_guide, cause_card, done_line, progress_line, remarks
from space.components.example_strip import Example
from space.components.face_views import thumbnails
from space.components.figure_words import in_words
from space.components.map_view import map_view
from space.components.markup import notice, quiet
from space.components.verdict_card import whose
from space.components.work_line import ended_line
from space.explained import COLOURED, DEFAULT, ORDER, SETTINGS, WHERE, Explained, place_of
from space.handlers.working import Step, Visit, Work
from space.session import Session
from space.text import speaking, words
from space.text.toolkit import spoken

Values = list[Any]
Looks = tuple[bool, bool]
"""How a map is looked at: smooth between its cells, on its own scale."""

PLAIN: Looks = (False, False)

NO_FIGURE = gr.update(value=None, visible=False)
"""Instead of a figure: gradio's sign for an empty one is nothing that a screen reader could make sense of."""


NO_AUDIT: Values = ["", NO_FIGURE, ""]
"""Progress, figure and guide where nothing was audited."""

METHOD_OF = {"pairs": "pair_attention"}
"""What a visitor is told is running, by the name of the work, where that is another one."""

STEADY = 0.2
"""The share of a method from which on its own pace says how long it takes."""

SIZES = {"ledger": 2, WHERE: 3, "words": 2, "noise": 2}
"""Outputs of each section, the figure first."""


def drawn(figure: Any) -> Any:
    """A figure that is seen from now on."""
    return gr.update(value=figure, visible=True)


@dataclass(frozen=True)
class Stage:
    """How far the default set has come. place: the section that was explained last, "" where only the line is new;
    line: HTML of progress."""

    place: str
    explained: Explained
    line: str


class Explaining:
    """The handlers of the sections below the verdict, with the detector they ask.

    examples: the page's pictures, beside which a visitor's face is put.
    """

    def __init__(self, detector: Detector, examples: tuple[Example, ...]) -> None:
        self.detector, self.examples = detector, examples
        self.temperature = detector.config.decision.temperature
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
            # Hidden by the stylesheet for want of remarks, and left in its place: gradio loses a figure that it takes
            # away and brings back within a moment, while the page is still opening.
            return gr.skip()
        scale = figures.scale_of(explained.results.values())
        figure = figures.draw(result, scale, session.theme, refuted=explained.fails(place))
        return drawn(in_words(figure, result.method))

    def _mixing(self, session: Session, explained: Explained, smooth: bool) -> Any:
        result = explained.results.get(WHERE)
        if result is None or result.method != "attention" or session.now is None:
            return NO_FIGURE
        face = session.now.face.crop.face
        figure = figures.draw(result, theme=session.theme, smooth=smooth, face=face)
        return drawn(in_words(figure, result.method))

    def whole(self, session: Session) -> tuple[Explained, float]:
        """The default set at one go, and how long it took (s)."""
        started = time.monotonic()
        *_, last = self.default(Visit(session.now), session, Explained(session.now))
        return last.explained, time.monotonic() - started

    def cleared(self, session: Session) -> Values:
        """Nothing explained: explained, progress, cause, then every section, while a verdict is awaited."""
        with speaking(session.language):
            shown = self.show(session.judged(None), Explained())
        return [Explained(), "", "", *(value for values in shown.values() for value in values)]

    def default(self, visit: Visit, session: Session, explained: Explained) -> Iterator[Stage]:
        """What is missing of the default set, step by step, until a newer verdict stands. explained: of the session's
        verdict, of which there must be one."""
        verdict, started = session.now, time.monotonic()
        if verdict is None:
            return
        missing = [method for method in DEFAULT if not explained.has(place_of(method))]
        for method in missing:
            place, number = place_of(method), DEFAULT.index(method) + 1
            rest = tuple(missing[missing.index(method) + 1 :])
            work = self.begin(visit, verdict, "reasons", method, dict(SETTINGS.get(method, {})))
            for step in work.steps():
                with speaking(session.language):
                    line = self.line(number, len(DEFAULT), method, step, rest)
                yield Stage("", explained, line)
            if work.left:
                return
            explained = self.kept(work, explained, method)
            with speaking(session.language):
                if not rest:
                    line = done_line(time.monotonic() - started)
            yield Stage(place, explained, line)

    def begin(
        self, visit: Visit, verdict: Verdict, name: str, method: str, settings: dict[str, Any]
    ) -> Work[Result]:
        """One explanation, to be waited for under a name of `Visit.begin`."""

        def run(progress: Progress) -> Result:
            return explain.explain(self.detector, verdict, method, progress=progress, **settings)

        return visit.begin(name, verdict, run)

    def kept(self, work: Work[Result], explained: Explained, method: str) -> Explained:
        """One more explanation, or the sentence why there is none, in its section, when the work is done."""
        place = place_of(method)
        try:
            result = work.outcome()
        except ValueError as error:
            return explained.refused(place, str(error))
        self.seconds[method] = result.seconds
        return explained.with_result(place, result)

    def line(self, number: int, count: int, method: str, step: Step, rest: tuple[str, ...] = ()) -> str:
        """HTML: how far a method has come, which is number `number` of `count`, and what remains with the rest."""
        last, share = self.left((method,)), step.done / step.of
        # The pace of the first moments says little.
        own = step.left if last is None or share >= STEADY else last * (1 - share)
        others = self.left(rest)
        left = None if own is None or others is None else own + others
        return progress_line(number, count, method, left, share)

    def left(self, methods: tuple[str, ...]) -> float | None:
        """Seconds that methods will take, by how long they took last; None where one never ran."""
        if any(method not in self.seconds for method in methods):
            return None
        return sum(self.seconds[method] for method in methods)

    def stages(self, visit: Visit, session: Session, explained: Explained, looks: Looks) -> Iterator[Values]:
        """After a verdict: explained, progress, cause, then every section of ORDER, as they come.

        explained: what the page holds; where it is all there is to say of the verdict, nothing is done.
        """
        count = 3 + sum(SIZES.values())
        if explained.is_of(session.now) and explained.whole:
            yield [gr.skip()] * count  # a generator that gives nothing would empty what it is wired to
            return
        if not explained.is_of(session.now):
            explained = Explained(session.now)
        with speaking(session.language):
            card = cause_card(explained, self.temperature)
        yield [explained, "", card, *self.redrawn(session, explained, looks)]
        for stage in self.default(visit, session, explained):
            if not stage.place:
                yield [gr.skip(), stage.line, *[gr.skip()] * (count - 2)]
                continue
            shown = self._changed(session, explained, stage, looks)
            explained = stage.explained
            with speaking(session.language):
                card = cause_card(explained, self.temperature)
            yield [explained, stage.line, card, *shown]

    def _changed(self, session: Session, before: Explained, stage: Stage, looks: Looks) -> Values:
        """The section that was explained, and those in colours where the scale of the page has grown with it."""
        explained, drawn_anew = stage.explained, {stage.place}
        if figures.scale_of(before.results.values()) != figures.scale_of(explained.results.values()):
            drawn_anew |= set(COLOURED) & set(explained.results)
        with speaking(session.language):
            shown = self.show(session, explained, looks, tuple(drawn_anew))
        values: Values = []
        for place in ORDER:
            values += shown.get(place, [gr.skip()] * SIZES[place])
        return values

    def map(
        self,
        visit: Visit,
        session: Session,
        explained: Explained,
        method: str,
        looks: Looks,
        values: dict[tuple[str, str], Any],
    ) -> Iterator[Values]:
        """A map was asked for: explained, progress, and the section's outputs, which are left alone until the end."""
        alone = [gr.skip()] * SIZES[WHERE]
        verdict = session.now
        if verdict is None or not explained.is_of(verdict):
            with speaking(session.language):
                yield [gr.skip(), notice(session.no_verdict(words.NOT_EXPLAINED)), *alone]
            return
        work = self.begin(visit, verdict, WHERE, method, knobs.settings_of(method, values))
        yield [gr.skip(), "", *alone]
        for step in work.steps():
            with speaking(session.language):
                line = self.line(1, 1, method, step)
            yield [gr.skip(), line, *alone]
        if work.stopped:
            yield [gr.skip(), self.stopped(visit, session), *alone]
        if work.left:
            return
        explained = self.kept(work, explained, method)
        with speaking(session.language):
            shown = self.show(session, explained, looks, (WHERE,))[WHERE]
            done = done_line(self.seconds.get(method, 0.0), (method,)) if WHERE in explained.results else ""
        yield [explained, done, *shown]

    def stopped(self, visit: Visit, session: Session, name: str = WHERE) -> str:
        """The visitor stopped a map, or other work by its name of `Visit.begin`: HTML that says so."""
        visit.stop(name)
        with speaking(session.language):
            return ended_line(words.STOPPED)

    def redrawn(
        self, session: Session, explained: Explained, looks: Looks, order: tuple[str, ...] = ORDER
    ) -> Values:
        """The sections of `order` as they stand, after a receipt came or the looks of page or map changed."""
        with speaking(session.language):
            shown = self.show(session, explained, looks, order)
        return [value for values in shown.values() for value in values]

    def audit(self, visit: Visit, session: Session) -> Iterator[Values]:
        """Every input replaced: progress, the figure, and how to read it."""
        verdict = session.now
        if verdict is None:
            with speaking(session.language):
                yield [notice(session.no_verdict(words.NOT_EXPLAINED)), *NO_AUDIT[1:]]
            return
        started = time.monotonic()
        work = self.begin(visit, verdict, "audit", "audit", {})
        yield from self._told(work, visit, session, "audit", 2)
        if work.left:
            return
        result = work.outcome()
        with speaking(session.language):
            figure = drawn(in_words(figures.draw(result, theme=session.theme)))
            yield [done_line(time.monotonic() - started, ("audit",)), figure, audit_guide()]

    def _told(
        self, work: Work[Result], visit: Visit, session: Session, name: str, others: int
    ) -> Iterator[Values]:
        """Progress of work that nothing is shown of until its end, and as many outputs beside it left alone."""
        alone = [gr.skip()] * others
        yield ["", *alone]
        for step in work.steps():
            with speaking(session.language):
                line = self.line(1, 1, METHOD_OF.get(name, name), step)
            yield [line, *alone]
        if work.stopped:
            yield [self.stopped(visit, session, name), *alone]

    def pairs(self, visit: Visit, session: Session) -> Iterator[Values]:
        """Progress, gallery, figure and remarks of the visitor's face beside the examples, under the visitor's
        descriptions."""
        verdict = session.now
        if verdict is None:
            yield no_pairs(session)
            return
        started = time.monotonic()
        with speaking(session.language):
            named = [(whose(session) if session.example else words.PAIRS_YOURS, verdict)]

        def run(progress: Progress) -> Result:
            named.extend((example.title, verdict) for example, verdict in self.compared)
            faces = [verdict for _, verdict in named]
            return pair_attention(self.detector, faces, verdict.hierarchy, progress=progress)

        work = visit.begin("pairs", verdict, run)
        yield from self._told(work, visit, session, "pairs", 3)
        if work.left:
            return
        with speaking(session.language):
            try:
                result = work.outcome()
            except ValueError as error:
                yield [notice(spoken(str(error))), "", NO_FIGURE, ""]
                return
            labels = {**result.labels, "faces": tuple(name for name, _ in named)}
            result = replace(result, labels=labels, subject=None)
            held = Explained(verdict).with_result("pairs", result)
            figure = figures.draw(result, theme=session.theme)
            done = done_line(time.monotonic() - started, ("pair_attention",))
            yield [done, gallery(named), drawn(in_words(figure, result.method)), remarks(held, "pairs")]


def no_pairs(session: Session) -> Values:
    """Progress, gallery, figure and remarks where nothing was compared with this verdict."""
    with speaking(session.language):
        return ["", "" if session.now else quiet(session.no_verdict(words.NOT_EXPLAINED)), NO_FIGURE, ""]


def gallery(named: list[tuple[str, Verdict]]) -> str:
    """HTML of the faces that are compared, in the order of the figure's columns."""
    return thumbnails([(name, verdict.face.crop.face) for name, verdict in named])
