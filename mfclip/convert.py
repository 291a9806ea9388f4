"""Weights of others into our configurations: the published state dict into `authors`, CLIP's towers into `clip-b16`,
EfficientNet-Lite's first stages into `tiny`.

The authors' vision transformers differ from open_clip's blocks by names, by a query-key-value projection without
bias, and by an attention scale of width^-0.5 where open_clip uses (width/heads)^-0.5. The bias becomes zero and the
ratio of the scales is multiplied into the query rows, so nothing is approximated. The text transformer is CLIP's.

The published code downloads CLIP and never loads it; `load_open_clip` does, for configurations whose towers have
CLIP's shape. Getting the weights is the caller's affair: this file touches no network.
"""

import re
from collections.abc import Iterator, Mapping
from typing import cast

import torch
from torch import Tensor, nn

from mfclip.config import AUTHORS
from mfclip.errors import CheckpointError
from mfclip.language import ACTIVATIONS
from mfclip.model import MFCLIP
from mfclip.noise import srm_kernels

_STREAMS = {"": "image", "_srm": "noise"}

_FIXED = {
    "positional_embedding": "language.tower.positional_embedding",
    "text_projection": "language.tower.text_projection",
    "token_embedding.weight": "language.tower.token_embedding.weight",
    "SPA": "alignment.matrix",
    "logit_scale": "logit_scale",
    "visual.pos_embedding": "image.token.slot_positions",
    "visual.pos_embedding_srm": "noise.token.slot_positions",
    "visual.cls_token": "image.token.class_token",
    "visual.cls_token_rm": "noise.token.class_token",
}

_PATTERNS = (
    (r"visual\.features\.(.+)", r"image.features.\1"),
    (r"visual\.features_SRM\.(.+)", r"noise.features.\1"),
    (r"visual\.patch_to_embedding\.(.+)", r"image.token.to_token.\1"),
    (r"visual\.patchsrm_to_embedding\.(.+)", r"noise.token.to_token.\1"),
    (r"transformer\.resblocks\.(.+)", r"language.tower.transformer.resblocks.\1"),
    (r"ln_final\.(.+)", r"language.tower.ln_final.\1"),
    (r"predictor\.(.+)", r"predictor.\1"),
    (r"mlp_head\.(.+)", r"head.\1"),
)

_BLOCK = re.compile(r"visual\.transformer(_srm)?\.layers\.(\d+)\.(.+)")
_BLOCK_PARTS = {
    "0.fn.norm": "ln_1",
    "0.fn.fn.to_out": "attn.out_proj",
    "1.fn.norm": "ln_2",
    "1.fn.fn.net.0": "mlp.c_fc",
    "1.fn.fn.net.2": "mlp.c_proj",
}

_KERNEL = "visual.SRM.kernel"

_LITE_PARTS = {
    "expand": ("_expand_conv", "_bn0"),
    "depthwise": ("_depthwise_conv", "_bn1"),
    "project": ("_project_conv", "_bn2"),
}
_LITE_EPSILON = 1e-3

TRUNK = "image.stem.0."
"""Where an `EfficientNetTrunk` lies in a model of kind 'efficientnet'."""

_TEXT_PARTS = ("positional_embedding", "text_projection", "token_embedding.", "transformer.", "ln_final.")


def our_key(key: str) -> str | None:
    """The name in configuration `authors` of a published key; None if it is not a published key."""
    if key in _FIXED:
        return _FIXED[key]
    if match := _BLOCK.fullmatch(key):
        prefix = f"{_STREAMS[match[1] or '']}.token.transformer.resblocks.{match[2]}."
        if match[3] == "0.fn.fn.to_qkv.weight":
            return prefix + "attn.in_proj_weight"
        part, _, kind = match[3].rpartition(".")
        return prefix + f"{_BLOCK_PARTS[part]}.{kind}" if part in _BLOCK_PARTS else None
    for pattern, replacement in _PATTERNS:
        if re.fullmatch(pattern, key):
            return re.sub(pattern, replacement, key)
    return None


def convert_state(state_dict: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Published state dict → state dict of configuration `authors`; keys without a place are kept as they are."""
    converted: dict[str, Tensor] = {}
    for key, value in state_dict.items():
        name = our_key(key) or key
        if name.endswith("attn.in_proj_weight") and key.startswith("visual."):
            stream = AUTHORS.noise if "_srm" in key else AUTHORS.image
            value = value.float().clone()  # 8^-0.5 is not a half-precision number
            value[: stream.width] *= stream.heads**-0.5
            converted[name.replace("_weight", "_bias")] = torch.zeros(value.shape[0], dtype=value.dtype)
        converted[name] = value
    return converted


def from_authors(state_dict: Mapping[str, Tensor]) -> MFCLIP:
    """Build configuration `authors` from the published state dict, in evaluation mode.

    Strict: raises CheckpointError listing every missing and every extra key in the published names, or the shapes
    that do not fit; the constant `visual.SRM.kernel` may be absent, but where it is present it must be ours.
    """
    published = dict(state_dict)
    kernel = published.pop(_KERNEL, None)
    if kernel is not None:
        _check_kernel(kernel)
    with torch.device("meta"):  # names and shapes need no memory; a misfit is told at once
        ours = MFCLIP(AUTHORS).state_dict()
    known = {our_key(key) for key in published}
    extra = sorted(key for key in published if our_key(key) not in ours)
    derived = {
        name for name in ours if name.endswith("attn.in_proj_bias") and not name.startswith("language")
    }
    missing = sorted(_published_key(name) for name in set(ours) - known - derived)
    if missing or extra:
        raise CheckpointError(
            f"The state dict does not fit the published MFCLIP: missing {missing or 'none'}, extra {extra or 'none'}. "
            "Pass the whole state dict of the authors' MFCLIP class, without a 'module.' prefix."
        )
    converted = convert_state(published)
    wrong = [
        f"{key} {tuple(value.shape)} instead of {tuple(ours[name].shape)}"
        for key, value in published.items()
        if (name := our_key(key)) is not None and value.shape != ours[name].shape
    ]
    if wrong:
        raise CheckpointError(f"Shapes do not fit the published MFCLIP: {'; '.join(wrong)}.")
    model = MFCLIP(AUTHORS)
    model.load_state_dict(converted, strict=True)
    return model.eval()


def _check_kernel(kernel: Tensor) -> None:
    ours = srm_kernels().expand(3, 3, 5, 5)
    if kernel.shape != ours.shape or not torch.allclose(kernel.float().cpu(), ours, atol=1e-6):
        raise CheckpointError(
            f"{_KERNEL} of shape {tuple(kernel.shape)} is not the published SRM kernel; the residual would differ."
        )


def from_open_clip(state_dict: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """State dict of an open_clip `CLIP` with a vision transformer → its part of a `clip-b16` state dict.

    Both towers and the logit scale, renamed, no number changed. The noise encoder, gate, predictor and head have no
    counterpart in CLIP. Raises CheckpointError listing keys that are no part of such a model.
    """
    converted: dict[str, Tensor] = {}
    extra = []
    for key, value in state_dict.items():
        if key.startswith("visual."):
            converted["image.tower." + key.removeprefix("visual.")] = value
        elif key.startswith(_TEXT_PARTS):
            converted["language.tower." + key] = value
        elif key == "logit_scale":
            converted[key] = value.reshape(())
        else:
            extra.append(key)
    if extra:
        raise CheckpointError(
            f"The state dict holds {sorted(extra)}, which open_clip's CLIP class with a vision transformer does not "
            "have. Pass open_clip.create_model('ViT-B-16-quickgelu', pretrained='openai').state_dict()."
        )
    return converted


def load_open_clip(model: MFCLIP, clip: nn.Module) -> None:
    """Copy an open_clip CLIP model's towers and logit scale into `model`, whose other parts keep their weights.

    clip: for example open_clip.create_model("ViT-B-16-quickgelu", pretrained="openai"), for configuration `clip-b16`.
    Raises CheckpointError where a tower's parts, shapes or activation are not those of the configuration: a wrong
    activation would load without complaint and give wrong features.
    """
    converted = from_open_clip(clip.state_dict())
    ours = {
        key: value
        for key, value in model.state_dict().items()
        if key.startswith(("image.tower.", "language.tower.")) or key == "logit_scale"
    }
    faults = [f"missing {key}" for key in sorted(set(ours) - set(converted))]
    faults += [f"extra {key}" for key in sorted(set(converted) - set(ours))]
    faults += [
        f"{key} {tuple(converted[key].shape)} instead of {tuple(value.shape)}"
        for key, value in ours.items()
        if key in converted and converted[key].shape != value.shape
    ]
    config = model.config
    for name, transformer, activation in (
        ("image", getattr(clip.visual, "transformer", None), config.image.activation),
        ("text", clip.transformer, config.text.activation),
    ):
        found = next(_activations(cast("nn.Module | None", transformer)), None)
        wanted = ACTIVATIONS[activation]
        if found is not wanted:
            faults.append(f"{name} tower with {found and found.__name__} instead of {wanted.__name__}")
    if faults:
        raise CheckpointError(
            f"The CLIP model does not fit configuration {config.name!r}: {'; '.join(faults[:8])}"
            f"{' and more' if len(faults) > 8 else ''}. For 'clip-b16' take open_clip's 'ViT-B-16-quickgelu'."
        )
    model.load_state_dict({**model.state_dict(), **converted}, strict=True)


def _activations(transformer: nn.Module | None) -> Iterator[type]:
    for module in transformer.modules() if transformer is not None else ():
        if isinstance(module, tuple(ACTIVATIONS.values())):
            yield type(module)


def _published_key(name: str) -> str:
    """The published name of one of our keys, for messages."""
    reverse = {ours: theirs for theirs, ours in _FIXED.items()}
    if name in reverse:
        return reverse[name]
    for part, suffix in (("image.token.transformer", ""), ("noise.token.transformer", "_srm")):
        if name.startswith(part):
            number, _, rest = name[len(part) + len(".resblocks.") :].partition(".")
            if rest == "attn.in_proj_weight":
                return f"visual.transformer{suffix}.layers.{number}.0.fn.fn.to_qkv.weight"
            module, _, kind = rest.rpartition(".")
            theirs = {ours: key for key, ours in _BLOCK_PARTS.items()}[module]
            return f"visual.transformer{suffix}.layers.{number}.{theirs}.{kind}"
    for ours, theirs in (
        ("image.features", "visual.features"),
        ("noise.features", "visual.features_SRM"),
        ("image.token.to_token", "visual.patch_to_embedding"),
        ("noise.token.to_token", "visual.patchsrm_to_embedding"),
        ("language.tower.", ""),
        ("head.", "mlp_head."),
    ):
        if name.startswith(ours):
            return theirs + name[len(ours) :]
    return name


def from_efficientnet_lite(state_dict: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """State dict of an EfficientNet-Lite (names of lukemelas/EfficientNet-PyTorch) → that of an `EfficientNetTrunk`.

    Every batch normalisation (epsilon 1e-3) is folded into the convolution before it, in float64. The classifier and
    its last convolution have no counterpart. Raises CheckpointError where a block lacks one of its parts.
    """

    def folded(convolution: str, norm: str) -> tuple[Tensor, Tensor]:
        scale, shift, mean, variance = (
            state_dict[f"{norm}.{part}"].double()
            for part in ("weight", "bias", "running_mean", "running_var")
        )
        scale = scale / (variance + _LITE_EPSILON).sqrt()
        weight = state_dict[f"{convolution}.weight"].double() * scale[:, None, None, None]
        return weight.float(), (shift - mean * scale).float()

    converted: dict[str, Tensor] = {}
    numbers = sorted({int(key.split(".")[1]) for key in state_dict if key.startswith("_blocks.")})
    places = {"first": ("_conv_stem", "_bn0")}
    for number in numbers:
        block = f"_blocks.{number}."
        for part, (convolution, norm) in _LITE_PARTS.items():
            if part != "expand" or f"{block}_expand_conv.weight" in state_dict:
                places[f"blocks.{number}.{part}"] = (block + convolution, block + norm)
    try:
        for ours, theirs in places.items():
            converted[f"{ours}.weight"], converted[f"{ours}.bias"] = folded(*theirs)
    except KeyError as error:
        raise CheckpointError(
            f"The state dict has no {error}, so it is no EfficientNet-Lite in the names of EfficientNet-PyTorch."
        ) from None
    return converted


def load_efficientnet_lite(model: MFCLIP, trunk: Mapping[str, Tensor]) -> None:
    """Copy a trunk's weights (`from_efficientnet_lite`) into the image stream of `model`; deeper stages are left out.

    Raises CheckpointError where the model has no such trunk, or one of other widths.
    """
    ours = {key: value for key, value in model.state_dict().items() if key.startswith(TRUNK)}
    converted = {key: trunk.get(key.removeprefix(TRUNK)) for key in ours}
    faults = [
        f"{key} {'missing' if value is None else tuple(value.shape)} instead of {tuple(ours[key].shape)}"
        for key, value in converted.items()
        if value is None or value.shape != ours[key].shape
    ]
    if faults or model.config.image.kind != "efficientnet":
        raise CheckpointError(
            f"The trunk's weights do not fit configuration {model.config.name!r}, whose image stream is of kind "
            f"{model.config.image.kind!r}: {'; '.join(faults[:8]) or 'it has no trunk'}. Take Lite0's widths, "
            "(32, 16, 24, 40, 80, 112)."
        )
    model.load_state_dict({**model.state_dict(), **cast(dict[str, Tensor], converted)}, strict=True)
