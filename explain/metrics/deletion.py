"""Deletion and insertion: taking away what a map names must move the decision faster than random orders do.

Deletion takes the cells most towards fake first (MoRF); the target must fall. Insertion, read from its other end,
takes those most towards real first and keeps the most towards fake to the last (LeRF); the target must stay high.
Both are areas: the mean of the target along the way. Petsiuk et al. 2018 (RISE); Samek et al. 2017.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from explain.metrics.field import Field, Step, remembered
from explain.metrics.trial import Settings, Trial
from explain.result import Reading

PASSED = 0.95
"""Share of the random orders that a map has to beat."""


def ranked(cells: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Cells (n,) → their numbers, the largest first; equal ones in random order, since their map names none first."""
    return np.lexsort((random.random(cells.size), -cells))


def gone(orders: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Orders (O, n) and counts (P,) → (O, P, n) bool: which cells are gone when so many of an order are."""
    place = np.argsort(orders, axis=-1)
    return np.asarray(place[:, None, :] < counts[:, None])


def area(curves: np.ndarray, shares: np.ndarray, up_to: float) -> Any:
    """Mean height of curves (..., P + 1) over shares (P + 1,) from 0 to `up_to`, by trapezia → (...)."""
    part = shares <= up_to + 1e-9
    return np.trapezoid(curves[..., part], shares[part], axis=-1) / shares[part][-1]


def beaten(value: float, others: np.ndarray) -> float:
    """Share of the others that lie above the value; equal ones count half."""
    return float((others > value).mean() + (others == value).mean() / 2)


def random_curves(values: np.ndarray, explained: float) -> np.ndarray:
    """Values (O, P) → curves (O, P + 1) that begin at the whole."""
    return np.concatenate([np.full((len(values), 1), explained), values], axis=1)


def against(curve: np.ndarray, others: np.ndarray, shares: np.ndarray, sign: float) -> dict[str, Any]:
    """A curve (P + 1,) beside random ones (O, P + 1), over shares (P + 1,) gone; JSON-able.

    sign: 1 where the target must fall, −1 where it must stay. 'half' and, where the curve goes so far, 'all': the
    areas, the share of random orders beaten, and by how many standard deviations of theirs.
    """
    found: dict[str, Any] = {
        "removed": shares.tolist(),
        "curve": curve.tolist(),
        "random mean": others.mean(axis=0).tolist(),
        "random low": np.quantile(others, 0.05, axis=0).tolist(),
        "random high": np.quantile(others, 0.95, axis=0).tolist(),
    }
    for name, up_to in (("half", 0.5), ("all", 1.0)):
        if shares[-1] < up_to - 0.1:
            continue
        height, heights = float(area(curve, shares, up_to)), area(others, shares, up_to)
        spread = float(heights.std(ddof=1))
        found[name] = {
            "area": height,
            "random area": float(heights.mean()),
            "beaten": beaten(sign * height, sign * heights),
            "deviations": float(sign * (heights.mean() - height) / spread) if spread else 0.0,
        }
    return found


@dataclass(frozen=True, eq=False)
class RandomOrders:
    """Random orders of a field's cells: removed (O, P, cells) bool, and the target's value there (O, P)."""

    removed: np.ndarray
    values: np.ndarray


def random_orders(field: Field, settings: Settings, fill: str, step: Step) -> RandomOrders:
    """The random orders' values; the embeddings behind them are computed once a face, grid and fill."""
    counts = settings.counts(field.cells)
    random = np.random.default_rng([settings.seed, field.side])
    drawn = np.stack([random.permutation(field.cells) for _ in range(settings.orders)])
    removed = gone(drawn, counts)
    # The embeddings and not the values: another target or an edited prompt reads the same ones.
    features = remembered(
        field.subject,
        ("random orders", field.where, field.side, fill, settings.orders, settings.seed, tuple(counts)),
        lambda: field.features(removed.reshape(-1, field.cells), fill, step),
    )
    return RandomOrders(removed, field.read(features).reshape(removed.shape[:2]))


def _tried(trial: Trial, order: np.ndarray, fill: str, sign: float) -> dict[str, Any]:
    settings, field = trial.settings, trial.field
    counts = settings.counts(field.cells)
    own = field.values(gone(order[None], counts)[0], fill, trial.step)
    others = random_orders(field, settings, fill, trial.step).values
    return against(
        random_curves(own[None], trial.explained)[0],
        random_curves(others, trial.explained),
        np.concatenate([[0.0], counts / field.cells]),
        sign,
    )


def line(settings: Settings, fills: Sequence[str]) -> str:
    """The line of a comparison with random orders, in words."""
    by = f"{len(fills)} fills, each" if len(fills) > 1 else f"the {fills[0]} fill"
    return f"at least {PASSED:.0%} of {settings.orders} random orders beaten, half of it gone, {by}"


def _reading(trial: Trial, metric: str, order: np.ndarray, sign: float) -> Reading:
    fills = {fill: _tried(trial, order, fill, sign) for fill in trial.settings.fills}
    worst = float(min(tried["half"]["beaten"] for tried in fills.values()))
    passed = worst >= PASSED and not trial.constant
    return Reading(metric, worst, line(trial.settings, list(fills)), passed, {"fills": fills})


def deletion(trial: Trial) -> Reading:
    """value: share of random orders whose target falls less, to one half of the cells, with the worst fill."""
    return _reading(trial, "deletion", ranked(trial.cells, trial.random("ties")), 1.0)


def insertion(trial: Trial) -> Reading:
    """value: share of random orders whose target stays less high when the map's last cells go first, worst fill."""
    return _reading(trial, "insertion", ranked(-trial.cells, trial.random("ties")), -1.0)


def agreement(trial: Trial) -> Reading:
    """value: correlation over random sets of equal size between what the map says is gone and what the target lost.

    Faithfulness correlation (Bhatt et al. 2020), on the random orders' own sets: it costs nothing more. The mean over
    set sizes up to one half, and over the fills.
    """
    found = {}
    for fill in trial.settings.fills:
        orders = random_orders(trial.field, trial.settings, fill, trial.step)
        share = orders.removed[0].mean(axis=1)
        part = share <= 0.5 + 1e-9
        said = (orders.removed[:, part] * trial.cells).sum(axis=-1)
        lost = trial.explained - orders.values[:, part]
        found[fill] = float(np.mean([_correlation(s, d) for s, d in zip(said.T, lost.T, strict=True)]))
    value = float(np.mean(list(found.values())))
    return Reading(
        "agreement", value, "above 0", value > 0 and not trial.constant, {"correlation by fill": found}
    )


def _correlation(first: np.ndarray, second: np.ndarray) -> float:
    first, second = first - first.mean(), second - second.mean()
    size = float(np.sqrt((first**2).sum() * (second**2).sum()))
    return float(first @ second) / size if size > 1e-12 else 0.0
