"""Words by cells: the map of the whole text, those of its strongest words, and the table they are rows of."""

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from explain.figures.frame import digits_for, dress, shortened, signed
from explain.figures.maps import AROUND, FACE, OVER_FACE, PATCH, SIGN, bar, cells, frame_panel, lies_on_patch
from explain.figures.palette import diverging
from explain.figures.scale import scale_of
from explain.result import Result

COLUMNS, LINES = 4, 2
MOST = 14
"""Words in the table: those with the largest sum of |pairs|."""
SMALL, ROW = 150, 20  # px, side of a map, height of a row of the table


def draw_pairs(
    result: Result,
    scale: float | None = None,
    theme: str = "light",
    smooth: bool = False,
    face: np.ndarray | None = None,
    refuted: bool = False,
) -> go.Figure:
    """Maps of the whole text and of the words that say most, on the page's scale; below, words × cells as a table."""
    top = scale or scale_of([result])
    digits = digits_for(top)
    table = np.asarray(result.values["pairs"], dtype=np.float64)
    words = result.labels["pairs"]
    order = np.argsort(-np.abs(table).sum(axis=1), kind="stable")[:MOST]
    side = PATCH if lies_on_patch(result) else FACE
    maps = [("all words", np.asarray(result.values["map"]))]
    maps += [(shortened(words[n], 16), word_map(result, int(n))) for n in order[: COLUMNS * LINES - 1]]
    lines = -(-len(maps) // COLUMNS)
    heights = [SMALL] * lines + [max(ROW * len(order), 3 * ROW)]
    titles = [name for name, _ in maps] + [""] * (COLUMNS * lines - len(maps)) + ["words × cells, row by row"]
    figure = make_subplots(
        rows=lines + 1,
        cols=COLUMNS,
        row_heights=heights,
        vertical_spacing=0.07,
        horizontal_spacing=0.03,
        specs=[*[[{}] * COLUMNS] * lines, [{"colspan": COLUMNS}, *[None] * (COLUMNS - 1)]],
        subplot_titles=titles,
    )
    under = face if side == FACE else None
    for number in range(COLUMNS * lines):
        place = {"row": number // COLUMNS + 1, "col": number % COLUMNS + 1}
        if number < len(maps):
            figure.add_trace(cells(maps[number][1], side, smooth, f"%{{z:+.{digits}f}}"), **place)
            frame_panel(figure, side, theme, under, **place)
        else:
            figure.update_xaxes(visible=False, **place)
            figure.update_yaxes(visible=False, **place)
    _table(figure, table[order], [words[n] for n in order], digits, lines + 1)
    axis = {
        "colorscale": diverging(theme, 1.0 if under is None else OVER_FACE, refuted),
        "cmin": -top,
        "cmax": top,
        "colorbar": bar(f"{SIGN}   (logits)", [(x, signed(x, digits)) for x in (-top, 0.0, top)]),
    }
    dress(figure, theme, sum(heights) + 44 * (lines + 1) + 90, margin={**AROUND, "b": 90}, coloraxis=axis)
    figure.update_annotations(font={"size": 12})
    return figure


def word_map(result: Result, word: int) -> np.ndarray:
    """(side, side) logits: what one word and each cell say to one another; word counts from 0 among the labels.

    Raises ValueError for a word that there is not.
    """
    table = np.asarray(result.values["pairs"])
    if not 0 <= word < len(table):
        raise ValueError(
            f"Word {word} was asked for and there are {len(table)}; choose 0 to {len(table) - 1}."
        )
    side = round(table.shape[1] ** 0.5)
    return table[word].reshape(side, side)


def _table(figure: go.Figure, table: np.ndarray, words: list[str], digits: int, line: int) -> None:
    figure.add_trace(
        go.Heatmap(
            z=np.round(table, 6),
            coloraxis="coloraxis",
            xgap=1,
            ygap=1,
            customdata=[[shortened(word, 60)] * table.shape[1] for word in words],
            hovertemplate=f"%{{customdata}}, cell %{{x}}: %{{z:+.{digits}f}}<extra></extra>",
            x0=1,
        ),
        row=line,
        col=1,
    )
    figure.update_yaxes(
        tickvals=list(range(len(words))),
        ticktext=[shortened(word, 18) for word in words],
        autorange="reversed",
        automargin=True,
        showgrid=False,
        zeroline=False,
        row=line,
        col=1,
    )
    figure.update_xaxes(showgrid=False, zeroline=False, row=line, col=1)
