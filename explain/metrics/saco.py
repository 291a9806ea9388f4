"""Groups and single cells taken away alone: a larger share must mean a larger effect, and the sign its direction."""

from typing import Any

import numpy as np

from explain.metrics.deletion import ranked
from explain.metrics.trial import Trial
from explain.result import Reading

RELABELLED = 999
"""Random relabellings of the groups that SaCo is compared with; they cost no forward pass."""

VIOLATIONS = 0.2
"""Share of cells that may move the target against their sign."""


def consistency(shares: np.ndarray, effects: np.ndarray) -> Any:
    """SaCo (Wu et al., CVPR 2024): shares (..., K) of groups, largest first, and effects (K,) → (...), −1 to 1.

    Every pair of groups counts with the difference of its shares: for, if the effects stand in the same order, and
    against otherwise. 0 where all shares are alike.
    """
    first, second = np.triu_indices(len(effects), k=1)
    differences = shares[..., first] - shares[..., second]
    # A pair is in order when the group of the larger share has the effect that is at least as large.
    in_order = np.where(
        differences >= 0, effects[first] >= effects[second], effects[second] >= effects[first]
    )
    weights = np.abs(differences)
    total = weights.sum(axis=-1)
    signed = (np.where(in_order, 1.0, -1.0) * weights).sum(axis=-1)
    return np.divide(signed, total, out=np.zeros_like(total), where=total > 0)[()]


def saco(trial: Trial) -> Reading:
    """value: SaCo over equal groups of cells, each taken away alone; effects are means over the fills.

    p in the detail: how often the same groups with their shares mixed up do as well. It is no line to pass, because
    evidence that lies in one of ten groups is found by chance once in ten times.
    """
    order = ranked(trial.cells, trial.random("ties"))
    groups = np.array_split(order, min(trial.settings.groups, order.size))
    removed = np.stack([np.isin(np.arange(order.size), group) for group in groups])
    # Means, since groups differ by a cell where their number does not divide the cells.
    shares = np.array([trial.cells[group].mean() for group in groups])
    effects = {
        fill: trial.explained - trial.field.values(removed, fill, trial.step) for fill in trial.settings.fills
    }
    mean = np.mean(list(effects.values()), axis=0)
    value = float(consistency(shares, mean))
    random = trial.random("relabelled")
    others = consistency(np.stack([random.permutation(shares) for _ in range(RELABELLED)]), mean)
    chance = float((1 + np.sum(others >= value)) / (1 + RELABELLED))
    return Reading(
        "saco",
        value,
        "above 0",
        value > 0 and not trial.constant,
        {
            "p": chance,
            "shares": shares.tolist(),
            "effects": {fill: e.tolist() for fill, e in effects.items()},
            "by fill": {fill: float(consistency(shares, e)) for fill, e in effects.items()},
        },
    )


def polarity(trial: Trial) -> Reading:
    """value: share of the strongest cells, each taken away alone, that move the target against their sign.

    After Liu et al. (ICML 2022), polarity consistency: without a cell said to speak for fake the target must fall,
    without one said to speak for real it must rise. The first fill is used.
    """
    order = ranked(trial.cells, trial.random("ties"))
    most = order[: trial.settings.units]
    least = order[::-1][: trial.settings.units]
    tried = np.array(
        [c for c in most if trial.cells[c] > 0] + [c for c in least if trial.cells[c] < 0], dtype=int
    )
    if not tried.size:
        return Reading("polarity", 1.0, "no cell says anything", False, {"cells": []})
    removed = np.arange(trial.cells.size) == tried[:, None]
    lost = trial.explained - trial.field.values(removed, trial.settings.fills[0], trial.step)
    wrong = np.sign(trial.cells[tried]) * lost <= 0
    value = float(wrong.mean())
    return Reading(
        "polarity",
        value,
        f"below {VIOLATIONS:.0%} of the {tried.size} strongest cells",
        value < VIOLATIONS,
        {
            "cells": tried.tolist(),
            "shares": trial.cells[tried].tolist(),
            "lost": lost.tolist(),
            "fill": trial.settings.fills[0],
        },
    )
