"""One maximum for all coloured panels of a page, so that the same value has the same colour everywhere."""

from collections.abc import Iterable

import numpy as np

from explain.result import Result

MAPS = ("map", "residual map", "pairs")
"""Arrays that are drawn as signed colours; bars show their values by length and need no scale."""

PERCENTILE = 99.5  # of |values|: a single outlying cell must not make the whole page pale


def signed_arrays(result: Result) -> dict[str, np.ndarray]:
    """The arrays of a result that are drawn as signed colours, by name: maps, and shares of words."""
    names = (*MAPS, "contributions") if result.method == "words" else MAPS
    return {name: result.values[name] for name in names if name in result.values}


def scale_of(results: Iterable[Result]) -> float:
    """The value, in logits, that is drawn at full strength on a page showing these results.

    The largest, over all signed panels, of the panel's 99.5th percentile of |value|: pooling all cells would let a
    panel of thousands of near-zeros drive every other one into saturation. 1.0 where there is no panel or every value
    is zero, so that a page of nothing is drawn empty and not divided by zero.
    """
    return max((own_scale(result) for result in results), default=0.0) or 1.0


def own_scale(result: Result) -> float:
    """What one result's signed panels would be drawn with if they stood alone; 0.0 where they are empty."""
    tops = []
    for array in signed_arrays(result).values():
        sizes = np.abs(array[np.isfinite(array)])
        # An existing value, not one between two: a map of one strong cell must not be drawn on a share of it. Where
        # nearly all cells are zero so is the percentile, and the largest value stands in.
        top = float(np.percentile(sizes, PERCENTILE, method="higher")) if sizes.size else 0.0
        tops.append(top or float(sizes.max(initial=0.0)))
    return max(tops, default=0.0)
