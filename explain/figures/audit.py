"""The audit: for each input of the decision, how far a replacement moved it, or that it cannot move it at all."""

import numpy as np
import plotly.graph_objects as go

from explain.figures.frame import FRAME, digits_for, dress, escaped, padded, rows, signed
from explain.figures.palette import inks
from explain.result import Result

LINE = 36  # px, height of an input, whose name may take two lines
MOVES = "moves it"
"""The finding of an input that needs no words of its own, since its bar says it."""


def draw_audit(result: Result, theme: str = "light") -> go.Figure:
    """Bars of the largest change of the target ('change') by input; in words where an input cannot move it freely."""
    ink, changes = inks(theme), np.asarray(result.values["change"], dtype=np.float64)
    findings = result.labels["findings"]
    replaced = result.labels.get("replacements", ("",) * len(changes))
    digits = digits_for(float(np.abs(changes).max(initial=0.0)))
    told = [
        escaped(finding if change == 0 else f"{signed(change, digits)}{'' if finding == MOVES else ' *'}")
        for finding, change in zip(findings, changes, strict=True)
    ]
    figure = go.Figure(
        go.Bar(
            orientation="h",
            y=list(range(len(changes))),
            x=changes,
            width=0.6,
            marker={"color": [ink.fake if change > 0 else ink.real for change in changes]},
            text=told,
            textposition="outside",
            cliponaxis=False,
            customdata=[
                (escaped(one), gradient)
                for one, gradient in zip(replaced, result.values["gradient"], strict=True)
            ],
            hovertemplate="replaced by %{customdata[0]}: %{x:+.4f}<br>"
            "largest gradient %{customdata[1]:.3g}<extra></extra>",
            showlegend=False,
        )
    )
    starred = any(change and finding != MOVES for change, finding in zip(changes, findings, strict=True))
    rows(figure, result.labels["change"])
    figure.update_xaxes(
        title="change of the target in logits"
        + ("<br>* only through the choice of patch" if starred else ""),
        range=padded(changes, 0.4),
        zeroline=True,
    )
    return dress(figure, theme, FRAME + LINE * len(changes), margin={"l": 8, "r": 12, "t": 8, "b": 60})
