"""Figures with intervals: AUC and its kin, bootstrapped over groups of pictures that belong together.

Values come from scikit-learn and torchmetrics. Their resampled values come from one pass over the sorted scores for
all resamples at once, with pictures weighted by how often their group was drawn: the same definitions, a hundred
times faster than calling the library on every resample (the tests compare the two).
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import torch
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    balanced_accuracy_score,
    roc_auc_score,
    roc_curve,
)
from torchmetrics.functional.classification import binary_calibration_error, binary_eer

RESAMPLES = 1000
LEVEL = 0.95
FALSE_POSITIVES = 0.05
BINS = 10
"""Equal-width bins of probability for the calibration error."""


@dataclass(frozen=True)
class Interval:
    """A figure, its 95 % bootstrap interval over groups, and the number of pictures it rests on."""

    value: float
    low: float
    high: float
    n: int

    def __str__(self) -> str:
        return f"{self.value:.2f} [{self.low:.2f}, {self.high:.2f}]"


@dataclass(frozen=True, eq=False)
class Sampled:
    """A figure, its value in every resample (R,) (NaN where it is undefined there), and the pictures it rests on."""

    value: float
    draws: np.ndarray
    n: int

    def interval(self) -> Interval:
        """The figure with the central 95 % of its resampled values."""
        low, high = np.nanquantile(self.draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
        return Interval(float(self.value), float(low), float(high), self.n)

    def minus(self, other: "Sampled") -> "Sampled":
        """The difference of two figures of the same pictures, resampled together."""
        return Sampled(self.value - other.value, self.draws - other.draws, self.n)


def mean_of(figures: Sequence[Sampled], n: int) -> Sampled:
    """The plain mean of figures that were resampled together; in a resample, of those that are defined there."""
    draws = np.array([figure.draws for figure in figures])
    known = ~np.isnan(draws)
    with np.errstate(invalid="ignore"):
        means = np.where(known, draws, 0).sum(axis=0) / known.sum(axis=0)
    return Sampled(float(np.mean([figure.value for figure in figures])), means, n)


def told(figure: Sampled) -> dict[str, float]:
    """A figure as it is written: {"value", "low", "high", "n"}."""
    return asdict(figure.interval())


def said(figures: Mapping[str, Sampled | None]) -> dict[str, dict[str, float]]:
    """Figures by name as they are written, without those that do not exist."""
    return {name: told(figure) for name, figure in figures.items() if figure is not None}


def group_weights(fake: np.ndarray, group: np.ndarray, seed: int = 0) -> np.ndarray:
    """(RESAMPLES, N): how often each picture was drawn, groups being drawn whole and with replacement.

    Groups of reals only, of forgeries only and of both are drawn apart, so that neither class ever empties.
    """
    rng = np.random.default_rng(seed)
    names, place = np.unique(group, return_inverse=True)
    sides = np.zeros((len(names), 2), bool)
    sides[place, fake.astype(int)] = True
    drawn = np.zeros((RESAMPLES, len(names)))
    for stratum in ((True, False), (False, True), (True, True)):
        members = np.flatnonzero((sides == stratum).all(axis=1))
        if len(members):
            drawn[:, members] = rng.multinomial(
                len(members), np.full(len(members), 1 / len(members)), RESAMPLES
            )
    return drawn[:, place]


def _resampled_curves(
    fake: np.ndarray, score: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Weight of true and of false positives at each distinct score and above it, (R, T + 1), from none to all."""
    order = np.argsort(-score, kind="stable")
    ends = np.flatnonzero(np.diff(score[order], append=np.nan) != 0)
    curves = []
    for side in (fake, ~fake):
        curve = np.cumsum(weights[:, order] * side[order], axis=1)[:, ends]
        curves.append(np.concatenate([np.zeros((len(weights), 1)), curve], axis=1))
    return curves[0], curves[1]


def rank_figures(fake: np.ndarray, score: np.ndarray, weights: np.ndarray) -> dict[str, Sampled]:
    """What only the order of the scores decides: AUC, average precision, equal error rate, TPR at 5 % FPR.

    fake (N,) bool, both classes present; score (N,) positive towards fake; weights (R, N) from `group_weights`.
    The equal error rate is the mean of both error rates at the score where they are nearest (torchmetrics'); TPR at
    5 % FPR the largest TPR of a score whose FPR is at most that.
    """
    true, false = _resampled_curves(fake, score, weights)
    with np.errstate(invalid="ignore", divide="ignore"):
        tpr, fpr = true / true[:, -1:], false / false[:, -1:]
        precision = np.nan_to_num(true / (true + false))
    nearest = np.abs(1 - tpr - fpr).argmin(axis=1)[:, None]
    errors = np.take_along_axis((1 - tpr + fpr) / 2, nearest, axis=1)[:, 0]
    drawn = {
        "auc": np.trapezoid(tpr, fpr, axis=1),
        "average_precision": (np.diff(tpr, axis=1) * precision[:, 1:]).sum(axis=1),
        "equal_error_rate": errors,
        "tpr_at_5_percent_fpr": np.where(fpr <= FALSE_POSITIVES + 1e-12, tpr, 0).max(axis=1),
    }
    # torchmetrics takes scores outside 0..1 for logits and rounds them to ties; ranks keep their order.
    places = np.unique(score, return_inverse=True)[1]
    ranks = torch.from_numpy(places / len(score))
    found_fpr, found_tpr, _ = roc_curve(fake, score, drop_intermediate=False)
    values = {
        "auc": roc_auc_score(fake, score),
        "average_precision": average_precision_score(fake, score),
        "equal_error_rate": binary_eer(ranks, torch.from_numpy(fake.astype(int))),
        "tpr_at_5_percent_fpr": found_tpr[found_fpr <= FALSE_POSITIVES + 1e-12].max(),
    }
    return {name: Sampled(float(values[name]), drawn[name], len(fake)) for name in drawn}


def share(true: np.ndarray, among: np.ndarray, weights: np.ndarray) -> Sampled | None:
    """Share of `true` (N,) bool among the pictures `among` (N,) bool; None if there are none."""
    if not among.any():
        return None
    with np.errstate(invalid="ignore"):
        drawn = weights[:, among] @ true[among].astype(float) / weights[:, among].sum(axis=1)
    return Sampled(float(true[among].mean()), drawn, int(among.sum()))


def _accuracies(fake: np.ndarray, said: np.ndarray, weights: np.ndarray, name: str) -> dict[str, Sampled]:
    right = said == fake
    total = weights @ right.astype(float) / weights.sum(axis=1)
    sides = [share(right, side, weights) for side in (fake, ~fake)]
    balanced = np.mean([side.draws for side in sides if side is not None], axis=0)
    return {
        f"accuracy{name}": Sampled(float(accuracy_score(fake, said)), total, len(fake)),
        f"balanced_accuracy{name}": Sampled(float(balanced_accuracy_score(fake, said)), balanced, len(fake)),
    }


def calibration_error(fake: np.ndarray, chance: np.ndarray, weights: np.ndarray) -> Sampled:
    """Expected calibration error over BINS equal-width bins, 0..1: mean |share of forgeries − mean probability|."""
    value = binary_calibration_error(
        torch.from_numpy(chance), torch.from_numpy(fake.astype(int)), n_bins=BINS
    )
    return Sampled(float(value), _gaps(fake, chance, weights), len(fake))


def balanced_calibration_error(fake: np.ndarray, chance: np.ndarray, weights: np.ndarray) -> Sampled:
    """The same with reals and forgeries weighing alike: for a probability calibrated for one forgery in two pictures.

    The libraries take no weights, so the value comes from the formula that the resamples use.
    """
    alike = class_shares(fake)
    drawn = _gaps(fake, chance, np.concatenate([alike[None], weights * _redrawn(fake, weights)]))
    return Sampled(float(drawn[0]), drawn[1:], len(fake))


def class_shares(fake: np.ndarray) -> np.ndarray:
    """(N,) weights under which both classes, both present, count alike; their sum is 1."""
    return np.where(fake, 0.5 / fake.sum(), 0.5 / (~fake).sum())


def _redrawn(fake: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(R, N): what makes the classes count alike in every resample."""
    forged, real = weights[:, fake].sum(axis=1), weights[:, ~fake].sum(axis=1)
    return np.where(fake, 0.5 / forged[:, None], 0.5 / real[:, None])


def _gaps(fake: np.ndarray, chance: np.ndarray, weights: np.ndarray) -> np.ndarray:
    place = np.minimum((chance * BINS).astype(int), BINS - 1)
    gaps = np.zeros(len(weights))
    for number in np.unique(place):
        inside = place == number
        gaps += np.abs(weights[:, inside] @ (fake[inside] - chance[inside]))
    return gaps / weights.sum(axis=1)


def probability_figures(
    fake: np.ndarray, chance: np.ndarray, weights: np.ndarray, cut_off: float | None = None
) -> dict[str, Sampled]:
    """What the probability itself decides: accuracies at one half and at the stored cut-off, calibration errors.

    fake (N,) bool, both classes present; chance (N,) P(fake); cut_off: the probability from which on the evidence is
    called substantial, None for a score that has none. 'balanced' accuracies count both classes alike.
    """
    figures = _accuracies(fake, chance >= 0.5, weights, "")
    if cut_off is not None:
        figures |= _accuracies(fake, chance >= cut_off, weights, "_at_cut_off")
    return {
        **figures,
        "calibration_error": calibration_error(fake, chance, weights),
        "balanced_calibration_error": balanced_calibration_error(fake, chance, weights),
    }
