import dataclasses
import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mfclip import decision as rule
from mfclip.config import AUTHORS, DecisionConfig

RULE = DecisionConfig(a=0.7, b=0.2, c=-0.4, temperature=1.5, low=0.35, high=0.6, origin="a test")
numbers = st.floats(-50, 50)


def test_by_hand():
    similarities = torch.tensor([1.0, 3.0, 2.0])
    fake = (False, True, True)
    by_hand = math.log((math.exp(3) + math.exp(2)) / 2) - 1
    assert float(rule.language_margin(similarities, fake)) == pytest.approx(by_hand, abs=1e-6)
    assert rule.head_margin(torch.tensor([[0.5, 2.0], [1.0, -1.0]])).tolist() == [1.5, -2.0]
    margins = rule.margin(RULE, torch.tensor(1.5), torch.tensor(by_hand))
    assert float(margins) == pytest.approx(0.7 * 1.5 + 0.2 * by_hand - 0.4, abs=1e-6)
    assert float(rule.probability(RULE, margins)) == pytest.approx(1 / (1 + math.exp(-float(margins) / 1.5)))


@given(numbers, numbers, numbers, st.integers(1, 6))
def test_saying_a_description_twice_is_no_evidence(real, fake, shift, times):
    one = rule.language_margin(torch.tensor([real, fake], dtype=torch.float64), (False, True))
    many = rule.language_margin(
        torch.tensor([real, *[fake] * times], dtype=torch.float64), (False, *[True] * times)
    )
    moved = rule.language_margin(
        torch.tensor([real + shift, fake + shift], dtype=torch.float64), (False, True)
    )
    assert float(one) == pytest.approx(fake - real, abs=1e-6)
    assert float(many) == pytest.approx(float(one), abs=1e-6)
    assert float(moved) == pytest.approx(float(one), abs=1e-6)


@given(numbers, numbers)
def test_the_probability_rises_with_both_readouts(head, language):
    here, more = (
        float(rule.margin(RULE, torch.tensor(head + step).double(), torch.tensor(language + step).double()))
        for step in (0, 0.1)
    )
    assert more > here


def test_extreme_margins_stay_numbers():
    chances = rule.probability(RULE, torch.tensor([-1e6, -800.0, 0.0, 800.0, 1e6]).double()).tolist()
    assert chances[2] == 0.5 and chances[0] >= 0 and chances[4] == 1 and chances == sorted(chances)
    assert math.isfinite(float(rule.language_margin(torch.tensor([500.0, -500.0]), (False, True))))


def test_authors_is_the_softmax_of_the_head():
    logits = torch.tensor([[0.3, -1.2], [2.0, 2.5]])
    margins = rule.margin(AUTHORS.decision, rule.head_margin(logits), torch.tensor([7.0, -7.0]))
    assert torch.allclose(rule.probability(AUTHORS.decision, margins), logits.softmax(dim=-1)[:, 1])


@pytest.mark.parametrize(
    ("chance", "disagree", "recompressed", "evidence", "said"),
    [
        (0.9, False, 0.8, "substantial", ()),
        (0.1, False, 0.2, "little", ()),
        (0.6, False, None, "substantial", ()),
        (0.35, False, None, "little", ()),
        (0.59, False, None, "uncertain", ("band",)),
        (0.36, False, 0.4, "uncertain", ("band",)),
        (0.9, True, 0.9, "uncertain", ("opposite",)),
        (0.9, False, 0.4, "uncertain", ("JPEG",)),
        (0.1, False, 0.6, "uncertain", ("JPEG",)),
        (0.55, True, 0.45, "uncertain", ("band", "opposite")),
        (0.55, True, 0.65, "uncertain", ("band", "opposite", "JPEG")),
        (0.1, False, 0.45, "uncertain", ("JPEG",)),
    ],
)
def test_words(chance, disagree, recompressed, evidence, said):
    reasons = rule.doubts(RULE, chance, disagree, recompressed)
    assert len(reasons) == len(said) and all(
        word in reason for word, reason in zip(said, reasons, strict=True)
    )
    assert rule.evidence(chance, reasons) == evidence and evidence in rule.EVIDENCE


def test_readouts_disagree_only_where_both_say_something():
    rules = dataclasses.replace(RULE, a=1.0, b=1.0, c=2.0)
    assert rule.readouts_disagree(rules, 5.0, -20.0) and rule.readouts_disagree(rules, -5.0, 18.0)
    assert not rule.readouts_disagree(rules, 5.0, 20.0) and not rule.readouts_disagree(rules, -5.0, -20.0)
    assert not rule.readouts_disagree(rules, 5.0, -1.0), "the constant belongs to the language"
    assert rule.readouts_disagree(rules, 1.0, -6.0) and not rule.readouts_disagree(rules, 0.9, -6.0)
    for one in ({"a": 0.0}, {"b": 0.0}):
        assert not rule.readouts_disagree(dataclasses.replace(rules, **one), 5.0, -20.0)
