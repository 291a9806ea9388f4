"""What if a word were another: every single-word swap in a sentence, tried and not guessed.

The words put in are those of the hierarchy and those that the checkpoint met in training; each swapped sentence is
tokenised and encoded anew. Everyday words in the same places are the control: a swap that moves the verdict no
further than they do says nothing about its word.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor

from explain.cost import counting
from explain.methods import Knob, Method, Progress
from explain.result import Result
from explain.sentences import DEAD, Word, Wording, batches, words_in
from explain.subject import Subject
from mfclip.decision import EVIDENCE
from mfclip.prompts import LEVELS, MAX_CHARACTERS, Description, Hierarchy
from mfclip.tokens import CONTEXT, count_tokens
from mfclip.words import seen_words, words_of, words_of_all

NEAREST = "nearest"
"""The description that this face is most similar to."""

UNRELATED = tuple(
    "apple anchor bicycle blanket bridge butter candle carpet cloud coffee desk engine feather garden guitar hammer "
    "island kettle ladder lemon meadow mountain ocean orange pencil piano pillow river sandwich spoon table train "
    "umbrella violin wagon winter".split()
)
"""The control: everyday words that have nothing to do with faces or forging. Words drawn from the tokeniser's own
vocabulary would be names, hashtags and insults."""

_MARK = "\0"
"""Stands for the edited sentence in rows: no sentence holds it."""

CAVEAT = (
    "A swap says what this detector would answer to other words, not what is on the face. The largest of many tries is "
    "large by chance too: compare it with 'random', everyday words in the same places. A word that no face was trained "
    "with moves the target for no learned reason."
)


@dataclass(frozen=True, eq=False)
class Edit:
    """One sentence of the hierarchy at some places (description, level), and the target with another in its stead."""

    subject: Subject
    sentence: str
    places: tuple[tuple[int, int], ...]

    def rows(self, sentence: str) -> tuple[tuple[str, ...], ...]:
        """The hierarchy's sentences with another one at the places."""
        return tuple(
            tuple(sentence if (k, place) in self.places else old for place, old in enumerate(row.sentences))
            for k, row in enumerate(self.subject.hierarchy)
        )

    def hierarchy(self, sentence: str) -> Hierarchy:
        """The hierarchy with another sentence at the places. Raises ValueError where it is empty or too long."""
        sides = self.subject.hierarchy.fake
        rows = zip(self.rows(sentence), sides, strict=True)
        return Hierarchy(tuple(Description((a, b, c, d), fake) for (a, b, c, d), fake in rows))

    @cached_property
    def _wording(self) -> Wording:
        return Wording(self.subject, self.rows(_MARK))

    @cached_property
    def _open(self) -> list[int]:
        return [number for number, text in enumerate(self._wording.texts) if _MARK in text]

    @property
    def read(self) -> bool:
        """Whether the sentence can reach any feature from its places."""
        return bool(self._open)

    @cached_property
    def _features(self) -> Tensor:
        # The open texts are filled anew at every use; until then they hold what is there now.
        return self._wording.encode([text.replace(_MARK, self.sentence) for text in self._wording.texts])

    def values(self, sentences: Sequence[str]) -> Iterator[np.ndarray]:
        """The target with each of N sentences at the places, (≤ BATCH,) float64 a batch at a time."""
        wording, texts = self._wording, self._wording.texts
        for at in batches(len(sentences)):
            some = sentences[at]
            if not self.read:
                yield np.full(len(some), self.subject.explained)
                continue
            new = wording.encode([texts[n].replace(_MARK, sentence) for sentence in some for n in self._open])
            tables = self._features.repeat(len(some), 1, 1)
            tables[:, self._open] = new.view(len(some), len(self._open), -1)
            with torch.no_grad():
                yield wording.values(tables).double().cpu().numpy()


def vocabulary_of(subject: Subject) -> tuple[str, ...]:
    """The words put in, lower-cased and sorted: those of the verdict's hierarchy, of the checkpoint's own, and, where
    it lists them, all that its training has seen."""
    checkpoint = subject.detector.checkpoint
    seen = seen_words(checkpoint.folder) if checkpoint else None
    known = words_of_all([*subject.hierarchy.sentences, *subject.detector.hierarchy.sentences])
    return tuple(sorted(known | (seen or frozenset())))


def swapped(sentence: str, word: Word, new: str) -> str:
    """The sentence with another word in a word's place."""
    return sentence[: word.start] + new + sentence[word.end :]


def _allowed(sentence: str) -> bool:
    return len(sentence) <= MAX_CHARACTERS and count_tokens(sentence) <= CONTEXT


def _try(
    edit: Edit, words: Sequence[Word], new: Sequence[str], step: Callable[[int], None]
) -> tuple[np.ndarray, int]:
    """Changes of the target (P, V) by every swap, NaN where a swap changes nothing or is too long; how many were."""
    changes, tried, long = np.full((len(words), len(new)), np.nan), [], 0
    for place, word in enumerate(words):
        for column, other in enumerate(new):
            if words_of(word.text) == [other]:
                continue
            if _allowed(swapped(edit.sentence, word, other)):
                tried.append((place, column))
            else:
                long += 1
    done = 0
    for found in edit.values([swapped(edit.sentence, words[p], new[v]) for p, v in tried]):
        for (place, column), value in zip(tried[done : done + len(found)], found, strict=True):
            changes[place, column] = value - edit.subject.explained
        done += len(found)
        step(len(found))
    return changes, long


def _strongest(changes: np.ndarray, top: int) -> list[tuple[int, int]]:
    """(place, word) of the `top` largest changes towards fake, then of the `top` largest towards real."""
    flat = np.where(np.isnan(changes), 0, changes).ravel()
    order = np.argsort(-flat, kind="stable")
    up = [number for number in order[:top] if flat[number] > 0]
    down = [number for number in order[::-1][:top] if flat[number] < 0]
    return [(int(number) // changes.shape[1], int(number) % changes.shape[1]) for number in (*up, *down)]


def _place(subject: Subject, description: Any, level: str, everywhere: bool) -> tuple[int, Edit]:
    count = len(subject.hierarchy)
    if description == NEAREST:
        row = int(np.argmax([view.similarity for view in subject.verdict.descriptions]))
    elif str(description).isdecimal() and int(description) < count:
        row = int(description)
    else:
        raise ValueError(
            f"description is {description!r}; allowed: {NEAREST!r} or a number of 0 to {count - 1}, "
            "counted as in the hierarchy."
        )
    rows = [entry.sentences for entry in subject.hierarchy]
    here = (row, LEVELS.index(level))
    sentence = rows[row][here[1]]
    shared = tuple(
        (k, place) for k, given in enumerate(rows) for place, other in enumerate(given) if other == sentence
    )
    return row, Edit(subject, sentence, shared if everywhere else (here,))


def _judged(edit: Edit, sentences: Sequence[str]) -> dict[str, np.ndarray]:
    """What the verdict would be with each of N sentences in place: the arrays about verdicts of the result."""
    subject = edit.subject
    before = subject.verdict
    verdicts = [subject.detector.revise(before, edit.hierarchy(sentence)) for sentence in sentences]
    return {
        "margin": np.array([verdict.margin for verdict in verdicts]),
        "turns": _flags((verdict.margin >= 0) != (before.margin >= 0) for verdict in verdicts),
        "evidence": np.array([EVIDENCE.index(verdict.evidence) for verdict in verdicts], dtype=np.int64),
        "evidence_changes": _flags(verdict.evidence != before.evidence for verdict in verdicts),
    }


def _told(
    edit: Edit,
    words: Sequence[Word],
    vocabulary: Sequence[str],
    changes: np.ndarray,
    best: Sequence[tuple[int, int]],
    random: np.ndarray,
) -> dict[str, np.ndarray]:
    """Every swap tried, the strongest of them and the control: the arrays of the result that need no verdict."""
    unseen = edit.subject.detector.unseen_words
    tried = random[~np.isnan(random)]
    return {
        "changes": changes,
        "span": np.array([(word.start, word.end) for word in words], dtype=np.int64).reshape(-1, 2),
        "vocabulary": _flags(bool(unseen(word)) for word in vocabulary),
        "swaps": np.array([changes[where] for where in best]),
        "swap": np.array(best, dtype=np.int64).reshape(-1, 2),
        "unseen": _flags(bool(unseen(vocabulary[v])) for _, v in best),
        "beyond": np.array([_beyond(abs(changes[p, v]), random[p]) for p, v in best]),
        "random": random,
        "control": np.array([np.median(np.abs(tried)) if tried.size else np.nan]),
        "places": np.array(edit.places, dtype=np.int64).reshape(-1, 2),
    }


def counterfactuals(
    subject: Subject,
    progress: Progress,
    *,
    description: Any = NEAREST,
    level: str = LEVELS[0],
    everywhere: bool = True,
    top: int = 8,
) -> Result:
    """Which single-word swap in one sentence would change the target most.

    P words of the sentence (those with letters or digits) × V words put in. values: 'changes' (P, V) the target with
    the swap less the target as it is, logits, positive towards fake, NaN where the word is the same or the sentence
    would be too long; 'span' (P, 2) characters; 'vocabulary' (V,) 1 where no face was trained with the word. Of the N
    strongest, towards fake first: 'swaps' (N,) their changes, 'swap' (N, 2) place and word, 'margin' (N,) the
    verdict's margin with it, 'turns' (N,) 1 where the verdict changes sides, 'evidence' (N,) its word, a number of
    mfclip.decision.EVIDENCE, 'evidence_changes' (N,) 1 where that is another, 'unseen' (N,) 1 where the new word was
    never trained with, 'beyond' (N,) share of control swaps in the same place that move the target less. 'random'
    (P, R) the control, 'control' (1,) its median size. 'places' (M, 2): description, level from 0, where the sentence
    was changed. labels: 'sentences' holds the one sentence.

    gap is None: nothing has to add up, every number is an evaluation. Raises ValueError for a description that the
    hierarchy lacks.
    """
    row, edit = _place(subject, description, level, everywhere)
    words = [word for word in words_in(edit.sentence) if words_of(word.text)]
    vocabulary = vocabulary_of(subject)
    chance = tuple(word for word in UNRELATED if word not in vocabulary)
    whole, done = len(words) * (len(vocabulary) + len(chance)), 0

    def step(count: int) -> None:
        nonlocal done
        done += count
        progress(min(done, whole), whole)

    with counting(subject) as cost:
        step(0)
        changes, long = _try(edit, words, vocabulary, step)
        random, _ = _try(edit, words, chance, step)
        best = _strongest(changes, top)
        judged = _judged(edit, [swapped(edit.sentence, words[p], vocabulary[v]) for p, v in best])
        progress(whole, whole)
    return Result(
        values={**_told(edit, words, vocabulary, changes, best, random), **judged},
        labels={
            "changes": tuple(word.text for word in words),
            "vocabulary": vocabulary,
            "swaps": tuple(f"{words[p].text} → {vocabulary[v]}" for p, v in best),
            "random": chance,
            "sentences": (edit.sentence,),
        },
        site=f"the {level} sentence of description {row}, at {len(edit.places)} places of the hierarchy",
        sign="positive: with the swap the face looks more like a fake",
        unit=f"logits of the {subject.target}",
        gap=None,
        cost=cost.passes,
        caveat=CAVEAT,
        notes=_notes(subject, edit, vocabulary, words, long),
    )


def _flags(answers: Iterator[bool]) -> np.ndarray:
    return np.array([int(answer) for answer in answers], dtype=np.int64)


def _beyond(size: float, random: np.ndarray) -> float:
    tried = random[~np.isnan(random)]
    return float((np.abs(tried) < size).mean()) if tried.size else float("nan")


def _notes(
    subject: Subject, edit: Edit, vocabulary: Sequence[str], words: Sequence[Word], long: int
) -> tuple[str, ...]:
    notes = []
    if not edit.read:
        notes.append(DEAD.format(count=1, levels=subject.model.language.levels))
    if not words:
        notes.append("The sentence has no word of letters or digits: nothing to swap.")
    if long:
        notes.append(
            f"{long} of {len(words) * len(vocabulary)} swaps were left out: the sentence would be too long."
        )
    return tuple(notes)


METHOD = Method(
    name="counterfactuals",
    question="Which other word would change the verdict?",
    kind="counterfactuals",
    function=counterfactuals,
    knobs=(
        Knob(
            "description", "choice", NEAREST, "Whose sentence: the nearest description's, or a number from 0."
        ),
        Knob("level", "choice", LEVELS[0], "Which of the four sentences.", choices=LEVELS),
        Knob("everywhere", "switch", True, "Change the sentence in every description that holds it."),
        Knob("top", "integer", 8, "How many swaps each way are judged anew.", low=1, high=50),
    ),
)
