"""The published training objective's faults: each shown, and its absence in ours. See test_faults.py."""

import math

import pytest
import torch
from torch.nn import functional as F

from mfclip import losses
from mfclip.alignment import FreeGate

SCALE = 1 / 0.07  # s, as published at the start of training


class TestTheGateSwitchesTheLossOff_5_2:
    """Features without any class information: every face is as similar to every caption."""

    caption = torch.arange(24) % 2

    def test_in_authors_the_free_matrix_hides_that_nothing_was_learned(self):
        """The published loss, cross-entropy of S ⊙ σ(M): 3.178 falls to 0.275."""
        similarities, own = torch.full((24, 24), 0.3 * SCALE), torch.arange(24)
        gate = FreeGate(24)
        with torch.no_grad():
            gate.matrix.copy_(40 * torch.eye(24) - 20)
            gates = gate(torch.ones(24, 8), torch.ones(24, 8))
        assert float(F.cross_entropy(similarities, own)) == pytest.approx(math.log(24), abs=1e-3)
        assert float(F.cross_entropy(similarities * gates, own)) == pytest.approx(0.275, abs=1e-3)

    def test_ours_cannot_be_brought_down_by_any_gate(self):
        """With every negative gated to nothing, the loss stays well above what class information would give."""
        closed = self.loss(0.3, gate=0.0)
        floor = losses.GATE_FLOOR
        assert closed == pytest.approx((math.log(1 + floor) + math.log(12 + 12 * floor)) / 2, abs=1e-5)
        aligned = 20 * F.one_hot(self.caption, 2).float()
        learned = float(losses.contrastive(aligned, torch.ones(24, 2), self.caption))
        assert closed - learned > 0.2

    @pytest.mark.parametrize("gate", [0.0, 0.5, 1.0])
    def test_ours_is_not_brought_down_by_raising_every_cosine(self, gate):
        """S ⊙ gate would be: at a gate of one half, negatives fall behind as all similarities rise together."""
        losses_at = [self.loss(cosine, gate) for cosine in (-0.5, 0.0, 0.3, 0.99)]
        assert losses_at == pytest.approx([losses_at[0]] * 4, abs=1e-4)

    def test_the_gate_term_holds_the_mean_over_negatives(self):
        free, held, tight = (self.mean_gate_after_descent(weight) for weight in (0.0, 1.0, 4.0))
        assert free < 0.05 < held < tight and 0.35 < tight < 0.5

    def loss(self, cosine: float, gate: float) -> float:
        similarities = torch.full((24, 2), cosine * SCALE)
        return float(losses.contrastive(similarities, torch.full((24, 2), gate), self.caption))

    def mean_gate_after_descent(self, weight: float) -> float:
        """Mean gate over negatives after every gate was free to fall."""
        similarities = torch.full((24, 2), 0.3 * SCALE)
        logits = torch.zeros_like(similarities, requires_grad=True)
        descent = torch.optim.Adam([logits], lr=0.3)
        for _ in range(100):
            gates = logits.sigmoid()
            loss = losses.contrastive(similarities, gates, self.caption)
            loss = loss + weight * losses.gate_collapse(gates, self.caption, target=0.5)
            descent.zero_grad()
            loss.backward()
            descent.step()
        negative = ~F.one_hot(self.caption, 2).bool()
        return logits.detach().sigmoid()[negative].mean().item()


class TestTheSameCaptionCountsAsNegative_5_10:
    """Six faces, two captions; faces 0, 2, 4 share the first."""

    caption = torch.arange(6) % 2

    def test_as_published_a_face_is_pushed_from_its_own_caption(self):
        similarities = torch.zeros(6, 6, requires_grad=True)
        losses.contrastive(similarities, torch.ones(6, 6), torch.arange(6)).backward()
        assert float(similarities.grad[0, 2]) > 0, "descent lowers the similarity to the same caption"

    def test_ours_pulls_every_face_to_its_caption(self):
        similarities = torch.zeros(6, 2, requires_grad=True)
        losses.contrastive(similarities, torch.ones(6, 2), self.caption).backward()
        own = similarities.grad[torch.arange(6), self.caption]
        other = similarities.grad[torch.arange(6), 1 - self.caption]
        assert bool((own < 0).all()) and bool((other > 0).all())

    def test_one_more_face_of_a_caption_is_no_new_class(self):
        aligned = 20 * F.one_hot(self.caption, 2).float()
        of_faces = F.cross_entropy(aligned, self.caption)
        loss = losses.contrastive(aligned, torch.ones(6, 2), self.caption)
        # The text side shares its mass among the three faces of a caption: ln 3, a constant, at no gradient.
        assert float(loss) == pytest.approx((float(of_faces) + math.log(3)) / 2, abs=1e-5)


class TestTheTeacherIsAttachedAndTheLossHasAConstant_5_11:
    def test_as_published_the_constant_is_200_ln_200(self, random):
        text, predicted = torch.randn(2, 4, 512, generator=random)
        published = F.kl_div(
            F.log_softmax(predicted / 20, dim=-1), F.softmax(text / 20, dim=-1) * 200, reduction="batchmean"
        )
        agreeing = F.kl_div(
            F.log_softmax(text / 20, dim=-1), F.softmax(text / 20, dim=-1) * 200, reduction="batchmean"
        )
        assert float(agreeing) == pytest.approx(200 * math.log(200), rel=1e-4)  # 1059.66
        assert float(published) > float(agreeing)

    def test_ours_is_zero_where_the_prediction_is_right(self, random):
        text = torch.randn(4, 256, generator=random)
        right = F.normalize(text, dim=-1) * 16
        assert float(losses.predicted_text(right, text, 0.5)) == pytest.approx(0, abs=1e-5)
        assert float(losses.predicted_text(right.flip(0), text, 0.5)) > 0.1

    def test_ours_leaves_the_teacher_alone(self, random):
        text, predicted = (torch.randn(4, 256, generator=random).requires_grad_() for _ in range(2))
        losses.predicted_text(predicted, text, 0.5).backward()
        assert text.grad is None and float(predicted.grad.abs().max()) > 0
