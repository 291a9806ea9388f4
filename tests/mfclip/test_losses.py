"""Values known by hand. What the losses mend is in test_faults_losses.py (5.2, 5.10, 5.11)."""

import math

import pytest
import torch
from torch.nn import functional as F

from mfclip import losses


def test_contrastive_of_nothing_learned():
    similarities, caption = torch.zeros(6, 3), torch.arange(6) % 3
    loss = losses.contrastive(similarities, torch.ones(6, 3), caption)
    assert float(loss) == pytest.approx((math.log(3) + math.log(6)) / 2, abs=1e-6)


def test_with_one_face_a_caption_it_is_clips_loss(random):
    similarities = torch.randn(5, 5, generator=random)
    own = torch.arange(5)
    clip = (F.cross_entropy(similarities, own) + F.cross_entropy(similarities.T, own)) / 2
    assert torch.allclose(losses.contrastive(similarities, torch.ones(5, 5), own), clip, atol=1e-6)


def test_the_gate_acts_on_negatives_alone(random):
    similarities, caption = torch.randn(6, 2, generator=random), torch.arange(6) % 2
    positive = F.one_hot(caption, 2).bool()
    gates = torch.rand(6, 2, generator=random)
    other = torch.where(positive, 0.0, gates)
    assert torch.equal(
        losses.contrastive(similarities, gates, caption), losses.contrastive(similarities, other, caption)
    )
    closed = losses.contrastive(similarities, torch.zeros(6, 2), caption)
    assert not torch.allclose(losses.contrastive(similarities, gates, caption), closed)


def test_a_caption_that_no_face_has_is_a_negative_only(random):
    similarities, caption = torch.randn(4, 3, generator=random).requires_grad_(), torch.tensor([0, 0, 1, 1])
    loss = losses.contrastive(similarities, torch.ones(4, 3), caption)
    loss.backward()
    assert math.isfinite(loss.item()) and bool((similarities.grad[:, 2] > 0).all())


@pytest.mark.parametrize("count", [1, 2, 7, 25])
def test_any_batch_size(random, count):
    similarities, caption = torch.randn(count, 3, generator=random), torch.arange(count) % 3
    assert math.isfinite(float(losses.contrastive(similarities, torch.rand(count, 3), caption)))
    assert math.isfinite(float(losses.gate_collapse(torch.rand(count, 3), caption, 0.5)))


def test_order_does_not_matter(random):
    similarities, gates = torch.randn(2, 8, 3, generator=random)
    gates, caption = gates.sigmoid(), torch.arange(8) % 3
    order = torch.randperm(8, generator=random)
    for loss in (
        lambda rows: losses.contrastive(similarities[rows], gates[rows], caption[rows]),
        lambda rows: losses.gate_collapse(gates[rows], caption[rows], 0.5),
    ):
        assert torch.allclose(loss(torch.arange(8)), loss(order), atol=1e-6)


def test_gate_collapse_is_the_distance_of_the_mean_over_negatives():
    caption = torch.tensor([0, 1])
    gates = torch.tensor([[0.9, 0.2], [0.4, 0.9]])
    assert float(losses.gate_collapse(gates, caption, 0.5)) == pytest.approx(0.04)
    assert float(losses.gate_collapse(gates, caption, 0.3)) == pytest.approx(0, abs=1e-9)


def test_a_batch_with_one_caption_has_no_negatives_and_no_nan():
    gates = torch.full((4, 1), 0.7, requires_grad=True)
    loss = losses.gate_collapse(gates, torch.zeros(4, dtype=torch.int64), 0.5) + gates.sum()
    loss.backward()
    assert math.isfinite(loss.item()) and bool(torch.isfinite(gates.grad).all())


def test_predicted_text_is_the_scaled_divergence(random):
    text, predicted = torch.randn(2, 3, 64, generator=random)
    teacher = (F.normalize(text, dim=-1) * 8 / 2).softmax(dim=-1)
    student = (predicted / 2).softmax(dim=-1)
    by_hand = 4 * (teacher * (teacher.log() - student.log())).sum(dim=-1).mean()
    assert float(losses.predicted_text(predicted, text, 2.0)) == pytest.approx(float(by_hand), rel=1e-5)
