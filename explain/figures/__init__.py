"""The figures of the page, and the only room that knows plotly: plain numbers and labels in, a figure out.

    figure = explain.figures.draw(result)

Backgrounds are transparent, so that one figure reads on its theme's page whatever lies around it. Signed values share
one scale a page (`scale_of`); nothing is normalised map by map.
"""

from explain.figures.drawers import DRAWERS, draw
from explain.figures.maps import panels_of
from explain.figures.palette import FAKE, NEUTRAL, REAL
from explain.figures.raster import png
from explain.figures.receipts import draw_receipt, has_curves
from explain.figures.scale import own_scale, scale_of
from explain.figures.similarity import Bar, draw_similarities
from explain.figures.sweep import SweepWords, draw_sweep
from explain.figures.tree import Branch, Cell, cells, draw_tree
from explain.figures.words import spans

__all__ = [
    "DRAWERS",
    "FAKE",
    "NEUTRAL",
    "REAL",
    "Bar",
    "Branch",
    "Cell",
    "SweepWords",
    "cells",
    "draw",
    "draw_receipt",
    "draw_similarities",
    "draw_sweep",
    "draw_tree",
    "has_curves",
    "own_scale",
    "panels_of",
    "png",
    "scale_of",
    "spans",
]
