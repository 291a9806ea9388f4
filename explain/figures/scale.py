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

    The 99.5th percentile of |value| over all signed panels together; 1.0 where every value is zero or there is no
    panel, so that a page of nothing is drawn empty and not divided by zero.
    """
    panels = [
        np.abs(array[np.isfinite(array)]).ravel()
        for result in results
        for array in signed_arrays(result).values()
    ]
    pooled = np.concatenate(panels) if panels else np.zeros(0)
    top = float(np.percentile(pooled, PERCENTILE)) if pooled.size else 0.0
    # Where nearly all cells are zero the percentile is zero too: the largest value then stands in.
    return top or (float(pooled.max()) if pooled.size else 0.0) or 1.0
