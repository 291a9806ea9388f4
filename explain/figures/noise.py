"""What the noise stream saw, and what would have been said otherwise, in panels below each other."""

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from explain.figures.frame import BELOW, ROW, digits_for, dress, escaped, padded, rows, signed
from explain.figures.maps import AROUND, PATCH, SIGN, bar, cells, frame_panel
from explain.figures.palette import NEGATIVE, POSITIVE, diverging, faded, inks
from explain.figures.raster import data_url
from explain.figures.scale import scale_of
from explain.result import Result

LIMIT = 3.0
"""Where the residual is truncated (mfclip.noise.LIMIT): drawn at full strength."""
COLUMNS = 4
TILE_KERNEL = 1
"""The kernel whose residual the tiles show: 5×5, which looks farthest."""
SPECTRUM, TILES, MAP = 220, 120, 230  # px, heights of panels


@dataclass(frozen=True)
class _Panel:
    """A line of the figure: its height in px, and how many of the four columns its first part takes."""

    name: str
    height: int
    titles: tuple[str, ...]
    spans: tuple[int, ...] = (COLUMNS,)


def draw_noise(
    result: Result,
    scale: float | None = None,
    theme: str = "light",
    smooth: bool = False,
    face: np.ndarray | None = None,
    refuted: bool = False,
) -> go.Figure:
    """Richness of the candidates; the target had another been chosen or a stream been missing; the chosen residual's
    spectrum beside those of training; where on it the influence lies; and the residuals themselves.

    face: the residuals are pictures of the face, so they are drawn only where the face is given to be shown.
    """
    top = scale or scale_of([result])
    panels = _panels(result, face is not None)
    number = {panel.name: line for line, panel in enumerate(panels, start=1)}
    figure = make_subplots(
        rows=len(panels),
        cols=COLUMNS,
        row_heights=[panel.height for panel in panels],
        vertical_spacing=0.36 / len(panels),
        horizontal_spacing=0.04,
        specs=[_spec(panel) for panel in panels],
        subplot_titles=[title for panel in panels for title in panel.titles],
    )
    _richness(figure, result, theme, number["richness"])
    _otherwise(figure, result, theme, number["otherwise"])
    _spectrum(figure, result, theme, number["spectrum"])
    if "tiles" in number:
        _tiles(figure, result, theme, number["tiles"])
    _where(figure, result, smooth, theme, number["where"], refuted)
    digits = digits_for(top)
    axis = {
        "colorscale": diverging(theme, refuted=refuted),
        "cmin": -top,
        "cmax": top,
        "colorbar": bar(f"map: {SIGN}   (logits)", [(x, signed(x, digits)) for x in (-top, 0.0, top)]),
    }
    height = sum(panel.height for panel in panels) + 62 * len(panels) + AROUND["b"] - 20
    # With spectra of training to tell apart there is a legend, of three lines on a phone.
    above = 100 if "real mean" in result.values else 30
    legend = {**BELOW, "y": 1, "yanchor": "top"}
    dress(
        figure,
        theme,
        height + above,
        margin={**AROUND, "t": above},
        coloraxis=axis,
        legend=legend,
        showlegend=above > 30,
    )
    figure.update_annotations(font={"size": 12})
    return figure


def _panels(result: Result, tiles: bool) -> list[_Panel]:
    windows = len(result.values["homogeneity"])
    total = signed(float(np.asarray(result.values["map"]).sum()), 3)
    chosen = int(result.values["chosen"]) + 1
    panels = [
        _Panel("richness", ROW * windows, ("homogeneity: the lowest is the richest",)),
        _Panel("otherwise", ROW * (windows + 2), ("the target, had it been otherwise (✓ as it is)",)),
        _Panel("spectrum", SPECTRUM, (f"spectrum of {_channel(result)[1]}, window {chosen}",)),
    ]
    if tiles:
        kernel = escaped(result.labels["kernels"][TILE_KERNEL].split()[-1])
        names = tuple(f"{kernel}: {n}{' ✓' if n == chosen else ''}" for n in range(1, windows + 1))
        panels.append(_Panel("tiles", TILES, names, (1,) * windows))
    panels.append(_Panel("where", MAP, (f"where on window {chosen}: {total}", "by kernel"), (2, 2)))
    return panels


def _spec(panel: _Panel) -> list[dict[str, int] | None]:
    line: list[dict[str, int] | None] = []
    for span in panel.spans:
        line += [{"colspan": span}, *[None] * (span - 1)]
    return [*line, *[None] * (COLUMNS - len(line))][:COLUMNS]


def _richness(figure: go.Figure, result: Result, theme: str, line: int) -> None:
    ink, values = inks(theme), np.asarray(result.values["homogeneity"], dtype=np.float64)
    chosen = int(result.values["chosen"])
    figure.add_bar(
        orientation="h",
        y=list(range(len(values))),
        x=values,
        width=0.6,
        marker={
            "color": [ink.unsigned if n == chosen else faded(ink.unsigned, 0.4) for n in range(len(values))]
        },
        text=[f"{value:.4f}{' ✓' if n == chosen else ''}" for n, value in enumerate(values)],
        textposition="outside",
        cliponaxis=False,
        hoverinfo="skip",
        showlegend=False,
        row=line,
        col=1,
    )
    rows(figure, result.labels["homogeneity"], row=line, col=1)
    figure.update_xaxes(range=padded(values, 0.4), row=line, col=1)


def _otherwise(figure: go.Figure, result: Result, theme: str, line: int) -> None:
    ink, values = inks(theme), np.asarray(result.values["target"], dtype=np.float64)
    chosen = int(result.values["chosen"])
    digits = digits_for(float(np.abs(values).max(initial=0.0)))
    said = [
        f"P {chance:.0%}{' ✓' if n == chosen else ''}"
        for n, chance in enumerate(result.values["probability"])
    ]
    figure.add_bar(
        orientation="h",
        y=list(range(len(values))),
        x=values,
        width=0.6,
        marker={
            "color": [ink.fake if value > 0 else ink.real for value in values],
            "opacity": [1.0 if n == chosen else 0.55 for n in range(len(values))],
        },
        text=said,
        textposition="outside",
        cliponaxis=False,
        hovertemplate=f"%{{x:+.{digits}f}} logits<extra></extra>",
        showlegend=False,
        row=line,
        col=1,
    )
    short = [name.replace("without the ", "no ") for name in result.labels["alternatives"]]
    rows(figure, short, row=line, col=1)
    figure.update_xaxes(range=padded(values, 0.4), title="logits", row=line, col=1)


def _channel(result: Result) -> tuple[int, str]:
    """Number and name of the channel whose spectrum is drawn: where training told real from forged best."""
    names = result.labels["channels"]
    if "separation" not in result.values:
        return 0, escaped(names[0])
    # Of the residuals alone: grey levels, named last, are not what the noise stream reads.
    strength = np.abs(np.asarray(result.values["separation"]))[: len(result.labels["kernels"])].max(axis=1)
    number = int(strength.argmax())
    return number, escaped(names[number])


def _spectrum(figure: go.Figure, result: Result, theme: str, line: int) -> None:
    ink, (channel, _) = inks(theme), _channel(result)
    across = np.asarray(result.values["frequencies"])
    for side, colour in (("real", ink.real), ("fake", ink.fake)):
        if f"{side} mean" not in result.values:
            continue
        mean, spread = (np.asarray(result.values[f"{side} {what}"])[channel] for what in ("mean", "spread"))
        figure.add_scatter(
            x=[*across, *across[::-1]],
            y=[*(mean + spread), *(mean - spread)[::-1]],
            fill="toself",
            fillcolor=faded(colour, 0.22),
            line={"width": 0},
            hoverinfo="skip",
            name=f"training, {'forged' if side == 'fake' else side}: mean ± spread",
            row=line,
            col=1,
        )
    figure.add_scatter(
        x=across,
        y=np.asarray(result.values["spectra"])[int(result.values["chosen"]), channel],
        mode="lines",
        line={"color": ink.letters, "width": 2.2},
        name="this face",
        hovertemplate="%{x:.2f} cycles a pixel: %{y:.1f} dB<extra></extra>",
        row=line,
        col=1,
    )
    figure.update_xaxes(title="cycles a pixel", zeroline=False, row=line, col=1)
    figure.update_yaxes(title="dB", automargin=True, zeroline=False, row=line, col=1)


def _tiles(figure: go.Figure, result: Result, theme: str, line: int) -> None:
    for column, residual in enumerate(np.asarray(result.values["residuals"])[:, TILE_KERNEL], start=1):
        # A trace of nothing: plotly draws no axes without one.
        figure.add_scatter(
            x=[0],
            y=[0],
            mode="markers",
            marker={"opacity": 0},
            showlegend=False,
            hoverinfo="skip",
            row=line,
            col=column,
        )
        frame_panel(figure, PATCH, theme, None, row=line, col=column)
        axes = figure.get_subplot(line, column)
        across, down = (axis.plotly_name.replace("axis", "") for axis in (axes.xaxis, axes.yaxis))
        size = {"x": 0, "y": 0, "sizex": PATCH, "sizey": PATCH, "sizing": "stretch"}
        figure.add_layout_image(
            source=data_url(residual_tile(residual)), xref=across, yref=down, layer="below", **size
        )


def residual_tile(residual: np.ndarray) -> np.ndarray:
    """(H, W) residual within ±LIMIT → uint8 (H, W, 4): purple below zero, green above, transparent at zero."""
    opacity = np.clip(np.abs(residual) / LIMIT, 0, 1)[..., None]
    colours = np.where(residual[..., None] < 0, NEGATIVE, POSITIVE)
    return np.concatenate([colours, 255 * opacity], axis=-1).round().astype(np.uint8)


def _where(figure: go.Figure, result: Result, smooth: bool, theme: str, line: int, refuted: bool) -> None:
    figure.add_trace(cells(np.asarray(result.values["map"]), PATCH, smooth, "%{z:+.4f}"), row=line, col=1)
    frame_panel(figure, PATCH, theme, None, row=line, col=1)
    ink, kernels = inks(theme, refuted), np.asarray(result.values["by kernel"], dtype=np.float64)
    digits = digits_for(float(np.abs(kernels).max(initial=0.0)))
    figure.add_bar(
        x=[escaped(name.split()[-1]) for name in result.labels["kernels"]],
        y=kernels,
        marker={"color": [ink.fake if value > 0 else ink.real for value in kernels]},
        text=[signed(value, digits) for value in kernels],
        textposition="outside",
        cliponaxis=False,
        width=0.6,
        hoverinfo="skip",
        showlegend=False,
        row=line,
        col=3,
    )
    figure.update_yaxes(range=padded(kernels, 0.2), showticklabels=False, zeroline=True, row=line, col=3)
