"""Which pixels of the face, and which places of its residual, moved the decision: integrated gradients on both."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from explain.baselines import BASELINES
from explain.cost import counting
from explain.integration import SMALL, Integral, accuracy, integrate
from explain.methods import Knob, Method, Progress
from explain.result import Result
from explain.subject import Subject
from mfclip.patches import choose_richest
from mfclip.preprocess import FACE_SIZE, WINDOW

RESIDUAL_CELLS = 7
"""Cells along a side of the residual's map: 16 pixels of the patch each, as the noise stream's tokens."""

CAVEAT = (
    "A share is counted against the baseline: a part of the face that looks like it gets none, whatever it means. "
    "Face and residual are moved as two inputs although one photo gave both, and the patch that was chosen for the "
    "residual is kept. Points between baseline and face are no photographs, and the detector was trained on none."
)


def face_cells(subject: Subject) -> int:
    """Cells along a side of a map over the face: the tokens of the image stream, 14 where it has no grid of them."""
    config = subject.model.config.image
    return 14 if config.kind == "authors" else FACE_SIZE // config.patch


def summed(values: Tensor, side: int) -> np.ndarray:
    """(H, H) → (side, side): the sums of equal square cells; the total stays what it is."""
    cell = values.shape[-1] // side
    return values.double().unfold(0, cell, cell).unfold(1, cell, cell).sum(dim=(-2, -1)).cpu().numpy()


def flips(subject: Subject, baseline: str, points: np.ndarray) -> tuple[int, bool]:
    """How often the richest patch would have been another one on the way from the baseline to the face.

    points: (S,) shares of the way, 0..1. Returns the number of points at which it would have been, and whether it
    would have been at the baseline itself. The candidates are moved as the face is.
    """
    starts = BASELINES[baseline](subject.windows)
    changed = 0
    for point in (*points, 0.0):
        moved = starts + float(point) * (subject.windows - starts)
        last = int(choose_richest(moved[None])[1]) != subject.patch_index
        changed += last
    return changed - last, last


def _notes(subject: Subject, baseline: str, integral: Integral, asked: int) -> tuple[str, ...]:
    points = integral.points
    changed, at_baseline = flips(subject, baseline, points)
    notes = [
        f"The richest patch would have been another one at {changed} of {len(points)} points of the path"
        f"{' and at the baseline' if at_baseline else ''}; window {subject.patch_index + 1} was kept throughout.",
        *accuracy(integral, asked),
    ]
    if abs(integral.difference) < SMALL:
        notes.append("Face and baseline have nearly the same value: the shares cancel out, and say little.")
    return tuple(notes)


def pixels(subject: Subject, progress: Progress, steps: int, baseline: str, limit: int, batch: int) -> Result:
    """Integrated gradients on the face's pixels and on the residual, from the baseline and a residual of zero.

    values, in logits: 'map' (side, side), summed over colours and over each cell; 'pixels' (224, 224), summed over
    colours; 'residual map' (7, 7) and 'residual' (112, 112), the same for the residual, summed over its three kernels;
    'contributions' (2,), the totals of image and noise stream; 'difference' (), the value here less that at the
    baseline: what all of it adds up to; 'reference' (), the value at the baseline.
    """
    ends = (subject.face, subject.residual)
    starts = (BASELINES[baseline](subject.face), torch.zeros_like(subject.residual))
    with counting(subject) as cost:
        integral = integrate(subject.value_of_pixels, ends, starts, steps, limit, batch, progress)
    face, residual = (part[0].double().sum(dim=0) for part in integral.attributions)
    side = face_cells(subject)
    values: dict[str, Any] = {
        "map": summed(face, side),
        "pixels": face.cpu().numpy(),
        "residual map": summed(residual, RESIDUAL_CELLS),
        "residual": residual.cpu().numpy(),
        "contributions": np.array([float(face.sum()), float(residual.sum())]),
        "difference": np.array(integral.difference),
        "reference": np.array(integral.reference),
    }
    return Result(
        values=values,
        labels={"contributions": ("image stream", "noise stream")},
        site=(
            f"Pixels of the face ({FACE_SIZE} px), in {side} × {side} cells, and of the residual of window "
            f"{subject.patch_index + 1} ({WINDOW} px of the photo), in {RESIDUAL_CELLS} × {RESIDUAL_CELLS} cells."
        ),
        sign=f"Positive: with the face as it is, and not the baseline ({baseline}), the target is higher.",
        unit="logits; all cells of both maps add up to the difference between face and baseline",
        gap=integral.gap,
        cost=cost.passes,
        caveat=CAVEAT,
        notes=_notes(subject, baseline, integral, steps),
    )


METHOD = Method(
    name="pixels",
    question="Which parts of the face, and of its noise, moved the decision?",
    kind="map",
    function=pixels,
    knobs=(
        Knob(
            "steps",
            "integer",
            32,
            "Points of the path from the baseline to the face; more are added until the shares add up.",
            low=8,
            high=512,
        ),
        Knob(
            "baseline",
            "choice",
            "blur",
            "What the face is compared with; the residual is compared with none at all. A blurred face is still "
            "one, so what is shared out is what its finer parts changed.",
            choices=tuple(BASELINES),
        ),
        Knob("limit", "integer", 256, "The most points that may be added up to.", low=8, high=4096),
        Knob(
            "batch", "integer", 8, "Points that are computed at once: memory against speed.", low=1, high=64
        ),
    ),
)
