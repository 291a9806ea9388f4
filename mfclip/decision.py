"""The decision rule: two readouts, one margin, one probability, and the words for it.

m_head = logit(fake) − logit(real) of the head. m_lang = log-mean-exp of the scaled similarities to the fake
descriptions minus the same over the real ones. margin = a·m_head + b·m_lang + c; P(fake) = σ(margin / temperature).
The six numbers of `DecisionConfig` are fitted on validation and stored with the weights.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from mfclip.config import DecisionConfig

REAL, FAKE = 0, 1
"""Indices of the head's logits, as published."""

EVIDENCE = ("little", "uncertain", "substantial")


def log_mean_exp(values: Tensor) -> Tensor:
    """log of the mean of exp over the last axis: (..., K) → (...)."""
    return values.logsumexp(dim=-1) - math.log(values.shape[-1])


def head_margin(logits: Tensor) -> Tensor:
    """Head logits (..., 2) → (...), positive towards fake."""
    return logits[..., FAKE] - logits[..., REAL]


def language_margin(similarities: Tensor, fake: Sequence[bool]) -> Tensor:
    """Scaled similarities (..., K) s·v̂·t̂_k and the K rows' sides → (...), positive towards fake."""
    side = torch.tensor(fake, dtype=torch.bool, device=similarities.device)
    return log_mean_exp(similarities[..., side]) - log_mean_exp(similarities[..., ~side])


def margin(decision: DecisionConfig, head: Tensor, language: Tensor) -> Tensor:
    """a·m_head + b·m_lang + c, any matching shapes."""
    return decision.a * head + decision.b * language + decision.c


def probability(decision: DecisionConfig, margins: Tensor) -> Tensor:
    """P(fake) in 0..1 of margins of any shape."""
    return torch.sigmoid(margins / decision.temperature)


DISSENT = 0.25
"""How large the smaller readout must be against the larger one for opposite signs to count as a disagreement."""


def readouts_disagree(decision: DecisionConfig, head: float, language: float) -> bool:
    """Whether head and language clearly point to opposite sides.

    The head was trained with both classes weighing alike, so its own zero is neutral; the constant corrects the
    offset of the language margin (a mean over many fake descriptions against one real) and is counted with it.
    A readout that is next to nothing beside the other (below DISSENT of it) does not dissent.
    """
    of_head = decision.a * head
    of_language = decision.b * language + decision.c
    smaller, larger = sorted((abs(of_head), abs(of_language)))
    return decision.a != 0 and decision.b != 0 and of_head * of_language < 0 and smaller >= DISSENT * larger


def by_band(decision: DecisionConfig, chance: float) -> str:
    """One of EVIDENCE, as P(fake) in 0..1 alone says it: 'uncertain' inside the band."""
    if chance >= decision.high:
        return "substantial"
    return "little" if chance <= decision.low else "uncertain"


def doubts(
    decision: DecisionConfig, chance: float, disagree: bool, recompressed: float | None
) -> tuple[str, ...]:
    """Why a verdict is uncertain, as short clauses; empty if it is not.

    chance: P(fake); disagree: the two readouts point to opposite sides; recompressed: P(fake) of the same face after
    one mild re-compression, None if it was not tried; it is a reason where it falls elsewhere by the band.
    """
    reasons = []
    if decision.low < chance < decision.high:
        reasons.append(
            "the probability lies in the band where the validation photographs of both kinds overlap"
        )
    if disagree:
        reasons.append("the two readouts, head and language with its constant, point to opposite sides")
    if recompressed is not None and by_band(decision, recompressed) != by_band(decision, chance):
        reasons.append("saving the face once more as a JPEG changes the verdict")
    return tuple(reasons)


def evidence(chance: float, reasons: Sequence[str]) -> str:
    """One of EVIDENCE: 'uncertain' if there is a reason to doubt, else by the side of one half."""
    if reasons:
        return "uncertain"
    return "substantial" if chance >= 0.5 else "little"
