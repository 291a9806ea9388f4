"""What may have happened to a picture before it is looked at, drawn for both classes from this one place.

Formats betray sources: in the training photographs the label can be guessed from file size and JPEG tables alone. So
every picture, real or forged, in training and in testing, passes through a history drawn from the distributions here,
and a real face and the forgery made of it share the very same draw, noise included.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from PIL import Image

from mfclip.preprocess import re_encode

FILTERS = (Image.Resampling.BILINEAR, Image.Resampling.BICUBIC, Image.Resampling.LANCZOS)
SHORTEST = 112
"""No history reduces a face region below this many pixels a side: one window of the noise stream."""


@dataclass(frozen=True)
class History:
    """One draw, in the order in which it happens.

    crop: (left, top, side) as shares of the region. earlier: quality of a JPEG generation before anything else, 0 for
    none. soften: the side is reduced to this share and enlarged back (1 for not at all): ordinary blur happens to real
    pictures too, and must not be what tells a forgery. sharpen: weight of an unsharp mask, 0 for none. scale: of the
    side. gain, offset: per-channel colour change, (3,) each. noise: standard deviation in grey levels, and the seed of
    its draw. quality: JPEG, 0 for none; subsampling: Pillow's 0 (4:4:4), 1 (4:2:2), 2 (4:2:0).
    """

    crop: tuple[float, float, float] = (0.0, 0.0, 1.0)
    flip: bool = False
    earlier: int = 0
    soften: float = 1.0
    sharpen: float = 0.0
    scale: float = 1.0
    filter: Image.Resampling = FILTERS[0]
    gain: tuple[float, float, float] = (1.0,) * 3
    offset: tuple[float, float, float] = (0.0,) * 3
    noise: float = 0.0
    seed: int = 0
    quality: int = 0
    subsampling: int = 0


UNTOUCHED = History()
"""The history that leaves a picture as it is."""


def draw_history(rng: np.random.Generator, resaved: bool = True) -> History:
    """A training history: jittered crop, flip and colour; if `resaved`, also what files go through.

    That is: rescaling by 0.5–1.3 in half the draws, JPEG 60–98 in five of six, an earlier JPEG, softening, sharpening
    and noise each in an eighth to a fifth.
    """
    side = rng.uniform(0.8, 1.0)
    colour = rng.random() < 0.5
    shared, tint = (rng.normal(0, 0.08), rng.normal(0, 0.04, 3)) if colour else (0.0, np.zeros(3))
    light = rng.normal(0, 8) + rng.normal(0, 3, 3) if colour else np.zeros(3)
    looks = History(
        crop=(rng.uniform(0, 1 - side), rng.uniform(0, 1 - side), side),
        flip=bool(rng.random() < 0.5),
        gain=tuple(1 + shared + tint),
        offset=tuple(light),
    )
    if not resaved:
        return looks
    focus = rng.random()  # a picture is softened or sharpened, not both
    return replace(
        looks,
        earlier=int(rng.integers(70, 99)) if rng.random() < 0.2 else 0,
        soften=float(rng.uniform(0.4, 0.95)) if focus < 0.2 else 1.0,
        sharpen=float(rng.uniform(0.2, 1.2)) if focus > 0.88 else 0.0,
        scale=float(rng.uniform(0.5, 1.3)) if rng.random() < 0.5 else 1.0,
        filter=FILTERS[rng.integers(len(FILTERS))],
        noise=float(rng.uniform(0.5, 4)) if rng.random() < 0.12 else 0.0,
        seed=int(rng.integers(2**31)),
        quality=int(rng.integers(60, 99)) if rng.random() < 5 / 6 else 0,
        subsampling=int(rng.integers(3)),
    )


def draw_test_history(rng: np.random.Generator) -> History:
    """A history for validation and test: rescaling 0.5–1.3 in half the draws, JPEG 60–95 in five of six."""
    return History(
        scale=float(rng.uniform(0.5, 1.3)) if rng.random() < 0.5 else 1.0,
        filter=FILTERS[rng.integers(len(FILTERS))],
        quality=int(rng.integers(60, 96)) if rng.random() < 5 / 6 else 0,
        subsampling=int(rng.integers(3)),
    )


def resize_square(region: np.ndarray, side: int, filter: Image.Resampling) -> np.ndarray:
    """(S, S, 3) uint8 → (side, side, 3) uint8."""
    return np.asarray(Image.fromarray(region).resize((side, side), filter))


def apply_history(region: np.ndarray, history: History) -> np.ndarray:
    """Square region (S, S, 3) uint8 → what is left of it, square, uint8."""
    size = region.shape[0]
    left, top, side = (int(round(share * size)) for share in history.crop)
    side = min(side, size - max(left, top))
    region = region[top : top + side, left : left + side]
    if history.flip:
        region = region[:, ::-1]
    region = np.ascontiguousarray(region)
    if history.earlier:
        region = re_encode(region, quality=history.earlier, subsampling=history.subsampling)
    if history.soften != 1:
        small = max(int(side * history.soften), 2)
        region = resize_square(resize_square(region, small, Image.Resampling.LANCZOS), side, history.filter)
    if history.sharpen:
        soft = cv2.GaussianBlur(region, (0, 0), 1.0)
        region = cv2.addWeighted(region, 1 + history.sharpen, soft, -history.sharpen, 0)
    target = max(int(round(side * history.scale)), min(side, SHORTEST))
    if target != side:
        region = resize_square(region, target, history.filter)
    region = _recorded(region, history)
    if history.quality:
        region = re_encode(region, quality=history.quality, subsampling=history.subsampling)
    return region


def _recorded(region: np.ndarray, history: History) -> np.ndarray:
    """Colour and noise, rounded once."""
    coloured = history.gain != (1.0,) * 3 or history.offset != (0.0,) * 3
    if not coloured and not history.noise:
        return region
    changed = region.astype(np.float32)
    if coloured:
        changed = changed * np.asarray(history.gain, np.float32) + np.asarray(history.offset, np.float32)
    if history.noise:
        rng = np.random.default_rng(history.seed)
        changed += history.noise * rng.standard_normal(changed.shape, dtype=np.float32)
    return changed.round().clip(0, 255).astype(np.uint8)
