"""Local edits, as a hand with an image editor makes them: warping, inpainting, cloning of another face's feature."""

import cv2
import numpy as np

from mfclip.training.forgeries.blends import recoloured, warped
from mfclip.training.forgeries.masks import blend, blob, feather

FEATURES = {
    "eyes": ((0.5, 0.42), (0.26, 0.08)),
    "left eye": ((0.38, 0.42), (0.11, 0.08)),
    "right eye": ((0.62, 0.42), (0.11, 0.08)),
    "nose": ((0.5, 0.56), (0.11, 0.13)),
    "mouth": ((0.5, 0.72), (0.17, 0.09)),
    "middle": ((0.5, 0.55), (0.24, 0.24)),
}
"""Where a frontal face's features lie in a region: centre and half axes as shares of its side."""


def warp(region: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One to three smooth bumps push, pinch or bloat the face by up to 7 % of the side (a 'liquify' brush)."""
    side = region.shape[0]
    y, x = np.mgrid[:side, :side].astype(np.float32)
    flow = np.zeros((side, side, 2), np.float32)
    for _ in range(rng.integers(1, 4)):
        cx, cy = rng.uniform(0.25, 0.75, 2) * side
        reach = rng.uniform(0.08, 0.22) * side
        fall = np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * reach**2))
        if rng.random() < 0.5:
            push = rng.normal(0, 1, 2)
            push *= rng.uniform(0.02, 0.07) * side / np.linalg.norm(push)
            flow += fall[..., None] * push.astype(np.float32)
        else:
            strength = rng.choice([-1, 1]) * rng.uniform(0.12, 0.3)
            flow += (fall * strength)[..., None] * np.stack([x - cx, y - cy], axis=-1)
    return warped(region, flow)


def inpaint(region: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One to four spots or strokes of the face are filled from their surroundings (Telea 2004, Navier–Stokes)."""
    side = region.shape[0]
    hole = np.zeros((side, side), np.float32)
    for _ in range(rng.integers(1, 5)):
        centre = tuple(rng.uniform(0.25, 0.78, 2))
        axes = tuple(rng.uniform(0.02, 0.09, 2))
        hole = np.maximum(hole, blob(side, centre, axes, rng))
    method = (cv2.INPAINT_TELEA, cv2.INPAINT_NS)[rng.integers(2)]
    filled = cv2.inpaint(region, hole.astype(np.uint8), max(3, side // 80), method)
    return blend(region, filled, feather(hole, rng.choice([0.0, 0.004])))


def clone(region: np.ndarray, other: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One or two features of another face (T, T, 3) uint8 pasted at their place, colours matched, edge feathered."""
    side = region.shape[0]
    donor = cv2.resize(other, (side, side), interpolation=cv2.INTER_AREA if other.shape[0] > side else 1)
    forged = region
    for name in rng.choice(sorted(FEATURES), rng.integers(1, 3), replace=False):
        centre, axes = FEATURES[name]
        mask = blob(side, centre, tuple(np.array(axes) * rng.uniform(0.85, 1.25)), rng)
        matched = _matched(donor, forged, mask)
        if rng.random() < 0.4:
            x, y, width, height = cv2.boundingRect(mask.astype(np.uint8))
            place = (x + width // 2, y + height // 2)
            forged = cv2.seamlessClone(
                matched, forged, (mask * 255).astype(np.uint8), place, cv2.NORMAL_CLONE
            )
        else:
            forged = blend(forged, matched, feather(mask, rng.uniform(0.004, 0.025)))
    return forged


def _matched(donor: np.ndarray, host: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The donor with the mean and spread of the host's colours inside the mask, per channel."""
    inside = mask > 0.5
    pixels = donor.astype(np.float32)
    theirs, ours = pixels[inside], host[inside].astype(np.float32)
    gain = (ours.std(axis=0) / (theirs.std(axis=0) + 1e-3)).clip(0.6, 1.6)
    return ((pixels - theirs.mean(axis=0)) * gain + ours.mean(axis=0)).round().clip(0, 255).astype(np.uint8)


def touch_up(region: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A patch of the face smoothed and recoloured by a soft brush, as make-up and skin retouching do."""
    side = region.shape[0]
    mask = np.zeros((side, side), np.float32)
    for _ in range(rng.integers(1, 4)):
        mask = np.maximum(
            mask, blob(side, tuple(rng.uniform(0.28, 0.75, 2)), tuple(rng.uniform(0.05, 0.16, 2)), rng)
        )
    smooth = cv2.bilateralFilter(region, 9, rng.uniform(20, 60), 3.0)
    return blend(region, recoloured(smooth, rng), feather(mask, rng.uniform(0.01, 0.04)))
