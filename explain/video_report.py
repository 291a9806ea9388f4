"""A report of a video as one HTML file: what was said of each face, P(fake) over time, and the record.

It holds numbers only, no frame and no face, and like the report of a photo it asks nobody for anything.
"""

import platform
from collections.abc import Iterator
from datetime import UTC, datetime

from markupsafe import Markup

from explain.figures.inline import plotly_script
from explain.figures.timeline import Passage, draw_timeline
from explain.report import versions
from explain.report_html import policy, resource, templates, themes
from mfclip.detector import Detector
from mfclip.video.summary import CAUTION, RULE
from mfclip.video.verdict import Track, VideoVerdict

DRAWN = 8
"""Faces that are drawn, those with most frames; the table lists all."""


def to_html(verdict: VideoVerdict, detector: Detector) -> str:
    """The whole file as text. detector: the one that judged the video."""
    plotly, script = plotly_script(), resource("report.js")
    pictures: dict[str, str] = {}
    drawn = sorted(
        sorted(verdict.tracks, key=lambda track: -len(track.faces))[:DRAWN], key=lambda track: track.number
    )
    decision = verdict.decision
    passages = [_passage(track) for track in drawn]
    figure = themes(
        lambda theme: draw_timeline(passages, verdict.seconds, decision.low, decision.high, theme), pictures
    )
    return (
        templates()
        .get_template("video.html")
        .render(
            policy=policy(plotly, script),
            style=Markup(resource("report.css")),
            plotly=Markup(plotly),
            script=Markup(script),
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
    )


def facts(verdict: VideoVerdict, detector: Detector) -> Iterator[tuple[str, str]]:
    """The record as rows of (name, value)."""
    checkpoint, decision = detector.checkpoint, verdict.decision
    yield "Checkpoint", f"{verdict.checkpoint} (configuration {detector.config.name})"
    yield "Revision", (checkpoint.revision if checkpoint else None) or "none: a folder on this machine"
    yield (
        "Weights, SHA-256",
        checkpoint.sha256 if checkpoint else "none: weights that were never written to a file",
    )
    yield (
        "Decision",
        f"margin = {decision.a:.6g} · head + {decision.b:.6g} · language + {decision.c:.6g}; "
        f"P(fake) = σ(margin / {decision.temperature:.6g})",
    )
    yield "Cut-offs", f"uncertain between {decision.low:.4f} and {decision.high:.4f}; {decision.origin}"
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
