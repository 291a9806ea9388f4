"""One step's loss: the paper's three parts, with pair attention from content, over the batch of all processes."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mfclip import losses
from mfclip.alignment import FreeGate
from mfclip.attention import run_transformer
from mfclip.data.cache import Entry
from mfclip.data.held_out import Batch
from mfclip.language import LanguageEncoder
from mfclip.model import MFCLIP
from mfclip.prompts import Description
from mfclip.tokens import tokenize
from mfclip.training.distributed import gather_objects, gather_rows
from mfclip.training.language import reword
from mfclip.training.language.sides import SentencePool, face_axis, sides
from mfclip.training.recipes import Recipe

Row = tuple[str, ...]
"""The four sentences said of a face."""

REWORDING = 3
"""Names the stream of random numbers that rewording draws from: [seed, REWORDING, step]."""


def class_weights(labels: Tensor) -> Tensor:
    """(2,) weights that make reals and forgeries of a batch count alike."""
    counts = torch.bincount(labels, minlength=2).clamp(min=1)
    return len(labels) / (2 * counts)


def balanced_cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy of (B, 2) logits with both classes given the same total weight."""
    return F.cross_entropy(logits.float(), labels, weight=class_weights(labels).to(logits.device))


def paired_ranking(logits: Tensor, made: Tensor) -> Tensor:
    """Mean of softplus(m_original − m_forgery) over the pairs of a batch, m = fake − real logit.

    logits: (B, 2). made: (B,) bool, true for a forgery whose original stands right before it. A pair has content,
    camera and history in common, so this asks for the traces of forging alone, whatever the level of both margins.
    """
    margins = (logits[:, 1] - logits[:, 0]).float()
    forgeries = made.nonzero()[:, 0]
    return F.softplus(margins[forgeries - 1] - margins[forgeries]).mean()


def captions(
    sentences: Sequence[Row], reword_row: Callable[[Row], Row] | None = None
) -> tuple[list[Row], Tensor]:
    """The distinct descriptions of B faces (K rows) and each face's own one (B,).

    reword_row: applied to each distinct description once, in the order of their wording, so that the draw does not
    depend on the order of faces; descriptions that become one by it count as one.
    """
    said = {row: reword_row(row) if reword_row else row for row in sorted(set(sentences))}
    rows = list(dict.fromkeys(said.values()))
    place = {row: index for index, row in enumerate(rows)}
    return rows, torch.tensor([place[said[row]] for row in sentences])


class SentenceStates(nn.Module):
    """What a frozen text tower makes of sentences before the projection, each computed once and kept.

    A sentence is run by itself: its numbers then do not depend on which others came first, and a resumed run meets
    the very same ones.
    """

    def __init__(self) -> None:
        super().__init__()
        self.known: dict[str, Tensor] = {}

    @staticmethod
    def apply_to(language: LanguageEncoder) -> bool:
        """Whether a language encoder's sentences can be kept: levels read one by one, and nothing below the
        projection is trained."""
        trained = any(
            value.requires_grad
            for name, value in language.tower.named_parameters()
            if name != "text_projection"
        )
        return language.levels == "each" and not trained

    def forward(self, language: LanguageEncoder, sentences: Sequence[str]) -> dict[str, Tensor]:
        """Features (D,) by sentence, the projection inside the gradient graph."""
        device = language.tower.text_projection.device
        for sentence in sentences:
            if sentence not in self.known:
                self.known[sentence] = self._state(language, sentence)
        states = torch.stack([self.known[sentence] for sentence in sentences]).to(device)
        return dict(zip(sentences, states @ language.tower.text_projection, strict=True))

    @staticmethod
    @torch.no_grad()
    def _state(language: LanguageEncoder, sentence: str) -> Tensor:
        tower = language.tower
        ids = tokenize([sentence]).ids.to(tower.positional_embedding.device)
        x = language.embed(ids) + tower.positional_embedding[: ids.shape[1]]
        with torch.autocast(x.device.type, enabled=False):
            x, _ = run_transformer(tower.transformer, x, causal=True)
            return tower.ln_final(x)[0, -1]


class Objective(nn.Module):
    """The loss of a batch, as one module for DistributedDataParallel to wrap.

    L = CE(head) + alignment · contrastive + KL(predicted text) + gate_hold · gate collapse
      + alone · [CE(image alone) + CE(noise alone)] + paired · ranking within pairs + sides · wordings.
    The last three are ours. Each stream must be able to decide by itself, so that the quicker learner does not starve
    the other, and so that taking a stream away (the ledger's question) leaves a model that was trained for it. And a
    forgery must lie above the very real that it was made from (`paired_ranking`). And any wording of the grammar must
    lie on its own side of the default sentences (language/sides.py), which the contrast of descriptions leaves open.
    """

    def __init__(self, model: MFCLIP, recipe: Recipe) -> None:
        super().__init__()
        self.model, self.recipe = model, recipe
        self.states = SentenceStates()
        reworded = (
            recipe.sides and recipe.paraphrases
        )  # without rewording only the default sentences are ever said
        self.pool = SentencePool(model.config.hierarchy, recipe.seed) if reworded else None

    def forward(self, batch: Batch, step: int = 0) -> tuple[Tensor, dict[str, Tensor]]:
        """This process's share of the batch of `step` → the whole batch's loss and its parts by name.

        The loss and, after DistributedDataParallel's mean, every gradient are those of one process that has the
        whole batch. Encoders run under the autocast of the caller, losses in float32. The parts are detached, the
        total is among them as 'loss'.
        """
        model = self.model
        encoding = model.encode_faces(batch.faces, batch.windows)
        told = gather_objects(
            [(tuple(entry.sentences), int(entry.fake), entry.pair is not None) for entry in batch.entries]
        )
        sizes = [len(share) for share in told]
        everyone = [face for share in told for face in share]
        labels = torch.tensor([fake for _, fake, _ in everyone], device=model.device)
        made = torch.tensor([made for _, _, made in everyone], device=model.device)
        rows, caption = self._captions([row for row, _, _ in everyone], step)
        caption = caption.to(model.device)
        streams = torch.cat([encoding.fused, encoding.image, encoding.noise], dim=-1).float()
        fused, image, noise = gather_rows(streams, sizes).chunk(3, dim=-1)
        text = self._text(rows)
        with torch.autocast(model.device.type, enabled=False):
            parts = self._aligned(fused, text.float(), caption)
            logits = model.head_logits(fused)
            parts["head"] = balanced_cross_entropy(logits, labels)
            if made.any():
                parts["pairs"] = self.recipe.paired * paired_ranking(logits, made)
            for name, stream in self._streams_alone(image, noise):
                logits = model.head_logits(stream)
                parts[name] = self.recipe.alone * balanced_cross_entropy(logits, labels)
            if self.pool is not None:
                sentences, forged = self.pool.draw(step)
                wordings = self._text([(sentence,) * 4 for sentence in sentences]).float()
                parts["sides"] = self.recipe.sides * sides(wordings, forged, face_axis(fused, labels))
            total = torch.stack(list(parts.values())).sum()
        return total, {"loss": total.detach(), **{name: value.detach() for name, value in parts.items()}}

    def _captions(self, sentences: list[Row], step: int) -> tuple[list[Row], Tensor]:
        share = self.recipe.paraphrases
        if not share:
            return captions(sentences)
        rng = np.random.default_rng([self.recipe.seed, REWORDING, step])
        return captions(sentences, lambda row: tuple(reword((row[0], row[1], row[2], row[3]), rng, share)))

    def _text(self, rows: list[Row]) -> Tensor:
        """K rows → description features (K, D), by kept sentence states where the tower is frozen."""
        language = self.model.language
        if not self.states.apply_to(language):
            return self.model.encode_descriptions(rows)
        with torch.autocast(self.model.device.type, enabled=False):
            features = self.states(language, self.model.sentences_read(rows))
            return self.model.combine_sentences(rows, features)

    def _aligned(self, fused: Tensor, text: Tensor, caption: Tensor) -> dict[str, Tensor]:
        """The parts in which faces meet descriptions: contrastive, predicted text, gate."""
        model, recipe = self.model, self.recipe
        if isinstance(model.alignment, FreeGate):
            # The published table has a column a face, whatever is said of it: same captions are negatives there.
            text, caption = text[caption], torch.arange(len(fused), device=fused.device)
        gates = model.alignment(F.normalize(fused, dim=-1), F.normalize(text, dim=-1))
        aligned = losses.contrastive(model.similarities(fused, text), gates, caption)
        return {
            "contrastive": recipe.alignment * aligned,
            "text": losses.predicted_text(
                model.predict_text(fused), text[caption], recipe.distil_temperature
            ),
            "gate": recipe.gate_hold * losses.gate_collapse(gates, caption, recipe.gate_target),
        }

    def _streams_alone(self, image: Tensor, noise: Tensor) -> Iterator[tuple[str, Tensor]]:
        if not self.recipe.alone:
            return
        config = self.model.config
        for name, stream, kind in (("image", image, config.image.kind), ("noise", noise, config.noise.kind)):
            if kind != "none":  # a stream that an ablation took away has nothing to say by itself
                yield f"{name} alone", stream


def hierarchy_rows(entries: Sequence[Entry]) -> list[Description]:
    """Every distinct description among entries, the real one first, then by wording."""
    rows = {tuple(entry.sentences): entry.description for entry in entries}
    return sorted(rows.values(), key=lambda row: (row.fake, row.sentences))
