"""Half precision where it is worth it: the two vision streams of a verdict on an accelerator, and nothing else.

The choice of the richest patch counts neighbouring grey levels and the SRM residual is a small difference of large
numbers: both stay in float32, as do text, head and decision. Explanations use the model itself and never come here.
"""

import copy
from typing import Any, cast

import torch
from torch import Tensor, nn

from mfclip.model import MFCLIP, ImageEncoder, NoiseEncoder


def verdict_precision(device: torch.device) -> torch.dtype:
    """What verdicts are computed in on a device: float16 on CUDA, float32 elsewhere.

    float16 and not bfloat16: the streams are normalised layer by layer, so its range is enough, and its rounding is an
    eighth of bfloat16's.
    """
    return torch.float16 if device.type == "cuda" else torch.float32


def keep_float32_whole() -> None:
    """Forbid TF32 in convolutions, which PyTorch allows by default on CUDA.

    Its ten bits of mantissa round a sum of grey levels by up to a quarter of a level, which is as much as the SRM
    residual of a smooth patch; "float32" would then mean something else on a GPU than on the CPU.
    """
    torch.backends.cudnn.allow_tf32 = False


class _InHalf(nn.Module):
    """A stream's encoder with its layers under autocast: float32 goes in and comes out, the residual stays float32."""

    def __init__(self, encoder: ImageEncoder | NoiseEncoder, precision: torch.dtype) -> None:
        super().__init__()
        self.encoder, self.precision = encoder, precision

    def residual(self, patches: Tensor) -> Tensor:
        return cast(NoiseEncoder, self.encoder).residual(patches)

    def forward(self, pixels: Tensor, need_weights: bool = False) -> tuple[Tensor, Any]:
        with torch.autocast(pixels.device.type, self.precision):
            embedding, tokens = self.encoder(pixels, need_weights)
        return embedding.float(), tokens


def with_streams_in(model: MFCLIP, precision: torch.dtype) -> MFCLIP:
    """The same model, weights shared, whose two vision streams compute in `precision`; itself for float32.

    precision: float16 or bfloat16. Embeddings come out as float32 (B, D) and differ by the rounding of the layers.
    """
    if precision == torch.float32:
        return model
    light = copy.copy(model)
    # A copy of a module shares its table of parts: the original must keep its own streams.
    light._modules = dict(model._modules)
    light.image = _InHalf(model.image, precision)  # type: ignore[assignment]
    light.noise = _InHalf(model.noise, precision)  # type: ignore[assignment]
    return light
