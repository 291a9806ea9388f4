"""Self-blended faces: a face pasted onto itself, slightly changed in colour, frequency and geometry.

After the idea of Shiohara and Yamasaki, Detecting Deepfakes with Self-Blended Images (CVPR 2022), without landmarks:
what is left is the seam of a blend and the mismatch across it, which every face swap shares whatever made the face.
"""

import cv2
import numpy as np

from mfclip.training.forgeries.masks import blend, face_mask

RATIOS = (0.25, 0.5, 0.75, 1.0, 1.0, 1.0)
"""How much of the changed face is mixed in, drawn evenly: half of the blends are whole."""


def self_blend(region: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Square region (S, S, 3) uint8 → its face blended with a changed copy of itself, (S, S, 3) uint8.

    Only what is pasted is changed (sharper or softer, so that neither side of the seam is known by it): the
    surroundings stay the original's to the pixel.
    """
    mask = face_mask(region.shape[0], rng) * float(rng.choice(RATIOS))
    return blend(region, moved(_mismatched(region, rng), rng), mask)


def _mismatched(region: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Colour always, and sharpness or resolution in two of three draws."""
    changed = recoloured(region, rng)
    choice = rng.integers(3)
    if choice == 0:
        return changed
    if choice == 1:
        soft = cv2.GaussianBlur(changed, (0, 0), rng.uniform(0.6, 1.6))
        return cv2.addWeighted(changed, 1 + (gain := rng.uniform(0.3, 1.0)), soft, -gain, 0)
    return coarser(changed, rng)


def recoloured(region: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Brightness, contrast, saturation and a tint changed by a few percent each."""
    pixels = region.astype(np.float32)
    grey = pixels.mean(axis=-1, keepdims=True)
    pixels = grey + (pixels - grey) * rng.uniform(0.75, 1.25)
    middle = pixels.mean()
    pixels = middle + (pixels - middle) * rng.uniform(0.88, 1.12) + rng.normal(0, 8) + rng.normal(0, 5, 3)
    return pixels.round().clip(0, 255).astype(np.uint8)


def coarser(region: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Reduced to 40–80 % and enlarged back: a source of lower resolution."""
    side = region.shape[0]
    small = max(int(side * rng.uniform(0.4, 0.8)), 8)
    filters = (cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_NEAREST)
    reduced = cv2.resize(region, (small, small), interpolation=cv2.INTER_AREA)
    return cv2.resize(reduced, (side, side), interpolation=filters[rng.choice(3, p=[0.5, 0.4, 0.1])])


def moved(region: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Shifted by up to 3 %, scaled by up to 5 %, turned by up to 2°, and warped smoothly by up to 1.5 % of the side."""
    side = region.shape[0]
    matrix = cv2.getRotationMatrix2D((side / 2, side / 2), rng.uniform(-2, 2), rng.uniform(0.95, 1.05))
    matrix[:, 2] += rng.uniform(-0.03, 0.03, 2) * side
    turned = cv2.warpAffine(
        region, matrix, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
    )
    coarse = rng.normal(0, 0.006 * side, (5, 5, 2)).astype(np.float32).clip(-0.015 * side, 0.015 * side)
    flow = cv2.resize(coarse, (side, side), interpolation=cv2.INTER_CUBIC)
    return warped(turned, flow)


def warped(region: np.ndarray, flow: np.ndarray) -> np.ndarray:
    """(S, S, 3) uint8 drawn from places displaced by flow (S, S, 2), pixels (x, y)."""
    side = region.shape[0]
    y, x = np.mgrid[:side, :side].astype(np.float32)
    return cv2.remap(
        region, x + flow[..., 0], y + flow[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
    )
