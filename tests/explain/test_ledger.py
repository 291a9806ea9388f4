import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch
from captum.attr import ShapleyValues

import explain
from explain.ledger import METHOD, PLAYERS, level_parts, shapley, subsets
from explain.subject import Subject
from mfclip import Hierarchy
from mfclip.prompts import Description
from tests.explain.conftest import crops

TARGETS = ("margin", "head", "language", "description:3")
SUM = 1e-5


@pytest.fixture(scope="module")
def judged(smalls):
    return {kind: small(crops()[0], cropped=True) for kind, small in smalls.items()}


def ledger_of(detector, verdict, target="margin"):
    return METHOD.run(Subject.of(detector, verdict, target))


class Product(Subject):
    """v·(mean forgery − mean real text), no norms: every share can be written down."""

    def value(self, fused, text=None):
        text = self.text if text is None else text
        fake = torch.tensor(self.hierarchy.fake)
        return fused @ (text[fake].mean(dim=0) - text[~fake].mean(dim=0))

    def image_of(self, faces):
        raise AssertionError("the ledger encodes no face")

    noise_of = image_of


def test_shapley_of_two_by_hand():
    # v(∅)=0, v({0})=1, v({1})=3, v(both)=10: 0 gains 1 first and 7 second, 1 gains 3 first and 9 second.
    np.testing.assert_allclose(shapley(np.array([0, 1, 3, 10])), [4, 6])


def test_shapley_of_the_glove_game():
    # One left glove (player 0), two right ones; a pair is worth 1.
    values = [float(left and (first or second)) for left, first, second in subsets(3)]
    np.testing.assert_allclose(shapley(np.array(values)), [2 / 3, 1 / 6, 1 / 6])


def test_shapley_is_the_mean_gain_over_all_orders_of_arrival():
    values = np.random.default_rng(0).normal(size=32)
    gains = np.zeros(5)
    orders = list(itertools.permutations(range(5)))
    for order in orders:
        there = 0
        for player in order:
            gains[player] += values[there | 1 << player] - values[there]
            there |= 1 << player
    np.testing.assert_allclose(shapley(values), gains / len(orders), atol=1e-12)


def test_shapley_is_captums_to_the_last_digits(subject):
    values = METHOD.run(subject).values
    coalitions = torch.from_numpy(values["coalitions"])

    def value(present):
        return coalitions[(present.long() << torch.arange(len(PLAYERS))).sum(dim=1)]

    theirs = ShapleyValues(value).attribute(torch.ones(1, len(PLAYERS)), perturbations_per_eval=64)
    np.testing.assert_allclose(values["contributions"], theirs[0].numpy(), atol=1e-6)


@pytest.mark.parametrize("count", [0, 3, 63])
def test_shapley_refuses_what_are_not_all_coalitions(count):
    with pytest.raises(ValueError, match="one for each coalition"):
        shapley(np.zeros(count))


def test_subsets_number_their_players_by_bits():
    assert subsets(2).tolist() == [[False, False], [True, False], [False, True], [True, True]]


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("kind", ["each", "joint", "deaf", "authors"])
def test_shares_add_up_to_the_target(smalls, judged, kind, target):
    result = ledger_of(smalls[kind], judged[kind], target)
    total = result.values["base"][0] + result.values["contributions"].sum()
    assert total == pytest.approx(result.explained, abs=SUM)
    assert result.gap < SUM
    assert result.labels["contributions"] == PLAYERS


def test_shares_add_up_to_the_margin_of_the_verdict(detector, verdict):
    result = explain.explain(detector, verdict)
    total = result.values["base"][0] + result.values["contributions"].sum()
    assert total == pytest.approx(verdict.margin, abs=SUM)
    assert np.abs(result.values["contributions"]).min() > 1e-4, "six shares of which none is empty"


def test_readouts_add_up_to_the_margin(detector, verdict):
    values = ledger_of(detector, verdict).values["readouts"]
    decision = detector.config.decision
    expected = [decision.a * verdict.head, decision.b * verdict.language, decision.c]
    np.testing.assert_allclose(values, expected, atol=1e-6)
    assert values.sum() == pytest.approx(verdict.margin, abs=1e-6)


def test_shares_of_a_product_by_hand(detector, verdict):
    """A bilinear value: every cell of streams × levels, minus what its absent level still says, goes half to each."""
    subject = Product.of(detector, verdict)
    fake = torch.tensor(verdict.hierarchy.fake)
    parts = level_parts(subject)
    contrast = parts[fake].mean(dim=0) - parts[~fake].mean(dim=0)
    cells = (torch.cat([subject.image, subject.noise]) @ contrast.T).double()
    expected = torch.cat([cells.sum(dim=1), cells.sum(dim=0)]) / 2
    result = METHOD.run(subject)
    np.testing.assert_allclose(result.values["contributions"], expected, atol=1e-5)
    np.testing.assert_allclose(result.values["ablation"], 2 * expected, atol=2e-5)
    assert result.values["base"][0] == 0


def test_ablation_is_the_value_without_the_player(detector, verdict):
    subject = Subject.of(detector, verdict)
    result = METHOD.run(subject)
    with torch.no_grad():
        without_noise = float(subject.value(subject.image)[0])
        without_image = float(subject.value(subject.noise)[0])
    expected = [subject.explained - without_image, subject.explained - without_noise]
    np.testing.assert_allclose(result.values["ablation"][:2], expected, atol=1e-6)


def test_without_any_level_the_language_margin_is_nothing(detector, verdict):
    coalitions = ledger_of(detector, verdict, "language").values["coalitions"]
    np.testing.assert_allclose(coalitions[:4], 0, atol=2e-6)
    assert np.abs(coalitions[4:][subsets(6)[4:, :2].any(axis=1)]).min() > 1e-4


def test_a_level_that_says_the_same_of_everybody_has_no_share(detector, verdict):
    rows = [
        Description((row.sentences[0], "a photo of a face", *row.sentences[2:]), row.fake)
        for row in verdict.hierarchy
    ]
    shares = ledger_of(detector, detector.revise(verdict, Hierarchy(tuple(rows)))).values["contributions"]
    assert abs(shares[3]) < 2e-6
    assert np.abs(shares[[2, 4, 5]]).min() > 1e-4


def test_one_more_copy_of_every_forgery_changes_nothing(detector, verdict):
    rows = tuple(verdict.hierarchy)
    twice = Hierarchy((*rows, *(row for row in rows if row.fake)))
    once, again = (
        ledger_of(detector, judged).values["contributions"]
        for judged in (verdict, detector.revise(verdict, twice))
    )
    np.testing.assert_allclose(again, once, atol=1e-5)


def test_streams_that_say_the_same_share_alike(detector, verdict):
    features = replace(verdict.features, noise=verdict.features.image)
    shares = ledger_of(detector, replace(verdict, features=features)).values["contributions"]
    assert shares[0] == pytest.approx(shares[1], abs=1e-6)
    assert abs(shares[0]) > 1e-4


def test_levels_have_no_share_in_the_head(detector, verdict):
    result = ledger_of(detector, verdict, "head")
    for name in ("contributions", "ablation", "bookkeeping"):
        assert (result.values[name][2:] == 0).all()
        assert (result.values[name][:2] != 0).all()


def test_on_the_published_configuration_text_has_no_share(smalls, judged):
    result = ledger_of(smalls["authors"], judged["authors"])
    for name in ("contributions", "ablation", "bookkeeping"):
        assert (result.values[name][2:] == 0).all()
        assert (result.values[name][:2] != 0).all()


def test_on_the_published_configuration_only_level_1_has_a_share_in_the_language(smalls, judged):
    result = ledger_of(smalls["authors"], judged["authors"], "language")
    for name in ("contributions", "ablation", "bookkeeping"):
        assert (result.values[name][3:] == 0).all()
        assert result.values[name][2] != 0


def test_a_stream_that_says_nothing_has_no_share(smalls, judged):
    result = ledger_of(smalls["deaf"], judged["deaf"])
    assert result.values["contributions"][1] == 0
    assert result.values["contributions"][0] != 0


@pytest.mark.parametrize("target", ["head", "description:3"])
def test_bookkeeping_of_what_is_linear_adds_up(detector, verdict, target):
    result = ledger_of(detector, verdict, target)
    total = result.values["base"][0] + result.values["bookkeeping"].sum()
    assert total == pytest.approx(result.explained, abs=SUM)


def test_bookkeeping_by_hand(detector, verdict):
    """The similarity to one description, stream by level, with both norms as they are."""
    subject = Subject.of(detector, verdict, "description:2")
    fused, text = subject.image + subject.noise, subject.text[2]
    scale = detector.model.scale / (fused.norm() * text.norm())
    cells = scale * torch.cat([subject.image, subject.noise]) @ level_parts(subject)[2].T
    expected = torch.cat([cells.sum(dim=1), cells.sum(dim=0)]) / 2
    np.testing.assert_allclose(METHOD.run(subject).values["bookkeeping"], expected, atol=1e-5)


def test_read_jointly_levels_share_but_cannot_be_booked(smalls, judged):
    result = ledger_of(smalls["joint"], judged["joint"], "language")
    assert (result.values["contributions"][2:] != 0).all()
    assert np.isnan(result.values["bookkeeping"][2:]).all()
    assert np.isfinite(result.values["bookkeeping"][:2]).all()
    assert "one text" in result.notes[0]


def test_parts_of_the_levels_sum_to_the_description(smalls, judged):
    for kind in ("each", "authors"):
        subject = Subject.of(smalls[kind], judged[kind])
        torch.testing.assert_close(level_parts(subject).sum(dim=1), subject.text, atol=1e-6, rtol=1e-6)
    assert level_parts(Subject.of(smalls["joint"], judged["joint"])) is None
