"""One step's loss: the paper's three parts, with pair attention from content."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from mfclip import losses
from mfclip.data.held_out import Batch
from mfclip.model import MFCLIP
from mfclip.training.recipes import Recipe


def captions(batch: Batch) -> tuple[list[tuple[str, ...]], Tensor]:
    """The distinct descriptions of a batch (K rows) and each face's own one (B,)."""
    rows = list(dict.fromkeys(tuple(entry.sentences) for entry in batch.entries))
    place = {row: index for index, row in enumerate(rows)}
    return rows, torch.tensor([place[tuple(entry.sentences)] for entry in batch.entries])


def class_weights(labels: Tensor) -> Tensor:
    """(2,) weights that make reals and forgeries of a batch count alike."""
    counts = torch.bincount(labels, minlength=2).clamp(min=1)
    return len(labels) / (2 * counts)


def balanced_cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy of (B, 2) logits with both classes given the same total weight."""
    return F.cross_entropy(logits.float(), labels, weight=class_weights(labels).to(logits.device))


def objective(
    model: MFCLIP, batch: Batch, recipe: Recipe, autocast: torch.autocast
) -> tuple[Tensor, dict[str, float]]:
    """The total loss of a batch and its parts by name.

    L = CE(head) + alignment · contrastive + KL(predicted text) + gate_hold · gate collapse
      + alone · [CE(image alone) + CE(noise alone)].
    The last is ours: each stream must be able to decide by itself, so that the quicker learner does not starve the
    other, and so that taking a stream away (the ledger's question) leaves a model that was trained for it.
    """
    labels = batch.labels.to(model.device)
    rows, caption = captions(batch)
    caption = caption.to(model.device)
    with autocast:
        encoding = model.encode_faces(batch.faces, batch.windows)
        text = model.encode_descriptions(rows)
    fused, text = encoding.fused.float(), text.float()
    parts = {"head": balanced_cross_entropy(model.head_logits(fused), labels)}
    unit, unit_text = F.normalize(fused, dim=-1), F.normalize(text, dim=-1)
    gates = model.alignment(unit, unit_text)
    aligned = losses.contrastive(model.similarities(fused, text), gates, caption)
    parts["contrastive"] = recipe.alignment * aligned
    parts["text"] = losses.predicted_text(model.predict_text(fused), text[caption], recipe.distil_temperature)
    parts["gate"] = recipe.gate_hold * losses.gate_collapse(gates, caption, recipe.gate_target)
    for name, stream in (("image alone", encoding.image), ("noise alone", encoding.noise)):
        logits = model.head_logits(stream.float())
        parts[name] = recipe.alone * balanced_cross_entropy(logits, labels)
    total = torch.stack(list(parts.values())).sum()
    told = {name: float(value.detach()) for name, value in parts.items()}
    return total, {"loss": float(total.detach()), **told}


def hierarchy_rows(entries: Sequence) -> list:
    """Every distinct description among entries, the real one first, then by wording."""
    rows = {tuple(entry.sentences): entry.description for entry in entries}
    return sorted(rows.values(), key=lambda row: (row.fake, row.sentences))
