"""Sentences to CLIP byte-pair ids, and nothing cut off behind the reader's back."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import torch
from open_clip.tokenizer import SimpleTokenizer
from torch import Tensor

CONTEXT = 77
"""Tokens a sentence may hold, start and end tokens included (CLIP)."""

VOCABULARY = 49408


@cache
def _tokenizer() -> SimpleTokenizer:
    return SimpleTokenizer(context_length=CONTEXT)


@dataclass(frozen=True)
class Tokens:
    """ids: (N, L) int64, L the longest sentence's length, zero after the end token; end: (N,) its position."""

    ids: Tensor
    end: Tensor


def count_tokens(sentence: str) -> int:
    """How many of the 77 tokens a sentence takes, start and end tokens included."""
    return len(_tokenizer().encode(sentence)) + 2


def tokenize(sentences: Sequence[str]) -> Tokens:
    """Encode N sentences, cut after the longest one's end token.

    Cutting is exact: under the causal mask nothing before the end token can see what follows it.
    Raises ValueError for a sentence of more than 77 tokens (open_clip's own tokenizer would cut it silently).
    """
    rows = []
    tokenizer = _tokenizer()
    for sentence in sentences:
        row = [tokenizer.sot_token_id, *tokenizer.encode(sentence), tokenizer.eot_token_id]
        if len(row) > CONTEXT:
            start = sentence if len(sentence) <= 40 else sentence[:40] + "…"
            raise ValueError(
                f"The sentence “{start}” has {len(row)} tokens; at most {CONTEXT} are allowed. Shorten it."
            )
        rows.append(row)
    ids = torch.zeros(len(rows), max((len(row) for row in rows), default=0), dtype=torch.int64)
    for index, row in enumerate(rows):
        ids[index, : len(row)] = torch.tensor(row)
    return Tokens(ids, torch.tensor([len(row) - 1 for row in rows], dtype=torch.int64))
