"""The decision rule, fitted on validation: a, b, c, temperature, and a band of uncertainty with known error rates.

Both readouts are standardised and given equal shares, unless that costs more than AUC_TOLERANCE of the best share's
AUC; then the share nearest to equal that does not is taken, never outside 0.1–0.9, so that neither is fitted away
(mfclip/data/shares.py). Validation knows no other sources than training, so a recipe may name the share instead, as
runs that were trained without a source found it.

The band's edges are split-conformal (Vovk, Gammerman and Shafer, *Algorithmic Learning in a Random World*, 2005):
with n pictures of one sort, the ⌈(n + 1)(1 − α)⌉-th smallest value is exceeded by a new picture of that sort with a
probability of at most α. The guarantee is for one picture that is exchangeable with validation, on average over
validation sets; pictures of one group are not independent, so it is a target that the evaluation measures, not a
promise. Pictures of a camera that validation has none of are not exchangeable with it at all: for them the sources
themselves are taken as a sample, and the upper edge is set where most further sources would keep the rate.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit
from scipy.stats import t as student_t
from sklearn.linear_model import LogisticRegression

from mfclip.config import DecisionConfig
from mfclip.data.readouts import Readouts
from mfclip.data.shares import nearest_to_equal, picture_weights, share_aucs

FALSE_ALARMS = 0.05
"""Share of the reals of each validation source that may lie above the band: what 'substantial evidence' may cost."""
MISSES = 0.10
"""Share of validation forgeries that may lie below the band: what 'little evidence' costs at most."""
FURTHER_SOURCES = 0.9
"""Share of sources that validation has none of, of which no more than FALSE_ALARMS of the reals should lie above."""
FEWEST_SOURCES = 3
"""From fewer nothing is concluded about a further one."""
POOLED, FURTHER = "all sources", "a further source"
WITHIN = (1e-6, 1 - 1e-6)
"""Quantiles are kept inside it, where their logits are finite."""
RATES = (FALSE_ALARMS, 2 * FALSE_ALARMS)
"""Rates at which a source may be asked for its quantile, the first it has pictures enough for: a source of a few dozen
pictures can say nothing of one in twenty, but what it says of one in ten must not go unheard."""


def rate_for(count: int) -> float | None:
    """The first of RATES at which `count` pictures have a quantile that is not the value of one single picture."""
    return next((rate for rate in RATES if count >= round(2 / rate) - 1), None)


@dataclass(frozen=True)
class SourceQuantile:
    """n reals of a source and the P(fake) that at most `rate` of such reals exceed; both None: n is too small."""

    n: int
    quantile: float | None
    rate: float | None


@dataclass(frozen=True)
class Calibration:
    """The six numbers of a decision and where they come from; JSON-able through dataclasses.asdict.

    a, b, c, temperature, low, high: as in DecisionConfig. false_alarms, misses: target rates, 0..1; further_sources:
    share of unknown sources for which the first is to hold too. head_share: of
    the standardised margin. reals, forgeries: pictures fitted on. sources: by real source, and over all of them under
    POOLED. further: the quantile expected of a source unlike them, None where they are too few. high_from: the source
    whose quantile is the band's upper edge, or FURTHER. conformal_low, conformal_high: the
    edges before they were ordered about one half; where conformal_low is above conformal_high the two classes overlap
    so little that the band lies between them the other way round.
    """

    a: float
    b: float
    c: float
    temperature: float
    low: float
    high: float
    false_alarms: float
    misses: float
    further_sources: float
    head_share: float
    reals: int
    forgeries: int
    sources: dict[str, SourceQuantile]
    further: float | None
    high_from: str
    conformal_low: float
    conformal_high: float

    def decision(self, origin: str) -> DecisionConfig:
        """The rule to store with the weights; origin: where it comes from, in words."""
        return DecisionConfig(
            a=self.a,
            b=self.b,
            c=self.c,
            temperature=self.temperature,
            low=self.low,
            high=self.high,
            origin=origin,
        )


def head_share(readouts: Readouts, weights: np.ndarray) -> float:
    """The head's share of the margin that validation allows: equal, or as near to it as AUC_TOLERANCE lets it be."""
    return nearest_to_equal(share_aucs(readouts, weights))


def conformal_high(values: np.ndarray, rate: float) -> float | None:
    """The value that a new one exceeds with a probability of at most `rate`: the ⌈(n+1)(1−rate)⌉-th smallest.

    Just above it, because a picture *at* the edge is outside the band. None where n is too small to say (n + 1 <
    1 / rate).
    """
    place = math.ceil((len(values) + 1) * (1 - rate) - 1e-9)  # 20 · 0.95 must be 19, not a rounding above it
    if place > len(values):
        return None
    return float(np.nextafter(np.sort(values)[place - 1], np.inf))


def conformal_low(values: np.ndarray, weights: np.ndarray, rate: float) -> float:
    """The value below which a new one lies with a probability of at most `rate`, values weighted.

    Weighted split conformal (Tibshirani and others, arXiv 1904.06019): the new picture's own mass, taken to be as
    large as the largest weight, is put at −∞. With equal weights this is the ⌊(n+1)·rate⌋-th smallest. Just below
    it, for the same reason as in `conformal_high`; −∞ where n is too small to say.
    """
    order = np.argsort(values)
    below = (np.cumsum(weights[order]) + weights.max()) / (weights.sum() + weights.max())
    # The k-th smallest needs the mass of the k − 1 below it and of the new picture to stay within the rate.
    before = np.concatenate([[weights.max() / (weights.sum() + weights.max())], below[:-1]])
    count = int(np.searchsorted(before, rate + 1e-12, side="right"))
    return float(np.nextafter(values[order][count - 1], -np.inf)) if count else -math.inf


def source_quantiles(chance: np.ndarray, source: np.ndarray) -> dict[str, SourceQuantile]:
    """For P(fake) and source of N reals: every source's own quantile, and the pooled one over all pictures.

    Group-conditional (Mondrian) conformal: a rate that holds over all reals alike may hide one source with many false
    alarms.
    """
    values = {str(name): chance[source == name] for name in np.unique(source)} | {POOLED: chance}
    return {name: _quantile(of) for name, of in values.items()}


def _quantile(values: np.ndarray) -> SourceQuantile:
    rate = rate_for(len(values))
    return SourceQuantile(len(values), None if rate is None else conformal_high(values, rate), rate)


def further_quantile(quantiles: Sequence[float], confidence: float = FURTHER_SOURCES) -> float | None:
    """The P(fake) below which the quantile of a further source lies with that confidence, from those of known ones.

    A one-sided prediction bound for one more draw from a normal distribution of their logits (Hahn and Meeker,
    *Statistical Intervals*, 1991, section 4.8): mean + t(n − 1)·s·√(1 + 1/n). None for fewer than FEWEST_SOURCES.
    """
    if len(quantiles) < FEWEST_SOURCES:
        return None
    logits = logit(np.clip(quantiles, *WITHIN))
    factor = student_t.ppf(confidence, len(logits) - 1) * math.sqrt(1 + 1 / len(logits))
    return float(expit(logits.mean() + factor * logits.std(ddof=1)))


def calibrate(readouts: Readouts, share: float | None = None) -> Calibration:
    """Fit all six numbers on the readouts of validation.

    share: the head's, where it is known from elsewhere; None: `head_share`.

    c and temperature come from a logistic regression of the label on the standardised sum, both classes and all
    generators weighted alike, so P(fake) is calibrated for one forgery in two photographs. The band's upper edge is
    the largest over the real sources of the conformal quantile at `rate_for` each, the pooled quantile standing in for
    sources that are too small, and `further_quantile` of them all; the lower edge is the forgeries' conformal quantile
    at MISSES, every generator counting alike. Where they come in the other order, or on one side of one half, they are
    ordered and widened to it.
    Raises ValueError if one of the classes is absent or the margin falls where forgery rises.
    """
    if readouts.fake.all() or not readouts.fake.any():
        raise ValueError(
            f"Validation has {readouts.fake.sum()} forgeries of {len(readouts.fake)}; both are needed."
        )
    weights = picture_weights(readouts)
    share = head_share(readouts, weights) if share is None else share
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
    reals, fake = ~readouts.fake, readouts.fake
    sources = source_quantiles(chance[reals], readouts.generator[reals])
    known = {name: found.quantile for name, found in sources.items() if found.quantile is not None}
    if all(found.quantile is not None for name, found in sources.items() if name != POOLED):
        known.pop(POOLED, None)
    further = further_quantile([value for name, value in known.items() if name != POOLED])
    if further is not None:
        known[FURTHER] = further
    high_from = max(known, key=lambda name: known[name]) if known else ""
    upper = min(known[high_from], 1.0) if known else 1.0
    lower = max(conformal_low(chance[fake], weights[fake], MISSES), 0.0)
    return Calibration(
        a=float(a),
        b=float(b),
        c=intercept / slope,
        temperature=1 / slope,
        low=min(lower, upper, 0.5),
        high=max(lower, upper, 0.5),
        false_alarms=FALSE_ALARMS,
        misses=MISSES,
        further_sources=FURTHER_SOURCES,
        head_share=share,
        reals=int(reals.sum()),
        forgeries=int(fake.sum()),
        sources=sources,
        further=further,
        high_from=high_from,
        conformal_low=lower,
        conformal_high=upper,
    )


def fit_decision(readouts: Readouts, origin: str) -> DecisionConfig:
    """The decision that `calibrate` finds on the readouts of validation; raises ValueError as it does."""
    return calibrate(readouts).decision(origin)
