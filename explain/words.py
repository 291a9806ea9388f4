"""Which words: what every word of the prompts adds to the target, beside what happens when it is left out.

Attribution is by integrated gradients on token embeddings, with start and end token kept: blanking them too would
move the position that is read. Leaving a word out and tokenising anew is no attribution but what truly happens; it is
reported beside, with the rank correlation of the two.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from explain.cost import counting
from explain.integration import SMALL, TOLERANCE, integrate
from explain.methods import Knob, Method, Progress
from explain.result import Result
from explain.sentences import ALL, Passage, Wording, batches, dead_notes, without, word_table
from explain.subject import Subject
from mfclip.prompts import LEVELS

GROUP = 16
"""Texts whose paths are walked together."""

POINTS = 8
"""Points of a path that run at once: with GROUP it bounds memory."""

MAX_STEPS = 256

BASELINES = ("pad", "mean")
"""What stands in a word's place: CLIP's padding, which is the token “!”, or the mean of all token embeddings."""

CAVEAT = (
    "Each sentence is compared with itself blanked, the others as they are: totals of sentences do not add up to the "
    "target. A blanked word is one that the encoder may never have met; what truly happens without it is 'left_out'. "
    "A sentence that several descriptions share is changed in all of them."
)


@dataclass(frozen=True)
class _Texts:
    """Texts with their attributed tokens: values with all words, with none, and per token; steps that it took."""

    numbers: tuple[int, ...]
    tokens: tuple[np.ndarray, ...]
    end: tuple[int, ...]
    differences: np.ndarray
    steps: int

    @property
    def errors(self) -> np.ndarray:
        """How far the tokens of each text miss its difference."""
        return np.array([part.sum() for part in self.tokens]) - self.differences


def gap_of_all(errors: np.ndarray, differences: np.ndarray) -> float:
    """Σ|error| as a share of Σ|difference|, of SMALL logits where the differences are smaller together."""
    return float(np.abs(errors).sum() / max(float(np.abs(differences).sum()), SMALL))


def blank(subject: Subject, embedded: Tensor, content: Tensor, baseline: str) -> Tensor:
    """Embeddings (N, L, W) with the content (N, L) blanked, every other token as it is. baseline: of BASELINES."""
    language = subject.model.language
    if baseline == "mean":
        empty = language.tower.token_embedding.weight.detach().mean(dim=0)
    else:
        empty = language.embed(torch.zeros(1, dtype=torch.int64, device=embedded.device))[0].detach()
    return torch.where(content[..., None], empty, embedded)


def _content(passages: Sequence[Passage], numbers: Sequence[int], shape: tuple[int, int]) -> Tensor:
    content = torch.zeros(shape, dtype=torch.bool)
    for passage in passages:
        if passage.number in numbers:
            for word in passage.words:
                content[numbers.index(passage.number), passage.pieces(word)] = True
    return content


def _attribute(
    wording: Wording,
    passages: Sequence[Passage],
    numbers: Sequence[int],
    baseline: str,
    steps: int,
    progress: Progress,
) -> _Texts:
    """Integrated gradients of one group of texts, each on a path of its own with the others as they are."""
    subject, language = wording.subject, wording.subject.model.language
    tokens = language.tokens([wording.texts[number] for number in numbers])
    device = subject.model.device
    end, which = tokens.end.to(device), torch.tensor(numbers, device=device)
    with torch.no_grad():
        embedded = language.embed(tokens.ids.to(device))
    content = _content(passages, numbers, (len(numbers), tokens.ids.shape[1])).to(device)
    blanked = blank(subject, embedded, content, baseline)

    def each(points: Tensor) -> Tensor:  # (B, N, L, W) → (B, N)
        count = len(points)
        features, _ = language.read(points.flatten(0, 1), end.repeat(count))
        return wording.values_with(which.repeat(count), features).view(count, -1)

    with torch.no_grad():
        differences = (each(embedded[None]) - each(blanked[None]))[0].double().cpu().numpy()
    while True:
        # Rows do not see one another, so the gradient of the sum over texts is every text's own.
        integral = integrate(
            lambda points: each(points).sum(dim=1),
            (embedded[None],),
            (blanked[None],),
            steps=steps,
            limit=steps,
            batch=POINTS,
            progress=progress,
        )
        shares = integral.attributions[0][0].double().sum(dim=-1).cpu().numpy()
        found = _Texts(tuple(numbers), tuple(shares), tuple(end.tolist()), differences, steps)
        if gap_of_all(found.errors, differences) < TOLERANCE or 2 * steps > MAX_STEPS:
            return found
        steps *= 2


def spearman(first: np.ndarray, second: np.ndarray) -> float:
    """Rank correlation of two (N,) arrays, ties sharing their mean rank, -1..1; NaN below three or for a constant."""
    if len(first) < 3 or np.ptp(first) == 0 or np.ptp(second) == 0:
        return float("nan")
    ranks = [
        np.searchsorted(np.sort(values), values, "left") + np.searchsorted(np.sort(values), values, "right")
        for values in (first, second)
    ]
    return float(np.corrcoef(np.stack(ranks))[0, 1])


def _left_out(wording: Wording, passages: Sequence[Passage]) -> list[np.ndarray]:
    """For every passage the change of the target that each of its words makes: as it is, less without the word."""
    alive = [passage for passage in passages if passage.number is not None]
    numbers = [passage.number or 0 for passage in alive for _ in passage.words]
    texts = [passage.worded(without(passage.sentence, word)) for passage in alive for word in passage.words]
    parts = [part.double().cpu().numpy() for part in wording.changes_with(numbers, texts)]
    changes = iter(wording.subject.explained - np.concatenate(parts) if parts else np.zeros(0))
    return [
        np.array([0.0 if passage.number is None else next(changes) for _ in passage.words])
        for passage in passages
    ]


def _attributed(passages: Sequence[Passage], groups: Sequence[_Texts]) -> list[np.ndarray]:
    tokens = {
        number: shares for group in groups for number, shares in zip(group.numbers, group.tokens, strict=True)
    }
    return [
        np.array(
            [
                0.0 if passage.number is None else float(tokens[passage.number][passage.pieces(word)].sum())
                for word in passage.words
            ]
        )
        for passage in passages
    ]


def _outside(groups: Sequence[_Texts], content: dict[int, set[int]]) -> tuple[list[float], list[float]]:
    """Largest absolute attribution after the end token, and of the kept tokens up to it, of every text."""
    after, kept = [], []
    for group in groups:
        for number, shares, end in zip(group.numbers, group.tokens, group.end, strict=True):
            fixed = [place for place in range(end + 1) if place not in content[number]]
            after.append(float(np.abs(shares[end + 1 :]).max(initial=0)))
            kept.append(float(np.abs(shares[fixed]).max(initial=0)))
    return after, kept


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
        parts = batches(len(numbers), GROUP)
        groups = []
        for turn, at in enumerate(parts):

            def watched(done: int, of: int, turn: int = turn) -> None:
                progress(turn * of + done, (len(parts) + 1) * of)

            groups.append(_attribute(wording, passages, numbers[at], baseline, steps, watched))
        left_out = _left_out(wording, passages)
        progress(1, 1)
    contributions = _attributed(passages, groups)
    values = word_table(subject, passages) | _checked(passages, groups)
    values |= _compared(passages, contributions, left_out)
    texts = [-1 if passage.number is None else numbers.index(passage.number) for passage in passages]
    values["text"] = np.array(texts, dtype=np.int64)
    errors, differences = values["attributed"] - values["difference"], values["difference"]
    used = max((group.steps for group in groups), default=steps)
    notes = dead_notes(subject, passages)
    notes += (f"{used} steps were needed instead of {steps}.",) if used > steps else ()
    if not np.any(differences) and numbers:
        notes += (f"No sentence of the selection moves the {subject.target}.",)
    return Result(
        values=values,
        labels={
            "contributions": tuple(word.text for passage in passages for word in passage.words),
            "agreement": tuple(passage.sentence for passage in passages),
        },
        site=f"words of {len(passages)} sentences, byte-pair pieces summed; start and end tokens kept",
        sign="positive: the word speaks for fake",
        unit=f"logits of the {subject.target}",
        gap=gap_of_all(errors, differences),
        cost=cost.passes,
        caveat=CAVEAT,
        notes=notes,
    )


def _checked(passages: Sequence[Passage], groups: Sequence[_Texts]) -> dict[str, np.ndarray]:
    content: dict[int, set[int]] = {number: set() for group in groups for number in group.numbers}
    for passage in passages:
        if passage.number is not None:
            for word in passage.words:
                where = passage.pieces(word)
                content[passage.number] |= set(range(where.start, where.stop))
    after, kept = _outside(groups, content)
    return {
        "difference": np.concatenate([group.differences for group in groups] or [np.zeros(0)]),
        "attributed": np.array([shares.sum() for group in groups for shares in group.tokens]),
        "after_end": np.array(after),
        "kept": np.array(kept),
    }


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
            "Points of the path; doubled until the words add up to within 1 %.",
            low=4,
            high=MAX_STEPS,
        ),
    ),
)
