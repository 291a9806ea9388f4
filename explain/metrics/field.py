"""What the cells of a map lie on, and what the detector says when some of them are taken away.

Taking a cell out of the face leaves the noise stream as it is, and the reverse: a map over one input is tested on
that input, with the patch kept. What was computed for random cells is remembered with the face's embeddings, so that
all maps of a face, its targets and its edited prompts share it.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import cached_property
from threading import Lock, RLock
from typing import Any, Literal
from weakref import WeakKeyDictionary, ref

import numpy as np
import torch
from torch import Tensor

from explain.metrics.fills import FILLS, NOISE, STILL, by_linear
from explain.subject import Subject
from mfclip.noise import LIMIT
from mfclip.verdict import FaceFeatures

BATCH = 32
"""Pictures that are computed at once."""

Where = Literal["face", "patch"]
Step = Callable[[], None]
"""Called between batches; raising from it cancels."""


class _Shelf:
    """What is remembered of one face; whoever computes an entry keeps the others waiting for it."""

    def __init__(self) -> None:
        self.lock, self.items = RLock(), dict[Hashable, Any]()


_shelves: "WeakKeyDictionary[FaceFeatures, _Shelf]" = WeakKeyDictionary()
_lock = Lock()


def remembered(subject: Subject, key: Hashable, compute: Callable[[], Any]) -> Any:
    """What `compute` gave for this face and key, computed once; forgotten with the face's embeddings. Thread-safe."""
    with _lock:
        shelf = _shelves.setdefault(subject.verdict.features, _Shelf())
    whole = (ref(subject.detector), key)
    with shelf.lock:
        if whole not in shelf.items:
            shelf.items[whole] = compute()
        return shelf.items[whole]


@dataclass(frozen=True, eq=False)
class Field:
    """The face or the patch of a subject, under a grid of side × side cells."""

    subject: Subject
    where: Where
    side: int

    @property
    def cells(self) -> int:
        """How many there are."""
        return self.side * self.side

    @cached_property
    def picture(self) -> Tensor:
        """(1, 3, S, S): the face's pixels, or the residual of the patch."""
        return self.subject.face if self.where == "face" else self.subject.residual

    @cached_property
    def noise(self) -> Tensor:
        """(1, 3, S, S): the noise of the linear fill, one picture of it for all, so that no batch changes a number."""
        span = 255.0 if self.where == "face" else 2 * LIMIT
        drawn = np.random.default_rng(0).standard_normal(tuple(self.picture.shape))
        return torch.from_numpy(NOISE * span * drawn).to(self.picture)

    def without(self, removed: Tensor, fill: str) -> Tensor:
        """The picture without cells: removed (M, side, side) bool → (M, 3, S, S).

        Raises ValueError for a fill that is not in FILLS.
        """
        if fill not in FILLS:
            raise ValueError(f"The fill is {fill!r}; choose one of {', '.join(FILLS)}.")
        removed = removed.to(self.picture.device)
        size = self.picture.shape[-1]
        place = torch.arange(size, device=removed.device) * self.side // size
        hole = removed[:, place][:, :, place][:, None]
        if fill in STILL:
            filled = remembered(self.subject, ("fill", self.where, fill), lambda: STILL[fill](self.picture))
        else:
            filled = by_linear(self.picture, removed, self.noise)
        return torch.where(hole, filled, self.picture)

    def encoded(self, pictures: Tensor) -> Tensor:
        """Pictures (M, 3, S, S) → fused features (M, D), the other stream as it is."""
        subject = self.subject
        if self.where == "face":
            return subject.image_of(pictures) + subject.noise
        return subject.image + subject.noise_of(pictures)

    def features(self, removed: np.ndarray, fill: str, step: Step) -> Tensor:
        """Fused features (M, D) without the cells of each row of removed (M, cells) bool, without gradients."""
        rows = torch.from_numpy(np.ascontiguousarray(removed)).view(-1, self.side, self.side)
        found = []
        with torch.no_grad():
            for part in rows.split(BATCH):
                step()
                found.append(self.encoded(self.without(part, fill)))
        return torch.cat(found)

    def values(self, removed: np.ndarray, fill: str, step: Step) -> np.ndarray:
        """The target's value (M,) without the cells of each row of removed (M, cells) bool; float64."""
        return self.read(self.features(removed, fill, step))

    def read(self, features: Tensor) -> np.ndarray:
        """Fused features (M, D) → the target's value (M,), float64."""
        with torch.no_grad():
            return self.subject.value(features).double().cpu().numpy()
