"""The published state dict into configuration `authors`, exactly.

The authors' vision transformers differ from open_clip's blocks by names, by a query-key-value projection without
bias, and by an attention scale of width^-0.5 where open_clip uses (width/heads)^-0.5. The bias becomes zero and the
ratio of the scales is multiplied into the query rows, so nothing is approximated. The text transformer is CLIP's.
"""

import re
from collections.abc import Mapping

import torch
from torch import Tensor

from mfclip.config import AUTHORS
from mfclip.errors import CheckpointError
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
            value = value.clone()
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
    model = MFCLIP(AUTHORS)
    ours = model.state_dict()
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
        f"{key} {tuple(published[key].shape)} instead of {tuple(ours[our_key(key)].shape)}"
        for key in published
        if published[key].shape != ours[our_key(key)].shape
    ]
    if wrong:
        raise CheckpointError(f"Shapes do not fit the published MFCLIP: {'; '.join(wrong)}.")
    model.load_state_dict(converted, strict=True)
    return model.eval()


def _check_kernel(kernel: Tensor) -> None:
    ours = srm_kernels().expand(3, 3, 5, 5)
    if kernel.shape != ours.shape or not torch.allclose(kernel.float().cpu(), ours, atol=1e-6):
        raise CheckpointError(
            f"{_KERNEL} of shape {tuple(kernel.shape)} is not the published SRM kernel; the residual would differ."
        )


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
