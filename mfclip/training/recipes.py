"""What a training run does, as one frozen, complete record that is stored beside the weights it made."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Recipe:
    """Settings of one run; lengths are optimiser steps, shares are pictures a batch.

    reals, copies, forgeries: pictures of each sort in a batch; copies are autoencoder copies of the batch's first
    reals, under the same history. learning_rate: peak of a one-cycle schedule. average: decay of the weight average
    that is shipped. alone: weight of the cross-entropy of each stream by itself. alignment: weight of the contrastive
    loss, whose gradient is multiplied by the logit scale (14 at the start) and otherwise drowns the head's.
    gate_target: mean gate over negative pairs, held with weight gate_hold. distil_temperature: of the KL to the
    predicted text feature.
    """

    name: str = "tiny"
    seed: int = 0
    steps: int = 3000
    reals: int = 16
    copies: int = 5
    forgeries: int = 11
    learning_rate: float = 1e-3
    weight_decay: float = 0.02
    average: float = 0.998
    alone: float = 0.5
    alignment: float = 0.3
    gate_target: float = 0.5
    gate_hold: float = 4.0
    distil_temperature: float = 2.0
    validate_every: int = 600
    autoencoder_steps: int = 500
    copies_per_real: int = 2

    def __post_init__(self) -> None:
        if self.copies > self.reals:
            raise ValueError(
                f"copies is {self.copies} and reals {self.reals}; every copy is paired with a real of the batch, "
                "so copies must not exceed reals."
            )
        for name in ("steps", "reals", "forgeries", "validate_every", "autoencoder_steps", "copies_per_real"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; at least 1 is needed.")


TINY = Recipe()
"""The recipe of checkpoints/tiny."""

SMOKE = Recipe(name="smoke", steps=4, reals=3, copies=1, forgeries=2, validate_every=2, autoencoder_steps=2)
"""A few steps of everything, for tests and for trying a machine."""

RECIPES = {recipe.name: recipe for recipe in (TINY, SMOKE)}
