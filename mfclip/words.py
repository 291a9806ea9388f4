"""Which words a detector has met in training: what counts as a word, and the list kept beside the weights.

words.json in a checkpoint folder is {"seen": [lower-cased words], "origin": a sentence}. Checkpoints without one met
only the sentences of their own hierarchy.
"""

import json
import re
from collections.abc import Iterable
from pathlib import Path

from mfclip.errors import CheckpointError
from mfclip.hub import WORDS

_WORD = re.compile(r"[^\W_]+")


def words_of(sentence: str) -> list[str]:
    """The words of a sentence, lower-cased, in order, each once: runs of letters and digits.

    Hyphens and apostrophes part words, as they part tokens: 'GAN-based' is 'gan' and 'based'.
    """
    return list(dict.fromkeys(_WORD.findall(sentence.lower())))


def words_of_all(sentences: Iterable[str]) -> frozenset[str]:
    """Every word of several sentences."""
    return frozenset(word for sentence in sentences for word in words_of(sentence))


def seen_words(folder: Path) -> frozenset[str] | None:
    """The words that the training of the checkpoint in `folder` has seen, lower-cased; None if it does not say.

    Raises CheckpointError if words.json cannot be read or does not hold a list of words under "seen".
    """
    path = folder / WORDS
    if not path.is_file():
        return None
    try:
        seen = json.loads(path.read_text(encoding="utf-8"))["seen"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(
            f"{path} cannot be read ({type(error).__name__}: {error}): copy it anew or remove it."
        ) from None
    if not isinstance(seen, list) or not all(isinstance(word, str) for word in seen):
        raise CheckpointError(f'{path} holds no list of words under "seen": copy it anew or remove it.')
    return frozenset(word.lower() for word in seen)
