"""Which words: what every word of the prompts adds to the target, beside what happens when it is left out.

Attribution is by integrated gradients on token embeddings, with start and end token kept: blanking them too would
move the position that is read. Leaving a word out and tokenising anew is no attribution but what truly happens; it is
reported beside, with the rank correlation of the two.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from captum.attr import IntegratedGradients
from torch import Tensor

from explain.cost import counting
from explain.integration import NODES, SMALL, TOLERANCE, UNEVEN
from explain.methods import Knob, Method, Progress
from explain.progress import Bar, fallen
from explain.result import Result
from explain.sentences import ALL, Passage, Wording, batches, dead_notes, without, word_table
from explain.subject import Subject
from explain.token_paths import BASELINES, ROWS, TokenPaths
from mfclip.prompts import LEVELS

MAX_STEPS = 256

LEFT_OUT, BEGUN = 0.25, 0.8
"""Shares of the bar at which all words have been left out, and at which the paths' first points are known."""

CAVEAT = (
    "Each sentence is compared with itself blanked, the others as they are: totals of sentences do not add up to the "
    "target. A blanked word is one that the encoder may never have met; what truly happens without it is 'left_out'. "
    "A sentence that several descriptions share is changed in all of them."
)


def gap_of_all(errors: np.ndarray, differences: np.ndarray) -> float:
    """Σ|error| as a share of Σ|difference|, of SMALL logits where the differences are smaller together."""
    return float(np.abs(errors).sum() / max(float(np.abs(differences).sum()), SMALL))


@dataclass(frozen=True)
class _Piece:
    """A piece of one text's path, 0 blanked to 1 as it is: what each token adds on it (L,), and by how much their sum
    misses the piece's difference."""

    text: int
    start: float
    end: float
    shares: np.ndarray
    missed: float


class _Paths(TokenPaths):
    """Paths of texts with the target's value on them, the other texts as they are."""

    def __init__(
        self, wording: Wording, numbers: Sequence[int], passages: Sequence[Passage], baseline: str
    ) -> None:
        super().__init__(wording, numbers, passages, baseline)
        self.known: dict[tuple[int, float], float] = {}

    def value(self, texts: Sequence[int], embedded: Tensor) -> Tensor:
        """The target (n·R,) with embeddings (n·R, L, W) in the place of R texts, repeated n times."""
        rows = torch.tensor(texts, device=embedded.device).repeat(len(embedded) // len(texts))
        features, _ = self.language.read(embedded, self.ends[rows])
        return self.wording.values_with(self.numbers[rows], features)

    def learn(self, places: Iterable[tuple[int, float]]) -> None:
        """Evaluate the target at places, (text, 0..1), that are not known yet."""
        new = [place for place in dict.fromkeys(places) if place not in self.known]
        for at in batches(len(new), ROWS):
            with torch.no_grad():
                found = self.value([text for text, _ in new[at]], self.at(new[at]))
            self.known.update(zip(new[at], found.double().tolist(), strict=True))

    def integrate(self, bounds: Sequence[tuple[int, float, float]], progress: Progress) -> list[_Piece]:
        """Captum's integrated gradients over pieces (text, start, end), NODES points each."""
        self.learn(place for text, start, end in bounds for place in ((text, start), (text, end)))
        found: list[_Piece] = []
        for at in batches(len(bounds), ROWS // NODES):
            progress(len(found), len(bounds))
            some = bounds[at]
            texts = [text for text, _, _ in some]
            parts = IntegratedGradients(partial(self.value, texts)).attribute(
                self.at([(text, end) for text, _, end in some]).requires_grad_(),
                self.at([(text, start) for text, start, _ in some]),
                n_steps=NODES,
                method="gausslegendre",
            )
            for bound, shares in zip(some, parts.detach().double().sum(dim=-1).cpu().numpy(), strict=True):
                text, start, end = bound
                difference = self.known[text, end] - self.known[text, start]
                found.append(_Piece(*bound, shares, float(shares.sum()) - difference))
        return found

    def missed(self, pieces: Sequence[_Piece]) -> np.ndarray:
        """(X,): by how much the pieces of each text's path miss its difference together."""
        texts = [piece.text for piece in pieces]
        return np.bincount(texts, [piece.missed for piece in pieces], minlength=len(self.numbers))

    @property
    def differences(self) -> np.ndarray:
        """(X,): the target as it is less with a text blanked; both must be known."""
        return np.array([self.known[text, 1.0] - self.known[text, 0.0] for text in range(len(self.numbers))])


def _worst(pieces: Sequence[_Piece], line: float) -> list[_Piece]:
    """The pieces that miss the most: as many as it takes for the others to miss less than `line` together."""
    ordered = sorted(pieces, key=lambda piece: -abs(piece.missed))
    left = sum(abs(piece.missed) for piece in ordered)
    chosen = []
    for piece in ordered:
        if left < line:
            break
        chosen.append(piece)
        left -= abs(piece.missed)
    return chosen


def _attribute(paths: _Paths, steps: int, bar: Bar) -> tuple[np.ndarray, list[_Piece], int]:
    """What the tokens of X texts add, (X, L), the pieces that it is the sum of, and the points of the longest path.

    As in `integration`, points are spent where pieces of a path miss the difference that they are known to add up to,
    but over all texts at once: a text that is hard to integrate must not make the easy ones dear.
    """
    cuts = np.linspace(0, 1, -(-steps // NODES) + 1).tolist()
    count = len(paths.numbers)
    bounds = [(text, *bound) for text in range(count) for bound in zip(cuts[:-1], cuts[1:], strict=True)]
    pieces = paths.integrate(bounds, bar.between(LEFT_OUT, BEGUN))
    points, of_text = NODES * len(bounds), np.full(count, NODES * (len(cuts) - 1))
    gaps = [gap_of_all(paths.missed(pieces), paths.differences)]
    while gaps[-1] >= TOLERANCE and points < MAX_STEPS * count:
        reached = BEGUN + (1 - BEGUN) * fallen(gaps[0], gaps[-1], TOLERANCE)
        line = TOLERANCE / 2 * max(float(np.abs(paths.differences).sum()), SMALL)
        worst = _worst(pieces, line)
        halves = []
        for piece in worst:
            middle = (piece.start + piece.end) / 2
            halves += [(piece.text, piece.start, middle), (piece.text, middle, piece.end)]
            of_text[piece.text] += 2 * NODES
        dropped = {id(piece) for piece in worst}
        pieces = [piece for piece in pieces if id(piece) not in dropped] + paths.integrate(
            halves, bar.between(reached, reached)
        )
        points += NODES * len(halves)
        gaps.append(gap_of_all(paths.missed(pieces), paths.differences))
    # In the order of the paths: sums of floats depend on their order, and results must not.
    pieces.sort(key=lambda piece: (piece.text, piece.start))
    shares = np.zeros(paths.content.shape)
    for piece in pieces:
        shares[piece.text] += piece.shares
    return shares, pieces, int(of_text.max(initial=0))


def spearman(first: np.ndarray, second: np.ndarray) -> float:
    """Rank correlation of two (N,) arrays, ties sharing their mean rank, -1..1; NaN below three or for a constant."""
    if len(first) < 3 or np.ptp(first) == 0 or np.ptp(second) == 0:
        return float("nan")
    ranks = [
        np.searchsorted(np.sort(values), values, "left") + np.searchsorted(np.sort(values), values, "right")
        for values in (first, second)
    ]
    return float(np.corrcoef(np.stack(ranks))[0, 1])


def _left_out(wording: Wording, passages: Sequence[Passage], progress: Progress) -> list[np.ndarray]:
    """For every passage the change of the target that each of its words makes: as it is, less without the word."""
    alive = [passage for passage in passages if passage.number is not None]
    numbers = [passage.number or 0 for passage in alive for _ in passage.words]
    texts = [passage.worded(without(passage.sentence, word)) for passage in alive for word in passage.words]
    parts: list[np.ndarray] = []
    for part in wording.changes_with(numbers, texts):
        parts.append(part.double().cpu().numpy())
        progress(sum(map(len, parts)), len(texts))
    changes = iter(wording.subject.explained - np.concatenate(parts) if parts else np.zeros(0))
    return [
        np.array([0.0 if passage.number is None else next(changes) for _ in passage.words])
        for passage in passages
    ]


def _attributed(passages: Sequence[Passage], numbers: Sequence[int], shares: np.ndarray) -> list[np.ndarray]:
    return [
        np.array(
            [
                0.0
                if passage.number is None
                else shares[numbers.index(passage.number), passage.pieces(word)].sum()
                for word in passage.words
            ]
        )
        for passage in passages
    ]


def words(
    subject: Subject,
    progress: Progress,
    *,
    description: Any = ALL,
    level: str = ALL,
    baseline: str = "pad",
    steps: int = 8,
) -> Result:
    """What each of W words in S sentences adds to the target.

    values: 'contributions' (W,) integrated gradients, pieces summed to words; 'left_out' (W,) the target as it is less
    the target without the word, tokenised anew; both in logits, positive towards fake. 'sentence' (W,) its number
    among the labels of 'agreement'; 'span' (W, 2) its characters there, end exclusive; 'piece' (W, 2) its tokens in
    the text that is read; 'unseen' (W,) 1 where it holds a word that no face was trained with. 'agreement' (S,)
    Spearman of the two for each sentence (NaN below three words), 'agreement_all' (1,) over all words. 'places' (M, 3):
    sentence, description, level from 0. 'text' (S,): which of the X texts read holds it, -1 if none; 'difference' (X,)
    the target as it is less with the words blanked, 'attributed' (X,) what the words sum to, 'after_end' and 'kept'
    (X,) the largest absolute attribution after the end token, and of start, end and other kept tokens.

    gap: Σ|attributed − difference| / Σ|difference| over texts. Sundararajan et al., ICML 2017, on token embeddings.
    Raises ValueError for a description that the hierarchy lacks.
    """
    with counting(subject) as cost:
        wording = Wording.of(subject)
        passages = wording.passages(description, level)
        numbers = list(dict.fromkeys(p.number for p in passages if p.number is not None))
        bar = Bar(progress)
        left_out = _left_out(wording, passages, bar.between(0, LEFT_OUT))
        paths = _Paths(wording, numbers, passages, baseline) if numbers else None
        shares, pieces, points = _attribute(paths, steps, bar) if paths else (np.zeros((0, 0)), [], 0)
        bar.to(1.0)
    contributions = _attributed(passages, numbers, shares)
    values = word_table(subject, passages) | _compared(passages, contributions, left_out)
    values |= _checked(paths, shares) if paths else {name: np.zeros(0) for name in CHECKS}
    texts = [-1 if passage.number is None else numbers.index(passage.number) for passage in passages]
    values["text"] = np.array(texts, dtype=np.int64)
    differences = values["difference"]
    notes = dead_notes(subject, passages) + _notes(subject, differences, pieces, points, steps)
    gap = gap_of_all(values["attributed"] - differences, differences)
    return Result(
        values=values,
        labels={
            "contributions": tuple(word.text for passage in passages for word in passage.words),
            "agreement": tuple(passage.sentence for passage in passages),
        },
        site=f"words of {len(passages)} sentences, byte-pair pieces summed; start and end tokens kept",
        sign="positive: the word speaks for fake",
        unit=f"logits of the {subject.target}",
        gap=gap,
        cost=cost.passes,
        caveat=CAVEAT,
        notes=notes,
    )


CHECKS = ("difference", "attributed", "after_end", "kept")
"""Arrays of a result by text, which say how well its words add up."""


def _checked(paths: _Paths, shares: np.ndarray) -> dict[str, np.ndarray]:
    content, ends = paths.content.cpu().numpy(), paths.ends.cpu().numpy()
    after = np.arange(shares.shape[1]) > ends[:, None]
    sizes = np.abs(shares)
    found = (
        paths.differences,
        (shares * content).sum(axis=1),
        np.where(after, sizes, 0).max(axis=1),
        np.where(~content & ~after, sizes, 0).max(axis=1),
    )
    return dict(zip(CHECKS, found, strict=True))


def _notes(
    subject: Subject, differences: np.ndarray, pieces: Sequence[_Piece], points: int, steps: int
) -> tuple[str, ...]:
    notes = []
    if points > -(-steps // NODES) * NODES:
        notes.append(
            f"{steps} points of a path were not enough everywhere; the hardest sentence took {points}."
        )
    uneven = gap_of_all(np.array([piece.missed for piece in pieces]), differences)
    if uneven >= UNEVEN:
        notes.append(
            f"Errors on single pieces of the paths come to {uneven:.0%} of the differences and partly cancel: the "
            "target changes abruptly on the way, so single words are less certain than their sum."
        )
    if differences.size and not np.any(differences):
        notes.append(f"No sentence of the selection moves the {subject.target}.")
    return tuple(notes)


def _compared(
    passages: Sequence[Passage], contributions: Sequence[np.ndarray], left_out: Sequence[np.ndarray]
) -> dict[str, np.ndarray]:
    read = [number for number, passage in enumerate(passages) if passage.number is not None]
    pooled = [np.concatenate([part[n] for n in read] or [np.zeros(0)]) for part in (contributions, left_out)]
    return {
        "contributions": np.concatenate(contributions),
        "left_out": np.concatenate(left_out),
        "agreement": np.array([spearman(*pair) for pair in zip(contributions, left_out, strict=True)]),
        "agreement_all": np.array([spearman(*pooled)]),
    }


METHOD = Method(
    name="words",
    question="Which words of the prompts drove it?",
    kind="words",
    function=words,
    knobs=(
        Knob(
            "description",
            "choice",
            ALL,
            "Whose sentences: all, or the number of one description, from 0.",
        ),
        Knob("level", "choice", ALL, "Which of the four sentences.", choices=(ALL, *LEVELS)),
        Knob(
            "baseline",
            "choice",
            "pad",
            "What stands in a word's place on the way: the padding token “!”, or the mean of all tokens.",
            choices=BASELINES,
        ),
        Knob(
            "steps",
            "integer",
            8,
            "Points of the path to begin with; more are spent until the words add up to within 1 %.",
            low=4,
            high=MAX_STEPS,
        ),
    ),
)
