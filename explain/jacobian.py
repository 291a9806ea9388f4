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

from explain.integration import BEGUN, NODES, SMALL, TOLERANCE
from explain.methods import Progress
from explain.progress import Bar, fallen

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


def pieces_of(steps: int, limit: int) -> tuple[list[float], int]:
    """Where a path is cut to begin with, and how many points each piece has.

    Pieces of NODES points, each of which can be halved; where the limit allows no halving, one piece of all points, on
    which quadrature is the more exact (8 points missed 0.7 % of the change of a face's direction, 4 and 4 did 1.8 %).
    """
    count = -(-steps // NODES)
    if NODES * (count + 2) > limit:
        return [0.0, 1.0], NODES * count
    return np.linspace(0, 1, count + 1).tolist(), NODES


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

    def piece(self, start: float, end: float, progress: Progress, count: int = NODES) -> _Piece:
        """Integrate over a piece by Gauss–Legendre quadrature of `count` points."""
        nodes, weights = np.polynomial.legendre.leggauss(count)
        places = start + (nodes + 1) / 2 * (end - start)
        shares = (weights / 2 * (end - start)).tolist()
        parts = []
        for share, place in zip(shares, places.tolist(), strict=True):
            parts.append(share * self.rows(place))
            progress(len(parts), count)
        rows = torch.stack(parts).sum(dim=0)
        return _Piece(start, end, rows, rows.sum(dim=0) - (self.at(end) - self.at(start)))


@dataclass(frozen=True)
class _Line:
    """When rows add up: what they miss, as a share of TOLERANCE of the vector's change, is below 1, and so is half of
    TOLERANCE of the change along `towards`, the direction that they will be multiplied with."""

    change: Tensor
    towards: Tensor | None

    def missed(self, pieces: list[_Piece]) -> float:
        """What the pieces miss together, 1 at the line."""
        error = torch.stack([piece.missed for piece in pieces]).sum(dim=0)
        missed = float(error.norm() / (TOLERANCE * self.change.norm().clamp_min(NOTHING)))
        if self.towards is None:
            return missed
        product = max(abs(float(self.change @ self.towards)), SMALL)
        return max(missed, abs(float(error @ self.towards)) / (TOLERANCE / 2 * product))


def integrate_rows(
    vector: Callable[[float], Tensor],
    rows: Callable[[float], Tensor],
    steps: int,
    limit: int,
    progress: Progress,
    towards: Tensor | None = None,
) -> Side:
    """Integrate rows (N, D), the derivatives of a vector (D,) on a path from 0 to 1, as `integration` does numbers.

    The piece that misses its own difference the most is halved while all together miss theirs by TOLERANCE or more,
    up to `limit` points. towards: (D,), a direction along which they must add up as well: where the vector's change is
    nearly at right angles to it, a small error of the vector is a large one of the product.
    """
    path, bar = _Path(vector, rows), Bar(progress)
    cuts, nodes = pieces_of(steps, limit)
    points, count = nodes * (len(cuts) - 1), len(cuts) - 1
    pieces: list[_Piece] = []
    for number, (start, end) in enumerate(zip(cuts[:-1], cuts[1:], strict=True)):
        part = bar.between(BEGUN * number / count, BEGUN * (number + 1) / count)
        pieces.append(path.piece(start, end, part, nodes))
    line = _Line(path.at(1.0) - path.at(0.0), towards)
    missed = [line.missed(pieces)]
    while missed[-1] >= 1 and points + 2 * NODES <= limit:
        worst = max(pieces, key=lambda piece: float(piece.missed.norm()))
        middle = (worst.start + worst.end) / 2
        spent = [BEGUN + (1 - BEGUN) * (points + more) / limit for more in (0, NODES, 2 * NODES)]
        pieces = [piece for piece in pieces if piece is not worst]
        pieces.append(path.piece(worst.start, middle, bar.between(spent[0], spent[1])))
        pieces.append(path.piece(middle, worst.end, bar.between(spent[1], spent[2])))
        points += 2 * NODES
        missed.append(line.missed(pieces))
        bar.to(BEGUN + (1 - BEGUN) * fallen(missed[0], missed[-1], 1.0))
    bar.to(1.0)
    # In the order of the path: sums of floats depend on their order, and results must not.
    ordered = sorted(pieces, key=lambda piece: piece.start)
    matrix = torch.stack([piece.rows for piece in ordered]).sum(dim=0)
    return Side(matrix, path.at(0.0), path.at(1.0), points)
