"""The probability of a photo, split over the tree of kind, family and generator, as an icicle."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from explain.figures.palette import FAKE, REAL, mixed

HEIGHT = 600  # px
EDGES = (0.0, 0.16, 0.44, 0.70, 1.0)
"""Where the columns of side, kind, family and generator begin and end, as shares of the figure's width."""
GAP = 0.0035  # between cells, as a share of the figure's side
PALE = 0.55  # share of the side's colour in the deepest level


@dataclass(frozen=True)
class Branch:
    """A node of the tree: `probability` 0..1 equals the sum of its children's; `fake` is None at the root."""

    label: str
    probability: float
    fake: bool | None
    children: tuple["Branch", ...] = ()


@dataclass(frozen=True)
class Cell:
    """Where a branch is drawn: x and y in 0..1 of the figure, y downwards; path: labels from the side down to it."""

    branch: Branch
    path: tuple[str, ...]
    x0: float
    x1: float
    y0: float
    y1: float


def cells(root: Branch) -> tuple[Cell, ...]:
    """One cell for every branch but the root, heights in proportion to probability, parents before children.

    A branch without children reaches to the right edge, so that every line across the figure is a whole.
    """
    return tuple(_below(root, (), 0, 0.0))


def _below(parent: Branch, path: Sequence[str], level: int, top: float) -> Iterator[Cell]:
    for branch in parent.children:
        names = (*path, branch.label)
        end = EDGES[level + 1] if branch.children else EDGES[-1]
        yield Cell(branch, names, EDGES[level], end, top, top + branch.probability)
        yield from _below(branch, names, level + 1, top)
        top += branch.probability


def draw_tree(root: Branch) -> go.Figure:
    """Icicle of the two sides of `root`, at most four levels deep, from left to right.

    Drawn as bars, because plotly's own icicle gives every level the same width and the root a whole column.
    """
    drawn = cells(root)
    thick = [max(cell.y1 - cell.y0 - GAP, 0.6 * (cell.y1 - cell.y0)) for cell in drawn]
    figure = go.Figure(
        go.Bar(
            x=[(cell.x0 + cell.x1) / 2 for cell in drawn],
            width=[cell.x1 - cell.x0 - GAP for cell in drawn],
            base=[cell.y0 for cell in drawn],
            y=thick,
            marker={"color": [_colour(cell) for cell in drawn], "line": {"width": 0}},
            text=[f"{cell.branch.label}  {cell.branch.probability:.1%}" for cell in drawn],
            textposition="inside",
            insidetextanchor="middle",
            textangle=0,
            textfont={"color": "white", "size": 13},
            customdata=[(" › ".join(cell.path), cell.branch.probability) for cell in drawn],
            hovertemplate="%{customdata[0]}: %{customdata[1]:.2%}<extra></extra>",
        )
    )
    figure.update_layout(
        height=HEIGHT,
        margin={"l": 0, "r": 0, "t": 2, "b": 2},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        uniformtext={"minsize": 11, "mode": "hide"},
        font={"family": "system-ui, sans-serif"},
        showlegend=False,
        dragmode=False,
    )
    figure.update_xaxes(visible=False, range=[0, 1], fixedrange=True)
    figure.update_yaxes(visible=False, range=[1, 0], fixedrange=True)
    return figure


def _colour(cell: Cell) -> str:
    return mixed(FAKE if cell.branch.fake else REAL, max(PALE, 1 - 0.13 * (len(cell.path) - 1)))
