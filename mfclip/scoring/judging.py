"""From a batch of photos to rows of the table: the numbers of `detector(photo)`, without views that nobody reads."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mfclip.commands.predict import COLUMNS as PREDICTED
from mfclip.commands.told import cells_of
from mfclip.detector import NO_FACE, Detector, Reading
from mfclip.errors import NoFace
from mfclip.faces import FaceBox, find_faces, find_largest
from mfclip.hub.folder import sha256_of
from mfclip.photo import Photo, read_photo
from mfclip.preprocess import FaceCrop, crop_twice
from mfclip.scoring.listing import Item
from mfclip.verdict import FaceFeatures

COLUMNS = ("path", "sha256", "label", *PREDICTED[:-1], "head", "language", "recompressed", "doubts", "error")
"""The columns of `predict --csv` and more. sha256: of the file. head, language: the two readouts' own margins.
recompressed: P(fake) after one mild JPEG. doubts: clauses, with '; ' between them."""

Row = dict[str, Any]
ONE = 1
"""Threads of the face finder: several batches are judged side by side, each on a core of its own."""


@dataclass(frozen=True)
class Options:
    """How photos are judged. cropped: they are face crops already. count_faces: look for small faces beside a large
    one too, which changes no verdict."""

    cropped: bool = False
    count_faces: bool = False


@dataclass(frozen=True, eq=False)
class _Cut:
    """A face ready to be encoded. faces: how many the photo has, None where the small ones were not looked for."""

    box: FaceBox | None
    faces: int | None
    pair: tuple[FaceCrop, FaceCrop]


def judge(detector: Detector, items: Sequence[Item], options: Options) -> list[Row]:
    """A row of COLUMNS for each photo, in their order; what cannot be judged has its sentence in `error`.

    Missing values are None. Safe from several threads. Rows depend on the photos of the batch only by the order of
    sums (1e-4), so the same batches give the same rows, bit for bit.
    """
    rows: list[Row] = []
    cuts: list[tuple[Row, _Cut]] = []
    for item in items:
        row: Row = dict.fromkeys(COLUMNS)
        row |= {"path": item.path, "label": item.label, "photo": Path(item.path).name, "error": ""}
        rows.append(row)
        try:
            row["sha256"] = hash_of(item.file)
            cuts.append((row, _cut(read_photo(item.file), options)))
        except (NoFace, ValueError) as error:
            row["error"] = str(error)
        except OSError as error:
            row["error"] = f"The file cannot be read ({error.strerror}): check its rights."
    features = detector.encode([cut.pair for _, cut in cuts])
    for (row, cut), found, reading in zip(cuts, features, detector.read(features), strict=True):
        row |= _numbers(cut, found, reading)
    return rows


def hash_of(file: Path) -> str | None:
    """SHA-256 of a file in hex, None where there is no plain file. Raises OSError."""
    return sha256_of(file) if file.is_file() else None


def _largest(photo: Photo, count: bool) -> tuple[FaceBox, int | None]:
    """The largest face, and how many there are (None if nobody counted). Raises NoFace."""
    found: tuple[FaceBox, int | None] | None
    if count:
        faces = find_faces(photo.rgb, threads=ONE)
        found = (faces[0], len(faces)) if faces else None
    else:
        found = find_largest(photo.rgb, threads=ONE)
    if found is None:
        raise NoFace(NO_FACE.format(name=photo.name))
    return found


def _cut(photo: Photo, options: Options) -> _Cut:
    box: FaceBox | None = None
    count: int | None = 0
    if not options.cropped:
        box, count = _largest(photo, options.count_faces)
    return _Cut(box, count, crop_twice(photo.rgb, box.edges if box else None))


def _numbers(cut: _Cut, features: FaceFeatures, reading: Reading) -> Row:
    return {
        "face": 1,
        "faces": cut.faces,
        **reading.scores,
        "doubts": "; ".join(reading.doubts),
        **cells_of(cut.box),
        "patch": features.patch_index,
        **{f"homogeneity_{index}": value for index, value in enumerate(features.homogeneity)},
    }
