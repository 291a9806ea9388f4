"""The reader of GenFace's folder tree (Zhang et al., IEEE TIFS 2024, arXiv 2402.02003).

    {train,val,test}/real/{CelebA_HQ,FFHQ}/photo        {train,val,test}/fake/{EFS,AM,FS}/{Diffusion,GAN}/photo

Folders and file names are those that the authors' training script (717458a) asks for; the set itself was not at hand.
"""

from pathlib import Path, PurePosixPath

from mfclip.data.folders import pictures_in, side_folders
from mfclip.data.labels import SPLIT_NAMES, Label, Source, sources_of
from mfclip.prompts import UNKNOWN_NAME

KINDS = {"EFS": "entire_face_synthesis", "AM": "attribute_manipulation", "FS": "face_swap"}
FAMILIES = {"Diffusion": "diffusion", "GAN": "gan"}

_PREFIXES = {
    ("EFS", "Diffusion", "latentdiffusion_"): "LatentDiffusion",
    ("EFS", "Diffusion", "colladiffusion_"): "CollaborativeDiffusion",
    ("EFS", "Diffusion", "ddpm_"): "DDPM",
}
_SUFFIXES = {
    ("FS", "GAN", "_fslsd"): "FSLSD",
    ("FS", "GAN", "_faceswapper"): "FaceSwapper",
}
_ALONE = {
    ("EFS", "GAN"): "StyleGAN3",
    ("AM", "Diffusion"): "Diffae",
    ("FS", "Diffusion"): "DiffFace",
}
"""Folders that hold one generator only, so that no file name need tell it."""


def is_genface(folder: Path) -> bool:
    """Whether a folder looks like GenFace: a split with one of its kinds below `fake`."""
    return any((folder / split / "fake" / kind).is_dir() for split in SPLIT_NAMES for kind in KINDS)


def read_genface(folder: Path) -> list[Source]:
    """Read GenFace's tree, with its own splits.

    Each picture is its own group: file names tell nothing of persons, and equal numbers in two splits need not be one
    picture (equal files are found by check_twins). Generators that nothing tells are 'unknown': AM/GAN holds two whose
    file names are not published. Raises ValueError for a forgery outside of the known folders, and for an empty tree.
    """
    labels = []
    for side in side_folders(folder):
        if side.parent == folder:
            continue
        split = SPLIT_NAMES[side.parent.name]
        for path in pictures_in(side):
            full = f"{side.relative_to(folder).as_posix()}/{path}"
            ties = (f"picture {PurePosixPath(full).with_suffix('')}",)
            if side.name == "real":
                folders = PurePosixPath(path).parts[:-1]
                labels.append(Label(full, False, folders[0] if folders else UNKNOWN_NAME, ties, split=split))
            else:
                kind, family = _place(path, folder, full)
                generator = generator_of(path)
                labels.append(Label(full, True, generator, ties, KINDS[kind], FAMILIES[family], split=split))
    if not labels:
        raise ValueError(f"{folder} looks like GenFace but holds no picture; unpack the pictures there.")
    return sources_of(labels)


def _place(path: str, folder: Path, full: str) -> tuple[str, str]:
    parts = PurePosixPath(path).parts
    if len(parts) < 3 or parts[0] not in KINDS or parts[1] not in FAMILIES:
        raise ValueError(
            f"{folder} looks like GenFace, but {full} does not lie in fake/KIND/FAMILY with KIND one of "
            f"{', '.join(KINDS)} and FAMILY one of {', '.join(FAMILIES)}; move it or take it out."
        )
    return parts[0], parts[1]


def generator_of(path: str) -> str:
    """The generator of a forgery from its path below `fake` (KIND/FAMILY/.../name), 'unknown' where nothing tells."""
    kind, family = PurePosixPath(path).parts[:2]
    stem = PurePosixPath(path).stem.lower()
    for (*place, prefix), generator in _PREFIXES.items():
        if place == [kind, family] and stem.startswith(prefix):
            return generator
    for (*place, suffix), generator in _SUFFIXES.items():
        if place == [kind, family] and stem.endswith(suffix):
            return generator
    return _ALONE.get((kind, family), UNKNOWN_NAME)
