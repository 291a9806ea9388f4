"""What a run's weights are before its first step: fresh, a checkpoint's, pretrained towers or trunk, distilled text."""

import hashlib
import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import open_clip
import torch
from open_clip.constants import HF_SAFE_WEIGHTS_NAME
from torch import Tensor, nn

from mfclip.config import Config
from mfclip.convert import load_efficientnet_lite, load_open_clip
from mfclip.detector import build_model
from mfclip.errors import CheckpointError
from mfclip.hub import RECORD, Checkpoint
from mfclip.hub.download import file_of, is_commit
from mfclip.model import MFCLIP

logger = logging.getLogger(__name__)

OPEN_CLIP_MODEL = "ViT-B-16-quickgelu"
"""The open_clip architecture whose towers have the shape of configuration `clip-b16`."""

_SAFE = ".safetensors"

PARTS = ("language", "image", "noise", "alignment")
"""Parts of the model that have a section of their own in the configuration (language's is called text)."""


def open_clip_towers(pretrained: str) -> nn.Module:
    """open_clip's ViT-B-16 with pretrained weights: those of a tag, or those in a safetensors file.

    pretrained: a tag of open_clip (openai) or a tag at a commit (openai@<40 hex>) of the Hub repository that open_clip
    names for it, fetched as checkpoints are: local copy first, safetensors only, the commit that a bare tag stands for
    logged. These repositories hold no SHA256 of ours and this project knows no hash of theirs: what is compared is the
    hash that the Hub itself states, and what pins the weights is the commit. Or the path of a file.
    Raises ValueError for what is none of these, CheckpointError for weights that cannot be had or read.
    """
    file, tags = _weights_file(pretrained), _tags()
    if file.suffix != _SAFE:
        raise CheckpointError(
            f"The open_clip weights {pretrained!r} were not loaded: only {_SAFE} files are read, because reading a "
            f"pickle can run the code inside; convert them where you trust them, or use one of {', '.join(tags)}."
        )
    try:
        return open_clip.create_model(OPEN_CLIP_MODEL, pretrained=str(file))
    except Exception as error:  # noqa: BLE001 - each fault of a file has an error of its own kind
        reason = str(error).strip().partition("\n")[0][:200].rstrip(".")
        raise CheckpointError(
            f"The open_clip weights {pretrained!r} were not loaded ({type(error).__name__}: {reason}): pass a "
            f"safetensors file with the weights of {OPEN_CLIP_MODEL}, or one of the tags {', '.join(tags)}."
        ) from None


def pretrained_record(pretrained: str) -> dict[str, str]:
    """What is to be recorded of pretrained towers: as asked for, file, commit of the Hub ('' for a file), SHA-256.

    Raises what `open_clip_towers` does.
    """
    file = _weights_file(pretrained)
    fetched = not Path(pretrained).is_file()
    with file.open("rb") as opened:
        sha256 = hashlib.file_digest(opened, "sha256").hexdigest()
    commit = file.parent.name if fetched else ""
    return {"asked": pretrained, "file": file.name, "commit": commit, "sha256": sha256}


def _tags() -> list[str]:
    return list(open_clip.list_pretrained_tags_by_model(OPEN_CLIP_MODEL))


def _weights_file(pretrained: str) -> Path:
    tags = _tags()
    tag, _, commit = pretrained.partition("@")
    if Path(pretrained).is_file():
        return Path(pretrained)
    if tag in tags and (not commit or is_commit(commit)):
        return _fetched(tag, commit)
    raise ValueError(
        f"{pretrained!r} is neither a file nor pretrained weights that open_clip has for {OPEN_CLIP_MODEL}; "
        f"use one of {', '.join(tags)}, one of them with @ and a commit of 40 hex, or a safetensors file."
    )


def _fetched(tag: str, commit: str) -> Path:
    """The weights that open_clip's own table names for a tag, at a commit of their repository ("": the newest)."""
    repo, _, named = open_clip.get_pretrained_cfg(OPEN_CLIP_MODEL, tag)["hf_hub"].rpartition("/")
    if named and not named.endswith(_SAFE):
        raise CheckpointError(
            f"open_clip has {tag!r} as a pickle only ({repo}/{named}): use another tag or a file."
        )
    file = file_of(repo, commit, named or HF_SAFE_WEIGHTS_NAME)
    logger.info("--pretrained %s@%s: %s", tag, file.parent.name, file.name)
    return file


def starting_model(
    config: Config,
    seed: int,
    tower: Mapping[str, Tensor] | None = None,
    clip: nn.Module | None = None,
    checkpoint: Checkpoint | None = None,
    trunk: Mapping[str, Tensor] | None = None,
) -> tuple[MFCLIP, dict[str, Any] | None]:
    """The model of a configuration as it is before the first step, and the record of the checkpoint it began from.

    seed: of fresh weights. tower: state of the text tower, from distillation. clip: an open_clip model whose towers
    are taken. checkpoint: whose parts are taken where the configuration gives them the same shape; parts that another
    configuration (an ablation's) makes differently stay fresh, and are named in the record under 'fresh'. trunk: state
    of the image stream's EfficientNet trunk, from ImageNet.
    Raises CheckpointError for weights that do not fit.
    """
    torch.manual_seed(seed)
    model = MFCLIP(config)
    if clip is not None:
        load_open_clip(model, clip)
    if trunk is not None:
        load_efficientnet_lite(model, trunk)
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
