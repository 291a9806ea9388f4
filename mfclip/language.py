"""The fine-grained language encoder: CLIP's text tower, and how four levels become one feature.

`levels="each"` (repaired): every level is encoded by itself, read at its own end token, normalised, and the four are
summed with learned weights, so that each level can move the feature. `levels="first"` (published): the four sentences
are laid end to end under a causal mask and read at level 1's end token, which cannot see levels 2 to 4. That read-out
equals encoding level 1 alone, so it is computed at that cost. `levels="joint"` (an ablation): laid end to end as
published, without the padding between them, and read at the last end token, which sees all four; a description is then
one text, and its levels have no weights.
"""

from collections.abc import Sequence

import torch
from open_clip.transformer import QuickGELU, TextTransformer
from torch import Tensor, nn
from torch.nn import functional as F

from mfclip.attention import run_transformer
from mfclip.config import TextConfig
from mfclip.prompts import LEVELS
from mfclip.tokens import VOCABULARY, Tokens, tokenize

SEAM = "<end_of_text><start_of_text>"
"""Between two sentences of a description that is one text: CLIP's names of the tokens that end and start a sentence."""

ACTIVATIONS = {"gelu": nn.GELU, "quick_gelu": QuickGELU}


def end_to_end(descriptions: Sequence[str]) -> Tokens:
    """N descriptions, each up to four sentences joined by SEAM → their tokens without padding between the sentences.

    Every sentence keeps its own start and end token, as published; `end` is the last one's. Raises ValueError for a
    sentence over 77 tokens or a description of more than four sentences.
    """
    rows = []
    for description in descriptions:
        sentences = description.split(SEAM)
        if len(sentences) > len(LEVELS):
            raise ValueError(
                f"A description has {len(sentences)} sentences; at most {len(LEVELS)} are read together. "
                f"Take {SEAM} out of the sentences."
            )
        apart = tokenize(sentences)
        inside = torch.arange(apart.ids.shape[1]) <= apart.end[:, None]
        rows.append(apart.ids[inside])
    end = torch.tensor([len(row) - 1 for row in rows], dtype=torch.int64)
    return Tokens(nn.utils.rnn.pad_sequence(rows, batch_first=True), end)


class LanguageEncoder(nn.Module):
    """Sentences to features (N, D), and rows of four sentences to description features (K, D)."""

    def __init__(self, config: TextConfig, embed_dim: int) -> None:
        super().__init__()
        self.levels = config.levels
        self.tower = TextTransformer(
            context_length=config.context,
            vocab_size=VOCABULARY,
            width=config.width,
            heads=config.heads,
            layers=config.layers,
            output_dim=embed_dim,
            act_layer=ACTIVATIONS[config.activation],
        )
        if self.levels == "each":
            self.level_logits = nn.Parameter(torch.zeros(len(LEVELS)))

    @property
    def level_weights(self) -> Tensor:
        """(4,) weights of the levels, positive, sum 1; the published read-out gives (1, 0, 0, 0).

        Read jointly, levels meet inside the tower and have no weights: empty, (0,).
        """
        if self.levels == "joint":
            return self.tower.text_projection.new_empty(0)
        if self.levels == "first":
            return F.one_hot(torch.tensor(0), len(LEVELS)).float().to(self.tower.text_projection)
        return self.level_logits.softmax(dim=0)

    def tokens(self, texts: Sequence[str]) -> Tokens:
        """N texts, as `read_of` gives them, tokenised. Raises ValueError for a sentence over 77 tokens."""
        return end_to_end(texts) if self.levels == "joint" else tokenize(texts)

    def embed(self, ids: Tensor) -> Tensor:
        """Token ids (N, L) to input embeddings (N, L, W), positions not yet added."""
        return self.tower.token_embedding(ids)

    def read(
        self, embedded: Tensor, end: Tensor, need_weights: bool = False
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Embeddings (N, L, W) and end positions (N,) → features (N, D) and, if asked for, attention per layer."""
        x = embedded + self.tower.positional_embedding[: embedded.shape[1]]
        x, weights = run_transformer(self.tower.transformer, x, causal=True, need_weights=need_weights)
        x = self.tower.ln_final(x)
        last = x[torch.arange(x.shape[0], device=x.device), end]
        return last @ self.tower.text_projection, weights

    def forward(self, tokens: Tokens) -> Tensor:
        """N tokenised sentences → (N, D); not normalised."""
        device = self.tower.positional_embedding.device
        features, _ = self.read(self.embed(tokens.ids.to(device)), tokens.end.to(device))
        return features

    def read_of(self, row: Sequence[str]) -> Sequence[str]:
        """The sentences of a description that can reach its feature: all four; as published, level 1 alone.

        Read jointly: one text, the four joined by SEAM.
        """
        if self.levels == "joint":
            return [SEAM.join(row)]
        return row[:1] if self.levels == "first" else row

    def combine(self, sentences: Tensor) -> Tensor:
        """Features (K, L, D) of the L texts of a description that are read → description features (K, D).

        Repaired: Σ_l w_l · t̂_l. Published: level 1's feature as it is. Joint: the one feature as it is.
        """
        if self.levels != "each":
            return sentences[:, 0]
        return (self.level_weights[:, None] * F.normalize(sentences, dim=-1)).sum(dim=1)
