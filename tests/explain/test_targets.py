from dataclasses import replace
from math import e, log
from types import SimpleNamespace

import pytest
import torch

from explain.targets import MARGIN, Target
from mfclip import Hierarchy
from mfclip.config import TINY
from mfclip.prompts import describe_forgery, describe_real

HIERARCHY = Hierarchy((describe_real(), describe_forgery("", "", "A"), describe_forgery("", "", "B")))

TOY = SimpleNamespace(
    config=SimpleNamespace(decision=replace(TINY.decision, a=2.0, b=3.0, c=0.5)),
    head_logits=lambda fused: fused[:, :2],
    similarities=lambda fused, text: fused @ text.T,
)
"""Head logits are the first two numbers of v, similarities plain products."""

FUSED = torch.tensor([[1.0, 4.0, 0.0], [0.0, 0.0, 1.0]])
TEXT = torch.tensor([[0.0, 0.0, 1.0], [0.0, 0.5, 2.0], [0.0, 0.5, 2.0]])


@pytest.mark.parametrize("text", ["margin", "head", "language", "description:0", "description:12"])
def test_a_target_reads_what_it_writes(text):
    assert str(Target.parse(text)) == text


@pytest.mark.parametrize(
    "text",
    ["", "logit", "head:1", "description", "description:", "description:-1", "description:x", "margin:"],
)
def test_a_target_refuses_the_rest(text):
    if text == "margin:":
        assert Target.parse(text) == MARGIN
        return
    with pytest.raises(ValueError, match="it must be margin, head, language or description:ROW"):
        Target.parse(text)


def test_a_target_must_be_in_the_hierarchy():
    Target("description", 2).check(HIERARCHY)
    with pytest.raises(ValueError, match="description:3 and the hierarchy has 3 descriptions; choose 0 to 2"):
        Target("description", 3).check(HIERARCHY)


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        # Face 1: head 4 − 1; similarities 0, 2, 2. Face 2: head 0; similarities 1, 2, 2.
        ("head", [3.0, 0.0]),
        ("language", [2.0, 1.0]),
        ("margin", [2 * 3 + 3 * 2 + 0.5, 3 * 1 + 0.5]),
        ("description:0", [0.0, 1.0]),
        ("description:2", [2.0, 2.0]),
    ],
)
def test_values_by_hand(target, expected):
    value = Target.parse(target).value(TOY, FUSED, TEXT, HIERARCHY)
    torch.testing.assert_close(value, torch.tensor(expected))


def test_language_is_the_log_of_a_mean_over_each_side():
    text = torch.tensor([[0.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, 2.0]])
    value = Target("language").value(TOY, FUSED[1:], text, HIERARCHY)
    torch.testing.assert_close(value, torch.tensor([log((e + e**2) / 2)]))


def test_gradients_reach_face_and_text():
    fused, text = FUSED.clone().requires_grad_(), TEXT.clone().requires_grad_()
    MARGIN.value(TOY, fused, text, HIERARCHY).sum().backward()
    torch.testing.assert_close(fused.grad[0], torch.tensor([-2.0, 2 + 3 * 0.5, 3 * (2.0 - 1.0)]))
    torch.testing.assert_close(text.grad[0], -3 * FUSED.sum(dim=0))


def test_one_face_is_not_swayed_by_another():
    both = MARGIN.value(TOY, FUSED, TEXT, HIERARCHY)
    torch.testing.assert_close(MARGIN.value(TOY, FUSED[1:], TEXT, HIERARCHY), both[1:])
