"""Variants of a configuration that an ablation trains: one part of the model changed by name, the rest as it is."""

import dataclasses
from collections.abc import Callable

from mfclip.config import SENTENCE_CONTEXT, AlignmentConfig, Config, ImageConfig, NoiseConfig
from mfclip.prompts import LEVELS
from mfclip.training.recipes import Recipe

PUBLISHED_SLOTS = 24
"""Rows and columns of the published sample pair attention, and so the size of its batch (authors' MFCLIP class)."""


def _without_noise(config: Config) -> Config:
    """Zeros instead of the noise stream; the richest patch is still reported."""
    absent = NoiseConfig(kind="none", stem=(), patch=0, width=0, layers=0, heads=0)
    return dataclasses.replace(config, noise=absent)


def _without_gate(config: Config) -> Config:
    """No sample pair attention: every negative pair weighs alike."""
    return dataclasses.replace(config, alignment=AlignmentConfig(kind="none", rank=0, slots=0))


def _free_gate(config: Config) -> Config:
    """The published sample pair attention, a free number for every pair of places in the batch."""
    return dataclasses.replace(config, alignment=AlignmentConfig(kind="free", rank=0, slots=PUBLISHED_SLOTS))


def _joint_text(config: Config) -> Config:
    """Four sentences end to end, read at the last end token, instead of level by level."""
    context = len(LEVELS) * SENTENCE_CONTEXT
    return dataclasses.replace(config, text=dataclasses.replace(config.text, levels="joint", context=context))


def _plain_stem(config: Config) -> Config:
    """Plain convolutions from scratch instead of ImageNet's trunk. Raises ValueError where there is no such trunk."""
    if config.image.kind != "efficientnet":
        raise ValueError(
            f"The variant 'plain-stem' replaces ImageNet's trunk; configuration {config.name!r} has none: take tiny."
        )
    plain = ImageConfig("conv", (24, 48, 96, 128), 16, width=128, layers=3, heads=4, activation="gelu")
    return dataclasses.replace(config, image=plain)


FULL = "full"
"""The configuration as it is."""

VARIANTS: dict[str, Callable[[Config], Config]] = {
    FULL: lambda config: config,
    "no-noise": _without_noise,
    "no-gate": _without_gate,
    "free-gate": _free_gate,
    "joint-text": _joint_text,
    "plain-stem": _plain_stem,
}
"""What each name of a variant does to a configuration of the repaired family."""


def variant(name: str, config: Config) -> Config:
    """A configuration with one part changed; all but `full` carry the variant in their name, as in 'tiny-no-noise'.

    Raises ValueError for an unknown name, or for `authors`, whose parts hold together as published.
    """
    if name not in VARIANTS:
        raise ValueError(f"The variant is {name!r}; there are {', '.join(sorted(VARIANTS))}.")
    if name == FULL:
        return config
    if config.image.kind == "authors":
        raise ValueError(
            f"The variant {name!r} was asked for and the configuration is {config.name!r}; the published computation "
            "has no variants: take a configuration of the repaired family, such as tiny."
        )
    return dataclasses.replace(VARIANTS[name](config), name=f"{config.name}-{name}")


def check_recipe(config: Config, recipe: Recipe) -> None:
    """Refuse a recipe under which a configuration cannot be trained, before anything is prepared.

    Raises ValueError where the free gate's table is not as large as the batch, or where a text tower that was made
    for single sentences would be frozen and read jointly.
    """
    batch = recipe.reals + recipe.pairs + recipe.forgeries
    slots = config.alignment.slots
    if config.alignment.kind == "free" and batch != slots:
        raise ValueError(
            f"The batch has {batch} pictures (reals {recipe.reals}, pairs {recipe.pairs}, forgeries "
            f"{recipe.forgeries}) and the free sample pair attention {slots} places; make their sum {slots}."
        )
    if config.text.levels == "joint" and recipe.text == "frozen":
        raise ValueError(
            "text is 'frozen' and the four sentences are read jointly; no tower was made for that reading, so there "
            "is nothing to freeze: set text to 'trained'."
        )


def fit_batch(recipe: Recipe, size: int) -> Recipe:
    """The recipe with a batch of `size` pictures, its parts in nearly the same proportions (pictures, whole numbers).

    Raises ValueError if `size` is below 2: a real face and a forgery are the least.
    """
    if size < 2:
        raise ValueError(
            f"A batch of {size} was asked for; at least 2 pictures are needed, one real, one forged."
        )
    whole = recipe.reals + recipe.pairs + recipe.forgeries
    pairs = size * recipe.pairs // whole
    reals = max(pairs, 1, round(size * recipe.reals / whole))
    return dataclasses.replace(recipe, reals=reals, pairs=pairs, forgeries=size - reals - pairs)


def with_made_share(recipe: Recipe, share: float) -> Recipe:
    """The recipe with as many forgeries in a batch, `share` (0..1) of them made from the batch's own reals.

    To whole pictures, and at most one for every real.
    """
    forged = recipe.pairs + recipe.forgeries
    pairs = min(round(share * forged), recipe.reals)
    return dataclasses.replace(recipe, pairs=pairs, forgeries=forged - pairs)
