"""MFCLIP Explainer's detector: multi-modal fine-grained CLIP for face forgery detection, ported and repaired.

    detector = mfclip.load()
    verdict = detector("portrait.jpg")

`MFCLIP` (the network) and everything else that needs torch is imported on first use, so that `import mfclip` and the
command line's --help stay quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from mfclip.errors import CheckpointError, NoFace
from mfclip.prompts import Description, Hierarchy

if TYPE_CHECKING:
    from mfclip.config import Config
    from mfclip.convert import from_authors
    from mfclip.detector import Detector, load
    from mfclip.model import MFCLIP
    from mfclip.verdict import Verdict
    from mfclip.video.judging import predict_video
    from mfclip.video.verdict import VideoVerdict

_LAZY = {
    "Config": "mfclip.config",
    "Detector": "mfclip.detector",
    "MFCLIP": "mfclip.model",
    "Verdict": "mfclip.verdict",
    "VideoVerdict": "mfclip.video.verdict",
    "from_authors": "mfclip.convert",
    "load": "mfclip.detector",
    "predict_video": "mfclip.video.judging",
}

__all__ = [
    "MFCLIP",
    "CheckpointError",
    "Config",
    "Description",
    "Detector",
    "Hierarchy",
    "NoFace",
    "Verdict",
    "VideoVerdict",
    "from_authors",
    "load",
    "predict_video",
]


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'mfclip' has no attribute {name!r}; it offers {', '.join(__all__)}")
