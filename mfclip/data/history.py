"""What may have happened to a picture before it is looked at: resizing and JPEG, drawn for both classes alike.

Formats betray sources: in the training photographs the label can be guessed from file size and JPEG tables alone. So
every picture, real or forged, in training and in testing, passes through a history drawn from the one distribution
here, and a real face and its copy share the very same draw.
"""

from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from mfclip.preprocess import re_encode

FILTERS = (Image.Resampling.BILINEAR, Image.Resampling.BICUBIC, Image.Resampling.LANCZOS)
SHORTEST = 112
"""No history reduces a face region below this many pixels a side: one window of the noise stream."""


@dataclass(frozen=True)
class History:
    """One draw. crop: (left, top, side) as shares of the region; scale: of its side; quality: JPEG, 0 for none.

    soften: the side is reduced to this share and enlarged back (1 for not at all): ordinary blur happens to real
    pictures too, and must not be what tells a copy.
    subsampling: Pillow's 0 (4:4:4), 1 (4:2:2), 2 (4:2:0). gain, offset: per-channel colour change, (3,) each.
    """

    crop: tuple[float, float, float]
    flip: bool
    soften: float
    scale: float
    filter: Image.Resampling
    quality: int
    subsampling: int
    gain: tuple[float, float, float]
    offset: tuple[float, float, float]


UNTOUCHED = History((0.0, 0.0, 1.0), False, 1.0, 1.0, FILTERS[0], 0, 0, (1.0,) * 3, (0.0,) * 3)
"""The history that leaves a picture as it is."""


def draw_history(rng: np.random.Generator) -> History:
    """A training history: jittered crop, flip, rescaling in half the draws, JPEG 60–98 in five of six, colour."""
    side = rng.uniform(0.86, 1.0)
    colour = rng.random() < 0.5
    shared, tint = (rng.normal(0, 0.08), rng.normal(0, 0.04, 3)) if colour else (0.0, np.zeros(3))
    light = rng.normal(0, 8) + rng.normal(0, 3, 3) if colour else np.zeros(3)
    return History(
        crop=(rng.uniform(0, 1 - side), rng.uniform(0, 1 - side), side),
        flip=bool(rng.random() < 0.5),
        soften=float(rng.uniform(0.5, 0.9)) if rng.random() < 0.2 else 1.0,
        scale=float(rng.uniform(0.5, 1.3)) if rng.random() < 0.5 else 1.0,
        filter=FILTERS[rng.integers(len(FILTERS))],
        quality=int(rng.integers(60, 99)) if rng.random() < 5 / 6 else 0,
        subsampling=int(rng.integers(3)),
        gain=tuple(1 + shared + tint),
        offset=tuple(light),
    )


def draw_test_history(rng: np.random.Generator) -> History:
    """A history for validation and test: rescaling and JPEG 60–95 as in training, no crop jitter, flip or colour."""
    drawn = draw_history(rng)
    quality = int(rng.integers(60, 96)) if drawn.quality else 0
    return replace(
        UNTOUCHED,
        quality=quality,
        scale=drawn.scale,
        filter=drawn.filter,
        subsampling=drawn.subsampling,
    )


def apply_history(region: np.ndarray, history: History) -> np.ndarray:
    """Square region (S, S, 3) uint8 → what is left of it, square, uint8."""
    size = region.shape[0]
    left, top, side = (int(round(share * size)) for share in history.crop)
    side = min(side, size - max(left, top))
    region = region[top : top + side, left : left + side]
    if history.flip:
        region = region[:, ::-1]
    region = np.ascontiguousarray(region)
    if history.soften != 1:
        small = max(int(side * history.soften), 2)
        picture = Image.fromarray(region).resize((small, small), Image.Resampling.LANCZOS)
        region = np.asarray(picture.resize((side, side), history.filter))
    target = max(int(round(side * history.scale)), min(side, SHORTEST))
    if target != side:
        region = np.asarray(Image.fromarray(region).resize((target, target), history.filter))
    if history.gain != (1.0,) * 3 or history.offset != (0.0,) * 3:
        changed = region * np.asarray(history.gain, np.float32) + np.asarray(history.offset, np.float32)
        region = changed.round().clip(0, 255).astype(np.uint8)
    if history.quality:
        region = re_encode(region, quality=history.quality, subsampling=history.subsampling)
    return region
