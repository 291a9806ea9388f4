"""The published read-out at the cost of level 1, against encoding all 308 tokens jointly as published."""

from collections.abc import Sequence

import torch
from torch import Tensor

from benchmarks.report import Line, paired_ratio
from mfclip import MFCLIP
from mfclip.attention import run_transformer
from mfclip.config import AUTHORS
from mfclip.language import LanguageEncoder
from mfclip.prompts import LEVELS, PUBLISHED_GENERATORS, describe_forgery
from mfclip.tokens import CONTEXT, tokenize

SAME = 1e-4
WORDS = (
    "fake forged false altered synthetic generated edited swapped retouched artificial composed rendered invented "
    "warped blended painted"
).split()


def joint_text_feature(language: LanguageEncoder, rows: Sequence[Sequence[str]]) -> Tensor:
    """K rows of 4 sentences → (K, D), the way the published code computes it.

    Each level is padded to 77 tokens, the four are laid end to end, all 308 are encoded under the causal mask, and
    the hidden state at level 1's end token is projected.
    """
    ids = torch.zeros(len(rows), len(LEVELS), CONTEXT, dtype=torch.int64)
    end = torch.zeros(len(rows), dtype=torch.int64)
    for number, row in enumerate(rows):
        for level, sentence in enumerate(row):
            tokens = tokenize([sentence])
            ids[number, level, : tokens.ids.shape[1]] = tokens.ids[0]
            if level == 0:
                end[number] = tokens.end[0]
    tower = language.tower
    x = tower.token_embedding(ids.flatten(1)) + tower.positional_embedding
    x, _ = run_transformer(tower.transformer, x, causal=True)
    return tower.ln_final(x)[torch.arange(len(rows)), end] @ tower.text_projection


def descriptions() -> list[list[str]]:
    """16 descriptions, no two of them alike at level 1: nothing is saved by encoding a sentence once."""
    generators = list(PUBLISHED_GENERATORS.items())
    rows = []
    for number, word in enumerate(WORDS):
        name, place = generators[number % len(generators)]
        rows.append([f"A photo of a {word} face", *describe_forgery(*place, name).sentences[1:]])
    return rows


@torch.inference_mode()
def run() -> list[Line]:
    """One description, and sixteen at once."""
    torch.manual_seed(0)
    model = MFCLIP(AUTHORS).eval()
    lines = []
    for count, bar, repeats in ((1, 8.0, 7), (16, 20.0, 3)):
        rows = descriptions()[:count]
        apart = (model.encode_descriptions(rows) - joint_text_feature(model.language, rows)).abs().max()
        if float(apart) > SAME:
            raise AssertionError(f"level 1 alone differs from the joint encoding by {float(apart):.3g}")
        ratio, joint, alone = paired_ratio(
            lambda rows=rows: joint_text_feature(model.language, rows),
            lambda rows=rows: model.encode_descriptions(rows),
            repeats,
        )
        note = f"{joint * 1e3:.0f} ms against {alone * 1e3:.1f} ms, features equal to {float(apart):.1g}"
        name = f"language encoder, `authors`, against 308 tokens, {count} at once"
        lines.append(Line(name, ratio, "times faster", "≥", bar, note))
    return lines
