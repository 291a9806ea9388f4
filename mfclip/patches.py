"""The richest patch: grey-level co-occurrence homogeneity in closed form.

For distance 1, angle 0, a symmetric, normalised co-occurrence matrix P, homogeneity Σ P(i,j)/(1+(i−j)²) is the mean of
1/(1+d²) over all horizontal neighbours, d their difference in grey levels: the matrix never has to be built. The
authors call scikit-image's `graycomatrix` and `graycoprops` patch by patch on the CPU; the closed form gives the same
number for whole batches on any device. The richest patch is the one of *lowest* homogeneity (authors' code, MVE.py,
where the variable is misnamed `max_homogeneity_index`).
"""

import torch
from torch import Tensor

LUMA = (0.2989, 0.587, 0.114)
"""Weights of R, G, B in the authors' grey patch (float32, in this order; the last digits decide ties)."""


def grey_levels(patches: Tensor) -> Tensor:
    """(..., 3, H, W) RGB 0..255 → int16 grey levels 0..255 (..., H, W), cut off as a cast to uint8 does.

    The published code weighs the 0..1 picture in float32 and casts 255 times it: the same order of operations is
    kept here, since neighbouring grey levels are what homogeneity counts.
    """
    red, green, blue = patches.detach().float().unbind(dim=-3)
    # In place, channel by channel: the same roundings as on the whole picture, in half the time.
    grey = (red / 255).mul_(LUMA[0])
    part = (green / 255).mul_(LUMA[1])
    grey.add_(part).add_(torch.div(blue, 255, out=part).mul_(LUMA[2]))
    return grey.mul_(255).to(torch.int16)


def homogeneity(grey: Tensor) -> Tensor:
    """Co-occurrence homogeneity of grey patches (..., H, W), whole numbers 0..255 → (...) float32 in (0, 1]; 1 is flat.

    Equals scikit-image's graycoprops(graycomatrix(p, [1], [0], symmetric=True, normed=True), 'homogeneity') to
    float32's last digits: rows are summed in float32, the rows' sums in float64.
    """
    levels = grey.to(torch.int16)  # differences of bytes would wrap
    terms = (levels[..., 1:] - levels[..., :-1]).float()
    count = terms.shape[-2] * terms.shape[-1]
    terms.mul_(terms).add_(1).reciprocal_()
    return (terms.sum(dim=-1).sum(dim=-1, dtype=torch.float64) / count).float()


def quarters(faces: Tensor) -> Tensor:
    """Cut (B, 3, 2·S, 2·S) into its four quarters (B, 4, 3, S, S), row-major; gradients flow through."""
    batch, channels, height, width = faces.shape
    cut = faces.reshape(batch, channels, 2, height // 2, 2, width // 2)
    return cut.permute(0, 2, 4, 1, 3, 5).reshape(batch, 4, channels, height // 2, width // 2)


def choose_richest(windows: Tensor) -> tuple[Tensor, Tensor]:
    """Score candidates (B, N, 3, H, W), 0..255 → homogeneity (B, N) and index of the richest (B,) int64.

    Not differentiable, and not meant to be: the choice is made on rounded grey levels, as published.
    """
    with torch.no_grad():
        scores = homogeneity(grey_levels(windows.detach()))
        return scores, scores.argmin(dim=1)


def take(windows: Tensor, index: Tensor) -> Tensor:
    """The chosen candidate of each row: (B, N, 3, H, W), (B,) → (B, 3, H, W); gradients flow through."""
    return windows[torch.arange(windows.shape[0], device=windows.device), index]
