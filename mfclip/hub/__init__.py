"""Checkpoints: the only room that touches weights on disk and the network.

A checkpoint is a folder: config.json, model.safetensors, SHA256 (as `sha256sum config.json model.safetensors`
writes it) and README.md, the model card. The Hub serves the same folder. Hashes are compared here, because a
download checks no more than the length; pickles are refused, because reading one runs its code.
"""

from mfclip.hub.folder import (
    CARD,
    CONFIG,
    HASHES,
    OPTIONAL,
    RECORD,
    REQUIRED,
    RESULTS,
    SPECTRA,
    WEIGHTS,
    WORDS,
    Checkpoint,
)
from mfclip.hub.reading import BUNDLED, DEFAULT, ENVIRONMENT, read_checkpoint
from mfclip.hub.writing import write_checkpoint

__all__ = [
    "BUNDLED",
    "CARD",
    "CONFIG",
    "DEFAULT",
    "ENVIRONMENT",
    "HASHES",
    "OPTIONAL",
    "RECORD",
    "REQUIRED",
    "RESULTS",
    "SPECTRA",
    "WEIGHTS",
    "WORDS",
    "Checkpoint",
    "read_checkpoint",
    "write_checkpoint",
]
