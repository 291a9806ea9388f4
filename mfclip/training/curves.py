"""A run's curves as a picture and as a page that works offline: loss parts, rate, validation by generator."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import plotly.graph_objects as go
from matplotlib.figure import Figure
from plotly.subplots import make_subplots

PICTURE, PAGE = "curves.png", "curves.html"

VALIDATION = "AUC "
"""How names of validation figures begin in a curve; every other name is a part of the loss, but for these two."""

CLOCK = ("step", "seconds")
LOSSES, FIGURES = "Loss parts on training batches", "Validation AUC of the averaged weights, by generator"

Series = dict[str, tuple[list[float], list[float]]]
"""By name, steps and values."""


def series(curve: Iterable[dict[str, float]]) -> tuple[Series, Series]:
    """A curve's points → loss parts and validation figures, each by name in order of first appearance."""
    losses: Series = {}
    figures: Series = {}
    for point in curve:
        for name, value in point.items():
            if name not in CLOCK:
                validation = name.startswith(VALIDATION)
                found = (figures if validation else losses).setdefault(
                    name.removeprefix(VALIDATION), ([], [])
                )
                found[0].append(point["step"])
                found[1].append(value)
    return losses, figures


def write_curves(curve: Sequence[dict[str, float]], folder: Path, name: str) -> None:
    """Write curves.png and curves.html into `folder`; name: of the run, for the title.

    curve: points as `mfclip.training.loop.Run.curve` holds them. A curve without points gives empty axes.
    """
    parts = dict(zip((LOSSES, FIGURES), series(curve), strict=True))
    _picture(parts, name).savefig(folder / PICTURE, dpi=120)
    # plotly.js goes into the file: it is read on machines without a network.
    _page(parts, name).write_html(folder / PAGE, include_plotlyjs=True)


def _picture(parts: dict[str, Series], name: str) -> Figure:
    figure = Figure(figsize=(12, 5), layout="constrained")
    figure.suptitle(f"Training of {name}")
    for axes, (title, lines) in zip(figure.subplots(1, 2), parts.items(), strict=True):
        for number, (label, (steps, values)) in enumerate(lines.items()):
            # Ten colours return with another stroke, so that no two lines look alike.
            stroke = ("-", "--", ":", "-.")[number // 10 % 4]
            axes.plot(steps, values, stroke, label=label, marker="." if len(steps) < 40 else None, lw=1.2)
        axes.set_title(title, fontsize=10)
        axes.set_xlabel("optimiser step")
        if title == LOSSES and lines:
            axes.set_yscale("symlog", linthresh=0.1)
        axes.grid(alpha=0.3)
        if lines:
            axes.legend(fontsize=7, ncols=2)
    return figure


def _page(parts: dict[str, Series], name: str) -> go.Figure:
    figure = make_subplots(rows=2, cols=1, subplot_titles=list(parts), vertical_spacing=0.1)
    for row, (title, lines) in enumerate(parts.items(), start=1):
        for label, (steps, values) in lines.items():
            figure.add_scatter(
                x=steps,
                y=values,
                name=label,
                mode="lines+markers",
                row=row,
                col=1,
                legend="legend" if row == 1 else "legend2",
            )
        figure.update_xaxes(title_text="optimiser step", row=row, col=1)
        figure.update_yaxes(title_text="loss" if title == LOSSES else "AUC", row=row, col=1)
    figure.update_layout(
        title=f"Training of {name}",
        height=900,
        template="plotly_white",
        legend={"y": 1.0},
        legend2={"y": 0.4},
    )
    return figure
