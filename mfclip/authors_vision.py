"""The published vision encoder, computed as the authors' `MVE.py` computes it at batch slot 0.

Kept for parity, for weights that may appear, and as the teaching example of dead inputs. Its faults are kept on
purpose and named: one token a stream, the face transposed, a place that belongs to the batch slot and not to the
token, an attention scale of width^-0.5. The last is folded into the query weights when a published state dict is
converted (`convert.py`), so that the same attention function serves. Slot 0's position is used for every row, which
is what the published code does for one face at a time; rows are therefore independent here too.
"""

import torch
from open_clip.transformer import Transformer
from torch import Tensor, nn

from mfclip.attention import run_transformer
from mfclip.config import ImageConfig, NoiseConfig
from mfclip.noise import srm_residual
from mfclip.preprocess import FACE_SIZE, WINDOW
from mfclip.vision import Tokens

STEM_DEPTHS = (3, 3, 3, 4, 4)
"""Convolutions in each stage of the VGG-like image stem, ended by a 2×2 maximum (authors' MVE.py)."""

NOISE_DEPTHS = (3, 3)


def vgg_stem(widths: tuple[int, ...], depths: tuple[int, ...]) -> nn.Sequential:
    """Stages of 3×3 convolution, batch normalisation, ReLU, each stage ended by a 2×2 maximum.

    Laid out flat so that the positions equal the published keys (`features.0`, `features.1`, `features.3`, …).
    """
    layers: list[nn.Module] = []
    inputs = 3
    for width, depth in zip(widths, depths, strict=True):
        for _ in range(depth):
            layers += [nn.Conv2d(inputs, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU()]
            inputs = width
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers)


class SingleToken(nn.Module):
    """A whole feature map flattened into one token behind a class token: attention over two tokens, no places."""

    def __init__(self, cells: int, width: int, layers: int, heads: int, slots: int = 24) -> None:
        super().__init__()
        self.slot_positions = nn.Parameter(torch.zeros(slots, 1, width))
        self.class_token = nn.Parameter(torch.zeros(1, 1, width))
        self.to_token = nn.Linear(cells, width)
        self.transformer = Transformer(width, layers, heads)

    def forward(self, features: Tensor, need_weights: bool) -> tuple[Tensor, Tokens]:
        """Feature map (B, C, H, W) → class token (B, W) and the two tokens; flattened channels-last, as published."""
        token = self.to_token(features.permute(0, 2, 3, 1).flatten(1))[:, None]
        tokens = (
            torch.cat([self.class_token.expand(len(token), -1, -1), token], dim=1) + self.slot_positions[:1]
        )
        hidden, weights = run_transformer(self.transformer, tokens, need_weights=need_weights)
        return hidden[:, 0], (hidden, weights)


class AuthorsImageEncoder(nn.Module):
    """VGG stem over the transposed face, one token."""

    def __init__(self, config: ImageConfig, embed_dim: int) -> None:
        super().__init__()
        self.features = vgg_stem(config.stem, STEM_DEPTHS)
        cells = config.stem[-1] * (FACE_SIZE >> len(config.stem)) ** 2
        self.token = SingleToken(cells, embed_dim, config.layers, config.heads)

    def forward(self, faces: Tensor, need_weights: bool = False) -> tuple[Tensor, Tokens]:
        """Faces (B, 3, 224, 224) RGB 0..255 → embedding (B, 512) and the two tokens."""
        return self.token(self.features(faces.transpose(2, 3)), need_weights)


class AuthorsNoiseEncoder(nn.Module):
    """SRM residual of image/255, stem, one token."""

    def __init__(self, config: NoiseConfig, embed_dim: int) -> None:
        super().__init__()
        self.features = vgg_stem(config.stem, NOISE_DEPTHS)
        cells = config.stem[-1] * (WINDOW >> len(config.stem)) ** 2
        self.token = SingleToken(cells, embed_dim, config.layers, config.heads)

    def residual(self, patches: Tensor) -> Tensor:
        """Patches (B, 3, 112, 112) RGB 0..255 → SRM residual (B, 3, 112, 112) of the sum of channels on 0..1."""
        return srm_residual(patches, scale=1 / 255, padding="constant")

    def forward(self, residual: Tensor, need_weights: bool = False) -> tuple[Tensor, Tokens]:
        """Residual (B, 3, 112, 112) → embedding (B, 512) and the two tokens."""
        return self.token(self.features(residual), need_weights)
