"""Sample pair attention: similarity, gate and gated similarity of faces × descriptions, beside each other."""

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from explain.figures.frame import dress, escaped, rows, shortened, signed
from explain.figures.palette import NEGATIVE, POSITIVE, Stops, inks, rising
from explain.result import Result

PANELS = (("similarity", "similarity"), ("gate", "gate"), ("gated", "gated"))
LINE = 34  # px, height of a description, which may take two lines
BEHIND = 0.55
"""Opacity of the strongest cell: numbers stand on it."""
FEW = 3
"""Faces up to which every cell holds its number."""
MOST_NAMES = 12
"""Faces up to which they are named below the panels; a single one, or more, by hovering."""


def draw_pair_attention(result: Result, theme: str = "light") -> go.Figure:
    """Three panels, descriptions from top to bottom and faces from left to right.

    Similarities and gated similarities share one scale of purple and green, since they are about descriptions and not
    about real and fake; the gate is a share from 0 to 1. Hovering tells how much the gate presses a pair or frees it.
    """
    arrays = {name: np.asarray(result.values[name], dtype=np.float64).T for name, _ in PANELS}
    change = np.asarray(result.values["change"], dtype=np.float64).T
    top = max(float(np.nanmax(np.abs(arrays[name]))) for name in ("similarity", "gated")) or 1.0
    descriptions, faces = result.labels["descriptions"], result.labels["faces"]
    figure = make_subplots(
        rows=1,
        cols=len(PANELS),
        shared_yaxes=True,
        horizontal_spacing=0.03,
        subplot_titles=[title for _, title in PANELS],
    )
    for column, (name, _) in enumerate(PANELS, start=1):
        values, gate = arrays[name], name == "gate"
        shown = [[f"{value:.2f}" if gate else signed(value, 1) for value in row] for row in values]
        figure.add_heatmap(
            z=np.round(values, 4),
            x=list(range(len(faces))),
            y=list(range(len(descriptions))),
            colorscale=rising(theme, BEHIND) if gate else _two_signs(),
            zmin=0.0 if gate else -top,
            zmax=1.0 if gate else top,
            showscale=False,
            xgap=1,
            ygap=1,
            text=shown if len(faces) <= FEW else None,
            texttemplate="%{text}" if len(faces) <= FEW else None,
            textfont={"color": inks(theme).letters, "size": 12},
            customdata=_told(descriptions, faces, change),
            hovertemplate="%{customdata}: %{z:.3f}<extra>" + name + "</extra>",
            row=1,
            col=column,
        )
    named = 1 < len(faces) <= MOST_NAMES
    figure.update_xaxes(
        tickvals=list(range(len(faces))) if named else [],
        ticktext=[shortened(face, 12) for face in faces] if named else [],
        showgrid=False,
        zeroline=False,
    )
    rows(figure, descriptions)
    figure.update_yaxes(showticklabels=False)
    figure.update_yaxes(showticklabels=True, col=1)
    return dress(
        figure, theme, 96 + LINE * max(len(descriptions), 3), margin={"l": 8, "r": 12, "t": 30, "b": 60}
    )


def _two_signs() -> Stops:
    near = 1e-6
    return [
        (0.0, "rgba({}, {}, {}, {})".format(*NEGATIVE, BEHIND)),
        (0.5 - near, "rgba({}, {}, {}, 0)".format(*NEGATIVE)),
        (0.5 + near, "rgba({}, {}, {}, 0)".format(*POSITIVE)),
        (1.0, "rgba({}, {}, {}, {})".format(*POSITIVE, BEHIND)),
    ]


def _told(descriptions: tuple[str, ...], faces: tuple[str, ...], change: np.ndarray) -> list[list[str]]:
    return [
        [
            f"{escaped(description)}, {escaped(face)}"
            + (
                ""
                if np.isnan(value)
                else f"<br>the gate {'presses' if value > 0 else 'frees'} it by {abs(value):.1%}<br>"
            )
            for face, value in zip(faces, row, strict=True)
        ]
        for description, row in zip(descriptions, change, strict=True)
    ]
