"""How far words travel: a straight cut between real and forged, fitted on rewordings, tried on words they do not hold.

This is what the language readout can be after training with faces (a linear projection of a frozen tower), at a
thousandth of the cost, so the distillation is tuned on it. development.json holds the sentences it is tried on; the
forty of the evaluation are other ones, and nothing here looks at them.
"""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from torch import Tensor
from torch.nn import functional as F

from mfclip.prompts import (
    FAKE_SENTENCE,
    KIND_SENTENCES,
    REAL_SENTENCE,
    describe_forgery,
    describe_real,
)
from mfclip.training.language.grammar import reword

DEVELOPMENT = Path(__file__).with_name("development.json")

DRAWN = 1200
"""Sentences of each side that the cut is fitted on."""

STRENGTHS = (0.03, 1.0, 30.0)
"""Inverse strengths of the penalty: from about the difference of the means to a cut that follows every sentence."""

Reader = Callable[[Sequence[str]], Tensor]
"""N sentences to features (N, W)."""


def _both_sides() -> tuple[list[str], np.ndarray]:
    rng = np.random.default_rng(0)
    real = describe_real().sentences
    forged = [describe_forgery(kind, "gan", "GAN").sentences for kind in KIND_SENTENCES]
    sentences = [reword(real, rng, 1.0)[0] for _ in range(DRAWN)]
    sentences += [reword(forged[number % len(forged)], rng, 1.0)[0] for number in range(DRAWN)]
    return sentences, np.repeat([False, True], DRAWN)


def probe(read: Reader) -> dict[str, dict[str, float]]:
    """By strength of the penalty: share of the development sentences on the right side, and their AUC.

    The right side is that of the midpoint of the two default sentences, as in the evaluation.
    """

    def directions(sentences: Sequence[str]) -> np.ndarray:
        return F.normalize(read(sentences).float(), dim=-1).cpu().numpy()

    sentences, sides = _both_sides()
    items = json.loads(DEVELOPMENT.read_text(encoding="utf-8"))
    fake = np.array([item["fake"] for item in items])
    fitted, tried = directions(sentences), directions([item["sentence"] for item in items])
    defaults = directions([REAL_SENTENCE, FAKE_SENTENCE])
    found = {}
    for strength in STRENGTHS:
        cut = LogisticRegression(C=strength, max_iter=2000).fit(fitted, sides).coef_[0]
        scores = tried @ cut - (defaults @ cut).mean()
        found[f"C={strength:g}"] = {
            "right_side": float(((scores > 0) == fake).mean()),
            "auc": round(float(roc_auc_score(fake, scores)), 4),
        }
    return found
