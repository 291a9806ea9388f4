"""Signed maps: cells over the face, and over the chosen patch beside it, on the page's one scale."""

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from explain.figures.frame import digits_for, dress, escaped, signed
from explain.figures.palette import diverging, inks
from explain.figures.raster import data_url, grey
from explain.figures.scale import scale_of
from explain.result import Result

FACE, PATCH = 224, 112
"""Sides of the face and of the patch, in their own pixels (mfclip.preprocess.FACE_SIZE, WINDOW)."""
SIDE = 360  # px, height of a map on the page
OVER_FACE = 0.85  # opacity of the strongest colour over a face: its features stay visible below
PATCH_MAPS = ("patch map", "residual map")
AROUND = {"l": 6, "r": 6, "t": 30, "b": 74}
SIGN = "real ◂  ▸ fake"


def draw_map(
    result: Result,
    scale: float | None = None,
    theme: str = "light",
    smooth: bool = False,
    face: np.ndarray | None = None,
    refuted: bool = False,
) -> go.Figure:
    """Figure of a result with a 'map' (H, W) over the face and, where it has one, a map of the chosen patch.

    scale: logits drawn at full strength, the page's `scale_of`. smooth: interpolate between the cells; they are drawn
    as cells otherwise. face: uint8 (224, 224, 3) RGB to lay the map over, drawn grey, since its colours would be taken
    for those of the map; without it the map stands on the page's own ground. refuted: grey, without a sign.
    """
    top = scale or scale_of([result])
    digits = digits_for(top)
    panels = panels_of(result)
    figure = make_subplots(
        rows=1, cols=len(panels), horizontal_spacing=0.06, subplot_titles=[title for title, _, _ in panels]
    )
    for column, (_, values, side) in enumerate(panels, start=1):
        figure.add_trace(cells(values, side, smooth, f"%{{z:+.{digits}f}}"), row=1, col=column)
        frame_panel(figure, side, theme, face if side == FACE else None, col=column)
    axis = {
        "colorscale": diverging(theme, 1.0 if face is None else OVER_FACE, refuted),
        "cmin": -top,
        "cmax": top,
        "colorbar": bar(f"{SIGN}   ({unit_of(result)})", [(x, signed(x, digits)) for x in (-top, 0.0, top)]),
    }
    meta = squares(len(panels), 1, SIDE - AROUND["t"] - AROUND["b"])
    return dress(figure, theme, SIDE, margin=AROUND, coloraxis=axis, meta=meta)


def squares(columns: int, lines: int, side: int) -> dict[str, int]:
    """Meta data of a figure of square panels of `side` px, so that a narrow page can make it less high."""
    return {"columns": columns, "lines": lines, "square": side}


def lies_on_patch(result: Result) -> bool:
    """Whether a result's 'map' lies over the chosen patch and not over the face."""
    return result.method == "noise" or result.knobs.get("stream") == "noise"


def panels_of(result: Result) -> list[tuple[str, np.ndarray, int]]:
    """(title, values (H, W), side in pixels of what it lies over) of each map of a result.

    The title holds the cells' sum where the method says that they add up to something.
    """
    found = []
    of_patch = lies_on_patch(result)
    for name, side in (("map", PATCH if of_patch else FACE), *((name, PATCH) for name in PATCH_MAPS)):
        if name in result.values:
            values = np.asarray(result.values[name], dtype=np.float64)
            title = "face" if side == FACE else "patch"
            total = "" if result.gap is None else f", all cells: {signed(float(values.sum()))}"
            found.append((title + total, values, side))
    return found


def cells(values: np.ndarray, side: int, smooth: bool, number: str) -> go.Heatmap:
    """Heat map of (H, W) values on the figure's colour axis, its cells over 0..side; y downwards, as in a picture.

    number: how a cell's value is written, in plotly's form.
    """
    height, width = values.shape
    return go.Heatmap(
        z=np.round(values, 6),
        x0=side / width / 2,
        dx=side / width,
        y0=side / height / 2,
        dy=side / height,
        zsmooth="best" if smooth else False,
        coloraxis="coloraxis",
        hovertemplate=f"x %{{x:.0f}} px, y %{{y:.0f}} px: {number}<extra></extra>",
    )


def frame_panel(
    figure: go.Figure, side: int, theme: str, face: np.ndarray | None = None, row: int = 1, col: int = 1
) -> None:
    """Square axes without ticks around one panel, a thin line around what the map lies over, and the face below it."""
    ink = inks(theme)
    style = {
        "showgrid": False,
        "zeroline": False,
        "showticklabels": False,
        "ticks": "",
        "showline": True,
        "mirror": True,
        "linecolor": ink.neutral,
        "linewidth": 1,
        "constrain": "domain",
    }
    axes = figure.get_subplot(row, col)
    across, down = (axis.plotly_name.replace("axis", "") for axis in (axes.xaxis, axes.yaxis))
    figure.update_xaxes(range=[0, side], row=row, col=col, **style)
    figure.update_yaxes(range=[side, 0], scaleanchor=across, constraintoward="top", row=row, col=col, **style)
    if face is not None:
        picture = data_url(np.repeat(grey(face)[..., None], 3, axis=-1))
        size = {"x": 0, "y": 0, "sizex": side, "sizey": side, "sizing": "stretch"}
        figure.add_layout_image(source=picture, xref=across, yref=down, layer="below", **size)


def bar(title: str, ticks: list[tuple[float, str]]) -> dict[str, object]:
    """A colour bar below the panels, with the numbers of its ticks as they are to be read."""
    return {
        "orientation": "h",
        "x": 0.5,
        "xanchor": "center",
        "y": -0.03,
        "yanchor": "top",
        "len": 0.9,
        "thickness": 10,
        "outlinewidth": 0.5,
        "title": {"text": title, "side": "bottom", "font": {"size": 12}},
        "tickvals": [value for value, _ in ticks],
        "ticktext": [text for _, text in ticks],
    }


def unit_of(result: Result) -> str:
    """What one unit of the scale is, in few words."""
    return "logits" if "logit" in result.unit else escaped(result.unit)
