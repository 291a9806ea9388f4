"""Which figure belongs to which result."""

from collections.abc import Callable
from typing import Any

import numpy as np
import plotly.graph_objects as go

from explain.figures.audit import draw_audit
from explain.figures.counterfactuals import draw_counterfactuals
from explain.figures.ledger import draw_ledger
from explain.figures.maps import draw_map
from explain.figures.mixing import draw_mixing
from explain.figures.noise import draw_noise
from explain.figures.pair_attention import draw_pair_attention
from explain.figures.pairs import draw_pairs
from explain.figures.palette import inks
from explain.figures.words import draw_words
from explain.result import Result

Drawer = Callable[..., go.Figure]

DRAWERS: dict[str, Drawer] = {
    "ledger": lambda result, theme, **_: draw_ledger(result, theme),
    "attention": lambda result, theme, smooth, face, refuted, **_: draw_mixing(
        result, theme, smooth, face, refuted
    ),
    "words": lambda result, theme, refuted, **_: draw_words(result, theme, refuted),
    "counterfactuals": lambda result, theme, **_: draw_counterfactuals(result, theme),
    "pairs": draw_pairs,
    "noise": draw_noise,
    "pair_attention": lambda result, theme, **_: draw_pair_attention(result, theme),
    "audit": lambda result, theme, **_: draw_audit(result, theme),
}
"""Figures by the name of the method; a method that is not here and gives a 'map' is drawn as a signed map."""


def draw(
    result: Result,
    scale: float | None = None,
    theme: str = "light",
    smooth: bool = False,
    face: np.ndarray | None = None,
    refuted: bool = False,
) -> go.Figure:
    """The figure of a result.

    scale: logits drawn at full strength, `scale_of` all results of the page; of this one alone if None. theme: 'light'
    or 'dark', the page it stands on. smooth: interpolate between a map's cells. face: uint8 (224, 224, 3) RGB to lay
    maps over. refuted: the receipt fails, so what is attributed is drawn in grey, while what was measured keeps its
    colours. Raises ValueError for another theme, a scale that is not above zero, or a result that nothing can be drawn
    of.
    """
    inks(theme)
    if scale is not None and not 0 < scale < np.inf:
        raise ValueError(
            f"The scale is {scale}; a number of logits above 0 is needed, or None for the result's own."
        )
    settings: dict[str, Any] = {
        "scale": scale,
        "theme": theme,
        "smooth": smooth,
        "face": face,
        "refuted": refuted,
    }
    if result.method in DRAWERS:
        return DRAWERS[result.method](result, **settings)
    if "map" in result.values and result.values["map"].ndim == 2:
        return draw_map(result, **settings)
    if "contributions" in result.values and "contributions" in result.labels:
        return draw_ledger(result, theme)
    raise ValueError(
        f"There is no figure for {result.method or 'a result without a method'}; there are figures for "
        f"{', '.join(DRAWERS)}, and for every result with a 'map' or with 'contributions' and their labels."
    )
