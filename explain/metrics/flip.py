"""The flip test: the few segments that a map names first must turn the verdict sooner than random ones do.

After Tsigos et al. 2024 (arXiv 2404.18649): an explanation of a forgery detector is as good as the harm that is done
by altering only what it points to.
"""

import numpy as np

from explain.metrics.deletion import PASSED, beaten
from explain.metrics.field import remembered
from explain.metrics.trial import Trial
from explain.result import Reading

SEGMENTS = 7
"""Segments along a side: 32 px of a face. A grid that 7 does not divide has its cells as segments."""

TOP = 3
"""Segments that may be altered."""


def segments(side: int) -> np.ndarray:
    """(segments, side²) bool: which cells make up each segment, row-major."""
    across = np.arange(side) // (side // SEGMENTS) if side % SEGMENTS == 0 else np.arange(side)
    number = across[:, None] * (across.max() + 1) + across
    return np.arange(number.max() + 1)[:, None] == number.ravel()


def _nested(chosen: np.ndarray, parts: np.ndarray) -> np.ndarray:
    """Chosen segments (O, TOP) → cells altered by the first, the first two, … (O, TOP, cells) bool."""
    return np.maximum.accumulate(parts[chosen], axis=1)


def flip(trial: Trial) -> Reading:
    """value: share of random choices of TOP segments that move the target less against the verdict than the map's do.

    The segments of the map are those that speak most for the verdict's side. The detail says after how many of them
    the target changes sign, if it does, and how often random ones do that. The last fill is used.
    """
    settings, field = trial.settings, trial.field
    fill = settings.fills[-1]
    parts = segments(field.side)
    side = np.sign(trial.explained) or 1.0
    top = min(TOP, len(parts))
    # Ties are broken at random: a map that says nothing must not win by the order of its cells.
    own = np.lexsort((trial.random("flip ties").random(len(parts)), -side * (parts @ trial.cells)))[:top]
    values = field.values(_nested(own[None], parts)[0], fill, trial.step)
    random = np.random.default_rng([settings.seed, field.side, top])
    chosen = np.stack([random.permutation(len(parts))[:top] for _ in range(settings.orders)])
    others = _nested(chosen, parts)
    features = remembered(
        field.subject,
        ("random segments", field.where, field.side, fill, settings.orders, settings.seed),
        lambda: field.features(others.reshape(-1, field.cells), fill, trial.step),
    )
    random_values = field.read(features).reshape(others.shape[:2])
    turned = side * values < 0
    value = beaten(float(side * values[-1]), side * random_values[:, -1])
    return Reading(
        "flip",
        value,
        f"at least {PASSED:.0%} of {settings.orders} random choices of {top} segments moved the target less",
        value >= PASSED and not trial.constant,
        {
            "segments": own.tolist(),
            "values": values.tolist(),
            "turned after": int(np.argmax(turned)) + 1 if turned.any() else None,
            "random turned": (side * random_values < 0).mean(axis=0).tolist(),
            "random values": random_values.mean(axis=0).tolist(),
            "fill": fill,
        },
    )
