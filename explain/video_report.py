"""A report of a video as one HTML file: what was said of each face, P(fake) over time, and the record.

It holds numbers only, no frame and no face, and like the report of a photo it asks nobody for anything.
"""

import platform
from collections.abc import Iterator
from datetime import UTC, datetime

from explain.figures.timeline import Passage, draw_timeline
from explain.report import versions
from explain.report_html import cut_offs, rendered, themes, weights_facts
from mfclip.detector import Detector
from mfclip.video.summary import CAUTION, RULE
from mfclip.video.verdict import Track, VideoVerdict

DRAWN = 8
"""Faces that are drawn, those with most frames; the table lists all."""


def to_html(verdict: VideoVerdict, detector: Detector) -> str:
    """The whole file as text. detector: the one that judged the video."""
    pictures: dict[str, str] = {}
    drawn = sorted(
        sorted(verdict.tracks, key=lambda track: -len(track.faces))[:DRAWN], key=lambda track: track.number
    )
    decision = verdict.decision
    passages = [_passage(track) for track in drawn]
    figure = themes(
        lambda theme: draw_timeline(passages, verdict.seconds, decision.low, decision.high, theme), pictures
    )
    return rendered(
        "video.html",
        verdict=verdict,
        drawn=len(drawn),
        figure=figure,
        height=figure["light"]["layout"]["height"],
        pictures=pictures,
        rule=RULE,
        caution=CAUTION,
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        facts=list(facts(verdict, detector)),
    )


def facts(verdict: VideoVerdict, detector: Detector) -> Iterator[tuple[str, str]]:
    """The record as rows of (name, value)."""
    checkpoint, decision = detector.checkpoint, verdict.decision
    revision, sha256 = (checkpoint.revision, checkpoint.sha256) if checkpoint else (None, None)
    yield from weights_facts(verdict.checkpoint, detector.config.name, revision, sha256)
    yield (
        "Decision",
        f"margin = {decision.a:.6g} · head + {decision.b:.6g} · language + {decision.c:.6g}; "
        f"P(fake) = σ(margin / {decision.temperature:.6g})",
    )
    yield cut_offs(decision)
    rate = "unknown rate" if verdict.rate is None else f"{verdict.rate:.4g} frames per second"
    yield (
        "Video",
        f"{verdict.width}×{verdict.height} pixels, {verdict.seconds:.2f} s, {rate}, {verdict.codec}",
    )
    first, last = verdict.moments[0], verdict.moments[-1]
    yield "Frames", f"{len(verdict.moments)} looked at, from {first:.2f} to {last:.2f} s"
    yield "Machine", f"{detector.model.device}, Python {platform.python_version()}"
    yield "Versions", ", ".join(f"{name} {version}" for name, version in versions().items())


def _passage(track: Track) -> Passage:
    spread = track.summary.probability
    return Passage(
        label=f"Face {track.number}: {track.summary.evidence}",
        seconds=[face.seconds for face in track.faces],
        probabilities=[face.probability for face in track.faces],
        evidence=[face.evidence for face in track.faces],
        lower=spread.lower,
        median=spread.median,
        upper=spread.upper,
    )
