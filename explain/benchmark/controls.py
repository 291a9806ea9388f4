"""Maps that know nothing of the detector: what a method has to be better than."""

from collections.abc import Callable

import numpy as np

from explain.result import Result
from explain.subject import Subject
from mfclip.patches import grey_levels

SIDE = 14
"""Cells along a side, as the image stream's tokens."""

SPREAD = 0.25
"""Standard deviation of the centre Gaussian, as a share of the face's side."""


def random_map(subject: Subject, seed: int) -> np.ndarray:
    """(SIDE, SIDE) drawn at random, other for every face."""
    face = int(subject.face.double().sum()) % 2**32
    return np.random.default_rng([seed, face]).standard_normal((SIDE, SIDE))


def centre(subject: Subject, seed: int) -> np.ndarray:
    """(SIDE, SIDE): a Gaussian about the middle of the face; that faces lie in the middle is all it knows."""
    across = (np.arange(SIDE) + 0.5) / SIDE - 0.5
    return np.exp(-(across[:, None] ** 2 + across[None, :] ** 2) / (2 * SPREAD**2))


def edges(subject: Subject, seed: int) -> np.ndarray:
    """(SIDE, SIDE): the mean size of the Sobel gradient in each cell; where the picture has lines."""
    grey = grey_levels(subject.face)[0].cpu().numpy().astype(np.float64)
    padded = np.pad(grey, 1, mode="edge")
    smooth_rows = padded[:-2] + 2 * padded[1:-1] + padded[2:]
    smooth_columns = padded[:, :-2] + 2 * padded[:, 1:-1] + padded[:, 2:]
    size = np.hypot(smooth_rows[:, 2:] - smooth_rows[:, :-2], smooth_columns[2:] - smooth_columns[:-2])
    cell = grey.shape[0] // SIDE
    return size.reshape(SIDE, cell, SIDE, cell).mean(axis=(1, 3))


CONTROLS: dict[str, tuple[Callable[[Subject, int], np.ndarray], str]] = {
    "control: random": (random_map, "map"),
    "control: centre": (centre, "mixing"),
    "control: edges": (edges, "mixing"),
}
"""By name: the map, and the kind that it is read as ('mixing' has no sign: it then speaks for the verdict's side)."""

FORGOTTEN = "control: mixed-up weights"
"""The map that the first method of the run gives of the model whose weights' places were mixed up."""


def control(subject: Subject, name: str, cells: np.ndarray) -> Result:
    """A control's map as a result that receipts can test."""
    return Result(
        values={"map": cells},
        site=f"{SIDE} × {SIDE} cells of the face",
        sign="none, or at random",
        unit="none",
        gap=None,
        cost=0.0,
        caveat="A control: it knows nothing of the detector.",
        method=name,
        target=str(subject.target),
        explained=subject.explained,
        checkpoint=subject.detector.name,
        subject=subject,
    )
