"""What there is to score: the pictures of a folder, or the lines of a manifest, in an order that never changes."""

import csv
import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

FOLDERS, GROUPS = "mfclip.data.folders", "mfclip.data.groups"
"""How photographs lie in folders and belong together. By name and not by import: a detector in use needs nothing of
labelled data, and a test reads the imports."""

LABELS = ("", "real", "fake")


@dataclass(frozen=True)
class Item:
    """One photo to score. path: as the table shows it; file: where it lies; label: one of LABELS, '' where unknown.

    source: the generator, or the set of a real photo, '' where unknown; group: what is drawn together when an interval
    is found.
    """

    path: str
    file: Path
    label: str = ""
    source: str = ""
    group: str = ""


def list_photos(place: Path, limit: int | None = None) -> list[Item]:
    """The photos of a folder (sorted by path, hidden files left out) or of a manifest (in its order).

    A folder's pictures below `real` and `fake` are labelled, by the rules of mfclip/data/folders.py. A manifest is a
    CSV file with the column `path`, relative to the manifest or absolute; `label` (real or fake), `generator`, `group`,
    `person` and `video` are read where they are there, with the meaning of mfclip/data/manifest.py. limit: the first
    so many. Raises ValueError if there is nothing to score or a line cannot be understood.
    """
    if place.is_dir():
        items = _of_folder(place)
        if not items:
            raise ValueError(
                f"{place} holds no picture: give a folder with JPEG, PNG or WebP files below it."
            )
    elif place.is_file():
        items = _of_manifest(place)
    else:
        raise ValueError(f"There is no folder or manifest {str(place)!r}: check the path and the spelling.")
    return items[:limit]


def fingerprint(items: Sequence[Item]) -> str:
    """SHA-256 of the list itself: paths, labels and kinship, not contents."""
    digest = hashlib.sha256()
    for item in items:
        digest.update("\0".join((item.path, item.label, item.source, item.group, "")).encode())
    return digest.hexdigest()


def printable(path: str) -> str:
    """A path that any file can hold: bytes that are no UTF-8 become U+FFFD."""
    return os.fsencode(path).decode("utf-8", "replace")


def _of_folder(folder: Path) -> list[Item]:
    folders = import_module(FOLDERS)
    known = {}
    if any(folders.pictures_in(side) for side in folders.side_folders(folder)):
        known = {source.path: source for source in folders.read_folders(folder)}
    items = []
    for path in folders.pictures_in(folder):
        source = known.get(path)
        if source is None:
            items.append(Item(printable(path), folder / path))
        else:
            label = "fake" if source.fake else "real"
            items.append(Item(printable(path), folder / path, label, source.generator, source.group))
    return items


def _of_manifest(path: Path) -> list[Item]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            if "path" not in (reader.fieldnames or ()):
                raise ValueError(
                    f"{path} has the columns {list(reader.fieldnames or ())}: a manifest is a CSV file with the column "
                    "path, and label (real or fake) where it is known."
                )
            lines = list(_lines(reader, path))
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path} is not a CSV file in UTF-8 ({error}): save it as one.") from None
    except OSError as error:
        raise ValueError(f"{path} cannot be read ({error.strerror}): check its rights.") from None
    if not lines:
        raise ValueError(f"{path} lists no photo: give it one line each.")
    named = import_module(GROUPS).name_groups([ties for _, ties in lines])
    return [
        Item(item.path, item.file, item.label, item.source, group)
        for (item, _), group in zip(lines, named, strict=True)
    ]


def _lines(reader: "csv.DictReader[str]", path: Path) -> Iterator[tuple[Item, tuple[str, ...]]]:
    """Every line as an item without its group, and the ties that the group follows from."""
    known_ties = import_module(GROUPS).known_ties
    for row in reader:
        # A short line leaves None behind.
        cells = {
            name: (row.get(name) or "").strip()
            for name in ("path", "label", "generator", "group", "person", "video")
        }
        place = f"{path}, line {reader.line_num}"
        if not cells["path"] or "\0" in cells["path"]:
            raise ValueError(f"{place}: the path is {cells['path']!r}; write where the photo lies.")
        if cells["label"] not in LABELS:
            raise ValueError(f"{place}: the label is {cells['label']!r}; it must be real, fake or empty.")
        ties = tuple(f"{name} {cells[name]}" for name in ("person", "video") if cells[name])
        ties = (cells["group"],) if cells["group"] else ties + known_ties(cells["path"])
        item = Item(printable(cells["path"]), path.parent / cells["path"], cells["label"], cells["generator"])
        yield item, ties or (cells["path"],)
