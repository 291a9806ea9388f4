"""Faces with what is known of them, as tensors; and a whole split in order, each picture under a fixed history."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from mfclip.data.cache import Entry, RegionCache
from mfclip.data.history import UNTOUCHED, History, apply_history, draw_test_history
from mfclip.patches import choose_richest, take
from mfclip.preprocess import cut_region

Treatment = Callable[[np.ndarray, Entry], np.ndarray]
"""What is done to a square region (S, S, 3) uint8 after its history, before it is cut: the same kind of array."""


@dataclass(frozen=True)
class Batch:
    """faces (B, 224, 224, 3) and windows (B, N, 112, 112, 3) uint8; entries: what is known of each of the B.

    N is 4, or 1 where the patch has been chosen already.
    """

    faces: Tensor
    windows: Tensor
    entries: tuple[Entry, ...]

    @property
    def labels(self) -> Tensor:
        """(B,) int64, 1 for a forgery."""
        return torch.tensor([int(entry.fake) for entry in self.entries])


def collect(items: list[tuple[np.ndarray, Entry]], patch: np.ndarray | None = None) -> Batch:
    """Cut B square regions (S, S, 3) uint8 into a batch.

    patch: (B,) index of the one window to keep of each, −1 for the richest; all four are kept if None.
    """
    crops = [cut_region(region) for region, _ in items]
    faces = torch.from_numpy(np.stack([crop.face for crop in crops]))
    windows = torch.from_numpy(np.stack([crop.windows for crop in crops]))
    if patch is not None:
        _, richest = choose_richest(windows.movedim(-1, -3))
        chosen = torch.from_numpy(patch)
        windows = take(windows, torch.where(chosen < 0, richest, chosen))[:, None]
    return Batch(faces, windows, tuple(entry for _, entry in items))


class HeldOut(Dataset):
    """A whole split in order, in batches of `size`; item `number` is a batch.

    split: 'train', 'validation', 'test', or None for all of them. touched: give each picture one history fixed by its
    path (both classes alike); otherwise take it as it is. only_fake: leave the reals out. keep: which entries to take
    of the split, all if None. treatment: what else happens to every picture, after its history.
    indices: the places of the pictures in the cache, in the order of the batches.
    """

    def __init__(
        self,
        cache: RegionCache,
        split: str | None,
        size: int = 32,
        touched: bool = True,
        only_fake: bool = False,
        keep: Callable[[Entry], bool] | None = None,
        treatment: Treatment | None = None,
    ) -> None:
        self.cache, self.size, self.touched, self.treatment = cache, size, touched, treatment
        self.indices = [
            i
            for i, entry in enumerate(cache.entries)
            if split in (None, entry.split)
            and (entry.fake or not only_fake)
            and (keep is None or keep(entry))
        ]

    @property
    def entries(self) -> tuple[Entry, ...]:
        """What is known of the pictures, in order."""
        return tuple(self.cache.entries[index] for index in self.indices)

    def __len__(self) -> int:
        return -(-len(self.indices) // self.size)

    def __getitem__(self, number: int) -> Batch:
        if not 0 <= number < len(self):
            raise IndexError(f"batch {number} of {len(self)}")
        items = []
        for index in self.indices[number * self.size : (number + 1) * self.size]:
            entry = self.cache.entries[index]
            region = apply_history(self.cache.region(index), self._history(entry))
            items.append((region if self.treatment is None else self.treatment(region, entry), entry))
        return collect(items)

    def _history(self, entry: Entry) -> History:
        return (
            draw_test_history(np.random.default_rng(list(entry.path.encode()))) if self.touched else UNTOUCHED
        )
