"""The reader of plain folders: `real` and `fake`, by themselves or inside `train`, `val` and `test`.

real/[set/[person or clip/...]]photo        fake/[[kind/family/]generator/]photo
                                            fake/generator/person or clip/photo
"""

from pathlib import Path, PurePosixPath

from mfclip.data.groups import known_ties
from mfclip.data.labels import SPLIT_NAMES, Label, Source, sources_of
from mfclip.prompts import FAMILY_SENTENCES, KIND_SENTENCES, UNKNOWN_NAME

PICTURE_SUFFIXES = frozenset(
    (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".avif", ".heic", ".jp2")
)
"""Files taken for photographs. Some cannot be read: caching then names them, so that none is passed over in silence."""

SIDES = ("real", "fake")


def pictures_in(folder: Path) -> list[str]:
    """All pictures below a folder, as sorted relative paths with forward slashes; hidden files are left out."""
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.suffix.lower() in PICTURE_SUFFIXES and not path.name.startswith(".") and path.is_file()
    )


def side_folders(folder: Path) -> list[Path]:
    """The folders `real` and `fake` of a data folder, directly in it or in folders named in SPLIT_NAMES."""
    roots = [folder, *(folder / split for split in SPLIT_NAMES)]
    return [root / side for root in roots for side in SIDES if (root / side).is_dir()]


def read_folders(folder: Path) -> list[Source]:
    """Read plain folders; the splits `train`, `val` and `test` are kept where the folders have them.

    Below `fake`, three or more folders are kind, family and generator, fewer are generator and what follows; what is
    not told is 'unknown'. A folder below the generator's (or the real set's) is one group: a person or a clip.
    Elsewhere pictures of the same file name are one group, because a forgery usually keeps the name of the picture it
    was made from; with given splits a name says nothing, since numbering may start anew in each. Raises ValueError if
    there is no picture.
    """
    labels = [
        _label(side.relative_to(folder), path) for side in side_folders(folder) for path in pictures_in(side)
    ]
    if not labels:
        raise ValueError(f"{folder} holds no picture below its folders real and fake; put some there.")
    return sources_of(labels)


def _label(side: Path, path: str) -> Label:
    """side: 'real' or 'train/fake' and the like; path: below it."""
    place = PurePosixPath(path)
    folders = place.parts[:-1]
    split = SPLIT_NAMES[side.parts[0]] if len(side.parts) == 2 else ""
    fake = side.name == "fake"
    kind = family = ""
    if fake:
        kind, family = UNKNOWN_NAME, UNKNOWN_NAME
        if len(folders) >= 3:
            kind, family = _known(folders[0], KIND_SENTENCES), _known(folders[1], FAMILY_SENTENCES)
            folders = folders[2:]
    if len(folders) >= 2:
        # Without the split's name: a person in two of them is a leak, to be seen by check_splits.
        own = f"folder {PurePosixPath(side.name, path).parent}"
    else:
        own = f"picture {side.as_posix()}/{place.with_suffix('')}" if split else f"name {place.stem}"
    return Label(
        path=(PurePosixPath(side.as_posix()) / place).as_posix(),
        fake=fake,
        generator=folders[0] if folders else UNKNOWN_NAME,
        ties=known_ties(path) or (own,),
        kind=kind,
        family=family,
        split=split,
    )


def _known(name: str, sentences: dict[str, str]) -> str:
    plain = name.lower().replace("-", "_").replace(" ", "_")
    return plain if plain in sentences else name
