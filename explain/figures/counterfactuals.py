"""Which other word would change the verdict: the strongest swaps, beside what everyday words do in the same place."""

import numpy as np
import plotly.graph_objects as go

from explain.figures.frame import BELOW, LEGEND, ROW, digits_for, dress, padded, rows, said, signed
from explain.figures.palette import faded, inks
from explain.result import Result

TURNS, UNSEEN = " ⇄", " *"
KEY = "⇄ turns the verdict   * never trained with"


def draw_counterfactuals(result: Result, theme: str = "light") -> go.Figure:
    """Bars of the swaps' true changes ('swaps'); nine in ten control swaps stay within the grey band.

    A swap that turns the verdict to the other side and a word that no face was trained with are said beside the bar.
    """
    changes = np.asarray(result.values["swaps"], dtype=np.float64)
    if not changes.size:
        return said("No swap of a single word changes the target.", theme)
    ink, digits = inks(theme), digits_for(float(np.abs(changes).max()))
    figure = go.Figure()
    _control(figure, result, len(changes), faded(ink.neutral, 0.3))
    for colour, name, chosen in (
        (ink.fake, "towards fake", changes > 0),
        (ink.real, "towards real", changes <= 0),
    ):
        figure.add_bar(
            orientation="h",
            y=np.flatnonzero(chosen),
            x=changes[chosen],
            width=0.6,
            marker={"color": colour, "line": {"width": 0}},
            text=[_told(result, int(number), digits) for number in np.flatnonzero(chosen)],
            textposition="outside",
            cliponaxis=False,
            name=name,
            hoverinfo="skip",
        )
    rows(figure, result.labels["swaps"])
    figure.update_xaxes(
        title=f"change of the target in logits<br>{KEY}", range=padded(changes, 0.4), zeroline=True
    )
    below = 60 + LEGEND
    return dress(
        figure,
        theme,
        8 + ROW * len(changes) + below,
        margin={"l": 8, "r": 12, "t": 8, "b": below},
        legend=BELOW,
    )


def _told(result: Result, number: int, digits: int) -> str:
    told = [signed(float(result.values["swaps"][number]), digits)]
    told += [TURNS] * int(result.values["turns"][number]) + [UNSEEN] * int(result.values["unseen"][number])
    return "".join(told)


def _control(figure: go.Figure, result: Result, count: int, colour: str) -> None:
    """The band that nine in ten everyday words stay within, both ways."""
    random = np.abs(np.asarray(result.values["random"], dtype=np.float64))
    random = random[np.isfinite(random)]
    if not random.size:
        return
    reach = float(np.quantile(random, 0.9))
    figure.add_scatter(
        x=[-reach, reach, reach, -reach],
        y=[-0.5, -0.5, count - 0.5, count - 0.5],
        fill="toself",
        fillcolor=colour,
        line={"width": 0},
        mode="lines",
        name="nine in ten everyday words stay within",
        hoverinfo="skip",
    )
