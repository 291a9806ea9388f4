"""What a run's weights are before its first step: fresh, a checkpoint's, CLIP's towers, a distilled text tower."""

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import open_clip
import torch
from torch import Tensor, nn

from mfclip.config import Config
from mfclip.convert import load_open_clip
from mfclip.detector import build_model
from mfclip.errors import CheckpointError
from mfclip.hub import RECORD, Checkpoint
from mfclip.model import MFCLIP

logger = logging.getLogger(__name__)

OPEN_CLIP_MODEL = "ViT-B-16-quickgelu"
"""The open_clip architecture whose towers have the shape of configuration `clip-b16`."""

PARTS = ("language", "image", "noise", "alignment")
"""Parts of the model that have a section of their own in the configuration (language's is called text)."""


def open_clip_towers(pretrained: str) -> nn.Module:
    """open_clip's ViT-B-16 with the weights that a tag or a file names; a tag is fetched through the Hub.

    Raises ValueError for what is neither, CheckpointError for weights that cannot be had or read.
    """
    tags = open_clip.list_pretrained_tags_by_model(OPEN_CLIP_MODEL)
    if pretrained not in tags and not Path(pretrained).is_file():
        raise ValueError(
            f"{pretrained!r} is neither a file nor pretrained weights that open_clip has for {OPEN_CLIP_MODEL}; "
            f"use one of {', '.join(tags)}, or a file of such weights."
        )
    try:
        return open_clip.create_model(OPEN_CLIP_MODEL, pretrained=pretrained)
    except Exception as error:  # noqa: BLE001 - each format and each server has errors of its own kind
        reason = str(error).strip().partition("\n")[0][:200]
        raise CheckpointError(
            f"The open_clip weights {pretrained!r} were not loaded ({type(error).__name__}: {reason}): check the "
            f"network, or pass a file with the weights of {OPEN_CLIP_MODEL}."
        ) from None


def starting_model(
    config: Config,
    seed: int,
    tower: Mapping[str, Tensor] | None = None,
    clip: nn.Module | None = None,
    checkpoint: Checkpoint | None = None,
) -> tuple[MFCLIP, dict[str, Any] | None]:
    """The model of a configuration as it is before the first step, and the record of the checkpoint it began from.

    seed: of fresh weights. tower: state of the text tower, from distillation. clip: an open_clip model whose towers
    are taken. checkpoint: whose parts are taken where the configuration gives them the same shape; parts that another
    configuration (an ablation's) makes differently stay fresh, and are named in the record under 'fresh'.
    Raises CheckpointError for weights that do not fit.
    """
    torch.manual_seed(seed)
    model = MFCLIP(config)
    if clip is not None:
        load_open_clip(model, clip)
    if tower is not None:
        _load_tower(model, tower)
    return model, None if checkpoint is None else _take_over(model, checkpoint, distilled=tower is not None)


def _load_tower(model: MFCLIP, tower: Mapping[str, Tensor]) -> None:
    try:
        model.language.tower.load_state_dict(dict(tower), strict=True)
    except RuntimeError as error:
        raise CheckpointError(
            f"The distilled text tower does not fit configuration {model.config.name!r} ({error}): delete its folder "
            "in the cache, and it is made anew."
        ) from None


def _take_over(model: MFCLIP, checkpoint: Checkpoint, distilled: bool) -> dict[str, Any]:
    """Copy the parts of a checkpoint whose section of the configuration is the model's own; the record of it.

    distilled: the model holds a distilled text tower, which is kept unless the checkpoint's is that same one.
    """
    other = build_model(checkpoint)
    ours, theirs = model.config, other.config
    if ours.embed_dim != theirs.embed_dim:
        raise CheckpointError(
            f"{checkpoint.name} has features of {theirs.embed_dim} numbers and configuration {ours.name!r} of "
            f"{ours.embed_dim}: start from a checkpoint of the same configuration."
        )
    section = {"language": "text"}
    fresh = [
        part
        for part in PARTS
        if getattr(ours, section.get(part, part)) != getattr(theirs, section.get(part, part))
    ]
    tables = [m.language.tower.token_embedding.weight for m in (model, other)]
    if distilled and "language" not in fresh and not torch.equal(*tables):
        fresh.append("language")
    taken = {key: value for key, value in other.state_dict().items() if key.partition(".")[0] not in fresh}
    model.load_state_dict({**model.state_dict(), **taken}, strict=True)
    if fresh:
        logger.info("not taken over from %s: %s", checkpoint.name, ", ".join(fresh))
    record = checkpoint.folder / RECORD
    return {
        "weights_sha256": checkpoint.sha256,
        "fresh": fresh,
        "record": json.loads(record.read_text(encoding="utf-8")) if record.is_file() else None,
    }
