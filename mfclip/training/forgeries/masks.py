"""Soft masks over a face region, without landmarks: the region is centred on the face box and 1.3 times as long."""

import cv2
import numpy as np

HALF_HEIGHT, HALF_WIDTH = 0.36, 0.28
"""Half axes of a frontal face as shares of the region's side (box / margin / 2; faces are about 0.78 as wide)."""


def blob(
    side: int, centre: tuple[float, float], axes: tuple[float, float], rng: np.random.Generator
) -> np.ndarray:
    """A filled, wobbling ellipse, (side, side) float32 of 0 and 1.

    centre, axes: (x, y) as shares of the side; the outline is disturbed by three harmonics of up to a tenth each.
    """
    angle = np.linspace(0, 2 * np.pi, 72, endpoint=False)
    radius = np.ones_like(angle)
    for harmonic in (2, 3, 5):
        radius += rng.uniform(0, 0.1) * np.cos(harmonic * angle + rng.uniform(0, 2 * np.pi))
    x = (centre[0] + axes[0] * radius * np.cos(angle)) * side
    y = (centre[1] + axes[1] * radius * np.sin(angle)) * side
    mask = np.zeros((side, side), np.float32)
    cv2.fillPoly(mask, [np.stack([x, y], axis=1).round().astype(np.int32)], 1.0)
    return mask


def feather(mask: np.ndarray, share: float) -> np.ndarray:
    """Blur a mask's edge by a Gaussian of `share` of its side; 0 leaves it hard."""
    sigma = share * mask.shape[0]
    return mask if sigma < 0.3 else cv2.GaussianBlur(mask, (0, 0), sigma)


def face_mask(side: int, rng: np.random.Generator) -> np.ndarray:
    """A mask over the whole inner face or a part of it (upper, lower, left, right, middle), feathered, 0..1."""
    size = rng.uniform(0.75, 1.1)
    centre = (0.5 + rng.normal(0, 0.015), 0.52 + rng.normal(0, 0.02))
    mask = blob(side, centre, (HALF_WIDTH * size, HALF_HEIGHT * size), rng)
    part = rng.integers(8)  # half of the masks are whole faces
    cut = int(side * rng.uniform(0.45, 0.6))
    if part == 0:
        mask[:cut] = 0
    elif part == 1:
        mask[cut:] = 0
    elif part == 2:
        mask[:, :cut] = 0
    elif part == 3:
        mask[: int(side * rng.uniform(0.3, 0.45))] = 0
        mask[int(side * rng.uniform(0.6, 0.75)) :] = 0
    return feather(mask, rng.choice([0.0, 0.006, 0.012, 0.025, 0.04]))


def blend(below: np.ndarray, above: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """(S, S, 3) uint8 pictures and a mask (S, S) of 0..1 → `above` where the mask is 1, `below` where it is 0."""
    weight = mask[..., None]
    mixed = below.astype(np.float32) * (1 - weight) + above.astype(np.float32) * weight
    return mixed.round().clip(0, 255).astype(np.uint8)
