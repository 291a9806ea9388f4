"""What a model says of a split: both readouts and each stream's own, one row a picture."""

from dataclasses import dataclass, field, fields, replace
from typing import Literal

import numpy as np
import torch
from sklearn.metrics import roc_auc_score
from torch.utils.data import DataLoader

from mfclip.data.held_out import Batch, HeldOut
from mfclip.decision import head_margin, language_margin
from mfclip.model import MFCLIP


@dataclass(frozen=True)
class Readouts:
    """head, language, image, noise: (N,) float64 margins, positive towards fake. image and noise are the head's
    margins with the other stream taken away. fake: (N,) bool; generator, path, group: (N,) str.
    similarities: (N, K) float64, s·v̂·t̂ with each row of the model's hierarchy; (0, 0) where nobody asked."""

    head: np.ndarray
    language: np.ndarray
    image: np.ndarray
    noise: np.ndarray
    fake: np.ndarray
    generator: np.ndarray
    path: np.ndarray
    group: np.ndarray
    similarities: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))

    def of(self, chosen: np.ndarray) -> "Readouts":
        """The rows of an index or mask (N,)."""
        rows = {f.name: getattr(self, f.name) for f in fields(self)}
        return replace(self, **{name: value[chosen] for name, value in rows.items() if len(value)})


def random_patches(batch: Batch) -> torch.Tensor:
    """(B,) index of a window for each picture, always the same one for the same path."""
    count = batch.windows.shape[1]
    drawn = [np.random.default_rng([4, *entry.path.encode()]).integers(count) for entry in batch.entries]
    return torch.tensor(drawn)


@torch.inference_mode()
def read_out(
    model: MFCLIP, held_out: HeldOut, workers: int = 0, patch: Literal["richest", "random"] = "richest"
) -> Readouts:
    """Score a whole split in evaluation mode and float32; the model's mode is restored afterwards.

    workers: loader processes that cut faces while the model reads others, 0 for none. patch: which window the noise
    stream sees; 'random' is drawn by the picture's path and is for models that were trained so.
    """
    training = model.training
    model.eval()
    hierarchy = model.config.hierarchy
    text = model.encode_descriptions([row.sentences for row in hierarchy])
    columns: dict[str, list] = {f.name: [] for f in fields(Readouts)}
    for batch in DataLoader(held_out, batch_size=None, num_workers=workers):
        chosen = random_patches(batch) if patch == "random" else None
        encoding = model.encode_faces(batch.faces, batch.windows, chosen)
        columns["head"] += head_margin(model.head_logits(encoding.fused)).tolist()
        similarities = model.similarities(encoding.fused, text)
        columns["similarities"] += similarities.tolist()
        columns["language"] += language_margin(similarities, hierarchy.fake).tolist()
        columns["image"] += head_margin(model.head_logits(encoding.image)).tolist()
        columns["noise"] += head_margin(model.head_logits(encoding.noise)).tolist()
        for name in ("fake", "generator", "path", "group"):
            columns[name] += [getattr(entry, name) for entry in batch.entries]
    model.train(training)
    return Readouts(**{name: np.array(values) for name, values in columns.items()})


def generator_aucs(readouts: Readouts) -> dict[str, float]:
    """AUC of the sum of both standardised readouts, each generator against all reals, and some means over them."""
    scores = sum((x - x.mean()) / (x.std() + 1e-9) for x in (readouts.head, readouts.language))
    reals = ~readouts.fake
    aucs = {}
    for name, values in (("", scores), ("image alone ", readouts.image), ("noise alone ", readouts.noise)):
        found = []
        for generator in sorted(set(readouts.generator[readouts.fake])):
            chosen = reals | (readouts.generator == generator)
            found.append(float(roc_auc_score(readouts.fake[chosen], values[chosen])))
            if not name:
                aucs[generator] = found[-1]
        aucs[f"{name}mean"] = float(np.mean(found))
    return aucs
