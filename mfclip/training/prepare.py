"""Everything a run needs before its first step: cut faces, trained makers, forgeries; each part kept and reused.

Every folder of the cache is named by what its content is made of, so that none is taken for another.
"""

import hashlib
import shutil
from pathlib import Path

from mfclip.data.cache import RegionCache, cache_photographs
from mfclip.data.sources import read_photographs
from mfclip.data.splits import SPLITS_FILE, check_splits, check_twins, read_splits, with_splits, write_splits
from mfclip.training.forgeries.autoencoders import SHAPES, train_autoencoders
from mfclip.training.forgeries.denoiser import REDRAWN_FROM, SIGMAS, train_denoiser
from mfclip.training.forgeries.make import VERSION, Forger, make_forgeries
from mfclip.training.forgeries.pieces import Pieces
from mfclip.training.forgeries.quality import QUALITY, measure_makers
from mfclip.training.recipes import Recipe

MAKER_SEED = 0
"""Of the makers and of what they make: runs that differ in their own seed learn from the same forgeries."""


def cut_faces(photographs: Path, cache: Path, splits: Path | None = None) -> RegionCache:
    """Cut the faces of `photographs` into the cache folder, splits.csv beside them.

    splits: a splits.csv whose groups and splits are kept, so that nothing that was tested on is trained on once the
    folder has grown; None: the data's own. Raises ValueError if a group lies in two splits or a split lacks one of the
    two classes.
    """
    sources = read_photographs(photographs)
    if splits is not None:
        sources = with_splits(sources, read_splits(splits))
    check_splits(sources)
    faces = cache_photographs(cache / "faces", sources, photographs)
    check_twins(faces.entries)
    write_splits(cache / SPLITS_FILE, sources)
    return faces


def prepare(
    photographs: Path, cache: Path, recipe: Recipe, splits: Path | None = None
) -> tuple[RegionCache, RegionCache]:
    """Cut the faces of `photographs`, train the makers, forge the reals; returns both caches (faces, made).

    Raises ValueError as `cut_faces` does.
    """
    faces = cut_faces(photographs, cache, splits)
    pieces = Pieces(faces)
    makers = cache / makers_folder(pieces, recipe)
    autoencoders = train_autoencoders(pieces, recipe.autoencoder_steps, MAKER_SEED, makers)
    denoiser = train_denoiser(pieces, recipe.denoiser_steps, MAKER_SEED, makers)
    if not (makers / QUALITY).is_file():
        measure_makers(autoencoders, denoiser, Pieces(faces, "validation"), MAKER_SEED, makers)
    fingerprint = _hash(f"{makers.name} {faces.fingerprint} {VERSION} {REDRAWN_FROM}")
    made = make_forgeries(
        faces,
        Forger(autoencoders, denoiser, faces),
        MAKER_SEED,
        cache / f"made-{fingerprint}",
        photographs,
        fingerprint,
    )
    shutil.copyfile(makers / QUALITY, cache / f"made-{fingerprint}" / QUALITY)
    return faces, made


def makers_folder(pieces: Pieces, recipe: Recipe) -> str:
    """Name of the folder of autoencoders and denoiser."""
    lengths = f"{MAKER_SEED} {recipe.autoencoder_steps} {recipe.denoiser_steps}"
    return f"makers-{_hash(f'{pieces.told} {lengths} {SHAPES} {SIGMAS}')}"


def _hash(told: str) -> str:
    return hashlib.sha256(told.encode()).hexdigest()[:12]
