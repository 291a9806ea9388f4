"""A receipt as curves: what happens to the target when the map's cells go, against random orders of the same cells."""

from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from explain.figures.frame import BELOW, LEGEND, dress, escaped
from explain.figures.palette import faded, inks
from explain.result import Reading, Receipt

PANEL = 230  # px
CURVES = {
    "deletion": "most fake first: must fall faster",
    "insertion": "most real first: must stay higher",
}


def has_curves(receipt: Receipt) -> bool:
    """Whether a receipt holds readings that can be drawn as curves."""
    return any(_worst(reading) for reading in receipt.readings)


def draw_receipt(receipt: Receipt, theme: str = "light") -> go.Figure:
    """One panel for each reading with curves, with the fill at which it did worst: that is the one it is judged by.

    The band holds 90 % of the random orders. Raises ValueError for a receipt without curves.
    """
    drawn = [(reading, *worst) for reading in receipt.readings if (worst := _worst(reading))]
    if not drawn:
        read = ", ".join(reading.metric for reading in receipt.readings) or "nothing"
        raise ValueError(
            f"The receipt of {receipt.method} holds no curves; it holds {read}. Show it as a table."
        )
    ink = inks(theme)
    figure = make_subplots(
        rows=len(drawn),
        cols=1,
        vertical_spacing=0.3 / len(drawn),
        subplot_titles=[_title(*one) for one in drawn],
    )
    for row, (_, _, curves) in enumerate(drawn, start=1):
        share = [100 * part for part in curves["removed"]]
        shown = row == 1
        band = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "legendgroup": "band"}
        figure.add_scatter(x=share, y=curves["random high"], showlegend=False, row=row, col=1, **band)
        figure.add_scatter(
            x=share,
            y=curves["random low"],
            fill="tonexty",
            fillcolor=faded(ink.neutral, 0.35),
            name="random orders, 5th to 95th percentile",
            showlegend=shown,
            row=row,
            col=1,
            **band,
        )
        for values, name, line in (
            (curves["random mean"], "their mean", {"color": ink.neutral, "width": 1.5, "dash": "dot"}),
            (curves["curve"], "this explanation's order", {"color": ink.letters, "width": 2.5}),
        ):
            figure.add_scatter(
                x=share,
                y=values,
                mode="lines",
                name=name,
                legendgroup=name,
                showlegend=shown,
                line=line,
                hovertemplate="%{x:.0f} % gone: %{y:+.3f}<extra></extra>",
                row=row,
                col=1,
            )
    figure.update_xaxes(ticksuffix=" %", zeroline=False)
    figure.update_xaxes(title="share taken away", row=len(drawn), col=1)
    figure.update_yaxes(title="logits", zeroline=True, automargin=True)
    return dress(
        figure,
        theme,
        PANEL * len(drawn) + 92,
        legend=BELOW,
        margin={"l": 8, "r": 12, "t": 52, "b": 44 + LEGEND},
    )


def _title(reading: Reading, fill: str, curves: Mapping[str, Any]) -> str:
    how = f", {escaped(fill)} fill" if len(reading.detail["fills"]) > 1 else ""
    meaning = f"<br>{CURVES[reading.metric]}" if reading.metric in CURVES else ""
    return f"{escaped(reading.metric)}{how}: beats {curves['half']['beaten']:.0%}{meaning}"


def _worst(reading: Reading) -> tuple[str, Mapping[str, Any]] | None:
    """(fill, its curves) at which a reading did worst; None for a reading without curves."""
    fills = reading.detail.get("fills")
    if not isinstance(fills, Mapping) or not fills:
        return None
    if not all(isinstance(of, Mapping) and "curve" in of and "half" in of for of in fills.values()):
        return None
    return min(fills.items(), key=lambda item: item[1]["half"]["beaten"])
