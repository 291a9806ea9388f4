"""The decision rule, fitted on validation: a, b, c, temperature and the band of uncertainty.

Both readouts are standardised and given equal shares, unless that costs more than AUC_TOLERANCE of the best share's
AUC; then the share nearest to equal that does not is taken, never outside 0.1–0.9, so that neither is fitted away.
"""

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from mfclip.config import DecisionConfig
from mfclip.data.readouts import Readouts

AUC_TOLERANCE = 0.005
SHARES = np.round(np.arange(0.1, 0.91, 0.05), 2)
FALSE_ALARMS = 0.05
"""Share of validation reals that may lie above the band: what 'substantial evidence' costs at most."""
MISSES = 0.10
"""Share of validation forgeries that may lie below the band: what 'little evidence' costs at most."""


def picture_weights(readouts: Readouts) -> np.ndarray:
    """(N,) weights under which both classes count alike and, within a class, every source or generator does."""
    weights = np.zeros(len(readouts.fake))
    for side in (False, True):
        names = np.unique(readouts.generator[readouts.fake == side])
        for name in names:
            chosen = (readouts.generator == name) & (readouts.fake == side)
            weights[chosen] = 1 / (len(names) * chosen.sum())
    return weights / weights.sum()


def head_share(readouts: Readouts, weights: np.ndarray) -> tuple[float, dict[float, float]]:
    """The head's share of the margin, and the weighted validation AUC of every share tried."""
    head, language = readouts.head / readouts.head.std(), readouts.language / readouts.language.std()
    aucs = {
        float(share): float(
            roc_auc_score(readouts.fake, share * head + (1 - share) * language, sample_weight=weights)
        )
        for share in SHARES
    }
    enough = [share for share, auc in aucs.items() if auc >= max(aucs.values()) - AUC_TOLERANCE]
    return min(enough, key=lambda share: abs(share - 0.5)), aucs


def weighted_quantile(values: np.ndarray, weights: np.ndarray, share: float) -> float:
    """The value below which `share` of the weight lies."""
    order = np.argsort(values)
    below = np.cumsum(weights[order]) / weights.sum()
    place = min(int(np.searchsorted(below, share)), len(values) - 1)
    return float(values[order[place]])


def fit_decision(readouts: Readouts, origin: str) -> DecisionConfig:
    """Fit all six numbers on the readouts of validation.

    c and temperature come from a logistic regression of the label on the standardised sum, both classes and all
    generators weighted alike, so P(fake) is calibrated for one forgery in two photographs. The band reaches from the
    probability that MISSES of the forgeries lie below to the one that FALSE_ALARMS of the reals lie above.
    Raises ValueError if one of the classes is absent.
    """
    if readouts.fake.all() or not readouts.fake.any():
        raise ValueError(
            f"Validation has {readouts.fake.sum()} forgeries of {len(readouts.fake)}; both are needed."
        )
    weights = picture_weights(readouts)
    share, _ = head_share(readouts, weights)
    a, b = share / readouts.head.std(), (1 - share) / readouts.language.std()
    score = a * readouts.head + b * readouts.language
    fitted = LogisticRegression(C=1e6).fit(
        score[:, None], readouts.fake, sample_weight=weights * len(weights)
    )
    slope, intercept = float(fitted.coef_[0, 0]), float(fitted.intercept_[0])
    if slope <= 0:
        raise ValueError(
            f"On validation the margin falls where forgery rises (slope {slope:.3g}); the model has learned nothing "
            "to decide by. Train longer."
        )
    chance = 1 / (1 + np.exp(-(score * slope + intercept)))
    reals = ~readouts.fake
    high = weighted_quantile(chance[reals], weights[reals], 1 - FALSE_ALARMS)
    low = weighted_quantile(chance[readouts.fake], weights[readouts.fake], MISSES)
    low, high = min(low, high, 0.5), max(low, high, 0.5)
    return DecisionConfig(
        a=float(a), b=float(b), c=intercept / slope, temperature=1 / slope, low=low, high=high, origin=origin
    )
