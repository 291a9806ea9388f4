"""The manifest reader: a CSV that lists photographs with their labels."""

import csv
import math
from pathlib import Path, PurePosixPath

from mfclip.data.groups import known_ties
from mfclip.data.labels import SPLIT_NAMES, Box, Label, Source, sources_of

MANIFEST = "manifest.csv"

COLUMNS = ("path", "label", "forgery_kind", "family", "generator")
"""What every manifest needs. Others than these, the boxes and OPTIONAL are ignored."""

BOX_COLUMNS = ("face_x0", "face_y0", "face_x1", "face_y1")
"""The face box in photo pixels: none of the four columns or all; empty cells have the face found."""

OPTIONAL = ("group", "split", "person", "video")
"""group: overrules every other kinship. person, video: photographs that share one are one group. split: see
SPLIT_NAMES; empty where the hash of the group decides.
"""


def read_manifest(folder: Path) -> list[Source]:
    """Read `folder`/manifest.csv; its paths are relative to the folder.

    Raises ValueError if the file or a column is missing, or if it is empty, or if a row cannot be understood.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise ValueError(f"{path} does not exist; pass a folder with a {MANIFEST} of photographs.")
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            _check_columns(path, list(reader.fieldnames or ()))
            labels = [_label(row, f"{path}, line {reader.line_num}") for row in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path} is not a CSV file in UTF-8 ({error}); save it as one.") from None
    if not labels:
        raise ValueError(f"{path} lists no photograph; give it one row each.")
    return sources_of(labels)


def _check_columns(path: Path, names: list[str]) -> None:
    boxes = [name for name in BOX_COLUMNS if name in names]
    needed = COLUMNS + (BOX_COLUMNS if boxes else ())
    missing = [name for name in needed if name not in names]
    if missing:
        raise ValueError(f"{path} lacks the columns {missing}; it needs {list(needed)}.")


def _label(row: dict[str, str | None], place: str) -> Label:
    # A short row leaves None behind.
    cells = {name: (row.get(name) or "").strip() for name in COLUMNS + BOX_COLUMNS + OPTIONAL}
    if cells["label"] not in ("real", "fake"):
        raise ValueError(f"{place}: the label is {cells['label']!r}; it must be real or fake.")
    for name in ("path", "generator"):
        if not cells[name]:
            raise ValueError(f"{place}: the {name} is empty; write one.")
    if cells["split"] and cells["split"] not in SPLIT_NAMES:
        raise ValueError(
            f"{place}: the split is {cells['split']!r}; it must be one of {', '.join(SPLIT_NAMES)}, or empty."
        )
    fake = cells["label"] == "fake"
    return Label(
        path=cells["path"],
        fake=fake,
        generator=cells["generator"],
        ties=_ties(cells),
        kind=cells["forgery_kind"] if fake else "",
        family=cells["family"] if fake else "",
        box=_box([cells[name] for name in BOX_COLUMNS], place),
        split=SPLIT_NAMES.get(cells["split"], ""),
    )


def _ties(cells: dict[str, str]) -> tuple[str, ...]:
    if cells["group"]:
        return (cells["group"],)
    told = tuple(f"{name} {cells[name]}" for name in ("person", "video") if cells[name])
    ties = told + known_ties(cells["path"])
    return ties or (f"{cells['generator']} {PurePosixPath(cells['path']).stem}",)


def _box(cells: list[str], place: str) -> Box | None:
    if not any(cells):
        return None
    try:
        x0, y0, x1, y1 = (float(cell) for cell in cells)
    except ValueError:
        raise ValueError(
            f"{place}: the face box {cells} cannot be read; give four numbers, or leave all four empty."
        ) from None
    if not (all(map(math.isfinite, (x0, y0, x1, y1))) and x0 < x1 and y0 < y1):
        raise ValueError(
            f"{place}: the face box {cells} has no area; give x0 < x1 and y0 < y1 in pixels of the photo."
        )
    return x0, y0, x1, y1
