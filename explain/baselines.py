"""What a face is compared with when something is taken from it: pictures that say nothing about forging, or little.

None of them is neutral. A flat colour is blind to parts of the face that have that colour, a blurred face keeps its
coarse shape, and every one of them is itself no photograph: whether a conclusion survives several is what counts.
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torchvision.transforms.functional import gaussian_blur

BLUR_SIGMA = 1 / 14
"""Standard deviation of the blur, as a share of the picture's side: one cell of a 14 × 14 grid."""


def mean_colour(pictures: Tensor) -> Tensor:
    """Pictures (B, 3, H, W) → the same shape, each filled with its own mean colour."""
    return pictures.mean(dim=(-2, -1), keepdim=True).expand_as(pictures).clone()


def blurred(pictures: Tensor) -> Tensor:
    """Pictures (B, 3, H, W) → blurred by a Gaussian of BLUR_SIGMA of their side, cut at three deviations."""
    sigma = BLUR_SIGMA * pictures.shape[-1]
    size = 2 * round(3 * sigma) + 1
    # Along one axis and then the other: the same kernel, a fiftieth of the work.
    return gaussian_blur(gaussian_blur(pictures, [size, 1], [sigma] * 2), [1, size], [sigma] * 2)


def black(pictures: Tensor) -> Tensor:
    """Pictures (B, 3, H, W) → zeros."""
    return torch.zeros_like(pictures)


def white(pictures: Tensor) -> Tensor:
    """Pictures (B, 3, H, W) → 255 everywhere."""
    return torch.full_like(pictures, 255.0)


BASELINES: dict[str, Callable[[Tensor], Tensor]] = {
    "mean colour": mean_colour,
    "blur": blurred,
    "black": black,
    "white": white,
}
"""Fills by name: pictures (B, 3, H, W) RGB 0..255 → what stands in their place."""
