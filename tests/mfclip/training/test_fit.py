"""The decision fitted on readouts whose answer is known."""

import numpy as np
import pytest

from mfclip import decision as rule
from mfclip.data.readouts import Readouts
from mfclip.training.fit import fit_decision, head_share, picture_weights, weighted_quantile


def _readouts(language_skill: float, size: int = 4000) -> Readouts:
    rng = np.random.default_rng(3)
    fake = np.arange(size) % 2 == 1
    sign = np.where(fake, 1.0, -1.0)
    return Readouts(
        head=5 * (sign + rng.normal(0, 1, size)),
        language=0.2 * (language_skill * sign + rng.normal(0, 1, size)),
        image=sign,
        noise=sign,
        fake=fake,
        generator=np.where(fake, np.where(np.arange(size) % 8 == 1, "rare", "common"), "camera"),
        path=np.arange(size).astype(str),
        group=np.arange(size).astype(str),
    )


def test_equal_readouts_get_equal_standardised_shares():
    readouts = _readouts(1.0)
    decision = fit_decision(readouts, "test")
    assert decision.a * readouts.head.std() == pytest.approx(0.5)
    assert decision.b * readouts.language.std() == pytest.approx(0.5)


def test_a_useless_readout_is_held_back_but_not_fitted_away():
    readouts = _readouts(0.0)
    share, aucs = head_share(readouts, picture_weights(readouts))
    assert 0.5 < share <= 0.9
    assert aucs[share] >= max(aucs.values()) - 0.005
    assert fit_decision(readouts, "test").b > 0


def test_the_probability_is_calibrated_and_the_band_means_what_it_says():
    readouts = _readouts(1.0)
    decision = fit_decision(readouts, "test")
    margins = decision.a * readouts.head + decision.b * readouts.language + decision.c
    chance = 1 / (1 + np.exp(-margins / decision.temperature))
    weights = picture_weights(readouts)
    for low in (0.2, 0.5, 0.7):
        inside = (chance > low) & (chance < low + 0.2)
        share = np.average(readouts.fake[inside], weights=weights[inside])
        assert share == pytest.approx(chance[inside].mean(), abs=0.08)
    assert (chance[~readouts.fake] > decision.high).mean() <= 0.055
    missed = weights[(chance < decision.low) & readouts.fake].sum() / weights[readouts.fake].sum()
    assert missed <= 0.105
    assert decision.low <= 0.5 <= decision.high
    assert rule.evidence(0.999, ()) == "substantial"


def test_every_generator_and_both_classes_weigh_alike():
    readouts = _readouts(1.0)
    weights = picture_weights(readouts)
    sums = {name: weights[readouts.generator == name].sum() for name in ("camera", "common", "rare")}
    assert sums["camera"] == pytest.approx(0.5)
    assert sums["common"] == pytest.approx(sums["rare"]) == pytest.approx(0.25)


def test_one_class_or_a_backward_margin_is_refused():
    readouts = _readouts(1.0)
    alone = Readouts(**{k: v[readouts.fake] for k, v in vars(readouts).items()})
    with pytest.raises(ValueError, match="both are needed"):
        fit_decision(alone, "test")
    backward = Readouts(**{**vars(readouts), "head": -readouts.head, "language": -readouts.language})
    with pytest.raises(ValueError, match="Train longer"):
        fit_decision(backward, "test")


def test_weighted_quantile_by_hand():
    values, weights = np.array([3.0, 1.0, 2.0]), np.array([1.0, 2.0, 1.0])
    assert weighted_quantile(values, weights, 0.5) == 1.0
    assert weighted_quantile(values, weights, 0.75) == 2.0
    assert weighted_quantile(values, weights, 1.0) == 3.0
