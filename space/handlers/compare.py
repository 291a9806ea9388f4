"""One photo beside another: judged, shared out and mapped under the same descriptions, step by step."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import gradio as gr
import numpy as np

import explain
from explain import Result
from explain.methods import Progress
from explain.progress import Bar
from explain.sweep import changed
from mfclip import Detector, NoFace, Verdict
from mfclip.photo import Photo
from mfclip.preprocess import cut_square
from space.components.comparison import Compared, comparison_said, ledger_table, map_pair, verdict_cards
from space.components.face_image import Refused
from space.components.markup import notice, quiet
from space.components.work_line import done_line, stopped_line, work_line
from space.explained import DEFAULT, ORDER, SETTINGS, WHERE, Explained, place_of
from space.handlers.working import Visit
from space.judging import Given
from space.session import Session
from space.text import speaking, words
from space.text.toolkit import spoken

Values = list[Any]

MAP = DEFAULT[ORDER.index(WHERE)]
"""The map that the page shows of every verdict, whose receipts are the best."""

STEPS = (("ledger", 0), ("ledger", 1), (MAP, 0), (MAP, 1))
"""What is asked of A (0) and B (1) once B is judged; A was judged before."""
COUNT = 1 + len(STEPS)

WORK = {"ledger": 1, MAP: 10}
"""How long a method takes, about, as a multiple of judging a face: for the time that is left."""


def cleared(session: Session) -> Values:
    """Values of `CompareTab.outputs` where nothing is compared, or another photo stands on the page."""
    with speaking(session.language):
        return ["", "", quiet(words.COMPARE_EMPTY), "", ""]


def controls(kind: str) -> Values:
    """What the choice of kind shows and hides: the other photo, its mode, the copy's quality."""
    other = gr.update(visible=kind == "photo")
    return [other, other, gr.update(visible=kind == "jpeg")]


def compare(
    detector: Detector,
    visit: Visit,
    session: Session,
    explained: Explained,
    given: Given,
    kind: str,
    second: Given,
    cropped: bool,
    quality: float,
) -> Iterator[Values]:
    """The photo of the page (A) beside another one (B): values of `CompareTab.outputs`, as they come.

    explained: what the page holds of A, which is not asked again. given: the photo as the page holds it. kind: 'jpeg'
    (A saved again at `quality`), 'mirror', or 'photo' (`second`, `cropped` if it is a face crop). B is judged under the
    visitor's descriptions, like A.
    """
    if session.now is None:
        with speaking(session.language):
            yield _refused(session.no_verdict(words.TRUST_NO_VERDICT))
        return
    known = explained if explained.is_of(session.now) else Explained()
    asked = _Asked(detector, known, lambda: _judged(detector, session, given, kind, second, cropped, quality))
    work = visit.begin("compare", session.now, asked.run)
    started, shown = time.monotonic(), -1
    for step in work.steps():
        with speaking(session.language):
            done, line = asked.done, work_line(words.COMPARE_NAME, asked.done + 1, COUNT, step.left)
            yield [line, *(_found(asked.compared, session.theme) if done > shown else [gr.skip()] * 4)]
        shown = done
    if work.stopped:
        with speaking(session.language):
            yield [stopped_line(), *[gr.skip()] * 4]
    if work.left:
        return
    with speaking(session.language):
        try:
            found = work.outcome()
        except (NoFace, ValueError) as error:
            if asked.compared is None:
                yield _refused(spoken(str(error)))
                return
            # A configuration that a method cannot explain keeps its verdicts.
            found, refusal = asked.compared, notice(spoken(str(error)))
        else:
            refusal = ""
        *values, maps = _found(found, session.theme)
        yield [done_line(words.COMPARE_NAME, time.monotonic() - started), *values, refusal or maps]


class _Asked:
    """The work: what was found so far, and how many of COUNT steps are behind it."""

    def __init__(self, detector: Detector, explained: Explained, judging: Callable[[], Compared]) -> None:
        self.detector, self.explained, self.judging = detector, explained, judging
        self.compared: Compared | None = None
        self.done = 0

    def run(self, progress: Progress) -> Compared:
        """Judge B, then explain both. Raises NoFace or ValueError with the sentence to show."""
        held = {place: self._held(place) for place in range(len(STEPS))}
        shares = [1.0, *(0.0 if held[n] else WORK[method] for n, (method, _) in enumerate(STEPS))]
        ends = [sum(shares[: number + 1]) / sum(shares) for number in range(COUNT)]
        bar = Bar(progress)
        self.compared = compared = self.judging()
        self.done = 1
        bar.to(ends[0])
        found: list[Result] = []
        for number, (method, place) in enumerate(STEPS):
            part = bar.between(ends[number], ends[number + 1])
            found.append(held[number] or self._explained(compared.verdicts[place], method, part))
            part(1, 1)
            if len(found) == 2:
                compared = replace(compared, ledgers=(found[0], found[1]))
            if len(found) == 4:
                compared = replace(compared, maps=(found[2], found[3]))
            self.compared, self.done = compared, number + 2
        return compared

    def _explained(self, verdict: Verdict, method: str, progress: Progress) -> Result:
        return explain.explain(self.detector, verdict, method, progress=progress, **_settings(method))

    def _held(self, number: int) -> Result | None:
        """The page's own explanation of A for a step, if it is by this method with the page's settings."""
        method, place = STEPS[number]
        result = self.explained.results.get(place_of(method))
        if place or result is None or result.method != method:
            return None
        usual = {knob.name: knob.default for knob in explain.METHODS[method].knobs} | _settings(method)
        return result if dict(result.knobs) == usual else None


def _settings(method: str) -> dict[str, Any]:
    return dict(SETTINGS.get(method, {}))


def _judged(
    detector: Detector,
    session: Session,
    given: Given,
    kind: str,
    second: Given,
    cropped: bool,
    quality: float,
) -> Compared:
    """B's verdict beside A's. Raises NoFace or ValueError with the sentence to show."""
    with speaking(session.language):
        if session.now is None:
            raise ValueError(words.TRUST_NO_VERDICT)
        if kind not in words.COMPARE_B:
            allowed = ", ".join(words.COMPARE_B)
            raise ValueError(f"A photo cannot be compared with {kind!r}; choose one of {allowed}.")
        title = words.COMPARE_B[kind].format(quality=round(quality))
        if kind == "photo":
            return Compared(kind, title, (session.now, _second(detector, session.now, second, cropped)))
        if not isinstance(given, Photo):
            raise ValueError(words.TRUST_PHOTO_GONE)
    pixels = _variant(given.rgb, session.now, kind, quality)
    other = detector(pixels, hierarchy=session.now.hierarchy, cropped=True)
    return Compared(kind, title, (session.now, other))


def _second(detector: Detector, first: Verdict, second: Given, cropped: bool) -> Verdict:
    if second is None:
        raise ValueError(words.COMPARE_NO_SECOND)
    if isinstance(second, Refused):
        raise ValueError(words.COMPARE_SECOND.format(problem=spoken(second.sentence)))
    try:
        return detector(second, hierarchy=first.hierarchy, cropped=bool(cropped))
    except (NoFace, ValueError) as error:
        raise ValueError(words.COMPARE_SECOND.format(problem=spoken(str(error)))) from None


def _variant(rgb: np.ndarray, verdict: Verdict, kind: str, quality: float) -> np.ndarray:
    """The judged face's region of the photo, saved again or mirrored: uint8 (S, S, 3)."""
    region = verdict.face.crop.region
    if kind == "mirror":
        return np.ascontiguousarray(cut_square(rgb, region)[:, ::-1])
    return changed(rgb, region, "jpeg", quality)


def _refused(sentence: str) -> Values:
    return [notice(sentence), *_found(None, "light")]


def _found(compared: Compared | None, theme: str) -> Values:
    """Values of `CompareTab.outputs` after the progress line."""
    if compared is None:
        return ["", quiet(words.COMPARE_EMPTY), "", ""]
    return [
        comparison_said(compared),
        verdict_cards(compared),
        ledger_table(compared),
        map_pair(compared, theme),
    ]
