"""Language worth editing: a text tower distilled from a sentence encoder, paraphrases, and the words they hold."""

import json
from pathlib import Path

from mfclip.hub import WORDS
from mfclip.prompts import Hierarchy
from mfclip.training.language.distil import prepare_tower
from mfclip.training.language.grammar import reword, seen_words

__all__ = ["prepare_tower", "reword", "seen_words", "write_words"]

ORIGIN = "the sentences of the training hierarchy and every rewording of mfclip.training.language.grammar"


def write_words(folder: Path, hierarchy: Hierarchy) -> Path:
    """Write words.json into a checkpoint folder: the words that training with rewordings of `hierarchy` can meet."""
    content = {"seen": seen_words(row.sentences for row in hierarchy), "origin": ORIGIN}
    path = folder / WORDS
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path
