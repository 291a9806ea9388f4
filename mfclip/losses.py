"""The training objective, as pure functions of features and labels.

Published (authors' script at 717458a): contrastive loss with the slot-bound gate and same-caption pairs as negatives,
200·KL at temperature 20 with an attached teacher, head cross-entropy counted 1.5 times. Repaired: pairs that share a
caption are positives, the gate weighs negatives only and is kept from collapsing, the teacher is detached, and the
weights of the terms are fields of the recipe.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

GATE_FLOOR = 0.25
"""Least weight of a negative pair. A gate that may reach 0 does: with a floor of 1e-4 it closed on every negative
within 300 steps of a trial run in spite of the penalty on its mean, and the contrastive loss taught nothing."""


def contrastive(similarities: Tensor, gates: Tensor, caption: Tensor) -> Tensor:
    """Cross-modal contrastive loss of B faces and K distinct captions, both directions averaged.

    similarities: (B, K) s·v̂·t̂; gates: (B, K) in 0..1; caption: (B,) index of each face's own caption. The gate sets a
    negative pair's weight among the negatives, from GATE_FLOOR to 1: exp(S) counts that often, S + log weight. (The
    published S ⊙ gate shrinks logits towards 0, not their weight: with every cosine high it makes all negatives
    small, and the loss vanishes without any class information.) Faces that share a caption are positives of it
    together: the text side averages over them.
    """
    positive = F.one_hot(caption, similarities.shape[1]).bool()
    weight = GATE_FLOOR + (1 - GATE_FLOOR) * gates
    gated = torch.where(positive, similarities, similarities + weight.log())
    of_faces = F.cross_entropy(gated, caption)
    of_texts = -(gated.log_softmax(dim=0) * positive).sum(dim=0) / positive.sum(dim=0).clamp(min=1)
    present = positive.any(dim=0)
    return (of_faces + of_texts[present].mean()) / 2


def gate_collapse(gates: Tensor, caption: Tensor, target: float) -> Tensor:
    """Squared distance of the mean gate over negative pairs from `target`: 0 while negatives still press.

    Without it the gate can switch the contrastive loss off (authors-code measurement: 3.18 → 0.28 for no class
    information at all).
    """
    negative = ~F.one_hot(caption, gates.shape[1]).bool()
    if not negative.any():
        return gates.new_zeros(())  # one caption for all: the mean of no pair is not a number
    return (gates[negative].mean() - target).square()


def predicted_text(predicted: Tensor, text: Tensor, temperature: float) -> Tensor:
    """T²·KL(softmax(t/T) ‖ softmax(p/T)) of predicted and true text features (B, D), the teacher detached.

    The teacher is brought to unit variance (t̂·√D) first: a unit vector of many dimensions is flat under any
    temperature.
    """
    teacher = F.normalize(text.detach(), dim=-1) * text.shape[-1] ** 0.5
    return (
        F.kl_div(
            F.log_softmax(predicted / temperature, dim=-1),
            F.softmax(teacher / temperature, dim=-1),
            reduction="batchmean",
        )
        * temperature**2
    )
