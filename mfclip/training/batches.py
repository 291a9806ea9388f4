"""Batches by step number: the same step always gives the same pictures, so a run resumes where it stopped."""

import numpy as np
from torch.utils.data import Dataset

from mfclip.data.cache import RegionCache
from mfclip.data.held_out import Batch, collect
from mfclip.data.history import apply_history, draw_history
from mfclip.training.recipes import Recipe


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
        self.pairs: dict[str, list[tuple[int, int]]] = {}
        for index in pairs:
            original = copies.entries[index].pair
            if original is not None:
                self.pairs.setdefault(copies.entries[original].generator, []).append((original, index))

    def __len__(self) -> int:
        return self.recipe.steps

    def __getitem__(self, step: int) -> Batch:
        rng = np.random.default_rng([self.recipe.seed, 2, step])
        recipe, items = self.recipe, []
        sources = sorted(self.pairs)
        for source in rng.choice(len(sources), recipe.copies):
            pairs = self.pairs[sources[source]]
            history = draw_history(rng)
            for index in pairs[rng.integers(len(pairs))]:
                items.append((apply_history(self.copies.region(index), history), self.copies.entries[index]))
        loose = self.reals.draw(rng, recipe.reals - recipe.copies) + self.forgeries.draw(
            rng, recipe.forgeries
        )
        for index in loose:
            items.append(
                (apply_history(self.faces.region(index), draw_history(rng)), self.faces.entries[index])
            )
        patch = np.where(rng.random(len(items)) < 0.5, rng.integers(0, 4, len(items)), -1)
        for pair in range(recipe.copies):
            patch[2 * pair + 1] = patch[2 * pair]
        return collect(items, patch)
