"""How near the copies of the trained generators are to faces that none of them was trained on."""

import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn

from mfclip.training.forgeries.autoencoders import Autoencoder, detail
from mfclip.training.forgeries.denoiser import REDRAWN_FROM, Denoiser, redraw
from mfclip.training.forgeries.pieces import PIECE, Pieces

logger = logging.getLogger(__name__)

QUALITY = "quality.json"
MOST_GREY_LEVELS = 4.0
"""Mean error above which a copy is not sharp: what would be learned from it is its softness."""
COUNT = 64


@dataclass(frozen=True)
class Quality:
    """How copies compare with their originals: mean error in grey levels, share of the detail kept."""

    grey_levels: float
    sharpness: float


@torch.inference_mode()
def measure_quality(model: nn.Module, originals: Tensor) -> Quality:
    """Originals (B, 3, H, W), −1..1 → mean error in grey levels and strength of the copy's detail over theirs."""
    return compared(cast(Tensor, model(originals)).float().clamp(-1, 1), originals)


def compared(copies: Tensor, originals: Tensor) -> Quality:
    """Both (B, 3, H, W), −1..1."""
    error = float((copies - originals).abs().mean()) * 127.5
    return Quality(error, float(detail(copies).std() / detail(originals).std()))


def measure_makers(
    autoencoders: Mapping[str, Autoencoder], denoiser: Denoiser, unseen: Pieces, seed: int, folder: Path
) -> dict[str, Quality]:
    """The quality of every autoencoder, and of the denoiser from the middle of REDRAWN_FROM, kept in quality.json.

    unseen: pieces of faces that they were not trained on. Copies of more than MOST_GREY_LEVELS are logged.
    """
    originals = unseen.draw(np.random.default_rng([seed, 11]), COUNT, PIECE)
    found = {name: measure_quality(model, originals) for name, model in autoencoders.items()}
    noise = torch.Generator().manual_seed(seed)
    found["denoiser"] = compared(redraw(denoiser, originals, float(np.mean(REDRAWN_FROM)), noise), originals)
    for name, quality in found.items():
        if quality.grey_levels > MOST_GREY_LEVELS:
            logger.warning(
                "%s copies unseen faces with a mean error of %.1f grey levels", name, quality.grey_levels
            )
    told = {name: asdict(quality) for name, quality in found.items()}
    (folder / QUALITY).write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    return found
