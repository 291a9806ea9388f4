"""Derivatives of a vector along directions, by forward mode, and their integral along a path.

What `explain.integration` does for one number, this does for a vector of many: reverse mode would need a pass for each
of its entries, forward mode needs one for each direction.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from threading import Lock

import numpy as np
import torch
from torch import Tensor
from torch.func import jvp, vmap

from explain.integration import NODES, TOLERANCE
from explain.methods import Progress

# torch counts its forward-mode levels in variables that all threads share.
_FORWARD_MODE = Lock()

TOGETHER = 7
"""Directions through a transformer that are followed at once: it bounds memory."""

NOTHING = 1e-6
"""A vector shorter than this has nothing to add up to."""


def directional(function: Callable[[Tensor], Tensor], point: Tensor, directions: Iterable[Tensor]) -> Tensor:
    """Derivatives of `function` at a point (…) along directions, chunks (n, …) of N in all → (N, …), by forward mode.

    What a chunk holds is followed at once: its size bounds memory.
    """
    parts = []
    for some in directions:
        if len(some):
            with _FORWARD_MODE:
                parts.append(vmap(lambda one: jvp(function, (point,), (one,))[1])(some))
    return torch.cat(parts) if parts else function(point)[None][:0]


@dataclass(frozen=True)
class _Piece:
    """A piece of a path: its rows (N, D), and by how much their sum misses the difference of its ends, (D,)."""

    start: float
    end: float
    rows: Tensor
    missed: Tensor


@dataclass(frozen=True)
class Side:
    """A matrix (N, D), the vectors (D,) at the path's start and end, whose difference its rows add up to, and how many
    points of the path were looked at, those of replaced pieces included."""

    matrix: Tensor
    start: Tensor
    end: Tensor
    points: int


class _Path:
    """A vector (D,) on a path from 0 to 1, and the N rows of derivatives that its change is made of."""

    def __init__(self, vector: Callable[[float], Tensor], rows: Callable[[float], Tensor]) -> None:
        self.vector, self.rows = vector, rows
        self.known: dict[float, Tensor] = {}

    def at(self, place: float) -> Tensor:
        """The vector at a place, remembered."""
        if place not in self.known:
            with torch.no_grad():
                self.known[place] = self.vector(place)
        return self.known[place]

    def piece(self, start: float, end: float) -> _Piece:
        """Integrate over a piece by Gauss–Legendre quadrature of NODES points."""
        nodes, weights = np.polynomial.legendre.leggauss(NODES)
        places = start + (nodes + 1) / 2 * (end - start)
        shares = (weights / 2 * (end - start)).tolist()
        parts = [share * self.rows(place) for share, place in zip(shares, places.tolist(), strict=True)]
        rows = torch.stack(parts).sum(dim=0)
        return _Piece(start, end, rows, rows.sum(dim=0) - (self.at(end) - self.at(start)))


def integrate_rows(
    vector: Callable[[float], Tensor],
    rows: Callable[[float], Tensor],
    steps: int,
    limit: int,
    progress: Progress,
) -> Side:
    """Integrate rows (N, D), the derivatives of a vector (D,) on a path from 0 to 1, as `integration` does numbers.

    The piece that misses its own difference the most is halved while all together miss theirs by TOLERANCE or more,
    up to `limit` points.
    """
    path = _Path(vector, rows)
    cuts = np.linspace(0, 1, -(-steps // NODES) + 1).tolist()
    points = NODES * (len(cuts) - 1)
    pieces: list[_Piece] = []
    for start, end in zip(cuts[:-1], cuts[1:], strict=True):
        progress(NODES * len(pieces), points)
        pieces.append(path.piece(start, end))
    line = TOLERANCE * (path.at(1.0) - path.at(0.0)).norm().clamp_min(NOTHING)
    while torch.stack([piece.missed for piece in pieces]).sum(dim=0).norm() >= line:
        if points + 2 * NODES > limit:
            break
        progress(points, limit)
        worst = max(pieces, key=lambda piece: float(piece.missed.norm()))
        middle = (worst.start + worst.end) / 2
        pieces = [piece for piece in pieces if piece is not worst]
        pieces += [path.piece(worst.start, middle), path.piece(middle, worst.end)]
        points += 2 * NODES
    # In the order of the path: sums of floats depend on their order, and results must not.
    ordered = sorted(pieces, key=lambda piece: piece.start)
    matrix = torch.stack([piece.rows for piece in ordered]).sum(dim=0)
    return Side(matrix, path.at(0.0), path.at(1.0), points)
