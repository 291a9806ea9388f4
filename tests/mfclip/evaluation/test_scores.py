"""Figures with answers known by hand."""

import numpy as np
import pytest

from mfclip.evaluation.baseline import BINS, features
from mfclip.evaluation.scores import (
    auc,
    auc_difference,
    calibration_error,
    group_resamples,
    overall,
    true_positives_at,
)

FAKE = np.array([False] * 4 + [True] * 4)
GROUP = np.array(list("aabbccdd"))


def test_auc_and_its_interval():
    resamples = group_resamples(FAKE, GROUP)
    perfect = auc(FAKE, np.arange(8.0), resamples)
    assert (perfect.value, perfect.low, perfect.high) == (1.0, 1.0, 1.0)
    score = np.array([0.1, 0.9, 0.2, 0.3, 0.8, 0.7, 0.6, 0.05])
    figure = auc(FAKE, score, resamples)
    assert figure.value == pytest.approx(9 / 16)
    assert figure.low <= figure.value <= figure.high and figure.low < figure.high


def test_groups_are_drawn_whole_and_no_class_empties():
    for index in group_resamples(FAKE, GROUP)[:50]:
        counts = np.bincount(index, minlength=8)
        assert (counts[::2] == counts[1::2]).all()
        assert FAKE[index].any() and not FAKE[index].all()


def test_the_difference_is_paired():
    resamples = group_resamples(FAKE, GROUP)
    score = np.random.default_rng(0).normal(size=8)
    same = auc_difference(FAKE, score, score, resamples)
    assert (same.value, same.low, same.high) == (0, 0, 0)


def test_true_positives_and_calibration_by_hand():
    fake = np.array([False] * 100 + [True] * 10)
    score = np.concatenate([np.linspace(0, 1, 100), np.full(5, 2.0), np.full(5, 0.5)])
    assert true_positives_at(fake, score, 0.05) == 0.5
    assert calibration_error(np.array([True, False] * 50), np.full(100, 0.5)) == pytest.approx(0)
    assert calibration_error(np.array([True] * 100), np.full(100, 0.7)) == pytest.approx(0.3)


def test_overall_counts_words():
    chance = np.array([0.1, 0.2, 0.45, 0.95, 0.55, 0.9, 0.99, 0.15])
    table = overall(FAKE, chance, low=0.4, high=0.6)
    assert table["reals_called_substantial"] == 0.25
    assert table["forgeries_called_little"] == 0.25
    assert table["in_the_band"] == 0.25
    assert table["balanced_accuracy"] == 0.75


def test_baseline_features_see_frequency_and_colour():
    rows = np.mgrid[0:224, 0:224][1]
    coarse = np.repeat((127 + 100 * np.sin(rows / 20))[..., None], 3, axis=-1)
    fine = np.repeat((127 + 100 * np.sin(rows * 2.8))[..., None], 3, axis=-1)
    table = features(np.stack([coarse, fine]).astype(np.uint8))
    assert table.shape == (2, BINS + 6)
    assert table[1, BINS // 2 :].max() > table[0, BINS // 2 : BINS].max()
    assert table[:, BINS : BINS + 3] == pytest.approx(127, abs=8)
