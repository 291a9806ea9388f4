"""Batches by step number: the same step always gives the same pictures, so a run resumes where it stopped."""

import numpy as np
from torch.utils.data import Dataset

from mfclip.data.cache import Entry, RegionCache
from mfclip.data.held_out import Batch, collect
from mfclip.data.history import History, apply_history, draw_history
from mfclip.data.leave_out import LeaveOut
from mfclip.training.forgeries.make import MAKERS
from mfclip.training.recipes import Recipe

Planned = tuple[RegionCache, int, History, int]
"""A picture of a batch: where it lies, what happens to it, and the index of its window (−1 for the richest)."""


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
        if not count:
            return []
        groups = rng.choice(len(self.members), count, p=self.shares)
        return [int(rng.choice(self.members[group])) for group in groups]


class TrainingBatches(Dataset):
    """Item `step` is this process's share of the batch of that step.

    A batch holds `recipe.pairs` reals each with a forgery made from it, under the same history; the other reals; and
    forgeries of other people's generators. Every source of reals gives as many pairs as every other, and so does
    every ingredient. What recipe.leave_out names is never drawn.

    process, processes: which share this is. The shares of all processes together are the batch that one process
    would have, pairs unbroken.
    """

    def __init__(
        self, faces: RegionCache, made: RegionCache, recipe: Recipe, process: int = 0, processes: int = 1
    ) -> None:
        self.faces, self.made, self.recipe = faces, made, recipe
        self.process, self.processes = process, processes
        left_out = LeaveOut.parse(recipe.leave_out)
        left_out.check([*faces.entries, *made.entries])
        train = [i for i, e in enumerate(faces.entries) if e.split == "train" and not left_out.excludes(e)]
        self.reals = _Pool(faces, [i for i in train if not faces.entries[i].fake])
        self.forgeries = _Pool(faces, [i for i in train if faces.entries[i].fake])
        self.pairs = self._pairs(left_out)
        wanted = {
            "reals": (recipe.reals - recipe.pairs, self.reals.members),
            "forgeries": (recipe.forgeries, self.forgeries.members),
            "pairs": (recipe.pairs, self.pairs),
        }
        for name, (count, found) in wanted.items():
            if count and not found:
                raise ValueError(
                    f"The recipe wants {count} {name} a batch and the training split has none "
                    f"(left out: {recipe.leave_out or 'nothing'}); set it to 0 or add pictures."
                )

    def _pairs(self, left_out: LeaveOut) -> dict[str, dict[str, list[tuple[int, int]]]]:
        """(original, forgery) indices of the made cache by the original's source and the ingredient."""
        pairs: dict[str, dict[str, list[tuple[int, int]]]] = {}
        for index, entry in enumerate(self.made.entries):
            if entry.pair is None or entry.split != "train" or left_out.excludes(entry):
                continue
            ingredient = MAKERS[entry.generator].ingredient
            if ingredient in self.recipe.ingredients:
                pairs.setdefault(entry.source, {}).setdefault(ingredient, []).append((entry.pair, index))
        return pairs

    def __len__(self) -> int:
        return self.recipe.steps

    def plan(self, step: int) -> list[list[Planned]]:
        """The whole batch of a step as units that stay together: pairs first, then single pictures."""
        rng = np.random.default_rng([self.recipe.seed, 2, step])
        recipe = self.recipe
        units: list[list[Planned]] = []
        sources = sorted(self.pairs)
        for _ in range(recipe.pairs):
            of_source = self.pairs[sources[rng.integers(len(sources))]]
            ingredients = sorted(of_source)
            pairs = of_source[ingredients[rng.integers(len(ingredients))]]
            history, window = draw_history(rng, recipe.histories), self._window(rng)
            units.append(
                [(self.made, index, history, window) for index in pairs[rng.integers(len(pairs))]]
            )
        loose = self.reals.draw(rng, recipe.reals - recipe.pairs)
        loose += self.forgeries.draw(rng, recipe.forgeries)
        for index in loose:
            units.append([(self.faces, index, draw_history(rng, recipe.histories), self._window(rng))])
        return units

    def _window(self, rng: np.random.Generator) -> int:
        """Any of the four windows in half the draws, else the richest; always any if the recipe says random."""
        drawn, anyway = int(rng.integers(0, 4)), rng.random() < 0.5
        return drawn if anyway or self.recipe.patch == "random" else -1

    def __getitem__(self, step: int) -> Batch:
        units = self.plan(step)[self.process :: self.processes]
        items: list[tuple[np.ndarray, Entry]] = []
        windows: list[int] = []
        for cache, index, history, window in (planned for unit in units for planned in unit):
            items.append((apply_history(cache.region(index), history), cache.entries[index]))
            windows.append(window)
        return collect(items, np.array(windows))
