"""Scores over a clip: P(fake) of each followed face against time, one panel a face on one time axis."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from explain.figures.evidence import ENGLISH as EVIDENCE
from explain.figures.evidence import check_band, looks, stripe
from explain.figures.frame import BELOW, LEGEND, dress, escaped
from explain.figures.palette import Inks, faded, inks

PANEL = 150  # px, height of one face's panel
GAP = 36  # px between panels, with the name of the face below
AROUND = 96 + LEGEND  # px above and below all panels
TICKS = [0, 50, 100]  # per cent
ROOM = 0.02  # of the length, left and right of it
BROKEN = 1.5  # times the usual distance of two frames: a wider gap breaks the line
CLOCK = 120.0  # seconds from which on times are written as minutes and seconds
STEPS = (15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200)  # seconds between two ticks of a clock
MOST_TICKS = 8


@dataclass(frozen=True)
class Passage:
    """One followed face. label: its name; seconds, probabilities (0..1), evidence (words): of each frame, in order;
    median, lower, upper: of its probabilities."""

    label: str
    seconds: Sequence[float]
    probabilities: Sequence[float]
    evidence: Sequence[str]
    lower: float
    median: float
    upper: float


@dataclass(frozen=True)
class TimelineWords:
    """What the figure says. evidence: the three words by name."""

    axis: str = "time in the clip, seconds"
    clock: str = "time in the clip, minutes : seconds"
    probability: str = "P(fake)"
    band: str = "band of uncertainty"
    median: str = "median"
    middle: str = "middle half of the frames"
    evidence: Mapping[str, str] = field(default_factory=lambda: dict(EVIDENCE))


ENGLISH = TimelineWords()


def draw_timeline(
    passages: Sequence[Passage],
    seconds: float,
    low: float,
    high: float,
    theme: str = "light",
    words: TimelineWords = ENGLISH,
) -> go.Figure:
    """A panel a passage: a mark a frame in its word's shape and colour, the median as a dashed line, the middle half
    of the frames shaded, and the band low..high of uncertainty.

    seconds: length of the clip. A line joins frames that follow each other; where the face was missed, it is broken.
    Raises ValueError for another theme, a band that is none, or no passage.
    """
    check_band(low, high)
    if not passages:
        raise ValueError("0 passages were given; at least 1 is needed.")
    ink = inks(theme)
    inner = PANEL * len(passages) + GAP * (len(passages) - 1)
    figure = make_subplots(
        rows=len(passages),
        cols=1,
        shared_xaxes=True,
        vertical_spacing=0 if len(passages) == 1 else GAP / inner,
        subplot_titles=[escaped(passage.label) for passage in passages],
    )
    last = max(seconds, max(max(passage.seconds) for passage in passages))
    axis = [-ROOM * (last or 1), (1 + ROOM) * (last or 1)]
    for row, passage in enumerate(passages, 1):
        _stripe(figure, row, axis, (low, high), faded(ink.neutral, 0.22), words.band)
        _stripe(figure, row, axis, (passage.lower, passage.upper), faded(ink.unsigned, 0.18), words.middle)
        _curve(figure, row, axis, passage, ink, words)
        _marks(figure, row, passage, ink, words)
    figure.update_xaxes(range=axis, showgrid=False, zeroline=False, **_ticks(last))
    figure.update_xaxes(title=escaped(words.clock if last >= CLOCK else words.axis), row=len(passages), col=1)
    figure.update_yaxes(
        range=[-5, 105], tickvals=TICKS, ticktext=[f"{tick} %" for tick in TICKS], zeroline=False
    )
    figure.update_yaxes(title=escaped(words.probability), row=1, col=1)
    return dress(
        figure, theme, inner + AROUND, legend=BELOW, margin={"l": 8, "r": 12, "t": 34, "b": 62 + LEGEND}
    )


def _stripe(
    figure: go.Figure, row: int, axis: list[float], ends: tuple[float, float], colour: str, name: str
) -> None:
    figure.add_scatter(
        name=escaped(name),
        legendgroup=name,
        showlegend=row == 1,
        row=row,
        col=1,
        **stripe(axis, *ends, colour),
    )


def _curve(
    figure: go.Figure, row: int, axis: list[float], passage: Passage, ink: Inks, words: TimelineWords
) -> None:
    figure.add_scatter(
        x=axis,
        y=[100 * passage.median] * 2,
        mode="lines",
        line={"color": ink.letters, "width": 1.5, "dash": "dash"},
        name=escaped(words.median),
        legendgroup="median",
        showlegend=row == 1,
        hoverinfo="skip",
        row=row,
        col=1,
    )
    times: list[float | None] = []
    chances: list[float | None] = []
    gaps = np.diff(passage.seconds)
    usual = float(np.median(gaps)) if gaps.size else 0.0
    for number, (second, chance) in enumerate(zip(passage.seconds, passage.probabilities, strict=True)):
        if number and gaps[number - 1] > BROKEN * usual:
            times.append(None)
            chances.append(None)
        times.append(second)
        chances.append(100 * chance)
    figure.add_scatter(
        x=times,
        y=chances,
        mode="lines",
        connectgaps=False,
        line={"color": ink.soft, "width": 1.5},
        showlegend=False,
        hoverinfo="skip",
        row=row,
        col=1,
    )


def _marks(figure: go.Figure, row: int, passage: Passage, ink: Inks, words: TimelineWords) -> None:
    # Many frames need small marks.
    size = 10 if len(passage.seconds) <= 64 else 6
    for word, (symbol, colour) in looks(ink).items():
        times: list[float | None] = []
        chances: list[float | None] = []
        for second, chance, said in zip(
            passage.seconds, passage.probabilities, passage.evidence, strict=True
        ):
            if said == word:
                times.append(second)
                chances.append(100 * chance)
        figure.add_scatter(
            # A trace with no point at all would be missing from the legend, which is the first panel's.
            x=times or [None],
            y=chances or [None],
            mode="markers",
            marker={
                "symbol": symbol,
                "size": size,
                "color": colour,
                "line": {"width": 1, "color": ink.letters},
            },
            name=escaped(words.evidence[word]),
            legendgroup=word,
            showlegend=row == 1,
            hovertemplate=f"%{{x:.2f}} s: %{{y:.1f}} %<extra>{escaped(words.evidence[word])}</extra>",
            row=row,
            col=1,
        )


def _ticks(last: float) -> dict[str, object]:
    """Ticks of a long clip as minutes and seconds, at round ones; those of a short one are left to plotly."""
    if last < CLOCK:
        return {}
    step = next((step for step in STEPS if last / step < MOST_TICKS), STEPS[-1])
    ticks = [step * number for number in range(math.floor(last / step) + 1)]
    return {"tickvals": ticks, "ticktext": [f"{tick // 60}:{tick % 60:02d}" for tick in ticks]}
