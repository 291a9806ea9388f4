"""Figures of the toolkit in the words of the page: its English stands in titles, axes, legends and hover texts."""

from typing import Any, TypeVar

import numpy as np

from space.text.toolkit import spoken

Figure = TypeVar("Figure")

OF_PROMPTS = ("words", "pairs", "counterfactuals", "pair_attention")
"""Methods whose figures name rows by words or descriptions, which are a visitor's own and stay as they are."""

BREAK = "<br>"


def in_words(figure: Figure, method: str = "") -> Figure:
    """A plotly figure in the language that is spoken, itself and not a copy.

    method: the name of the method whose result it draws; where it names rows by a visitor's words, these are kept.
    """
    drawn: Any = figure
    rows_too = method not in OF_PROMPTS
    for note in drawn.layout.annotations:
        note.text = _said(note.text)
    for kind in ("xaxis", "yaxis"):
        for axis in drawn.select_xaxes() if kind == "xaxis" else drawn.select_yaxes():
            axis.title.text = _said(axis.title.text)
            if rows_too and axis.ticktext is not None:
                axis.ticktext = [_said(label) for label in axis.ticktext]
    for colours in drawn.select_coloraxes():
        colours.colorbar.title.text = _said(colours.colorbar.title.text)
    for trace in drawn.data:
        _say(trace, rows_too)
    return figure


def _say(trace: Any, rows_too: bool) -> None:
    """The words of one trace: its name in the legend, and what hovering shows."""
    trace.name = _said(trace.name)
    trace.hovertemplate = _said(trace.hovertemplate)
    if trace.customdata is not None:
        trace.customdata = _told(trace.customdata, rows_too)
    if rows_too and trace.text is not None:
        trace.text = _told(trace.text, rows_too)


def _told(values: Any, rows_too: bool) -> Any:
    """Texts among lists of lists. A visitor's own words, escaped by the figure, never hold a line break."""
    if isinstance(values, str):
        return _said(values) if rows_too or BREAK in values else values
    if isinstance(values, np.ndarray):
        values = values.tolist()
    return [_told(value, rows_too) for value in values] if isinstance(values, list | tuple) else values


def _said(text: str | None) -> str | None:
    """One text of a figure; a name that the figure broke into lines is looked up unbroken."""
    if not text:
        return text
    for whole in (text, text.replace(BREAK, " ")):
        told = spoken(whole)
        if told != whole:
            return told
    return text
