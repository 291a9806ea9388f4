"""Batches by step number: the same step always gives the same pictures, so a run resumes where it stopped."""

import cv2
import numpy as np
from torch.utils.data import Dataset

from mfclip.data.cache import Entry, RegionCache
from mfclip.data.held_out import Batch, collect
from mfclip.data.history import History, apply_history, draw_history
from mfclip.data.leave_out import LeaveOut
from mfclip.preprocess import WINDOW, window_starts
from mfclip.training.forgeries.make import MAKERS
from mfclip.training.recipes import Recipe

Planned = tuple[RegionCache, int, History, int]
"""A picture of a batch: where it lies, what happens to it, and the index of its window, or one of the next two."""

RICHEST, CHANGED = -1, -2
"""The richest window; of a pair, the one in which the forging changed most."""


class Pool:
    """Indices of a cache, drawn by generator, with shares that the recipe's `evenness` says."""

    def __init__(self, cache: RegionCache, indices: list[int], evenness: float) -> None:
        by_generator: dict[str, list[int]] = {}
        for index in indices:
            by_generator.setdefault(cache.entries[index].generator, []).append(index)
        self.members = [np.array(by_generator[name]) for name in sorted(by_generator)]
        shares = np.array([len(member) ** (1 - evenness) for member in self.members])
        self.shares = shares / shares.sum()

    def draw(self, rng: np.random.Generator, count: int) -> list[int]:
        """`count` indices of the cache: a generator by its share, then any of its pictures."""
        if not count:
            return []
        groups = rng.choice(len(self.members), count, p=self.shares)
        return [int(rng.choice(self.members[group])) for group in groups]


class TrainingBatches(Dataset):
    """Item `step` is this process's share of the batch of that step.

    A batch holds `recipe.pairs` reals each with a forgery made from it, under the same history, which spares a share
    of them (recipe.spared) all re-saving; the other reals; and forgeries of other people's generators. Every source of
    reals gives as many pairs as every other, and so does every ingredient. What recipe.leave_out names is never drawn.

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
        self.reals = Pool(faces, [i for i in train if not faces.entries[i].fake], recipe.evenness)
        self.forgeries = Pool(faces, [i for i in train if faces.entries[i].fake], recipe.evenness)
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
            resaved = recipe.histories and rng.random() >= recipe.spared
            history, window = draw_history(rng, resaved), self._window(rng, CHANGED)
            units.append([(self.made, index, history, window) for index in pairs[rng.integers(len(pairs))]])
        loose = self.reals.draw(rng, recipe.reals - recipe.pairs)
        loose += self.forgeries.draw(rng, recipe.forgeries)
        for index in loose:
            units.append([(self.faces, index, draw_history(rng, recipe.histories), self._window(rng))])
        return units

    def _window(self, rng: np.random.Generator, otherwise: int = RICHEST) -> int:
        """The richest window in half the draws, else any, or of a pair the one that was changed most.

        A local edit leaves most windows alone; a forgery of which nothing is seen would teach the noise stream
        nothing. Always any if the recipe says random.
        """
        drawn, richest = int(rng.integers(0, 4)), rng.random() < 0.5
        if self.recipe.patch == "random":
            return drawn
        if richest:
            return RICHEST
        return otherwise if otherwise != RICHEST else drawn

    def __getitem__(self, step: int) -> Batch:
        units = self.plan(step)[self.process :: self.processes]
        items: list[tuple[np.ndarray, Entry]] = []
        windows: list[int] = []
        for unit in units:
            found = [
                (apply_history(cache.region(index), history), cache.entries[index])
                for cache, index, history, _ in unit
            ]
            window = unit[0][3]
            if window == CHANGED:
                window = most_changed(found[0][0], found[1][0])
            items += found
            windows += [window] * len(found)
        return collect(items, np.array(windows))


def most_changed(original: np.ndarray, forgery: np.ndarray) -> int:
    """Index of the window in which two regions (S, S, 3) uint8 differ most; 0 where S is smaller than a window."""
    side = original.shape[0]
    if side < WINDOW:
        return 0
    change = cv2.absdiff(original, forgery)
    starts = window_starts(side)
    return int(np.argmax([change[y : y + WINDOW, x : x + WINDOW].mean() for y in starts for x in starts]))
