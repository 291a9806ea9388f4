"""What a training run does, as one frozen, complete record that is stored beside the weights it made."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

INGREDIENTS = ("autoencoder", "denoiser", "blend", "edit")
"""The sorts of forgeries that are made from real faces (mfclip/training/forgeries)."""


@dataclass(frozen=True)
class Recipe:
    """Settings of one run; lengths are optimiser steps, numbers of pictures are those of a whole (global) batch.

    reals: real faces; pairs: how many of them come with a forgery made from them, under the same history (the batch
    then holds that many more pictures); forgeries: pictures of other people's generators. ingredients: which sorts of
    made forgeries are drawn, in equal shares. evenness: of the shares of generators and of sets of reals among the
    pictures drawn singly: 0 draws every picture alike, 1 every generator; at 0.5 a share grows with the root of its
    pictures. leave_out: '' or 'generator=NAME', 'kind=NAME', 'real=NAME' (or NAME,NAME): pictures that training and
    validation never see; the makers of forgeries, made once for all runs, learned to copy faces from every training
    real. histories: re-save and rescale both classes (off only to show what it is worth). spared:
    share of pairs that are only cropped, mirrored and coloured, so that the traces of forging are there to be learned;
    other pictures never, whose formats would betray their source. patch: the noise stream sees the richest window in
    half the pictures and any in the others, or any always. text: 'frozen' trains only projection and level weights on
    a distilled (tiny) or pretrained (clip) tower. paraphrases: share of sentences replaced by a rewording. tune: which
    weights of a pretrained image tower or trunk move. learning_rate: peak of a one-cycle schedule. average: decay of
    the weight average that is shipped. alone: weight of the cross-entropy of each stream by itself. paired: weight of
    the ranking of a forgery above the real it was made from. sides: weight of the wordings' own side. alignment:
    weight of the contrastive loss, whose gradient is multiplied by the logit scale (14 at the start) and otherwise
    drowns the head's. gate_target: mean gate over negative pairs, held with weight gate_hold. head_share: of
    the decision's margin, both readouts standardised, 0.1 to 0.9, or 0 for what validation finds, which cannot know how
    either carries over to sources that were not trained on. distil_temperature: of the KL to the predicted text
    feature. patience: validations without improvement before the run stops early, 0 for
    never.
    """

    name: str = "tiny"
    seed: int = 0
    steps: int = 3000
    reals: int = 16
    pairs: int = 8
    forgeries: int = 8
    ingredients: tuple[str, ...] = INGREDIENTS
    evenness: float = 0.5
    leave_out: str = ""
    histories: bool = True
    spared: float = 0.5
    patch: Literal["richest", "random"] = "richest"
    text: Literal["frozen", "trained"] = "frozen"
    paraphrases: float = 0.5
    tune: Literal["all", "late", "norms", "lora"] = "all"
    learning_rate: float = 1e-3
    weight_decay: float = 0.02
    clip_norm: float = 1.0
    average: float = 0.998
    precision: Literal["bf16", "fp16", "no"] = "bf16"
    alone: float = 0.5
    paired: float = 0.5
    sides: float = 1.0
    alignment: float = 0.3
    gate_target: float = 0.5
    gate_hold: float = 4.0
    head_share: float = 0.0
    distil_temperature: float = 2.0
    validate_every: int = 600
    patience: int = 0
    autoencoder_steps: int = 1000
    denoiser_steps: int = 2000
    distil_steps: int = 3000

    def __post_init__(self) -> None:
        if self.pairs > self.reals:
            raise ValueError(
                f"pairs is {self.pairs} and reals {self.reals}; every made forgery is paired with a real of the "
                "batch, so pairs must not exceed reals."
            )
        if self.pairs + self.forgeries < 1:
            raise ValueError("pairs and forgeries are both 0; a batch needs at least one forgery: raise one.")
        for name in ("pairs", "forgeries", "patience"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} is {getattr(self, name)}; 0 or more is needed.")
        lengths = ("steps", "reals", "validate_every", "autoencoder_steps", "denoiser_steps", "distil_steps")
        for name in lengths:
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; at least 1 is needed.")
        unknown = sorted(set(self.ingredients) - set(INGREDIENTS))
        if unknown or (self.pairs and not self.ingredients):
            raise ValueError(
                f"ingredients are {self.ingredients}; one or more of {', '.join(INGREDIENTS)} are needed."
            )
        for name in ("paraphrases", "spared", "evenness"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} is {getattr(self, name)}; a share of 0 to 1 is needed.")
        if self.head_share and not 0.1 <= self.head_share <= 0.9:
            raise ValueError(
                f"head_share is {self.head_share}; 0.1 to 0.9 is needed, so that neither readout is fitted away, or 0 "
                "to leave it to validation."
            )


def as_recorded(recipe: Mapping[str, Any]) -> dict[str, Any]:
    """A recipe by field, as a run wrote it down; fields that are younger than the run get what it did without them."""
    return {"evenness": 0.5, "head_share": 0.0, **recipe}


TINY = Recipe(tune="late", head_share=0.2)
"""The recipe of checkpoints/tiny. The head's share is what runs without a source of reals speak for
(checkpoints/tiny/leave-one-real-source-out.json, `auc_by_head_share`): on sources that training never saw the head is
near chance, and what it does at home does not show it."""

PAIRS = Recipe(name="pairs", reals=16, pairs=16, forgeries=0, tune="late")
"""Reals and the forgeries made from them only: no forgery of anybody else's generator is seen."""

CLIP_B16 = Recipe(name="clip-b16", tune="norms", learning_rate=5e-4)
"""Where configuration clip-b16 begins: CLIP's towers keep all but their norms and places, which is what a few thousand
faces can tell, and validation finds the head's share. Never trained by us with CLIP's own weights."""

SMOKE = Recipe(
    name="smoke",
    steps=4,
    reals=3,
    pairs=1,
    forgeries=2,
    validate_every=2,
    autoencoder_steps=2,
    denoiser_steps=2,
    distil_steps=2,
)
"""A few steps of everything, for tests and for trying a machine."""

RECIPES = {recipe.name: recipe for recipe in (TINY, PAIRS, CLIP_B16, SMOKE)}
