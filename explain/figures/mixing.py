"""Attention: where information was mixed, in one hue and on a scale of its own, never beside signed colours."""

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from explain.figures.frame import digits_for, dress
from explain.figures.maps import (
    AROUND,
    FACE,
    OVER_FACE,
    PATCH,
    bar,
    cells,
    frame_panel,
    lies_on_patch,
    squares,
)
from explain.figures.palette import rising
from explain.result import Result

COLUMNS = 4
MOST_HEADS = 16
"""Maps of single heads that are drawn; of larger models the mean over the heads of every block."""
MIXING = "share of attention (block·head):<br>where information was mixed, not why"
SMALL, LARGE = 150, 250  # px, sides of the panels


def draw_mixing(
    result: Result,
    theme: str = "light",
    smooth: bool = False,
    face: np.ndarray | None = None,
    refuted: bool = False,
) -> go.Figure:
    """Rollout, and every head of every block (their mean in a large model): shares from 0 up to the figure's largest.

    face: uint8 (224, 224, 3) RGB to lay the maps over; not under those of the noise stream, which see the patch.
    """
    panels = panels_of(result)
    side, under = (PATCH, None) if lies_on_patch(result) else (FACE, face)
    columns = min(COLUMNS, len(panels))
    lines = -(-len(panels) // columns)
    figure = make_subplots(
        rows=lines,
        cols=columns,
        subplot_titles=[title for title, _ in panels],
        vertical_spacing=0.3 / max(2, lines),
        horizontal_spacing=0.03,
    )
    top = max(float(values.max()) for _, values in panels) or 1.0
    digits = digits_for(top)
    for number, (_, values) in enumerate(panels):
        place = {"row": number // columns + 1, "col": number % columns + 1}
        figure.add_trace(cells(values, side, smooth, f"%{{z:.{digits}f}}"), **place)
        frame_panel(figure, side, theme, under, **place)
    axis = {
        "colorscale": rising(theme, 1.0 if under is None else OVER_FACE, refuted),
        "cmin": 0.0,
        "cmax": top,
        "colorbar": bar(MIXING, [(x, f"{x:.{digits}f}") for x in (0.0, top)]),
    }
    height = 104 + (LARGE if len(panels) == 1 else SMALL) * lines
    meta = squares(columns, lines, SMALL if len(panels) > 1 else LARGE)
    dress(figure, theme, height, margin=AROUND, coloraxis=axis, meta=meta)
    figure.update_annotations(font={"size": 11})
    return figure


def panels_of(result: Result) -> list[tuple[str, np.ndarray]]:
    """(title, values (H, W)) of each map of an attention result, rollout first."""
    panels = [("rollout", np.asarray(result.values["rollout"], dtype=np.float64))]
    heads = np.asarray(result.values["mixing"], dtype=np.float64)
    blocks = result.labels.get("mixing") or tuple(f"block {number}" for number in range(len(heads)))
    if heads.shape[0] * heads.shape[1] <= MOST_HEADS:
        for block, of_block in zip(blocks, heads, strict=True):
            panels += [(f"{block}·{number + 1}", values) for number, values in enumerate(of_block)]
    else:
        panels += [
            (f"{block}, mean", values.mean(axis=0)) for block, values in zip(blocks, heads, strict=True)
        ]
    return panels
