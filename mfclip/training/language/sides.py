"""Every wording on its own side: single sentences held apart along the direction in which faces differ.

The contrastive loss alone leaves this open. All reals share one description, so "A photo of a real face" becomes the
far end of the real side, and any other sentence, real or forged, lies beyond the midpoint (measured on frozen
features: 50 % of the development sentences on the right side; with this term 75 to 82 %). Here sentences drawn from
the grammar, each as a description of its own, are told apart by t̂ along the axis v̂(forged) − v̂(real), with the
midpoint of the two default sentences as zero: what an edit of a prompt then does to a verdict is what its words say.
"""

from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from mfclip.prompts import FAKE_SENTENCE, REAL_SENTENCE, Description
from mfclip.training.language.grammar import Row, reword

DEFAULTS = (REAL_SENTENCE, FAKE_SENTENCE)
"""The two sentences whose midpoint is the border."""

POOL = 500
"""Sentences of each side; a fixed number, so that a frozen tower soon knows them all."""

DRAWN = 24
"""Sentences of each side a step."""

SHARPNESS = 5.0
"""Factor of the difference of cosines in the logistic loss: low, so that the far ones are soon left alone."""


class SentencePool:
    """Sentences of both sides about no generator in particular: authenticity, kind and family of a hierarchy's rows.

    descriptions: the training hierarchy. seed: of the drawing, with that of a step.
    Raises ValueError if one side is missing.
    """

    def __init__(self, descriptions: Iterable[Description], seed: int) -> None:
        self.seed = seed
        rng = np.random.default_rng([seed, 5])
        rows: dict[bool, list[Row]] = {False: [], True: []}
        for row in descriptions:
            rows[row.fake].append(row.sentences)
        if not all(rows.values()):
            raise ValueError(
                f"The hierarchy has {len(rows[False])} real and {len(rows[True])} forged descriptions; both are "
                "needed: give photographs of both."
            )
        self.sentences = {side: self._drawn(members, rng) for side, members in rows.items()}

    @staticmethod
    def _drawn(rows: list[Row], rng: np.random.Generator) -> list[str]:
        found: dict[str, None] = {}
        for _ in range(POOL):
            row = reword(rows[int(rng.integers(len(rows)))], rng, 0.9)
            # Authenticity as often as kind and family together.
            level = int(rng.choice(3, p=(0.5, 0.25, 0.25)))
            found[row[level]] = None
        return list(found)

    def draw(self, step: int) -> tuple[list[str], Tensor]:
        """The default sentences and DRAWN of each side, and which of the latter are forged (2·DRAWN,) bool."""
        rng = np.random.default_rng([self.seed, 6, step])
        chosen: list[str] = []
        for side in (False, True):
            pool = self.sentences[side]
            chosen += [pool[int(i)] for i in rng.integers(len(pool), size=DRAWN)]
        return [*DEFAULTS, *chosen], torch.arange(2 * DRAWN) >= DRAWN


def face_axis(fused: Tensor, labels: Tensor) -> Tensor:
    """Fused features (B, D) and labels (B,), 1 for a forgery → unit direction (D,) from reals to forgeries, detached.

    Zero where one of the classes is missing.
    """
    directions = F.normalize(fused.detach(), dim=-1)
    if not 0 < int(labels.sum()) < len(labels):
        return torch.zeros_like(directions[0])
    return F.normalize(directions[labels == 1].mean(dim=0) - directions[labels == 0].mean(dim=0), dim=0)


def sides(text: Tensor, forged: Tensor, axis: Tensor) -> Tensor:
    """Logistic loss of sentences on the wrong side of the defaults' midpoint, a number ≥ 0; ln 2 if none can be told.

    text: features (2 + N, D) of DEFAULTS and N sentences, any length; forged: (N,) bool; axis: (D,) of `face_axis`.
    """
    places = F.normalize(text, dim=-1) @ axis
    offsets = places[2:] - places[:2].mean()
    return F.binary_cross_entropy_with_logits(SHARPNESS * offsets, forged.to(offsets))
