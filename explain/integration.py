"""Integrated gradients (Sundararajan et al., ICML 2017) by Captum, refined where they do not add up.

Captum's `IntegratedGradients` is used on a function of tensors, in which case it hooks nothing. The straight path is
cut into pieces. What the attributions of a piece must add up to is known exactly, the function at its end less that at
its start, so every piece has its own error, and points are spent where it is largest. That matters for a trained
detector: its margin may change within a three-hundredth of the path by more than on all the rest, and twice as many
points spread evenly then miss it as well.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from captum.attr import IntegratedGradients
from torch import Tensor

from explain.methods import Progress
from explain.progress import Bar, fallen

TOLERANCE = 0.01
"""The share of the difference by which attributions may miss it (the project's proof protocol, test 1)."""

SMALL = 1e-3
"""A difference below this many logits counts as this many: there is next to nothing to add up to."""

UNEVEN = 0.1
"""From which share on errors that cancel are told."""

BEGUN = 0.6
"""The share of a bar that the points at the beginning take; the rest is for those that are added."""

NODES = 4
"""Points of Gauss–Legendre quadrature in every piece of the path."""

Tensors = tuple[Tensor, ...]
Function = Callable[..., Tensor]


@dataclass(frozen=True)
class Integral:
    """Attributions of the inputs, in their shapes, and how well they add up.

    value, reference: the function at the inputs and at the baselines. gap: |sum − (value − reference)| as a share of
    |value − reference|. uneven: the errors of the single pieces of the path, added up without their signs, as a share
    of the same; never below the gap, and far above it where errors only happen to cancel. points: where on the path,
    0 to 1 ascending, the gradient was read. steps: gradients computed in all, those of replaced pieces included.
    """

    attributions: Tensors
    value: float
    reference: float
    gap: float
    uneven: float
    points: np.ndarray
    steps: int

    @property
    def difference(self) -> float:
        """What the attributions have to add up to."""
        return self.value - self.reference


@dataclass(frozen=True)
class _Piece:
    """A piece of the path from start to end, its attributions, and by how much they miss its difference."""

    start: float
    end: float
    parts: Tensors
    error: float


def gap_of(missed: float, difference: float) -> float:
    """What was missed as a share of a difference, of SMALL where the difference is smaller."""
    return abs(missed) / max(abs(difference), SMALL)


class _Path:
    """The straight way from baselines to inputs, and what a function does on it."""

    def __init__(self, function: Function, ends: Tensors, starts: Tensors, batch: int) -> None:
        self.function, self.batch = function, batch
        # Captum asks its inputs for gradients by a flag on them: copies, so that a subject's tensors stay as they are.
        self.ends = tuple(tensor.detach().clone() for tensor in ends)
        self.starts = tuple(tensor.detach().clone() for tensor in starts)
        self.known: dict[float, float] = {}

    def at(self, points: Sequence[float]) -> Tensors:
        """The inputs at P points of the path, (P, …) each."""
        return tuple(
            torch.cat([start + point * (end - start) for point in points])
            for start, end in zip(self.starts, self.ends, strict=True)
        )

    def values(self, points: Sequence[float]) -> None:
        """Learn the function at points."""
        for first in range(0, len(points), self.batch):
            some = points[first : first + self.batch]
            with torch.no_grad():
                found = self.function(*self.at(some))
            self.known.update(zip(some, found.tolist(), strict=True))

    def pieces(self, bounds: Sequence[tuple[float, float]]) -> list[_Piece]:
        """Integrate over pieces, all in one batch, NODES points each; their ends' values must be known."""
        ends = tuple(tensor.requires_grad_() for tensor in self.at([end for _, end in bounds]))
        parts = IntegratedGradients(self.function).attribute(
            ends,
            self.at([start for start, _ in bounds]),
            n_steps=NODES,
            method="gausslegendre",
            internal_batch_size=max(self.batch, len(bounds)),
        )
        parts = tuple(part.detach() for part in parts)
        return [
            _Piece(
                *bound,
                tuple(part[row : row + 1] for part in parts),
                sum(float(part[row].double().sum()) for part in parts)
                - (self.known[bound[1]] - self.known[bound[0]]),
            )
            for row, bound in enumerate(bounds)
        ]


def integrate(
    function: Function,
    inputs: Tensors,
    baselines: Tensors,
    steps: int,
    limit: int,
    batch: int,
    progress: Progress,
) -> Integral:
    """Integrate the gradient of `function` from baselines to inputs, (1, …) each, in the same order.

    function: of tensors (B, …), one for each input → (B,), rows independent. steps: gradients to begin with, NODES a
    piece. While the gap is TOLERANCE or more, the piece with the largest error is halved, up to `limit` gradients in
    all. batch: how many points run at once. progress: called between batches; raising from it leaves nothing behind.
    """
    path, bar = _Path(function, inputs, baselines, batch), Bar(progress)
    cuts = np.linspace(0, 1, -(-steps // NODES) + 1).tolist()
    steps = NODES * (len(cuts) - 1)
    path.values(cuts)
    bounds, at_once = list(zip(cuts[:-1], cuts[1:], strict=True)), max(1, batch // NODES)
    pieces: list[_Piece] = []
    for first in range(0, len(bounds), at_once):
        pieces += path.pieces(bounds[first : first + at_once])
        bar.to(BEGUN * len(pieces) / len(bounds))
    difference = path.known[1.0] - path.known[0.0]
    gaps = [gap_of(sum(piece.error for piece in pieces), difference)]
    while gaps[-1] >= TOLERANCE:
        if steps + 2 * NODES > limit:
            break
        worst = max(pieces, key=lambda piece: abs(piece.error))
        middle = (worst.start + worst.end) / 2
        path.values([middle])
        pieces.remove(worst)
        halves = [(worst.start, middle), (middle, worst.end)]
        pieces += path.pieces(halves)
        steps += 2 * NODES
        gaps.append(gap_of(sum(piece.error for piece in pieces), difference))
        bar.to(BEGUN + (1 - BEGUN) * max(fallen(gaps[0], gaps[-1], TOLERANCE), steps / limit))
    bar.to(1.0)
    return _added_up(path, pieces, steps)


def _added_up(path: _Path, pieces: Sequence[_Piece], steps: int) -> Integral:
    value, reference = path.known[1.0], path.known[0.0]
    # In the order of the path: sums of floats depend on their order, and results must not.
    ordered = sorted(pieces, key=lambda piece: piece.start)
    nodes = (np.polynomial.legendre.leggauss(NODES)[0] + 1) / 2
    return Integral(
        attributions=tuple(
            sum(parts[1:], start=parts[0]) for parts in zip(*(p.parts for p in ordered), strict=True)
        ),
        value=value,
        reference=reference,
        gap=gap_of(sum(piece.error for piece in ordered), value - reference),
        uneven=gap_of(sum(abs(piece.error) for piece in ordered), value - reference),
        points=np.concatenate([piece.start + nodes * (piece.end - piece.start) for piece in ordered]),
        steps=steps,
    )


def accuracy(integral: Integral, asked: int) -> tuple[str, ...]:
    """What a reader must know of an integral's accuracy, in sentences; none where `asked` steps were enough."""
    notes = []
    if integral.steps > -(-asked // NODES) * NODES:
        notes.append(
            f"{asked} points did not add up to within {TOLERANCE:.0%}; {integral.steps} were computed."
        )
    if integral.gap >= TOLERANCE:
        notes.append(
            f"After {integral.steps} points the shares still miss the difference by {integral.gap:.1%}; "
            "raise the limit."
        )
    if integral.uneven >= UNEVEN:
        notes.append(
            f"Errors on single pieces of the path come to {integral.uneven:.0%} of the difference and partly cancel: "
            "the value changes abruptly on the way, so single cells are less certain than their sum."
        )
    return tuple(notes)
