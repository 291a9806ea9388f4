"""A small world to train in: caches of made-up faces, a narrow configuration, a short recipe."""

import dataclasses
from pathlib import Path

import numpy as np
from PIL import Image

from mfclip.config import TINY, Config
from mfclip.data.cache import RegionCache, write_cache
from mfclip.prompts import Hierarchy, describe_forgery, describe_real
from mfclip.training.forgeries.make import MAKERS
from mfclip.training.objective import hierarchy_rows
from mfclip.training.recipes import Recipe

SHORT = Recipe(
    name="short",
    steps=6,
    reals=4,
    pairs=2,
    forgeries=2,
    precision="no",
    paraphrases=0.0,
    validate_every=3,
    average=0.9,
)
"""Six steps of two pairs, two more reals and two forgeries: 8 pictures a batch."""

SPLITS = ("train", "train", "validation", "test")


def narrow(*caches: RegionCache) -> Config:
    """`tiny` with every part narrow and one layer deep, and the hierarchy of the caches."""
    rows = hierarchy_rows([entry for cache in caches for entry in cache.entries])
    return dataclasses.replace(
        TINY,
        embed_dim=32,
        text=dataclasses.replace(TINY.text, width=32, layers=1, heads=2),
        image=dataclasses.replace(TINY.image, kind="conv", stem=(4, 8, 8, 16), width=16, layers=1, heads=2),
        noise=dataclasses.replace(TINY.noise, stem=(4, 4, 8, 16), width=16, layers=1, heads=2),
        alignment=dataclasses.replace(TINY.alignment, rank=4),
        hierarchy=Hierarchy(tuple(rows)),
    )


def make_caches(folder: Path) -> tuple[RegionCache, RegionCache]:
    """The faces of two cameras and two generators, and forgeries made of the cameras' ones: (faces, made)."""
    rng = np.random.default_rng(11)
    kinds = {
        "camera": describe_real(),
        "scanner": describe_real(),
        "sdxl": describe_forgery("entire_face_synthesis", "diffusion", "SDXL"),
        "swapper": describe_forgery("face_swap", "graphics", "swapper"),
    }
    faces, made = [], []
    for generator, description in kinds.items():
        for number in range(8):
            region = _picture(rng, description.fake)
            fields = {
                "path": f"{generator}/{number}.png",
                "group": f"{generator} {number}",
                "split": SPLITS[number % len(SPLITS)],
                "generator": generator,
                "sentences": description.sentences,
                "fake": description.fake,
                "kind": "face_swap" if generator == "swapper" else "",
            }
            faces.append((fields, region))
            if not description.fake:
                made += _pair(fields, region, len(made), number)
    return (
        write_cache(folder / "faces", "faces of the tests", faces, []),
        write_cache(folder / "made", "forgeries of the tests", made, []),
    )


def _pair(fields: dict, region: np.ndarray, place: int, number: int) -> list[tuple[dict, np.ndarray]]:
    maker = MAKERS[sorted(MAKERS)[number % len(MAKERS)]]
    forged = np.maximum(region, np.roll(region, 1, axis=1))
    told = {"generator": maker.generator, "sentences": maker.sentences, "kind": maker.kind, "fake": True}
    return [
        (fields, region),
        ({**fields, **told, "pair": place, "source": fields["generator"]}, forged),
    ]


def _picture(rng: np.random.Generator, fake: bool) -> np.ndarray:
    """Large fields of colour with grain: flat pictures would leave batch normalisation nothing but rounding."""
    side = int(rng.integers(116, 150))
    cells = Image.fromarray(rng.integers(0, 256, (7, 7, 3), dtype=np.uint8))
    field = np.asarray(cells.resize((side, side), Image.Resampling.BICUBIC)).astype(float)
    return (field + rng.normal(0, 3 if fake else 12, field.shape)).clip(0, 255).astype(np.uint8)
