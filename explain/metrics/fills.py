"""What stands where cells were taken out of a picture.

No fill is neutral: a flat colour is itself a sign of editing, a blur takes the fine structure that a detector of
forgeries looks at, and a filled picture is no photograph. So a map is tested with several, and has to pass with all.
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from explain.baselines import blurred, mean_colour

FINE = 2
"""Points along a cell's side at which the linear fill is relaxed."""

SWEEPS = 8
"""Relaxations of the linear fill on the fine points, after the exact solution on whole cells."""

NOISE = 0.01
"""Standard deviation of the noise on the linear fill, as a share of the picture's range of values (as ROAD's code)."""

_WEIGHTS = ((1 / 12, 1 / 6, 1 / 12), (1 / 6, 0.0, 1 / 6), (1 / 12, 1 / 6, 1 / 12))
"""Shares of the eight neighbours in a missing point (Rong et al. 2022, ROAD: direct ones 1/6, diagonal ones 1/12)."""


def neighbours(side: int, device: torch.device) -> Tensor:
    """(side², side²), symmetric: row i holds the weights of point i's neighbours on the grid, 1 in all but for those
    that a point at the border lacks.
    """
    points = torch.eye(side * side, device=device).view(-1, 1, side, side)
    spread = F.conv2d(points, torch.tensor(_WEIGHTS, device=device)[None, None], padding=1)
    return spread.view(side * side, side * side)


def solved(known: Tensor, removed: Tensor) -> Tensor:
    """Values of missing points so that each is the weighted mean of its neighbours.

    known: (M, C, n, n), read where not removed. removed: (M, n, n) bool. → (M, C, n, n). Where everything is
    removed there is nothing to go by: those rows hold the mean of `known`.
    """
    count, channels, side, _ = known.shape
    everything = removed.flatten(1).all(dim=1)
    # A row without a known point has no solution; it is solved as if nothing were missing, and then overwritten.
    missing = (removed.flatten(1) & ~everything[:, None]).to(known)
    weights = neighbours(side, known.device)
    values = known.flatten(2).transpose(1, 2)
    # Symmetric and positive definite, so Cholesky: batched LU of PyTorch 2.15 fails on MKL with several threads
    # ("Pivots given to lu_solve must all be greater or equal to 1").
    laplacian = torch.diag(weights.sum(dim=1)) - weights
    system = missing[:, :, None] * laplacian * missing[:, None, :] + torch.diag_embed(1 - missing)
    around = weights @ ((1 - missing)[:, :, None] * values)
    right = torch.where(missing[:, :, None] > 0, around, values)
    found = torch.cholesky_solve(right, torch.linalg.cholesky(system))
    found = found.transpose(1, 2).reshape(count, channels, side, side)
    return torch.where(everything[:, None, None, None], known.mean(dim=(-2, -1), keepdim=True), found)


def by_linear(picture: Tensor, removed: Tensor, noise: Tensor) -> Tensor:
    """Weighted means of what is left around the hole, with a little noise, after ROAD (Rong et al., ICML 2022).

    ROAD solves for every pixel; here the same equations are solved exactly on whole cells and relaxed SWEEPS times on
    FINE × FINE points a cell, which is a hundred times cheaper and, at the scale of a hole of cells, the same.
    """
    count, side, size = len(removed), removed.shape[-1], picture.shape[-1]
    coarse = F.adaptive_avg_pool2d(picture, side).expand(count, -1, -1, -1)
    fine = F.adaptive_avg_pool2d(picture, FINE * side)
    hole = removed[:, None].repeat_interleave(FINE, dim=-2).repeat_interleave(FINE, dim=-1)
    start = F.interpolate(solved(coarse, removed), scale_factor=FINE, mode="bilinear", align_corners=False)
    points = torch.where(hole, start, fine)
    kernel = torch.tensor(_WEIGHTS, device=picture.device).expand(points.shape[1], 1, 3, 3)
    for _ in range(SWEEPS):
        means = F.conv2d(F.pad(points, (1,) * 4, mode="replicate"), kernel, groups=points.shape[1])
        points = torch.where(hole, means, points)
    return F.interpolate(points, size=(size, size), mode="bilinear", align_corners=False) + noise


STILL: dict[str, Callable[[Tensor], Tensor]] = {"mean": mean_colour, "blur": blurred}
"""Fills that do not depend on what was taken out: picture (1, 3, H, W) → what stands in its place."""

FILLS = (*STILL, "linear")
"""All fills by name."""
