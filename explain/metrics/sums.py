"""What a method says has to add up."""

import numpy as np

from explain.metrics.trial import Trial
from explain.result import Reading

SHARE = 0.01
"""Gap that a path of many steps may leave, as a share of what had to add up."""

EXACT = 1e-5
"""Gap, in logits, that rounding may leave where a sum is exact."""


def completeness(trial: Trial) -> Reading:
    """value: the method's own gap, |sum − (f(x) − f(b))| / |f(x) − f(b)|. Raises ValueError where it claims no sum."""
    gap = _gap(trial)
    return Reading("completeness", gap, f"below {SHARE:.0%}", gap < SHARE)


def _gap(trial: Trial) -> float:
    if trial.result.gap is None:
        raise ValueError(
            f"{trial.result.method!r} claims no sum, so it has no gap; leave this metric out for it."
        )
    return float(trial.result.gap)


def ledger_sum(trial: Trial) -> Reading:
    """value: |base + Σ contributions − target| in logits, added up here once more."""
    values = trial.result.values
    total = float(np.sum(values["contributions"]) + np.sum(values["base"]))
    gap = abs(total - trial.explained)
    line = EXACT * max(1.0, abs(trial.explained))
    return Reading("ledger sum", gap, f"below {line:.0e} logits", gap < line, {"total": total})


def pair_identity(trial: Trial) -> Reading:
    """value: the pair matrix's gap against the four terms it has to add up to."""
    gap = _gap(trial)
    return Reading("pair identity", gap, f"below {SHARE:.0%}", gap < SHARE)
