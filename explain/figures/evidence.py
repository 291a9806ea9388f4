"""How the three words of evidence and the band of uncertainty are drawn over P(fake) in per cent."""

from collections.abc import Sequence
from typing import Any

from explain.figures.palette import Inks

ENGLISH = {"little": "little", "uncertain": "uncertain", "substantial": "substantial"}


def looks(ink: Inks) -> dict[str, tuple[str, str]]:
    """By word the shape and the colour of its marks: told apart without colours, too."""
    return {
        "little": ("circle", ink.real),
        "uncertain": ("diamond", ink.neutral),
        "substantial": ("triangle-up", ink.fake),
    }


def check_band(low: float, high: float) -> None:
    """Raise ValueError for ends that are no band."""
    if not 0 <= low <= high <= 1:
        raise ValueError(f"The band runs from {low} to {high}; 0 ≤ low ≤ high ≤ 1 is needed.")


def stripe(axis: Sequence[float], low: float, high: float, colour: str) -> dict[str, Any]:
    """A trace that fills P(fake) low..high (0..1) over the whole axis."""
    return {
        "x": [axis[0], axis[1], axis[1], axis[0]],
        "y": [100 * low, 100 * low, 100 * high, 100 * high],
        "fill": "toself",
        "fillcolor": colour,
        "line": {"width": 0},
        "mode": "lines",
        "hoverinfo": "skip",
    }
