"""How often the language readout names a forgery rightly, level by level of the tree.

A picture's similarities with the forged descriptions of the checkpoint's hierarchy become shares (mfclip/tree.py); the
shares of descriptions with the same sentence at a level are added up, and the largest sum is the answer. It is asked
of forgeries only, and only of those whose own sentence the hierarchy holds: what it has no row for it cannot name.
"""

from typing import Any

import numpy as np
import torch

from mfclip.evaluation.scores import group_weights, mean_of, said, share
from mfclip.evaluation.scoring import Scored
from mfclip.prompts import LEVELS, Description
from mfclip.tree import description_probabilities


def level_accuracies(scored: Scored) -> dict[str, Any]:
    """By level: share named rightly, the same with every class weighing alike, chance, and who is taken for whom.

    chance: 1 / number of names to choose from, what a blind choice is right at. most_common: what always saying the
    most frequent name would be right at. unnamed: forgeries without a row at that level.
    """
    found = {}
    authenticity = _authenticity(scored)
    if authenticity:
        found[LEVELS[0]] = authenticity
    rows = [row for row in scored.hierarchy if row.fake]
    shares = _forged_shares(scored)
    for level in range(1, len(LEVELS)):
        names = {_key(row, level): row.labels[level] for row in rows}
        if len(names) > 1:
            found[LEVELS[level]] = _named(scored, level, names, rows, shares)
    return found


def _key(row: Description, level: int) -> str:
    return row.sentences[level].strip().lower()


def _forged_shares(scored: Scored) -> np.ndarray:
    """(N, forged rows): the tree's shares, given that the picture is a forgery."""
    sides = scored.hierarchy.fake
    table = [
        description_probabilities(torch.from_numpy(similarities), sides, 1.0).numpy()[np.array(sides)]
        for similarities in scored.readouts.similarities
    ]
    return np.array(table).reshape(len(scored.fake), sum(sides))


def _authenticity(scored: Scored) -> dict[str, Any]:
    """The language readout alone, real against forged: its margin with the constant of the decision."""
    fake, decision = scored.fake, scored.decision
    if decision.b == 0 or fake.all() or not fake.any():
        return {}
    right = (decision.b * scored.readouts.language + decision.c > 0) == fake
    everything = np.ones(len(fake), bool)
    return _figures(right, everything, fake.astype(str), scored, names=2) | {"unnamed": 0}


def _named(
    scored: Scored, level: int, names: dict[str, str], rows: list[Description], shares: np.ndarray
) -> dict[str, Any]:
    keys = list(names)
    places = np.array([keys.index(_key(row, level)) for row in rows])
    sums = np.stack([shares[:, places == number].sum(axis=1) for number in range(len(keys))], axis=1)
    answer = np.array(keys)[sums.argmax(axis=1)]
    truth = np.array([_key(entry.description, level) for entry in scored.entries])
    asked = scored.fake & np.isin(truth, keys)
    unnamed = int((scored.fake & ~asked).sum())
    if not asked.any():
        return {"unnamed": unnamed, "names": len(keys), "chance": 1 / len(keys)}
    confusion: dict[str, dict[str, int]] = {}
    for true, named in zip(truth[asked], answer[asked], strict=True):
        line = confusion.setdefault(names[true], {})
        line[names[named]] = line.get(names[named], 0) + 1
    figures = _figures(answer == truth, asked, truth, scored, len(keys))
    return {**figures, "unnamed": unnamed, "confusion": confusion}


def _figures(
    right: np.ndarray, asked: np.ndarray, truth: np.ndarray, scored: Scored, names: int
) -> dict[str, Any]:
    weights = group_weights(scored.fake, scored.group)
    classes, counts = np.unique(truth[asked], return_counts=True)
    by_class = [share(right, asked & (truth == name), weights) for name in classes]
    known = [figure for figure in by_class if figure is not None]
    balanced = mean_of(known, int(asked.sum()))
    figures = said({"accuracy": share(right, asked, weights), "balanced_accuracy": balanced})
    most_common = float(counts.max() / counts.sum())
    return {**figures, "names": names, "chance": 1 / names, "most_common": most_common}
