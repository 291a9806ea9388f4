"""The decision fitted on readouts whose answer is known."""

import dataclasses
import json

import numpy as np
import pytest

from mfclip import decision as rule
from mfclip.data.readouts import Readouts
from mfclip.data.shares import picture_weights, share_aucs
from mfclip.training.fit import (
    FALSE_ALARMS,
    FURTHER,
    FURTHER_SOURCES,
    MISSES,
    POOLED,
    calibrate,
    conformal_high,
    conformal_low,
    fit_decision,
    further_quantile,
    head_share,
    rate_for,
    source_quantiles,
)


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
    weights = picture_weights(readouts)
    share, aucs = head_share(readouts, weights), share_aucs(readouts, weights)
    assert 0.5 < share <= 0.9
    assert aucs[share] >= max(aucs.values()) - 0.005
    assert fit_decision(readouts, "test").b > 0


def test_a_share_known_from_elsewhere_is_kept_to():
    readouts = _readouts(1.0)
    found = calibrate(readouts, 0.2)
    assert found.head_share == 0.2
    assert found.a * readouts.head.std() == pytest.approx(0.2)
    assert found.b * readouts.language.std() == pytest.approx(0.8)


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
    alone = readouts.of(readouts.fake)
    with pytest.raises(ValueError, match="both are needed"):
        fit_decision(alone, "test")
    backward = Readouts(**{**vars(readouts), "head": -readouts.head, "language": -readouts.language})
    with pytest.raises(ValueError, match="Train longer"):
        fit_decision(backward, "test")


def test_conformal_quantiles_by_hand():
    values = np.arange(1.0, 20.0)  # 19 values: (19 + 1) · 0.95 = 19, the largest of them
    assert conformal_high(values, 0.05) == pytest.approx(19.0) and conformal_high(values, 0.05) > 19.0
    assert conformal_high(values[:-1], 0.05) is None
    assert conformal_high(np.arange(1.0, 40.0), 0.05) == pytest.approx(38.0)  # 40 · 0.95
    equal = np.ones(19)
    assert (
        conformal_low(values, equal, 0.05) == pytest.approx(1.0) and conformal_low(values, equal, 0.05) < 1.0
    )
    assert conformal_low(values, equal, 0.10) == pytest.approx(2.0)
    assert conformal_low(values, equal, 0.04) == -np.inf
    heavy = np.where(
        values == 1, 10.0, 1.0
    )  # the new picture is taken to be as heavy: 10 of 38 alone is too much
    assert conformal_low(values, heavy, 0.10) == -np.inf


def test_a_new_picture_exceeds_the_conformal_quantile_as_rarely_as_asked():
    rng = np.random.default_rng(11)
    above, below = [], []
    for _ in range(2000):
        drawn = rng.normal(size=40)
        above.append(drawn[-1] >= conformal_high(drawn[:-1], 0.05))
        below.append(drawn[-1] <= conformal_low(drawn[:-1], np.ones(39), 0.10))
    assert np.mean(above) == pytest.approx(0.05, abs=0.016)
    assert np.mean(below) == pytest.approx(0.10, abs=0.022)


def test_the_band_holds_for_the_worst_source_and_small_sources_lean_on_the_pooled_quantile():
    readouts = _readouts(1.0)
    hard = ~readouts.fake & (np.arange(4000) % 4 == 0)
    few = np.flatnonzero(~readouts.fake & ~hard)[:7]
    generator = np.where(hard, "phone", readouts.generator)
    generator[few] = "webcam"
    head = readouts.head + np.where(hard, 4.0, 0.0)
    told = calibrate(Readouts(**{**vars(readouts), "head": head, "generator": generator}))
    assert told.high_from == "phone"
    assert told.sources["webcam"].n == 7 and told.sources["webcam"].quantile is None
    assert told.conformal_high == told.sources["phone"].quantile > told.sources[POOLED].quantile
    assert (told.false_alarms, told.misses) == (FALSE_ALARMS, MISSES)
    margins = told.a * head + told.b * readouts.language + told.c
    chance = 1 / (1 + np.exp(-margins / told.temperature))
    for name in ("phone", "camera"):
        assert (chance[generator == name] >= told.high).mean() <= 0.05
    decision = told.decision("here")
    assert decision == fit_decision(
        Readouts(**{**vars(readouts), "head": head, "generator": generator}), "here"
    )


def test_a_source_of_twenty_pictures_is_heard_at_twice_the_rate():
    chance = np.concatenate([np.linspace(0, 0.5, 100), np.linspace(0.5, 0.9, 20), np.linspace(0.9, 1, 7)])
    found = source_quantiles(chance, np.repeat(["camera", "web", "few"], [100, 20, 7]))
    assert (found["camera"].rate, found["web"].rate, found["few"].rate) == (FALSE_ALARMS, 0.1, None)
    assert found["web"].quantile == pytest.approx(np.linspace(0.5, 0.9, 20)[18]), "not the largest alone"
    assert found["camera"].quantile < 0.5 and found["few"].quantile is None
    assert [rate_for(n) for n in (18, 19, 38, 39)] == [None, 0.1, 0.1, 0.05]


def test_a_further_source_keeps_within_the_edge_as_often_as_asked():
    rng = np.random.default_rng(5)
    kept = []
    for _ in range(4000):
        *known, further = 1 / (1 + np.exp(-rng.normal(0.5, 0.8, size=5)))
        kept.append(further <= further_quantile(known))
    assert np.mean(kept) == pytest.approx(FURTHER_SOURCES, abs=0.015)
    # Mean and spread of logits 0, 1, 2 are 1 and 1; Student's t with two degrees of freedom has 0.9 at 1.8856.
    bound = 1 + 1.8856 * np.sqrt(4 / 3)
    known = 1 / (1 + np.exp(-np.array([0.0, 1.0, 2.0])))
    assert further_quantile(known) == pytest.approx(1 / (1 + np.exp(-bound)), abs=1e-4)
    assert further_quantile(known[:2]) is None
    assert further_quantile([1.0, 1.0, 1.0]) < 1


def test_the_upper_edge_is_that_of_a_further_source_where_the_known_ones_differ():
    readouts = _readouts(1.0)
    turn = np.arange(4000) % 6 // 2
    generator, head = readouts.generator.astype("U9"), readouts.head.copy()
    for which, (name, shift) in enumerate((("phone", 1.0), ("scanner", -1.0))):
        chosen = ~readouts.fake & (turn == which)
        generator[chosen], head[chosen] = name, head[chosen] + shift
    told = calibrate(Readouts(**{**vars(readouts), "head": head, "generator": generator}))
    known = [found.quantile for name, found in told.sources.items() if name != POOLED]
    assert len(known) == 3 and told.further == further_quantile(known)
    assert told.high_from == FURTHER and told.high == told.further > max(known)
    assert calibrate(readouts).further is None, "one source says nothing of another"


def test_classes_that_hardly_overlap_still_give_an_ordered_band():
    readouts = _readouts(1.0)
    apart = Readouts(**{**vars(readouts), "head": np.where(readouts.fake, 40.0, -40.0) + readouts.head})
    told = calibrate(apart)
    assert told.conformal_low > told.conformal_high
    assert told.low <= 0.5 <= told.high


def test_a_calibration_is_json():
    assert (
        json.loads(json.dumps(dataclasses.asdict(calibrate(_readouts(1.0)))))["sources"]["camera"]["n"]
        == 2000
    )
