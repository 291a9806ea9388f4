"""Sentences as the language encoder reads them: their words with their places, and the target under other features.

Three methods stand on this: words, pairs and counterfactuals.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor
from torch.func import vmap

from explain.subject import Subject
from mfclip.language import SEAM
from mfclip.prompts import LEVELS
from mfclip.tokens import count_tokens, tokenize

ALL = "all"
BATCH = 128
"""Texts that are encoded at once, and feature tables that are judged at once: it bounds memory."""

_UNIT = re.compile(r"[^\W_]+|(?:[^\w\s]|_)+")
"""Runs of letters and digits, as `mfclip.words` parts words, and runs of other visible characters."""


@dataclass(frozen=True)
class Word:
    """A word of a sentence: characters start to end (exclusive), byte-pair pieces first to last (exclusive).

    Pieces are counted from the sentence's start token, which is piece 0.
    """

    text: str
    start: int
    end: int
    first: int
    last: int


def words_in(sentence: str) -> tuple[Word, ...]:
    """The words of a sentence, in order; between them they hold every byte-pair piece but start and end token.

    A word is a run of letters and digits, or of other visible characters. Where the tokeniser reads across such a
    border (“don't” is don + 't, “&lt;” is one sign), what it reads together is one word. A border counts if the
    halves, tokenised apart, give the pieces of the whole: this needs no knowledge of how the tokeniser cleans text.
    Raises ValueError for a sentence over 77 tokens.
    """
    whole = _pieces([sentence])[0]
    units = [match.span() for match in _UNIT.finditer(sentence)]
    cuts = [start for start, _ in units[1:]]
    heads, tails = _pieces([sentence[:cut] for cut in cuts]), _pieces([sentence[cut:] for cut in cuts])
    borders = {0: 0, len(sentence): len(whole)}
    for cut, head, tail in zip(cuts, heads, tails, strict=True):
        if head + tail == whole:
            borders[cut] = len(head)
    found, ordered = [], sorted(borders.items())
    for (left, first), (right, last) in zip(ordered, ordered[1:], strict=False):
        inside = [unit for unit in units if left <= unit[0] < right]
        # What the tokeniser drops (a lone control character) has no piece and cannot be a word.
        if inside and last > first:
            start, end = inside[0][0], inside[-1][1]
            found.append(Word(sentence[start:end], start, end, first + 1, last + 1))
    return tuple(found)


def _pieces(sentences: Sequence[str]) -> list[list[int]]:
    tokens = tokenize(sentences)
    return [row[1:end] for row, end in zip(tokens.ids.tolist(), tokens.end.tolist(), strict=True)]


def without(sentence: str, word: Word) -> str:
    """The sentence with one word left out, as a person would write it: no space is doubled, no neighbours join."""
    return " ".join((sentence[: word.start] + " " + sentence[word.end :]).split())


@dataclass(frozen=True)
class Passage:
    """A sentence in a text that the encoder reads: the whole text, or, read jointly, a part of it.

    number: of the text in `Wording.texts`, None where the sentence cannot reach any feature. before, after: what the
    text holds around the sentence. offset: pieces before its start token. places: (description, level) from 0, those
    of the selection where it stands.
    """

    sentence: str
    number: int | None
    before: str
    after: str
    offset: int
    places: tuple[tuple[int, int], ...]

    @cached_property
    def words(self) -> tuple[Word, ...]:
        """The words of the sentence."""
        return words_in(self.sentence)

    def worded(self, sentence: str) -> str:
        """The text with another sentence in this one's place."""
        return self.before + sentence + self.after

    def pieces(self, word: Word) -> slice:
        """Where the word's pieces lie in the text's tokens."""
        return slice(self.offset + word.first, self.offset + word.last)


@dataclass(frozen=True, eq=False)
class Wording:
    """The texts that the encoder reads for rows of four sentences, and the target's value under other features."""

    subject: Subject
    rows: tuple[tuple[str, ...], ...]

    @classmethod
    def of(cls, subject: Subject) -> Self:
        """The wording of the subject's own hierarchy."""
        return cls(subject, tuple(row.sentences for row in subject.hierarchy))

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """T texts, each once: the sentences that can reach a feature, or, read jointly, whole descriptions."""
        return tuple(self.subject.model.sentences_read(self.rows))

    @cached_property
    def features(self) -> Tensor:
        """(T, D): the texts' features, not normalised."""
        known = self.subject.sentence_features(self.texts)
        return torch.stack([known[text] for text in self.texts])

    def encode(self, texts: Sequence[str]) -> Tensor:
        """N texts → (N, D), without gradients, a batch at a time. Raises ValueError for over 77 tokens."""
        with torch.no_grad():
            parts = [self.subject.model.encode_sentences(texts[at]) for at in batches(len(texts))]
        return torch.cat(parts) if parts else self.features[:0]

    def descriptions(self, table: Tensor) -> Tensor:
        """Features (T, D) of the texts → description features (K, D), differentiable."""
        return self.subject.model.combine_sentences(self.rows, dict(zip(self.texts, table, strict=True)))

    def values(self, tables: Tensor) -> Tensor:
        """Features of all texts, (B, T, D) → the target's value on the face, (B,), differentiable."""
        subject = self.subject
        fused = subject.image + subject.noise

        def value(table: Tensor) -> Tensor:
            return subject.value(fused, self.descriptions(table))[0]

        return vmap(value)(tables)

    def values_with(self, numbers: Tensor, features: Tensor) -> Tensor:
        """The target where text numbers[b] has features[b] (B, D) and the others their own → (B,).

        Differentiable in the features; a target that no text can move gives a gradient of zero.
        """
        here = torch.arange(len(self.texts), device=numbers.device) == numbers[:, None]
        tables = torch.where(here[..., None], features[:, None], self.features)
        return self.values(tables) + 0 * features.sum(dim=-1)

    def changes_with(self, numbers: Sequence[int], texts: Sequence[str]) -> Iterator[Tensor]:
        """The target where text numbers[b] reads texts[b] instead, a batch at a time, without gradients."""
        device = self.features.device
        for at in batches(len(texts)):
            with torch.no_grad():
                yield self.values_with(torch.tensor(numbers[at], device=device), self.encode(texts[at]))

    def passages(self, description: Any = ALL, level: str = ALL) -> list[Passage]:
        """The distinct sentences of a selection, in order of first appearance.

        description: ALL or the number of one, from 0; level: ALL or one of LEVELS. A sentence that several
        descriptions share is one passage with several places. Raises ValueError for a description that is not there.
        """
        found: dict[tuple[Any, ...], Passage] = {}
        levels = range(len(LEVELS)) if level == ALL else [LEVELS.index(level)]
        for row in self._chosen(description):
            for place in levels:
                new = self._passage(row, place)
                # A place that is not read must not hide one that is.
                key = (new.sentence, new.before, new.after)
                old = found.get(key, new)
                number = new.number if old.number is None else old.number
                places = new.places if old is new else old.places + new.places
                found[key] = Passage(new.sentence, number, new.before, new.after, new.offset, places)
        return list(found.values())

    def _chosen(self, description: Any) -> Sequence[int]:
        if description == ALL:
            return range(len(self.rows))
        if str(description).isdecimal() and int(description) < len(self.rows):
            return [int(description)]
        raise ValueError(
            f"description is {description!r}; allowed: {ALL!r} or a number of 0 to {len(self.rows) - 1}, "
            "counted as in the hierarchy."
        )

    def _passage(self, number: int, level: int) -> Passage:
        language, row = self.subject.model.language, self.rows[number]
        if language.levels == "joint":
            before = "".join(sentence + SEAM for sentence in row[:level])
            after = "".join(SEAM + sentence for sentence in row[level + 1 :])
            offset = sum(count_tokens(sentence) for sentence in row[:level])
            text = self.texts.index(SEAM.join(row))
            return Passage(row[level], text, before, after, offset, ((number, level),))
        read = level < len(language.read_of(row))
        text_number = self.texts.index(row[level]) if read else None
        return Passage(row[level], text_number, "", "", 0, ((number, level),))


def batches(count: int, size: int = BATCH) -> list[slice]:
    """Slices that part `count` things into batches of at most `size`."""
    return [slice(start, start + size) for start in range(0, count, size)]


def word_table(subject: Subject, passages: Sequence[Passage]) -> dict[str, np.ndarray]:
    """Where the W words of S passages stand, as arrays of a result.

    'sentence' (W,): the passage's number. 'span' (W, 2): characters in it, end exclusive. 'piece' (W, 2): tokens in
    the text that is read. 'unseen' (W,): 1 where a word was never trained with. 'places' (M, 3): passage, description,
    level from 0.
    """
    rows = [(number, passage, word) for number, passage in enumerate(passages) for word in passage.words]
    places = [(number, *place) for number, passage in enumerate(passages) for place in passage.places]
    pieces = [passage.pieces(word) for _, passage, word in rows]
    return {
        "sentence": _whole([number for number, _, _ in rows]),
        "span": _whole([(word.start, word.end) for _, _, word in rows]).reshape(-1, 2),
        "piece": _whole([(piece.start, piece.stop) for piece in pieces]).reshape(-1, 2),
        "unseen": _whole([bool(subject.detector.unseen_words(word.text)) for _, _, word in rows]),
        "places": _whole(places).reshape(-1, 3),
    }


def _whole(numbers: Sequence[Any]) -> np.ndarray:
    return np.array(numbers, dtype=np.int64)


DEAD = "{count} of the sentences cannot reach any feature under the read-out {levels!r}: their words are exactly 0."


def dead_notes(subject: Subject, passages: Sequence[Passage]) -> tuple[str, ...]:
    """A note where sentences of the selection are not read at all."""
    count = sum(passage.number is None for passage in passages)
    return (DEAD.format(count=count, levels=subject.model.language.levels),) if count else ()
