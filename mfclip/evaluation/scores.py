"""Figures with intervals: AUC and its kin, bootstrapped over groups of pictures that belong together."""

from dataclasses import dataclass

import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score

RESAMPLES = 500
LEVEL = 0.95


@dataclass(frozen=True)
class Interval:
    """A figure and its 95 % bootstrap interval over groups; `pictures`: forgeries and reals it rests on."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.2f} [{self.low:.2f}, {self.high:.2f}]"


def group_resamples(fake: np.ndarray, group: np.ndarray, seed: int = 0) -> list[np.ndarray]:
    """RESAMPLES index arrays; groups are drawn with replacement within each class, so neither class empties."""
    rng = np.random.default_rng(seed)
    members: dict[bool, list[np.ndarray]] = {}
    for side in (False, True):
        names = sorted(set(group[fake == side]))
        members[side] = [np.flatnonzero((group == name) & (fake == side)) for name in names]
    return [
        np.concatenate([side[i] for side in members.values() for i in rng.integers(0, len(side), len(side))])
        for _ in range(RESAMPLES)
    ]


def interval(value: float, resampled: list[float]) -> Interval:
    """The figure with the central 95 % of its resampled values."""
    low, high = np.quantile(resampled, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(float(value), float(low), float(high))


def auc(fake: np.ndarray, score: np.ndarray, resamples: list[np.ndarray]) -> Interval:
    """Area under the ROC curve, 0..1, of scores positive towards fake."""
    return interval(roc_auc_score(fake, score), [roc_auc_score(fake[i], score[i]) for i in resamples])


def auc_difference(
    fake: np.ndarray, ours: np.ndarray, theirs: np.ndarray, resamples: list[np.ndarray]
) -> Interval:
    """AUC of `ours` minus AUC of `theirs` on the same pictures, resampled together."""
    drawn = [roc_auc_score(fake[i], ours[i]) - roc_auc_score(fake[i], theirs[i]) for i in resamples]
    return interval(roc_auc_score(fake, ours) - roc_auc_score(fake, theirs), drawn)


def true_positives_at(fake: np.ndarray, score: np.ndarray, false_positives: float) -> float:
    """Share of forgeries above the score that `false_positives` of the reals exceed."""
    cut = np.quantile(score[~fake], 1 - false_positives)
    return float((score[fake] > cut).mean())


def calibration_error(fake: np.ndarray, chance: np.ndarray, bins: int = 10) -> float:
    """Expected calibration error over equal-width bins: mean |share of forgeries − mean probability|, by bin size."""
    place = np.minimum((chance * bins).astype(int), bins - 1)
    gaps = [
        (place == k).mean() * abs(fake[place == k].mean() - chance[place == k].mean())
        for k in range(bins)
        if (place == k).any()
    ]
    return float(sum(gaps))


def overall(fake: np.ndarray, chance: np.ndarray, low: float, high: float) -> dict[str, float]:
    """Single figures of a split: AUC, AP, accuracies at one half, TPR at 5 % FPR, calibration, words used."""
    return {
        "auc": float(roc_auc_score(fake, chance)),
        "average_precision": float(average_precision_score(fake, chance)),
        "balanced_accuracy": float(((chance[fake] >= 0.5).mean() + (chance[~fake] < 0.5).mean()) / 2),
        "tpr_at_5_percent_fpr": true_positives_at(fake, chance, 0.05),
        "calibration_error": calibration_error(fake, chance),
        "reals_called_substantial": float((chance[~fake] >= high).mean()),
        "forgeries_called_little": float((chance[fake] <= low).mean()),
        "in_the_band": float(((chance > low) & (chance < high)).mean()),
    }
