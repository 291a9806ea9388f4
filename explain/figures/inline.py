"""Figures inside a file that asks nobody for anything: plotly's own script, and figures as data for it."""

import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

SETTINGS = {"displayModeBar": False, "responsive": True, "showTips": False}
"""plotly.js settings of a figure that is read, not edited."""


def plotly_script() -> str:
    """plotly.js as one text, 4 to 5 MB: once a page is enough for all its figures."""
    return get_plotlyjs()


def as_data(figure: go.Figure) -> dict[str, object]:
    """A figure's traces and layout as plain lists and numbers, which plotly.js draws with SETTINGS."""
    told = figure.to_plotly_json()
    return {"data": told["data"], "layout": told["layout"]}
