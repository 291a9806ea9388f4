"""One photo beside another: judged, shared out and mapped under the same descriptions, step by step."""

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import gradio as gr
import numpy as np

import explain
from explain import Result
from explain.sweep import changed
from mfclip import Detector, NoFace, Verdict
from mfclip.photo import Photo
from mfclip.preprocess import cut_square
from space.components.comparison import Compared, comparison_said, ledger_table, map_pair, verdict_cards
from space.components.face_image import Refused
from space.components.markup import notice, quiet
from space.components.work_line import done_line, work_line
from space.explained import Explained, place_of
from space.judging import Given
from space.session import Session
from space.text import speaking, words

Values = list[Any]

STEPS = (("ledger", 0), ("ledger", 1), ("grid", 0), ("grid", 1))
"""What is asked of A (0) and B (1) once B is judged; A was judged before."""
COUNT = 1 + len(STEPS)


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
    started = time.monotonic()
    yield _stands(session, 0, started, None)
    try:
        compared = _judged(detector, session, given, kind, second, cropped, quality)
    except (NoFace, ValueError) as error:
        yield _refused(session, str(error))
        return
    yield _stands(session, 1, started, compared)
    found: list[Result] = []
    for number, (method, place) in enumerate(STEPS, start=2):
        verdict = compared.verdicts[place]
        try:
            held = None if place else _held(explained, verdict, method)
            found.append(held or explain.explain(detector, verdict, method))
        except ValueError as error:  # a configuration that this method cannot explain keeps its verdicts
            yield [*_stands(session, COUNT, started, compared)[:-1], notice(str(error))]
            return
        if len(found) == 2:
            compared = replace(compared, ledgers=(found[0], found[1]))
        if len(found) == 4:
            compared = replace(compared, maps=(found[2], found[3]))
        yield _stands(session, number, started, compared)


def _held(explained: Explained, verdict: Verdict, method: str) -> Result | None:
    """The page's own explanation of a verdict, if it is by this method with its usual settings."""
    result = explained.results.get(place_of(method))
    if result is None or result.method != method or not explained.is_of(verdict):
        return None
    usual = {knob.name: knob.default for knob in explain.METHODS[method].knobs}
    return result if dict(result.knobs) == usual else None


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
        raise ValueError(words.COMPARE_SECOND.format(problem=second.sentence))
    try:
        return detector(second, hierarchy=first.hierarchy, cropped=bool(cropped))
    except (NoFace, ValueError) as error:
        raise ValueError(words.COMPARE_SECOND.format(problem=error)) from None


def _variant(rgb: np.ndarray, verdict: Verdict, kind: str, quality: float) -> np.ndarray:
    """The judged face's region of the photo, saved again or mirrored: uint8 (S, S, 3)."""
    region = verdict.face.crop.region
    if kind == "mirror":
        return np.ascontiguousarray(cut_square(rgb, region)[:, ::-1])
    return changed(rgb, region, "jpeg", quality)


def _refused(session: Session, sentence: str) -> Values:
    with speaking(session.language):
        return [notice(sentence), "", quiet(words.COMPARE_EMPTY), "", ""]


def _stands(session: Session, done: int, started: float, compared: Compared | None) -> Values:
    """Values after `done` of COUNT steps."""
    seconds = time.monotonic() - started
    with speaking(session.language):
        if done == COUNT:
            line = done_line(words.COMPARE_NAME, seconds)
        else:
            left = None if done < 2 else seconds / done * (COUNT - done)
            line = work_line(words.COMPARE_NAME, done + 1, COUNT, left)
        if compared is None:
            return [line, "", quiet(words.COMPARE_EMPTY), "", ""]
        return [
            line,
            comparison_said(compared),
            verdict_cards(compared),
            ledger_table(compared),
            map_pair(compared, session.theme),
        ]
