"""Batches by step number: the same step always gives the same pictures, so a run resumes where it stopped."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from mfclip.preprocess import cut_region
from mfclip.training.cache import Entry, RegionCache
from mfclip.training.history import apply_history, draw_history, draw_test_history
from mfclip.training.recipes import Recipe


@dataclass(frozen=True)
class Batch:
    """faces (B, 224, 224, 3) and windows (B, 4, 112, 112, 3) uint8; entries: what is known of each of the B."""

    faces: Tensor
    windows: Tensor
    entries: tuple[Entry, ...]
    shaken: Tensor
    """(B,) int64: −1 where the richest patch is to be used, else the index of a patch drawn at random."""

    @property
    def labels(self) -> Tensor:
        """(B,) int64, 1 for a forgery."""
        return torch.tensor([int(entry.fake) for entry in self.entries])


def _collect(items: list[tuple[np.ndarray, Entry]], shaken: np.ndarray) -> Batch:
    crops = [cut_region(region) for region, _ in items]
    return Batch(
        torch.from_numpy(np.stack([crop.face for crop in crops])),
        torch.from_numpy(np.stack([crop.windows for crop in crops])),
        tuple(entry for _, entry in items),
        torch.from_numpy(shaken),
    )


class _Pool:
    """Indices of a cache, drawn by generator: a generator's share grows with the root of its size."""

    def __init__(self, cache: RegionCache, indices: list[int]) -> None:
        by_generator: dict[str, list[int]] = {}
        for index in indices:
            by_generator.setdefault(cache.entries[index].generator, []).append(index)
        self.members = [np.array(by_generator[name]) for name in sorted(by_generator)]
        shares = np.array([len(member) ** 0.5 for member in self.members])
        self.shares = shares / shares.sum()

    def draw(self, rng: np.random.Generator, count: int) -> list[int]:
        groups = rng.choice(len(self.members), count, p=self.shares)
        return [int(rng.choice(self.members[group])) for group in groups]


class TrainingBatches(Dataset):
    """Item `step` is the batch of that step: reals, copies of some of them under the same history, forgeries."""

    def __init__(self, faces: RegionCache, copies: RegionCache, recipe: Recipe) -> None:
        self.faces, self.copies, self.recipe = faces, copies, recipe
        train = [i for i, entry in enumerate(faces.entries) if entry.split == "train"]
        self.reals = _Pool(faces, [i for i in train if not faces.entries[i].fake])
        self.forgeries = _Pool(faces, [i for i in train if faces.entries[i].fake])
        pairs = [i for i, entry in enumerate(copies.entries) if entry.split == "train" and entry.fake]
        self.pairs = {}
        for index in pairs:
            self.pairs.setdefault(copies.entries[copies.entries[index].pair].generator, []).append(index)

    def __len__(self) -> int:
        return self.recipe.steps

    def __getitem__(self, step: int) -> Batch:
        rng = np.random.default_rng([self.recipe.seed, 2, step])
        recipe, items = self.recipe, []
        sources = sorted(self.pairs)
        for source in rng.choice(len(sources), recipe.copies):
            copy = int(rng.choice(self.pairs[sources[source]]))
            history = draw_history(rng)
            for index in (self.copies.entries[copy].pair, copy):
                items.append((apply_history(self.copies.region(index), history), self.copies.entries[index]))
        loose = self.reals.draw(rng, recipe.reals - recipe.copies) + self.forgeries.draw(
            rng, recipe.forgeries
        )
        for index in loose:
            items.append(
                (apply_history(self.faces.region(index), draw_history(rng)), self.faces.entries[index])
            )
        shaken = np.where(rng.random(len(items)) < 0.5, rng.integers(0, 4, len(items)), -1)
        for pair in range(recipe.copies):
            shaken[2 * pair + 1] = shaken[2 * pair]
        return _collect(items, shaken)


class HeldOut(Dataset):
    """A whole split in order, each picture under one history fixed by its path; copies where a cache is given."""

    def __init__(self, cache: RegionCache, split: str, size: int = 32, only_fake: bool = False) -> None:
        self.cache, self.size = cache, size
        self.indices = [
            i for i, e in enumerate(cache.entries) if e.split == split and (e.fake or not only_fake)
        ]

    def __len__(self) -> int:
        return -(-len(self.indices) // self.size)

    def __getitem__(self, number: int) -> Batch:
        items = []
        for index in self.indices[number * self.size : (number + 1) * self.size]:
            entry = self.cache.entries[index]
            rng = np.random.default_rng(list(entry.path.encode()))
            items.append((apply_history(self.cache.region(index), draw_test_history(rng)), entry))
        return _collect(items, np.full(len(items), -1))
