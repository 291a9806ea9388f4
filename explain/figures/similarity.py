"""How close the face lies to each description, as signed bars, beside where it lay before an edit."""

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from explain.figures.palette import FAKE, GRID, LETTERS, REAL

ROW, FRAME = 26, 76  # px: height of a bar, and of what stands around them


@dataclass(frozen=True)
class Bar:
    """One description: `similarity` is s·v̂·t̂, no unit; `before` the same without edits, None if it is new."""

    label: str
    fake: bool
    similarity: float
    before: float | None = None


def draw_similarities(bars: Sequence[Bar], axis: str, names: tuple[str, str, str]) -> go.Figure:
    """Horizontal bars in the order given, first on top.

    axis: title of the value axis. names: what the legend calls real bars, fake bars and the marks of `before`.
    """
    places = list(range(len(bars)))
    figure = go.Figure()
    for fake, colour, name in ((False, REAL, names[0]), (True, FAKE, names[1])):
        chosen = [place for place in places if bars[place].fake is fake]
        figure.add_bar(
            y=chosen,
            x=[bars[place].similarity for place in chosen],
            orientation="h",
            name=name,
            marker={"color": colour, "line": {"width": 0}},
            customdata=[bars[place].label for place in chosen],
            hovertemplate="%{customdata}: %{x:+.3f}<extra></extra>",
        )
    moved = [place for place in places if bars[place].before is not None]
    if any(bars[place].before != bars[place].similarity for place in moved):
        figure.add_scatter(
            y=moved,
            x=[bars[place].before for place in moved],
            mode="markers",
            name=names[2],
            marker={"symbol": "line-ns", "size": 15, "line": {"width": 3, "color": LETTERS}},
            hovertemplate="%{x:+.3f}<extra></extra>",
        )
    figure.update_layout(
        height=FRAME + ROW * max(len(bars), 3),
        margin={"l": 8, "r": 12, "t": 34, "b": 42},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        barmode="overlay",
        bargap=0.3,
        font={"color": LETTERS, "size": 13, "family": "system-ui, sans-serif"},
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        dragmode=False,
    )
    figure.update_xaxes(
        title=axis, fixedrange=True, gridcolor=GRID, zeroline=True, zerolinecolor=LETTERS, zerolinewidth=1.5
    )
    figure.update_yaxes(
        tickvals=places,
        ticktext=[bar.label for bar in bars],
        autorange="reversed",
        showgrid=False,
        zeroline=False,
        automargin=True,
        fixedrange=True,
    )
    return figure
