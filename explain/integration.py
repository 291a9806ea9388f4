"""Integrated gradients (Sundararajan et al., ICML 2017) by Captum, refined until they add up.

Captum's `IntegratedGradients` is used on a function of tensors, in which case it hooks nothing; its memory is bounded
by working through the path in batches.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from captum.attr import IntegratedGradients
from torch import Tensor

from explain.methods import Progress

TOLERANCE = 0.01
"""The share of the difference by which attributions may miss it (facts of the project, proof protocol, test 1)."""

SMALL = 1e-3
"""A difference below this many logits counts as this many: there is next to nothing to add up to."""


@dataclass(frozen=True)
class Integral:
    """Attributions of the inputs, in their shapes, and how well they add up.

    value, reference: the function at the inputs and at the baselines. gap: |sum − (value − reference)| as a share of
    |value − reference|. steps: of the last refinement.
    """

    attributions: tuple[Tensor, ...]
    value: float
    reference: float
    gap: float
    steps: int

    @property
    def difference(self) -> float:
        """What the attributions have to add up to."""
        return self.value - self.reference


def gap_of(total: float, difference: float) -> float:
    """|total − difference| as a share of |difference|, of SMALL where the difference is smaller."""
    return abs(total - difference) / max(abs(difference), SMALL)


def total_of(attributions: tuple[Tensor, ...]) -> float:
    """The sum of everything, in float64."""
    return float(sum(part.double().sum() for part in attributions))


def integrate(
    function: Callable[..., Tensor],
    inputs: tuple[Tensor, ...],
    baselines: tuple[Tensor, ...],
    steps: int,
    limit: int,
    batch: int,
    progress: Progress,
) -> Integral:
    """Integrate the gradient of `function` from baselines to inputs, (1, …) each, in the same order.

    function: of tensors (B, …), one for each input → (B,), rows independent. steps: of Gauss–Legendre quadrature;
    doubled while the gap is TOLERANCE or more and twice as many are within `limit`. batch: how many points of the path
    run at once. progress: called after every batch; raising from it leaves nothing behind.
    """
    # Captum asks its inputs for gradients by a flag on them: copies, so that a subject's own tensors stay as they are.
    starts = tuple(baseline.detach().clone() for baseline in baselines)
    ends = tuple(given.detach().clone().requires_grad_() for given in inputs)
    with torch.no_grad():
        value = float(function(*ends)[0])
        reference = float(function(*starts)[0])
    while True:
        parts = _integral(function, ends, starts, steps, batch, progress)
        gap = gap_of(total_of(parts), value - reference)
        if gap < TOLERANCE or 2 * steps > limit:
            return Integral(parts, value, reference, gap, steps)
        steps *= 2


def _integral(
    function: Callable[..., Tensor],
    ends: tuple[Tensor, ...],
    starts: tuple[Tensor, ...],
    steps: int,
    batch: int,
    progress: Progress,
) -> tuple[Tensor, ...]:
    done = 0

    def watched(*points: Tensor) -> Tensor:
        nonlocal done
        progress(done, steps)
        done += len(points[0])
        return function(*points)

    parts = IntegratedGradients(watched).attribute(
        ends, starts, n_steps=steps, method="gausslegendre", internal_batch_size=batch
    )
    progress(steps, steps)
    return tuple(part.detach() for part in parts)


def path_points(steps: int) -> np.ndarray:
    """Where on the path from 0 (baseline) to 1 (input) `integrate` evaluates the gradient, (steps,), ascending."""
    return (np.polynomial.legendre.leggauss(steps)[0] + 1) / 2
