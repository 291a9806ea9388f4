"""The multi-modal vision encoder: an image stream over the face, a noise stream over its richest patch, their sum.

The repaired encoders (`ConvImageEncoder`, `ClipImageEncoder`, `GridNoiseEncoder`) keep the parts of the paper's figure
and mend what the published code does to them: tokens have places, there is more than one of them, the face is not
transposed, and no number depends on a face's place in the batch. The published ones are in `authors_vision.py`.
"""

from typing import cast

import torch
from open_clip.transformer import Transformer, VisionTransformer
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.fusion import fuse_conv_bn_weights

from mfclip.attention import run_to_first, run_transformer
from mfclip.config import ImageConfig, NoiseConfig
from mfclip.efficientnet import EfficientNetTrunk
from mfclip.language import ACTIVATIONS
from mfclip.noise import srm_residual
from mfclip.preprocess import FACE_SIZE, WINDOW

Tokens = tuple[Tensor, tuple[Tensor, ...]]
"""Hidden states and attention weights (B, H, L, L) per layer. With the weights asked for, every token's hidden state,
(B, 1 + cells, W), class token first; otherwise the class token's alone, (B, 1, W), and no weights."""

CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)
CLIP_STD = (0.26862954, 0.26130258, 0.27577711)
"""Channel statistics of CLIP's training pictures (openai/CLIP, preprocessing), on the 0..1 scale."""

INIT_STD = 0.02
TOKEN_SCALE = 0.25
"""Of the fresh weights after ImageNet's trunk, whose maps are large beside the tokens' places (INIT_STD)."""


class Convolution(nn.Sequential):
    """3×3 convolution, batch normalisation, ReLU; (B, inputs, H, W) → (B, outputs, H/stride, W/stride).

    Where nothing is learned or differentiated, the normalisation is folded into the convolution's weights, which
    spares a pass over memory (a sixth of a stream's time) and moves a number by float32's last digits.
    """

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
        )

    def forward(self, pixels: Tensor) -> Tensor:
        """(B, inputs, H, W) → (B, outputs, H/stride, W/stride)."""
        if self.training or torch.is_grad_enabled():
            return super().forward(pixels)
        convolution, norm, activation = cast(tuple[nn.Conv2d, nn.BatchNorm2d, nn.ReLU], tuple(self))
        weight, bias = fuse_conv_bn_weights(
            convolution.weight,
            convolution.bias,
            cast(Tensor, norm.running_mean),
            cast(Tensor, norm.running_var),
            norm.eps,
            norm.weight,
            norm.bias,
        )
        folded = F.conv2d(pixels, weight, bias, convolution.stride, convolution.padding)
        return cast(Tensor, activation(folded))


def run_visual(transformer: Transformer, tokens: Tensor, need_weights: bool) -> Tokens:
    """Blocks on tokens (B, L, W), of whose last output only the class token is read."""
    if need_weights:
        return run_transformer(transformer, tokens, need_weights=True)
    return run_to_first(transformer, tokens)[:, None], ()


class GridTransformer(nn.Module):
    """Cells of a feature map as tokens with a place each, a class token before them, transformer blocks."""

    def __init__(
        self, width: int, side: int, layers: int, heads: int, activation: str, embed_dim: int
    ) -> None:
        super().__init__()
        self.side = side
        self.class_token = nn.Parameter(INIT_STD * torch.randn(width))
        self.positions = nn.Parameter(INIT_STD * torch.randn(side * side + 1, width))
        self.transformer = Transformer(width, layers, heads, act_layer=ACTIVATIONS[activation])
        self.ln_post = nn.LayerNorm(width)
        self.projection = nn.Linear(width, embed_dim, bias=False)

    def tokens(self, cells: Tensor) -> Tensor:
        """Feature map (B, W, side, side) → tokens with places (B, 1 + side², W), cells row-major."""
        flat = cells.flatten(2).transpose(1, 2)
        first = self.class_token.to(flat).expand(flat.shape[0], 1, -1)
        return torch.cat([first, flat], dim=1) + self.positions

    def read(self, tokens: Tensor, need_weights: bool = False) -> tuple[Tensor, Tokens]:
        """Tokens (B, L, W) → embedding (B, D) read at the class token, and the hidden states with attention."""
        hidden, weights = run_visual(self.transformer, tokens, need_weights)
        return self.projection(self.ln_post(hidden[:, 0])), (hidden, weights)


def plain_stem(config: ImageConfig) -> nn.Sequential:
    """Convolutions from scratch, a stage a halving; (B, 3, 224, 224) → (B, width, 224/patch, 224/patch).

    Raises ValueError where stem, patch and width do not fit each other.
    """
    layers, inputs = [], 3
    for depth, width in enumerate(config.stem):
        layers.append(Convolution(inputs, width, stride=2))
        if depth:
            layers.append(Convolution(width, width))
        inputs = width
    if config.patch != 2 ** len(config.stem) or config.stem[-1] != config.width:
        raise ValueError(
            f"A stem of {config.stem} halves the face {len(config.stem)} times and ends at {config.stem[-1]} "
            f"channels; patch {config.patch} and width {config.width} do not fit it: change one of them."
        )
    return nn.Sequential(*layers)


def efficientnet_stem(config: ImageConfig) -> nn.Sequential:
    """EfficientNet's first stages, and their channels turned into tokens; shapes as those of `plain_stem`.

    Raises ValueError where stem and patch do not fit each other.
    """
    trunk = EfficientNetTrunk(config.stem)
    if config.patch != trunk.reduction:
        raise ValueError(
            f"EfficientNet's stem of {config.stem} makes the face {trunk.reduction} times smaller; tokens of "
            f"{config.patch} px do not fit it: change one of them."
        )
    tokens = nn.Conv2d(config.stem[-1], config.width, 1)
    with torch.no_grad():
        tokens.weight *= TOKEN_SCALE
    return nn.Sequential(trunk, tokens)


STEMS = {"conv": plain_stem, "efficientnet": efficientnet_stem}


class ConvImageEncoder(nn.Module):
    """Convolutional stem to a token grid over the face, then a transformer."""

    def __init__(self, config: ImageConfig, embed_dim: int) -> None:
        super().__init__()
        self.stem = STEMS[config.kind](config)
        side = FACE_SIZE // config.patch
        self.grid = GridTransformer(
            config.width, side, config.layers, config.heads, config.activation, embed_dim
        )

    def forward(self, faces: Tensor, need_weights: bool = False) -> tuple[Tensor, Tokens]:
        """Faces (B, 3, 224, 224) RGB 0..255 → embedding (B, D) and tokens."""
        cells = self.stem((faces / 127.5 - 1).contiguous(memory_format=torch.channels_last))
        return self.grid.read(self.grid.tokens(cells), need_weights)


class ClipImageEncoder(nn.Module):
    """An open_clip visual tower, run through our attention so that its weights can be seen."""

    mean: Tensor
    std: Tensor

    def __init__(self, config: ImageConfig, embed_dim: int) -> None:
        super().__init__()
        self.tower = VisionTransformer(
            image_size=FACE_SIZE,
            patch_size=config.patch,
            width=config.width,
            layers=config.layers,
            heads=config.heads,
            mlp_ratio=4.0,
            output_dim=embed_dim,
            act_layer=ACTIVATIONS[config.activation],
        )
        self.register_buffer("mean", torch.tensor(CLIP_MEAN).view(3, 1, 1) * 255, persistent=False)
        self.register_buffer("std", torch.tensor(CLIP_STD).view(3, 1, 1) * 255, persistent=False)

    def forward(self, faces: Tensor, need_weights: bool = False) -> tuple[Tensor, Tokens]:
        """Faces (B, 3, 224, 224) RGB 0..255 → embedding (B, D) and tokens."""
        tower = self.tower
        cells = tower.conv1((faces - self.mean) / self.std).flatten(2).transpose(1, 2)
        first = tower.class_embedding.to(cells).expand(cells.shape[0], 1, -1)
        x = tower.ln_pre(torch.cat([first, cells], dim=1) + tower.positional_embedding)
        hidden, weights = run_visual(tower.transformer, x, need_weights)
        return tower.ln_post(hidden[:, 0]) @ tower.proj, (hidden, weights)


def grey_residual(patches: Tensor) -> Tensor:
    """Patches (B, 3, 112, 112) RGB 0..255 → SRM residual (B, 3, 112, 112) of their mean grey level, ±3."""
    return srm_residual(patches, scale=1 / 3, padding="reflect")


class GridNoiseEncoder(nn.Module):
    """SRM residual of the richest patch, convolutional stem at full resolution, a grid of tokens, transformer.

    The stem starts without a stride: what this stream is for lives in neighbouring pixels.
    """

    def __init__(self, config: NoiseConfig, embed_dim: int) -> None:
        super().__init__()
        layers, inputs = [], 3
        for depth, width in enumerate(config.stem):
            layers.append(Convolution(inputs, width, stride=2 if depth else 1))
            if depth:
                layers.append(Convolution(width, width))
            inputs = width
        reduction = 2 ** (len(config.stem) - 1)
        if config.patch % reduction or config.stem[-1] != config.width:
            raise ValueError(
                f"A stem of {config.stem} reduces the patch by {reduction} and ends at {config.stem[-1]} channels; "
                f"tokens of {config.patch} px and width {config.width} do not fit it: change one of them."
            )
        self.stem = nn.Sequential(*layers, nn.AvgPool2d(config.patch // reduction))
        side = WINDOW // config.patch
        self.grid = GridTransformer(config.width, side, config.layers, config.heads, "gelu", embed_dim)

    def residual(self, patches: Tensor) -> Tensor:
        """Patches (B, 3, 112, 112) RGB 0..255 → SRM residual (B, 3, 112, 112) of their mean grey level, ±3."""
        return grey_residual(patches)

    def forward(self, residual: Tensor, need_weights: bool = False) -> tuple[Tensor, Tokens]:
        """Residual (B, 3, 112, 112) → embedding (B, D) and tokens."""
        cells = self.stem(residual.contiguous(memory_format=torch.channels_last))
        return self.grid.read(self.grid.tokens(cells), need_weights)


class AbsentNoiseEncoder(nn.Module):
    """A noise stream that says nothing (an ablation): the richest patch is still chosen and shown, and changes nothing.

    No parameters. Its zeros hang on the residual, so that asking for their gradient gives zeros and no error.
    """

    def __init__(self, config: NoiseConfig, embed_dim: int) -> None:
        super().__init__()
        self.embed_dim = embed_dim

    def residual(self, patches: Tensor) -> Tensor:
        """Patches (B, 3, 112, 112) RGB 0..255 → the residual that a noise stream would see, (B, 3, 112, 112)."""
        return grey_residual(patches)

    def forward(self, residual: Tensor, need_weights: bool = False) -> tuple[Tensor, Tokens]:
        """Residual (B, 3, 112, 112) → zeros (B, D) and no token, (B, 0, D)."""
        nothing = 0 * residual.flatten(1).sum(dim=1, keepdim=True).expand(-1, self.embed_dim)
        return nothing, (nothing[:, None][:, :0], ())
