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
    red, green, blue = (patches.float() / 255).unbind(dim=-3)
    grey = LUMA[0] * red + LUMA[1] * green + LUMA[2] * blue
    return (grey * 255).to(torch.int16)


def homogeneity(grey: Tensor) -> Tensor:
    """Co-occurrence homogeneity of integer grey patches (..., H, W) → (...) float32 in (0, 1]; 1 is flat.

    Equals scikit-image's graycoprops(graycomatrix(p, [1], [0], symmetric=True, normed=True), 'homogeneity').
    """
    difference = (grey[..., 1:].int() - grey[..., :-1].int()).double()
    return (1 / (1 + difference * difference)).mean(dim=(-2, -1)).float()


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
