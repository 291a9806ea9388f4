"""A sweep as a curve: P(fake) over the strength of one change, beside the photo as it was given."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import plotly.graph_objects as go

from explain.figures.evidence import ENGLISH as EVIDENCE
from explain.figures.evidence import check_band, looks, stripe
from explain.figures.frame import BELOW, LEGEND, dress, escaped
from explain.figures.palette import Inks, faded, inks
from explain.sweep import KINDS, Sweep

HEIGHT = 330  # px
TICKS = [0, 25, 50, 75, 100]  # per cent
ROOM = 0.06  # of the range of strengths, left and right of the outermost


@dataclass(frozen=True)
class SweepWords:
    """What the figure says. axes: title of the strengths by kind; evidence: the three words by name."""

    axes: Mapping[str, str] = field(
        default_factory=lambda: {
            "jpeg": "JPEG quality, lower is coarser",
            "resize": "size, as a factor of the photo's",
            "blur": "blur, σ in pixels",
            "crop": "shift of the face box to the right, % of its width",
            "noise": "noise, σ in grey levels",
        }
    )
    probability: str = "P(fake)"
    band: str = "band of uncertainty"
    reference: str = "photo as given"
    evidence: Mapping[str, str] = field(default_factory=lambda: dict(EVIDENCE))


ENGLISH = SweepWords()


def draw_sweep(
    sweep: Sweep, low: float, high: float, theme: str = "light", words: SweepWords = ENGLISH
) -> go.Figure:
    """P(fake) over the strengths, the band low..high of uncertainty shaded, the photo as given as a line,
    and as a star where an unchanged photo has a place on the axis.

    Damage grows to the right where a change has a direction, so JPEG quality and size fall from left to right. A point
    is round for little, a diamond for uncertain and a triangle for substantial evidence; a sweep under way keeps the
    axis of the whole one. Raises ValueError for another theme or a band that is none.
    """
    check_band(low, high)
    ink, kind = inks(theme), KINDS[sweep.kind]
    scale = 100 if kind.name == "crop" else 1
    shown = [scale * strength for strength in kind.strengths]
    room = ROOM * (max(shown) - min(shown))
    axis = [min(shown) - room, max(shown) + room]
    figure = go.Figure()
    _band(figure, axis, low, high, ink, words)
    figure.add_scatter(
        x=axis,
        y=[100 * sweep.reference] * 2,
        mode="lines",
        line={"color": ink.letters, "width": 1.5, "dash": "dash"},
        name=escaped(words.reference),
        hovertemplate=f"{escaped(words.reference)}: %{{y:.1f}} %<extra></extra>",
    )
    strengths = [scale * strength for strength in sweep.strengths.tolist()]
    chances = [100 * chance for chance in sweep.probabilities.tolist()]
    figure.add_scatter(
        x=strengths,
        y=chances,
        mode="lines",
        line={"color": ink.soft, "width": 1.5},
        showlegend=False,
        hoverinfo="skip",
    )
    _points(figure, sweep, strengths, chances, ink, words)
    if kind.neutral is not None:
        figure.add_scatter(
            x=[scale * kind.neutral],
            y=[100 * sweep.reference],
            mode="markers",
            marker={"symbol": "star", "size": 14, "color": ink.letters},
            showlegend=False,
            hoverinfo="skip",
        )
    falls = shown[0] > shown[-1]
    figure.update_xaxes(
        title=escaped(words.axes[kind.name]),
        range=axis[::-1] if falls else axis,
        tickvals=shown,
        ticktext=[f"{strength:g}".replace("-", "−") for strength in shown],
        showgrid=False,
        zeroline=False,
    )
    figure.update_yaxes(
        title=escaped(words.probability),
        range=[-3, 103],
        tickvals=TICKS,
        ticktext=[f"{tick} %" for tick in TICKS],
    )
    return dress(figure, theme, HEIGHT, legend=BELOW, margin={"l": 8, "r": 12, "t": 10, "b": 44 + LEGEND})


def _band(
    figure: go.Figure, axis: list[float], low: float, high: float, ink: Inks, words: SweepWords
) -> None:
    figure.add_scatter(
        name=escaped(words.band),
        **stripe(axis, low, high, faded(ink.neutral, 0.22)),
    )


def _points(
    figure: go.Figure,
    sweep: Sweep,
    strengths: list[float],
    chances: list[float],
    ink: Inks,
    words: SweepWords,
) -> None:
    for word, (symbol, colour) in looks(ink).items():
        chosen = [number for number, said in enumerate(sweep.evidence) if said == word]
        figure.add_scatter(
            x=[strengths[number] for number in chosen],
            y=[chances[number] for number in chosen],
            mode="markers",
            marker={
                "symbol": symbol,
                "size": 11,
                "color": colour,
                "line": {"width": 1.5, "color": ink.letters},
            },
            name=escaped(words.evidence[word]),
            showlegend=bool(chosen),
            hovertemplate=f"%{{x:g}}: %{{y:.1f}} %<extra>{escaped(words.evidence[word])}</extra>",
        )
