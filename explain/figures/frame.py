"""What all figures share: letters, grid lines, margins, written numbers, and a figure that holds a sentence."""

import textwrap
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from explain.figures.palette import inks

FONT = "system-ui, sans-serif"
ROW = 30  # px, height of one bar with its gap
FRAME = 84  # px, what stands above and below the bars of a panel
CLEAR = "rgba(0,0,0,0)"
BELOW = {"orientation": "h", "x": 0, "yref": "container", "y": 0, "yanchor": "bottom", "font": {"size": 12}}
"""A legend at the foot of the figure, in room that a margin of LEGEND px leaves: it may take three lines on a phone."""
LEGEND = 66


def dress(figure: go.Figure, theme: str, height: int, **layout: Any) -> go.Figure:
    """Set letters, transparent backgrounds and margins of a figure, and its axes' lines; the figure itself back."""
    ink = inks(theme)
    figure.update_layout(
        **{
            "height": height,
            "margin": {"l": 8, "r": 12, "t": 30, "b": 44},
            "paper_bgcolor": CLEAR,
            "plot_bgcolor": CLEAR,
            "font": {"color": ink.letters, "size": 13, "family": FONT},
            "legend": {"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom", "font": {"size": 12}},
            "hoverlabel": {"font": {"family": FONT}},
            "dragmode": False,
            **layout,
        }
    )
    figure.update_xaxes(
        fixedrange=True, gridcolor=ink.line, zerolinecolor=ink.soft, title_font_size=12, title_standoff=6
    )
    figure.update_yaxes(fixedrange=True, gridcolor=ink.line, zerolinecolor=ink.soft, title_font_size=12)
    figure.update_annotations(font={"color": ink.letters, "size": 13, "family": FONT})
    return figure


def rows(figure: go.Figure, labels: Sequence[str], width: int = 20, **place: int) -> None:
    """Name the rows of a panel of horizontal bars at 0, 1, 2, … from top to bottom, in lines of `width` letters."""
    figure.update_yaxes(
        tickvals=list(range(len(labels))),
        ticktext=[wrapped(label, width) for label in labels],
        tickfont={"size": 12},
        range=[len(labels) - 0.5, -0.5],
        showgrid=False,
        zeroline=False,
        automargin=True,
        **place,
    )


def padded(values: Iterable[float], share: float = 0.14) -> list[float]:
    """Range of an axis that holds the finite values and zero, with room for numbers beside the longest bars."""
    finite = [0.0, *(float(value) for value in values if np.isfinite(value))]
    low, high = min(finite), max(finite)
    room = share * ((high - low) or 1.0)
    return [low - (room if low < 0 else room / 4), high + (room if high > 0 else room / 4)]


def shortened(label: str, longest: int = 26) -> str:
    """A label that leaves room for its figure on a phone, escaped: plotly reads a subset of HTML in labels."""
    cut = label if len(label) <= longest else label[: longest - 1].rstrip() + "…"
    return escaped(cut)


def wrapped(label: str, width: int = 20) -> str:
    """A label in at most two lines of about `width` letters, escaped; what does not fit ends in an ellipsis."""
    lines = textwrap.wrap(label, width, max_lines=2, placeholder="…") or [""]
    return "<br>".join(escaped(line) for line in lines)


def escaped(label: str) -> str:
    """Text as plotly shows it letter by letter: without tags, entities or line breaks of its own."""
    return label.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\n", " ")


def signed(value: float, digits: int = 2) -> str:
    """A number as "+0.25", "−1.30" or "0.00": a true minus sign, and no sign at zero."""
    rounded = f"{abs(value):.{digits}f}"
    if float(rounded) == 0:
        return rounded
    return ("+" if value > 0 else "−") + rounded


def digits_for(scale: float) -> int:
    """Decimals that show two significant digits of values as large as `scale`."""
    return next((digits for digits in range(2, 8) if scale >= 10 ** (1 - digits)), 8)


def said(sentence: str, theme: str) -> go.Figure:
    """A figure that holds one sentence where there is nothing to draw."""
    figure = go.Figure()
    figure.add_annotation(text=escaped(sentence), showarrow=False, x=0.5, y=0.5, xref="paper", yref="paper")
    dress(figure, theme, FRAME)
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    return figure
