"""Everything a run needs before its first step: cut faces, autoencoders, copies; each part kept and reused."""

import hashlib
import json
from pathlib import Path

from PIL import Image

from mfclip.data.cache import RegionCache, cache_photographs
from mfclip.data.sources import Source, read_manifest
from mfclip.preprocess import NATIVE_LIMIT, face_region
from mfclip.training.autoencoders import copy_reals, train_autoencoders
from mfclip.training.recipes import Recipe


def native_squares(sources: list[Source], photographs: Path) -> dict[str, tuple[int, int, int, int]]:
    """By path, the face square in photo pixels of every real whose region was cached without reduction."""
    squares = {}
    for source in sources:
        if source.fake:
            continue
        with Image.open(photographs / source.path) as image:
            square = face_region(source.box, image.width, image.height)
        if square[2] - square[0] <= NATIVE_LIMIT:
            squares[source.path] = square
    return squares


def prepare(photographs: Path, cache: Path, recipe: Recipe) -> tuple[RegionCache, RegionCache]:
    """Cut faces of `photographs`, train the autoencoders, copy the reals; returns both caches.

    Writes splits.json beside the caches: every path with its group and split. Raises ValueError if a group lies in
    two splits or a split lacks one of the two classes.
    """
    sources = read_manifest(photographs)
    check_splits(sources)
    faces = cache_photographs(cache / "faces", sources, photographs)
    table = {source.path: [source.group, source.split] for source in sources}
    (cache / "splits.json").write_text(json.dumps(table, indent=0), encoding="utf-8")
    made = cache / copies_folder(faces, recipe)
    autoencoders = train_autoencoders(faces, recipe, made)
    squares = native_squares(sources, photographs)
    copies = copy_reals(faces, autoencoders, recipe, made, photographs, squares)
    return faces, copies


def copies_folder(faces: RegionCache, recipe: Recipe) -> str:
    """Name of the folder of autoencoders and copies: by what they are made of, so that none is taken for another."""
    told = f"{faces.fingerprint} {recipe.seed} {recipe.autoencoder_steps}"
    return f"copies-{hashlib.sha256(told.encode()).hexdigest()[:12]}"


def check_splits(sources: list[Source]) -> None:
    """Refuse a split that leaks a group or lacks a class, naming it."""
    seen: dict[str, str] = {}
    for source in sources:
        if seen.setdefault(source.group, source.split) != source.split:
            raise ValueError(
                f"The group {source.group!r} lies in the splits {seen[source.group]} and {source.split}; "
                "a picture of it would be tested on its own sibling. Give the group one split."
            )
    for split in ("train", "validation", "test"):
        for fake in (False, True):
            if not any(s.split == split and s.fake is fake for s in sources):
                raise ValueError(
                    f"The split {split} has no {'forged' if fake else 'real'} photograph; add more groups."
                )
