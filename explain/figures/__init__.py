"""The figures of the page, and the only room that knows plotly: plain numbers and labels in, a figure out.

Backgrounds are transparent and letters mid-grey, so that one figure reads on a light and on a dark page.
"""

from explain.figures.palette import FAKE, NEUTRAL, REAL
from explain.figures.similarity import Bar, draw_similarities
from explain.figures.tree import Branch, Cell, cells, draw_tree

__all__ = ["FAKE", "NEUTRAL", "REAL", "Bar", "Branch", "Cell", "cells", "draw_similarities", "draw_tree"]
