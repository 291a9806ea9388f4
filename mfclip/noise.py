"""The noise a camera leaves and a generator does not: the SRM residual.

Three fixed 5×5 high-pass kernels of the steganalysis rich model (Fridrich and Kodovský, IEEE TIFS 2012), as used by
the authors' `MVE.py`: the 3×3 and 5×5 second-order kernels of Kodovský–Böhme type and a horizontal second difference,
each summed over R, G and B, truncated to ±LIMIT.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

LIMIT = 3.0
"""Truncation of the residual (authors' Hardtanh)."""

BORDER = 2
"""Pixels at each side of the residual that the 5×5 kernel computes from padding."""

_SQUARE_3 = ((0, 0, 0, 0, 0), (0, -1, 2, -1, 0), (0, 2, -4, 2, 0), (0, -1, 2, -1, 0), (0, 0, 0, 0, 0))
_SQUARE_5 = (
    (-1, 2, -2, 2, -1),
    (2, -6, 8, -6, 2),
    (-2, 8, -12, 8, -2),
    (2, -6, 8, -6, 2),
    (-1, 2, -2, 2, -1),
)
_LINE = ((0, 0, 0, 0, 0), (0, 0, 0, 0, 0), (0, 1, -2, 1, 0), (0, 0, 0, 0, 0), (0, 0, 0, 0, 0))


def srm_kernels() -> Tensor:
    """(3, 1, 5, 5) float32: the integer kernels over their normalisers 4, 12 and 2."""
    kernels = [
        torch.tensor(k, dtype=torch.float32) / q for k, q in ((_SQUARE_3, 4), (_SQUARE_5, 12), (_LINE, 2))
    ]
    return torch.stack(kernels)[:, None]


def srm_residual(patches: Tensor, scale: float, padding: str) -> Tensor:
    """Residual of patches (B, 3, H, W), values 0..255 → (B, 3, H, W), one map a kernel, within ±LIMIT.

    scale: what the pixel values are multiplied by before filtering. The authors use 1/255, at which the truncation
    never acts (measured: 0.0 % of a photo's values); the repaired family uses 1/3, the mean of the three channels in
    grey levels, at which it does what the rich model means it to.
    padding: 'constant' (authors: a bright frame of BORDER pixels) or 'reflect' (repaired).
    """
    grey = patches.float().sum(dim=1, keepdim=True) * scale
    padded = F.pad(grey, (BORDER,) * 4, mode=padding)
    return F.conv2d(padded, srm_kernels().to(padded)).clamp(-LIMIT, LIMIT)
