"""How far configuration `authors` is from the recorded outputs of the published code, layer by layer."""

from dataclasses import dataclass

import numpy as np
import torch

from benchmarks.report import Line
from mfclip import MFCLIP, from_authors
from mfclip.tokens import tokenize
from tests.golden import recorded

EMBEDDING = 2e-3  # absolute, float32: sums of 25,088 products in another order

BARS = {
    "patch index": 0.0,
    "homogeneity": 1e-6,
    "residual": 1e-5,
    "image embedding": EMBEDDING,
    "noise embedding": EMBEDDING,
    "fused embedding": EMBEDDING,
    "token ids": 0.0,
    "text embedding": EMBEDDING,
    "predicted text embedding": EMBEDDING,
    "logits": EMBEDDING,
}
"""Largest absolute difference allowed, by layer, in the order of computation."""


@dataclass(frozen=True)
class Difference:
    """Largest absolute difference of a layer, the largest recorded value beside it, and the bar."""

    layer: str
    measured: float
    largest: float
    bar: float

    @property
    def passed(self) -> bool:
        return self.measured <= self.bar


def differences(model: MFCLIP, golden: dict[str, np.ndarray]) -> list[Difference]:
    """Compare a model that holds the golden weights with every recorded array."""
    rows = golden["prompts"].tolist()
    with torch.no_grad():
        encoding = model.encode_faces(golden["images_rgb"])
        ours = {
            "patch index": (encoding.patch_index, "richest_patch_index"),
            "homogeneity": (encoding.homogeneity, "homogeneity"),
            "residual": (encoding.residual, "srm"),
            "image embedding": (encoding.image, "image_embedding"),
            "noise embedding": (encoding.noise, "noise_embedding"),
            "fused embedding": (encoding.fused, "fused_embedding"),
            "token ids": (_padded_ids(rows), "token_ids"),
            "text embedding": (model.encode_descriptions(rows), "text_embedding"),
            "predicted text embedding": (model.predict_text(encoding.fused), "predicted_text_embedding"),
            "logits": (model.head_logits(encoding.fused), "logits"),
        }
    found = []
    for layer, bar in BARS.items():
        value, name = ours[layer]
        theirs = golden[name].astype(np.float64)
        measured = float(np.abs(np.asarray(value, dtype=np.float64) - theirs).max())
        found.append(Difference(layer, measured, float(np.abs(theirs).max()), bar))
    return found


def _padded_ids(rows: list[list[str]]) -> np.ndarray:
    """Token ids (N, 4, 77), padded with zeros as the published code does."""
    ids = np.zeros((len(rows), 4, 77), dtype=np.int64)
    for number, row in enumerate(rows):
        for level, sentence in enumerate(row):
            cut = tokenize([sentence]).ids[0].numpy()
            ids[number, level, : len(cut)] = cut
    return ids


def run() -> list[Line]:
    """The parity table."""
    model = from_authors(recorded.published_state())
    return [
        Line(
            f"parity: {row.layer}",
            row.measured,
            "largest absolute difference",
            "≤",
            row.bar,
            f"recorded values up to {row.largest:.3g}",
        )
        for row in differences(model, recorded.outputs())
    ]
