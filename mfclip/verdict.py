"""A verdict and its parts: what the detector says of one face, frozen."""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from torch import Tensor

from mfclip.faces import FaceBox
from mfclip.preprocess import FaceCrop, Frame
from mfclip.prompts import Description, Hierarchy
from mfclip.tree import Node


@dataclass(frozen=True)
class FaceView:
    """The judged face. box: where the finder saw it, photo pixels (None in pre-cropped mode); crop: what was cut."""

    box: FaceBox | None
    crop: FaceCrop


@dataclass(frozen=True, eq=False)
class PatchView:
    """The richest patch. index: 0..3, row-major. homogeneity: the four scores, 0..1, lowest is richest.
    frame: where patch pixels lie in the photo. residual: (3, 112, 112) float32, ±3, one map a kernel."""

    index: int
    homogeneity: tuple[float, ...]
    frame: Frame
    residual: np.ndarray


@dataclass(frozen=True)
class DescriptionView:
    """One description of the hierarchy: its scaled similarity s·v̂·t̂ and its share of the probability, 0..1."""

    description: Description
    similarity: float
    probability: float


@dataclass(frozen=True, eq=False)
class FaceFeatures:
    """Embeddings of one face as cut and after one mild re-compression, (2, D) each; no pixel of it."""

    image: Tensor
    noise: Tensor
    patch_index: int
    homogeneity: tuple[float, ...]

    @property
    def fused(self) -> Tensor:
        """image + noise, (2, D)."""
        return self.image + self.noise


@dataclass(frozen=True, eq=False, kw_only=True)
class Scores:
    """The numbers and words of a verdict.

    probability: P(fake), 0..1. margin = a·head + b·language + c in logits, positive towards fake. evidence: 'little',
    'uncertain' or 'substantial'; doubts: why it is uncertain, as clauses. recompressed: P(fake) after one JPEG
    of preprocess.MILD_QUALITY.
    """

    probability: float
    margin: float
    head: float
    language: float
    recompressed: float
    evidence: str
    doubts: tuple[str, ...]

    @property
    def scores(self) -> dict[str, Any]:
        """These alone, by name."""
        return {field.name: getattr(self, field.name) for field in fields(Scores)}


@dataclass(frozen=True, eq=False)
class Verdict(Scores):
    """What the detector says of one face: its scores, and what they are of.

    tree: the probability split by kind, family and generator. faces: every face found.
    """

    name: str
    note: str
    face: FaceView
    patch: PatchView
    descriptions: tuple[DescriptionView, ...]
    tree: Node
    hierarchy: Hierarchy
    faces: tuple[FaceBox, ...]
    features: FaceFeatures
    checkpoint: str

    @property
    def sentence(self) -> str:
        """The verdict in words."""
        chance = f"P(fake) = {self.probability:.0%}"
        if self.evidence == "uncertain":
            return f"Uncertain ({chance}): {'; '.join(self.doubts)}."
        strength = "Substantial" if self.evidence == "substantial" else "Little"
        return f"{strength} evidence of forgery ({chance})."

    def to_dict(self) -> dict[str, Any]:
        """Everything but pictures and embeddings, JSON-able."""
        box = self.face.box
        return {
            "photo": self.name,
            "note": self.note,
            "evidence": self.evidence,
            "sentence": self.sentence,
            "probability": self.probability,
            "margin": self.margin,
            "readouts": {"head": self.head, "language": self.language},
            "recompressed_probability": self.recompressed,
            "doubts": list(self.doubts),
            "face": {
                "box": None if box is None else list(box.edges),
                "score": None if box is None else box.score,
                "region": list(self.face.crop.region),
            },
            "faces_found": len(self.faces),
            "patch": {
                "index": self.patch.index,
                "homogeneity": list(self.patch.homogeneity),
                "native_pixels": self.face.crop.native,
            },
            "descriptions": [
                {
                    "sentences": list(view.description.sentences),
                    "fake": view.description.fake,
                    "similarity": view.similarity,
                    "probability": view.probability,
                }
                for view in self.descriptions
            ],
            "tree": self.tree.to_dict(),
            "checkpoint": self.checkpoint,
        }
