"""From a photo to what the model sees, with exact maps back.

Four frames are used, all with x to the right and y down, in units of that frame's own pixels or cells, and with
the origin at the *corner* of the first pixel (a pixel's centre is at +0.5):

    photo   the picture as given, EXIF orientation applied
    face    the square crop of FACE_SIZE px that the image stream sees
    grid    the cells of the image encoder's token grid over the face
    patch   one WINDOW px candidate of the noise stream, cut from the photo's own pixels

Every map is a scale and a shift, held in a `Frame`, so an inverse is exact (no resampling is involved in mapping
coordinates). Nothing is rotated or mirrored.
"""

import io
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, BinaryIO

import numpy as np
from PIL import Image

FACE_SIZE = 224
"""Side of the face that the image stream sees, in pixels (CLIP's input; authors' code, MVE.py)."""

WINDOW = 112
"""Side of a noise-stream candidate, in pixels (authors' `richest_patch_size`; half of FACE_SIZE)."""

WINDOWS_PER_SIDE = FACE_SIZE // WINDOW

MARGIN = 1.3
"""Side of the crop over the longer side of the found face box: the convention of DeepfakeBench and its heirs."""

NATIVE_LIMIT = 704
"""Face regions wider than this many photo pixels are reduced to it before windows are cut.

A 112 px window of a 3,000 px face holds a piece of skin and no texture of the scale that the noise stream was
trained on; 704 px is the largest native face region among its training photographs.
"""

MILD_QUALITY = 85
"""JPEG quality of the one re-compression under which a verdict must keep its side."""

Edges = tuple[float, float, float, float]
"""A box: x0, y0, x1, y1 in photo pixels."""


@dataclass(frozen=True)
class Frame:
    """Where a frame lies in the photo: photo = origin + scale · frame, per axis.

    `x`, `y` are the photo coordinates of the frame's origin in pixels, `scale` the photo pixels per frame unit.
    """

    x: float
    y: float
    scale: float

    def to_photo(self, points: np.ndarray) -> np.ndarray:
        """Map (..., 2) frame coordinates (x, y) to photo pixels."""
        return np.asarray(points, dtype=np.float64) * self.scale + (self.x, self.y)

    def from_photo(self, points: np.ndarray) -> np.ndarray:
        """Map (..., 2) photo pixels (x, y) to frame coordinates; the exact inverse of `to_photo`."""
        return (np.asarray(points, dtype=np.float64) - (self.x, self.y)) / self.scale

    def cells(self, per_unit: float) -> "Frame":
        """The frame whose unit is `per_unit` units of this one, with the same origin (face → grid)."""
        return replace(self, scale=self.scale * per_unit)

    def within(self, x: float, y: float) -> "Frame":
        """The frame of the same unit whose origin lies at (x, y) of this one (native region → patch)."""
        return replace(self, x=self.x + x * self.scale, y=self.y + y * self.scale)


@dataclass(frozen=True)
class FaceCrop:
    """One face, cut for both streams.

    face: (224, 224, 3) uint8 RGB, the region resized for the image stream.
    windows: (4, 112, 112, 3) uint8 RGB, the noise stream's candidates, row-major over the face.
    frame: where face coordinates lie in the photo. window_frames: the same for each candidate.
    region: (x0, y0, x1, y1) of the square region in photo pixels, whole numbers, inside the photo.
    native: True if the candidates hold the photo's own pixels; False where the region had to be resized first.
    """

    face: np.ndarray
    windows: np.ndarray
    frame: Frame
    window_frames: tuple[Frame, ...]
    region: tuple[int, int, int, int]
    native: bool

    def grid_frame(self, side: int) -> Frame:
        """The frame whose units are the cells of a `side` × `side` token grid over the face."""
        return self.frame.cells(FACE_SIZE / side)


def face_region(box: Edges, width: int, height: int, margin: float = MARGIN) -> tuple[int, int, int, int]:
    """Square region of `margin` times the face box's longer side, moved (never padded) to lie inside the photo.

    box: (x0, y0, x1, y1) photo pixels; width, height: the photo's size. Where the photo is smaller than the
    square, the square shrinks to the photo's shorter side. Returns whole photo pixels (x0, y0, x1, y1).
    """
    x0, y0, x1, y1 = box
    side = int(round(min(margin * max(x1 - x0, y1 - y0), width, height)))
    side = max(side, 1)
    left = int(round((x0 + x1 - side) / 2))
    top = int(round((y0 + y1 - side) / 2))
    left = min(max(left, 0), width - side)
    top = min(max(top, 0), height - side)
    return left, top, left + side, top + side


def window_starts(side: int) -> tuple[int, ...]:
    """Where the candidate windows start along one axis of a native region of `side` ≥ WINDOW pixels.

    The windows sit at the centres of the region's halves, which for a region of 224 px are the authors' four
    quarters exactly; smaller regions make them overlap, larger ones leave gaps between them.
    """
    first = max(0, round(side / (2 * WINDOWS_PER_SIDE) - WINDOW / 2))
    last = side - WINDOW - first
    return tuple(round(first + i * (last - first) / (WINDOWS_PER_SIDE - 1)) for i in range(WINDOWS_PER_SIDE))


@lru_cache(maxsize=1)
def resampler() -> str:
    """Who resizes faces here: 'torch' where this PyTorch resamples bytes with Lanczos' kernel, else 'pillow'."""
    # Here and not above: a configuration is read without torch.
    import torch
    from torch.nn import functional as F

    probe = torch.zeros(1, 3, 4, 4, dtype=torch.uint8, device="cpu")
    try:
        F.interpolate(probe, size=(2, 2), mode="lanczos", antialias=True)
    except (RuntimeError, ValueError):  # an older PyTorch knows the word not at all, or not for bytes
        return "pillow"
    return "torch"


def resized_by_pillow(pixels: np.ndarray, side: int) -> np.ndarray:
    """A square picture (S, S, 3) uint8 → (side, side, 3) uint8 with Lanczos' kernel, the same on every machine."""
    return np.asarray(Image.fromarray(pixels).resize((side, side), Image.Resampling.LANCZOS))


def resized(pixels: np.ndarray, side: int) -> np.ndarray:
    """A square picture (S, S, 3) uint8 → (side, side, 3) uint8 with Lanczos' kernel; itself where S is `side`.

    By PyTorch where it can, whose vector instructions take a fraction of Pillow's time. Their weights have 16 and 22
    bits: under 1 % of values differ, by a grey level, in enlarged pictures here and there by two.
    """
    if pixels.shape[0] == side:
        return pixels
    if resampler() == "pillow":
        return resized_by_pillow(pixels, side)
    import torch
    from torch.nn import functional as F

    planes = torch.from_numpy(np.require(pixels, requirements=["C", "W"])).permute(2, 0, 1)[None]
    small = F.interpolate(planes, size=(side, side), mode="lanczos", antialias=True)
    return np.ascontiguousarray(small[0].permute(1, 2, 0).numpy())


def cut_square(rgb: np.ndarray, square: tuple[int, int, int, int]) -> np.ndarray:
    """The pixels of a square (whole photo pixels x0, y0, x1, y1, inside the photo), in one piece of memory."""
    x0, y0, x1, y1 = square
    return np.ascontiguousarray(rgb[y0:y1, x0:x1])


def within_limit(region: np.ndarray, resize: Callable[[np.ndarray, int], np.ndarray] = resized) -> np.ndarray:
    """A square region (S, S, 3) uint8, reduced to NATIVE_LIMIT where it is larger; itself where it is not."""
    return resize(region, NATIVE_LIMIT) if region.shape[0] > NATIVE_LIMIT else region


def re_encode(rgb: np.ndarray, **options: Any) -> np.ndarray:
    """(H, W, 3) uint8 → the same after one JPEG generation; options are Pillow's (quality, qtables, subsampling)."""
    with _in_memory() as file:
        Image.fromarray(rgb).save(file, "JPEG", **options)
        file.seek(0)
        return np.asarray(Image.open(file))


def _in_memory() -> BinaryIO:
    # Into a file of the system Pillow writes without holding the interpreter, so that other threads go on; a memory
    # file is one that no disk ever sees.
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("face"), "w+b")
    return io.BytesIO()


def cut_region(region: np.ndarray, x: float = 0.0, y: float = 0.0) -> FaceCrop:
    """Cut a square native face region (S, S, 3) uint8 RGB into the face and the noise candidates.

    x, y: photo coordinates of the region's corner. The noise candidates come from the region's own pixels where
    WINDOW ≤ S ≤ NATIVE_LIMIT, from the region reduced to NATIVE_LIMIT where it is larger, and from the quarters of
    the resized face where it is smaller than one window (design §3: "only where the face is smaller").
    """
    return _cut(region, within_limit(region), x, y)


def _cut(region: np.ndarray, reduced: np.ndarray, x: float, y: float) -> FaceCrop:
    """`cut_region` of a region whose reduction to NATIVE_LIMIT is known."""
    side = region.shape[0]
    face = resized(region, FACE_SIZE)
    frame = Frame(x, y, side / FACE_SIZE)
    base = face if side < WINDOW else reduced
    base_frame = Frame(x, y, side / base.shape[0])
    starts = window_starts(base.shape[0])
    places = [(left, top) for top in starts for left in starts]
    windows = np.stack([base[top : top + WINDOW, left : left + WINDOW] for left, top in places])
    frames = tuple(base_frame.within(left, top) for left, top in places)
    rounded = (int(x), int(y), int(x) + side, int(y) + side)
    return FaceCrop(face, windows, frame, frames, rounded, native=base is region)


def crop_face(rgb: np.ndarray, box: Edges) -> FaceCrop:
    """Cut the face in `box` out of a photo (H, W, 3) uint8 RGB."""
    return _crop(rgb, _region_of(rgb, box))


def crop_whole(rgb: np.ndarray) -> FaceCrop:
    """Pre-cropped mode: the picture is a face crop already; its central square is the region, no margin added."""
    return _crop(rgb, _region_of(rgb, None))


def _crop(rgb: np.ndarray, region: tuple[int, int, int, int]) -> FaceCrop:
    return cut_region(cut_square(rgb, region), *region[:2])


def crop_twice(rgb: np.ndarray, box: Edges | None) -> tuple[FaceCrop, FaceCrop]:
    """What a verdict is made of: a face, and the same one after its region was saved once more (MILD_QUALITY).

    rgb: photo (H, W, 3) uint8. box: as `crop_face` takes it, None for the pre-cropped mode of `crop_whole`. The second
    crop's frames are those of the region and not of the photo: its numbers are read, its places are the first one's.
    """
    region = _region_of(rgb, box)
    native = cut_square(rgb, region)
    reduced = within_limit(native)
    again = re_encode(reduced, quality=MILD_QUALITY)
    return _cut(native, reduced, *region[:2]), cut_region(again)


def _region_of(rgb: np.ndarray, box: Edges | None) -> tuple[int, int, int, int]:
    height, width = rgb.shape[:2]
    if box is None:
        return face_region((0, 0, width, height), width, height, margin=1.0)
    return face_region(box, width, height)
