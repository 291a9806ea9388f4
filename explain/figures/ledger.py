"""The ledger: from a face that says nothing to the verdict, player by player, in steps that add up."""

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from explain.figures.frame import BELOW, LEGEND, ROW, digits_for, dress, padded, rows, signed, wrapped
from explain.figures.palette import inks
from explain.result import Result

SPACE = 74  # px, between the panels
STEP = 36  # px, height of a step with its name and number
NAMES = 24  # letters of a name before it is broken into two lines
OTHERS = (
    ("ablation", "diamond", "ablation: without it alone"),
    ("bookkeeping", "circle-open", "bookkeeping: ‖v‖ frozen"),
)


def draw_ledger(result: Result, theme: str = "light") -> go.Figure:
    """Waterfall of 'contributions' (N,) from 'base' to their sum; below it the same players counted three ways.

    The steps are exact: base + contributions = total. Ablation and bookkeeping need not add up, which is why they
    stand beside the Shapley values and not in the waterfall.
    """
    players = result.labels["contributions"]
    shares = np.asarray(result.values["contributions"], dtype=np.float64)
    base = float(np.asarray(result.values.get("base", 0.0)).reshape(-1)[0])
    others = [other for other in OTHERS if other[0] in result.values]
    count = len(players)
    heights = [STEP * (count + 2), ROW * count][: 1 + bool(others)]
    figure = make_subplots(
        rows=len(heights),
        cols=1,
        row_heights=heights,
        vertical_spacing=SPACE / sum(heights) if others else 0.0,
        subplot_titles=["", "counted three ways"][: len(heights)],
    )
    figure.add_trace(_waterfall(base, shares, theme), row=1, col=1)
    _name_steps(figure, players, base, shares)
    heights_of_steps = base + np.concatenate([[0.0], np.cumsum(shares)])
    figure.update_xaxes(title="real ◂ logits ▸ fake", range=padded(heights_of_steps, 0.04), row=1, col=1)
    if others:
        _three_ways(figure, result, shares, others, theme)
        rows(figure, players, NAMES, row=2, col=1)
        figure.update_xaxes(title="logits", row=2, col=1)
    below = 44 + LEGEND * bool(others)
    return dress(
        figure,
        theme,
        8 + sum(heights) + SPACE * bool(others) + below,
        legend=BELOW,
        margin={"l": 8, "r": 12, "t": 8, "b": below},
    )


def _name_steps(figure: go.Figure, players: tuple[str, ...], base: float, shares: np.ndarray) -> None:
    """Name each step with its number below: beside short bars a phone has no room for numbers."""
    steps = (base, *shares.tolist(), base + float(shares.sum()))
    digits = digits_for(max(map(abs, steps)))
    names = ("nothing known", *players, "total")
    rows(figure, names, NAMES, row=1, col=1)
    labels = [
        f"{wrapped(name, NAMES)}<br><b>{signed(step, digits)}</b>"
        for name, step in zip(names, steps, strict=True)
    ]
    figure.update_yaxes(ticktext=labels, row=1, col=1)


def _waterfall(base: float, shares: np.ndarray, theme: str) -> go.Waterfall:
    ink = inks(theme)
    total = base + float(shares.sum())
    return go.Waterfall(
        orientation="h",
        y=list(range(len(shares) + 2)),
        x=[base, *shares.tolist(), total],
        measure=["absolute", *["relative"] * len(shares), "total"],
        increasing={"marker": {"color": ink.fake}},
        decreasing={"marker": {"color": ink.real}},
        totals={"marker": {"color": ink.neutral}},
        connector={"line": {"color": ink.soft, "width": 1, "dash": "dot"}},
        hovertemplate="%{delta:+.4f}, then %{final:+.4f}<extra></extra>",
        showlegend=False,
    )


def _three_ways(
    figure: go.Figure, result: Result, shares: np.ndarray, others: list[tuple[str, str, str]], theme: str
) -> None:
    ink = inks(theme)
    places = list(range(len(shares)))
    figure.add_trace(
        go.Bar(
            orientation="h",
            y=places,
            x=shares,
            width=0.5,
            marker={"color": [ink.fake if share > 0 else ink.real for share in shares]},
            name="Shapley value, as above",
            hovertemplate="%{x:+.3f}<extra>Shapley</extra>",
        ),
        row=2,
        col=1,
    )
    for name, symbol, title in others:
        figure.add_trace(
            go.Scatter(
                y=places,
                x=np.asarray(result.values[name], dtype=np.float64),
                mode="markers",
                marker={
                    "symbol": symbol,
                    "size": 10,
                    "color": ink.letters,
                    "line": {"width": 2, "color": ink.letters},
                },
                name=title,
                hovertemplate="%{x:+.3f}<extra>" + name + "</extra>",
            ),
            row=2,
            col=1,
        )
