"""Figures with answers known by hand, and resampled figures that equal the library's on the resampled pictures."""

import numpy as np
import pytest
import torch
from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve
from torchmetrics.functional.classification import binary_calibration_error, binary_eer

from mfclip.evaluation.scores import (
    RESAMPLES,
    calibration_error,
    group_weights,
    probability_figures,
    rank_figures,
    share,
)

FAKE = np.array([False] * 4 + [True] * 4)
GROUP = np.array(list("aabbccdd"))


def test_figures_of_order_by_hand():
    weights = group_weights(FAKE, GROUP)
    perfect = rank_figures(FAKE, np.arange(8.0), weights)
    for name, value in (
        ("auc", 1),
        ("average_precision", 1),
        ("equal_error_rate", 0),
        ("tpr_at_5_percent_fpr", 1),
    ):
        interval = perfect[name].interval()
        assert (interval.value, interval.low, interval.high, interval.n) == (value, value, value, 8)
    score = np.array([0.1, 0.9, 0.2, 0.3, 0.8, 0.7, 0.6, 0.05])
    figures = rank_figures(FAKE, score, weights)
    assert figures["auc"].value == pytest.approx(9 / 16)
    assert figures["tpr_at_5_percent_fpr"].value == 0 and figures["equal_error_rate"].value == pytest.approx(
        0.25
    )
    interval = figures["auc"].interval()
    assert interval.low < interval.value < interval.high


def test_resampled_figures_are_those_of_the_library_on_the_resampled_pictures():
    rng = np.random.default_rng(5)
    fake = rng.random(60) < 0.4
    # Scores outside 0..1 and with ties: what trips libraries up.
    score = np.round(rng.normal(size=60) * 3 + 3 * fake, 1)
    chance = 1 / (1 + np.exp(-score / 3))
    weights = group_weights(fake, rng.integers(0, 25, 60).astype(str))
    order, likely = rank_figures(fake, score, weights), probability_figures(fake, chance, weights, 0.7)
    for number in range(0, RESAMPLES, 40):
        times = weights[number].astype(int)
        f, s, p = (np.repeat(x, times) for x in (fake, score, chance))
        fpr, tpr, _ = roc_curve(f, s, drop_intermediate=False)
        target = torch.from_numpy(f.astype(int))
        ranks = torch.from_numpy(np.unique(s, return_inverse=True)[1] / len(s))
        expected = {
            "auc": roc_auc_score(f, s),
            "average_precision": average_precision_score(f, s),
            "equal_error_rate": float(binary_eer(ranks, target)),
            "tpr_at_5_percent_fpr": tpr[fpr <= 0.05].max(),
            "accuracy": ((p >= 0.5) == f).mean(),
            "balanced_accuracy_at_cut_off": ((p[f] >= 0.7).mean() + (p[~f] < 0.7).mean()) / 2,
            "calibration_error": float(binary_calibration_error(torch.from_numpy(p), target, n_bins=10)),
        }
        for name, value in expected.items():
            assert (order | likely)[name].draws[number] == pytest.approx(value, abs=1e-6), name


def test_groups_are_drawn_whole_and_no_class_empties():
    weights = group_weights(FAKE, GROUP)
    assert weights.shape == (RESAMPLES, 8)
    assert (weights[:, ::2] == weights[:, 1::2]).all()
    assert (weights[:, FAKE].sum(axis=1) == 4).all() and (weights[:, ~FAKE].sum(axis=1) == 4).all()


def test_a_group_with_both_classes_moves_as_one():
    group = np.array(["a", "b", "c", "c", "a", "b", "d", "d"])
    weights = group_weights(FAKE, group)
    assert np.array_equal(weights[:, 0], weights[:, 4]) and np.array_equal(weights[:, 1], weights[:, 5])
    assert weights[:, 0].min() == 0 and weights[:, 0].max() == 2


def test_more_pictures_of_the_same_groups_make_an_interval_no_narrower():
    rng = np.random.default_rng(2)
    centre = rng.normal(size=20)
    fake = np.arange(20) % 2 == 1
    once = rank_figures(fake, centre + fake, group_weights(fake, np.arange(20).astype(str)))["auc"].interval()
    many = [np.repeat(x, 10) for x in (fake, centre + fake, np.arange(20).astype(str))]
    often = rank_figures(many[0], many[1], group_weights(many[0], many[2]))["auc"].interval()
    assert often.high - often.low == pytest.approx(once.high - once.low, abs=0.03)


def test_the_difference_is_paired():
    weights = group_weights(FAKE, GROUP)
    figure = rank_figures(FAKE, np.random.default_rng(0).normal(size=8), weights)["auc"]
    interval = figure.minus(figure).interval()
    assert (interval.value, interval.low, interval.high) == (0, 0, 0)


def test_true_positives_and_calibration_by_hand():
    fake = np.array([False] * 100 + [True] * 10)
    score = np.concatenate([np.linspace(0, 1, 100), np.full(5, 2.0), np.full(5, 0.5)])
    weights = group_weights(fake, np.arange(110).astype(str))
    assert rank_figures(fake, score, weights)["tpr_at_5_percent_fpr"].value == 0.5
    half = np.array([True, False] * 50)
    everyone = np.arange(100).astype(str)
    assert calibration_error(half, np.full(100, 0.5), group_weights(half, everyone)).value == pytest.approx(0)
    mostly = np.array([True] * 90 + [False] * 10)
    figure = calibration_error(mostly, np.full(100, 0.7), group_weights(mostly, everyone))
    assert figure.value == pytest.approx(0.2) and figure.draws == pytest.approx(np.full(RESAMPLES, 0.2))


def test_the_balanced_calibration_error_does_not_care_how_many_of_each_there_are():
    chance = np.array([0.25] * 4 + [0.75] * 4)
    fake = np.array([True, False, False, False, True, True, True, False])
    one = probability_figures(fake, chance, group_weights(fake, np.arange(8).astype(str)))
    assert one["balanced_calibration_error"].value == pytest.approx(0)
    often = np.where(fake, 5, 1)
    many = [np.repeat(x, often) for x in (fake, chance, np.arange(8).astype(str))]
    five = probability_figures(many[0], many[1], group_weights(many[0], many[2]))
    assert five["balanced_calibration_error"].value == pytest.approx(0)
    assert five["calibration_error"].value > 0.2


def test_shares_and_their_absence():
    weights = group_weights(FAKE, GROUP)
    figure = share(np.array([True, True, False, False] * 2), ~FAKE, weights)
    assert figure.value == 0.5 and figure.n == 4
    assert set(np.unique(figure.draws)) == {0, 0.5, 1}
    assert share(FAKE, np.zeros(8, bool), weights) is None
