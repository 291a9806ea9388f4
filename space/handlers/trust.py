"""Whether to believe it: an explanation is tested, a photo is changed, step by step; a newer verdict empties both."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from queue import SimpleQueue
from typing import Any

import gradio as gr

from explain import METHODS, METRICS, Receipt, Result, Subject, receipt
from explain.figures import draw_receipt, draw_sweep, has_curves
from explain.methods import Progress
from explain.metrics import CELLS
from explain.receipts import AGAIN
from explain.sweep import Sweep, sweeping
from mfclip import Detector, NoFace, Verdict
from mfclip.photo import Photo
from space.components.figure_words import in_words
from space.components.markup import notice, quiet, text
from space.components.receipt_card import receipt_card
from space.components.sweep_card import sweep_card, sweep_words
from space.components.work_line import about, done_line, stopped_line, work_line
from space.explained import WHERE, Explained
from space.handlers.explaining import STEADY
from space.handlers.working import Visit
from space.judging import Given
from space.session import Session
from space.text import joined, speaking, words
from space.text.toolkit import spoken

Values = list[Any]

PACE = 0.05
"""Seconds of one run of the model where none was timed."""

PASSES = 1000
"""Runs of the model in the full test of a map, beside those of the method itself: 900 to 1,000 were counted."""


def cleared(session: Session) -> Values:
    """Values of `TrustTab.outputs` where another verdict stands: what was tested was another one's."""
    with speaking(session.language):
        return ["", quiet(words.RECEIPT_EMPTY), None, "", None, sweep_card(None)]


def shown(session: Session, explained: Explained, place: str) -> Values:
    """Values of `TrustTab.checked` for the receipt of a section, if it was asked for before."""
    with speaking(session.language):
        return ["", *_receipt(explained, place, session.theme)]


def pace_of(explained: Explained) -> float:
    """Seconds that one run of the model takes on this server, by the map that a page begins with."""
    result = explained.results.get(WHERE)
    return PACE if result is None or not result.cost else result.seconds / result.cost


def full_seconds(result: Result, pace: float) -> float:
    """About how long the full test of an explanation takes, rather more than less. pace: as `pace_of` gives it."""
    if METHODS[result.method].kind not in CELLS:  # nothing is taken away that was not asked before
        return 1 + result.seconds
    again = sum(metric.reruns for metric in METRICS.values())
    return PASSES * pace + min(again, AGAIN // max(result.cost, 1.0)) * result.seconds


def expected(session: Session, explained: Explained, place: str, pace: float) -> str:
    """HTML: what the full test is, and about how long it takes for the explanation of a section."""
    result = explained.results.get(place)
    with speaking(session.language):
        took = (
            "" if result is None else words.RECEIPT_EXPECTED.format(seconds=about(full_seconds(result, pace)))
        )
        return f'<p class="mf-small">{text(joined(words.RECEIPT_FULL_IS, took))}</p>'


def stopped(name: str, visit: Visit, session: Session) -> str:
    """The visitor stopped the work of that name: HTML that says so. What was found so far stays."""
    visit.stop(name)
    with speaking(session.language):
        return stopped_line()


def check(
    detector: Detector,
    visit: Visit,
    session: Session,
    explained: Explained,
    place: str,
    full: bool = False,
    pace: float = PACE,
) -> Iterator[Values]:
    """The receipt of a section's explanation: explained, then the values of `TrustTab.checked`, as it is tested.

    full: by the full test, not the quick one; pace: for the time that it will take, as `pace_of` gives it.
    The explained record that comes last holds the receipt; a section whose receipt fails is then to be drawn in grey.
    """
    with speaking(session.language):
        result = explained.results.get(place)
        if session.now is None or result is None or not explained.is_of(session.now):
            said = session.no_verdict(
                words.TRUST_NO_VERDICT if session.now is None else words.RECEIPT_NOTHING
            )
            yield [gr.skip(), notice(said), quiet(words.RECEIPT_EMPTY), None]
            return
    work = visit.begin("receipt", session.now, _test(detector, session.now, result, full))
    # What stands there is this explanation's last receipt, or none.
    yield [gr.skip(), "", *shown(session, explained, place)[1:]]
    started = time.monotonic()
    for step in work.steps():
        left = step.left
        if full and step.done < STEADY * step.of:  # the pace of the first moments says little
            left = max(1.0, full_seconds(result, pace) - (time.monotonic() - started))
        with speaking(session.language):
            line = work_line(_name(full), step.done + 1, step.of, left)
        yield [gr.skip(), line, gr.skip(), gr.skip()]
    if work.stopped:
        yield [gr.skip(), stopped("receipt", visit, session), gr.skip(), gr.skip()]
    if work.left:
        return
    with speaking(session.language):
        try:
            found = work.outcome()
        except ValueError as error:
            yield [gr.skip(), notice(spoken(str(error))), quiet(words.RECEIPT_EMPTY), None]
            return
        line = done_line(_name(full), time.monotonic() - started)
        explained = explained.with_receipt(place, found, full)
        yield [explained, line, *_receipt(explained, place, session.theme)]


def _name(full: bool) -> str:
    return str(words.RECEIPT_NAME_FULL if full else words.RECEIPT_NAME)


def sweep(detector: Detector, visit: Visit, session: Session, given: Given, kind: str) -> Iterator[Values]:
    """The verdict under one kind of change of the visitor's photo: the values of `TrustTab.swept`, as the curve grows.

    given: the photo as the page holds it; the face is the one that was judged, under the visitor's descriptions.
    """
    verdict = session.now
    with speaking(session.language):
        if verdict is None or not isinstance(given, Photo):
            said = session.no_verdict(words.TRUST_NO_VERDICT if verdict is None else words.TRUST_PHOTO_GONE)
            yield [notice(said), None, sweep_card(None)]
            return
        yield [work_line(words.SWEEP_NAME, 1, 1), None, sweep_card(None)]
    started, grown = time.monotonic(), SimpleQueue[Sweep]()
    work = visit.begin("sweep", verdict, _grow(detector, verdict, given, kind, grown))
    for _ in work.steps():
        found = _newest(grown)
        if found is not None:
            yield _swept(detector, session, found, time.monotonic() - started)
    if work.stopped:
        yield [stopped("sweep", visit, session), gr.skip(), gr.skip()]
    if work.left:
        return
    try:
        yield _swept(detector, session, work.outcome(), time.monotonic() - started)
    except (NoFace, ValueError) as error:
        with speaking(session.language):
            yield [notice(spoken(str(error))), None, sweep_card(None)]


def _grow(
    detector: Detector, verdict: Verdict, given: Photo, kind: str, grown: "SimpleQueue[Sweep]"
) -> Callable[[Progress], Sweep]:
    """The task that sweeps and puts into `grown` what it has so far."""
    face = 0 if verdict.face.box is None else verdict.faces.index(verdict.face.box)
    cropped = verdict.face.box is None

    def run(progress: Progress) -> Sweep:
        for found in sweeping(detector, given, kind, cropped, face, verdict.hierarchy):
            grown.put(found)
            progress(len(found.strengths), found.of)
        return found

    return run


def _newest(grown: "SimpleQueue[Sweep]") -> Sweep | None:
    found = None
    while not grown.empty():
        found = grown.get()
    return found


def _test(detector: Detector, verdict: Verdict, result: Result, full: bool) -> Callable[[Progress], Receipt]:
    def run(progress: Progress) -> Receipt:
        # The page keeps results without what they were made from.
        whole = replace(result, subject=Subject.of(detector, verdict, result.target))
        return receipt(detector, whole, quick=not full, progress=progress)

    return run


def _receipt(explained: Explained, place: str, theme: str) -> Values:
    found = explained.receipts.get(place)
    if found is None:
        return [quiet(words.RECEIPT_EMPTY), None]
    return [
        receipt_card(found, quick=place not in explained.thorough),
        in_words(draw_receipt(found, theme), found.method) if has_curves(found) else None,
    ]


def _swept(detector: Detector, session: Session, found: Sweep, seconds: float) -> Values:
    decision, done = detector.config.decision, len(found.strengths)
    with speaking(session.language):
        if found.complete:
            line = done_line(words.SWEEP_NAME, seconds)
        else:
            left = seconds / done * (found.of - done)
            line = work_line(words.SWEEP_NAME, done + 1, found.of, left)
        figure = draw_sweep(found, decision.low, decision.high, session.theme, sweep_words())
        return [line, figure, sweep_card(found)]
