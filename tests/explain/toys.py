"""Subjects whose evidence is known: a bright square of the face, and nothing else."""

from dataclasses import replace

import numpy as np
import torch

from explain.result import Result
from explain.subject import Subject
from explain.targets import MARGIN

SIDE, CELL = 14, 16
SQUARE = (slice(2, 5), slice(8, 11))
"""Rows and columns of the cells that hold the evidence."""


class BrightSquare(Subject):
    """The target is how bright the square is, −1 to 1, and nothing else."""

    weight = 1.0

    def image_of(self, faces):
        rows, columns = (slice(part.start * CELL, part.stop * CELL) for part in SQUARE)
        bright = faces[:, :, rows, columns].mean(dim=(1, 2, 3)) / 127.5 - 1
        # A product of matrices, so that there is something to count the cost in.
        return bright[:, None] @ faces.new_full((1, 1), self.weight)

    def noise_of(self, residuals):
        return residuals.new_zeros(len(residuals), 1)

    def value(self, fused, text=None):
        return fused[:, 0]


class DarkSquare(BrightSquare):
    """The same, turned over: a bright square speaks for real."""

    weight = -1.0


def bright_square(detector, verdict, weight: float = 1.0) -> BrightSquare:
    """A dark face with a bright square, a little grain, and embeddings of its own."""
    random = np.random.default_rng(3)
    face = random.normal(30, 8, (224, 224, 3))
    rows, columns = (slice(part.start * CELL, part.stop * CELL) for part in SQUARE)
    face[rows, columns] = random.normal(220, 8, (3 * CELL, 3 * CELL, 3))
    pixels = torch.from_numpy(np.clip(face, 0, 255)).float().movedim(-1, 0)[None].contiguous()
    toy = (BrightSquare if weight > 0 else DarkSquare)(detector, verdict, MARGIN)
    return toy.seen_as(face=pixels)


def true_map() -> np.ndarray:
    cells = np.zeros((SIDE, SIDE))
    cells[SQUARE] = 1 / 9
    return cells


def result_of(subject, cells: np.ndarray, **told) -> Result:
    return replace(
        Result(
            values={"map": np.asarray(cells, dtype=np.float64)},
            site="cells of the face",
            sign="positive towards fake",
            unit="logits",
            gap=None,
            cost=1.0,
            caveat="made for a test",
            subject=subject,
        ),
        **told,
    )
