"""Random pieces of reals: what the generators that make forgeries are trained and, on other faces, measured on."""

import logging

import numpy as np
import torch
from torch import Tensor

from mfclip.data.cache import RegionCache
from mfclip.data.history import FILTERS, resize_square

logger = logging.getLogger(__name__)

PIECE = 64
"""Side in pixels of the pieces that are learned from, the least that a face must have."""


class Pieces:
    """Square pieces of the reals of a cache's split, every source equally often.

    Faces smaller than a piece are left out, and how many is logged. Raises ValueError if none is left.
    """

    def __init__(self, cache: RegionCache, split: str = "train") -> None:
        self.cache = cache
        reals = [i for i, entry in enumerate(cache.entries) if not entry.fake and entry.split == split]
        sources: dict[str, list[int]] = {}
        for index in reals:
            if cache.entries[index].side >= PIECE:
                sources.setdefault(cache.entries[index].generator, []).append(index)
        self.sources = [sources[name] for name in sorted(sources)]
        kept = sum(map(len, self.sources))
        if not kept:
            raise ValueError(
                f"None of {len(cache)} cached faces is a real of the {split} split with {PIECE} pixels or more; "
                "forgeries are made from those: add larger photographs."
            )
        if kept < len(reals):
            small = len(reals) - kept
            logger.warning(
                "%d of %d reals are below %d px: no maker learns from them", small, len(reals), PIECE
            )

    @property
    def told(self) -> str:
        """What the pieces are cut from, as text: two sets of pieces with the same text are the same."""
        entries = self.cache.entries
        return " ".join(f"{entries[i].path}:{entries[i].side}" for source in self.sources for i in source)

    def draw(self, rng: np.random.Generator, count: int, side: int) -> Tensor:
        """`count` pieces, (count, 3, side, side), −1..1; half of them of a face first rescaled by 0.5–1."""
        return (
            torch.from_numpy(np.stack([self._piece(rng, side) for _ in range(count)]))
            .permute(0, 3, 1, 2)
            .float()
            / 127.5
            - 1
        )

    def _piece(self, rng: np.random.Generator, side: int) -> np.ndarray:
        source = self.sources[rng.integers(len(self.sources))]
        region = self.cache.region(int(source[rng.integers(len(source))]))
        wanted = side
        scale = rng.uniform(0.5, 1.0) if rng.random() < 0.5 else 1.0
        if scale < 1 and region.shape[0] * scale > 1.5 * side:
            wanted = int(side / scale)
        left, top = rng.integers(0, region.shape[0] - wanted + 1, 2)
        piece = region[top : top + wanted, left : left + wanted]
        if wanted != side:
            piece = resize_square(piece, side, FILTERS[rng.integers(len(FILTERS))])
        return np.ascontiguousarray(piece)
