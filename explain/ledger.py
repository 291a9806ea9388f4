"""Ledger: how much each stream and each prompt level gave to the decision, in shares that add up.

Exact Shapley values (Shapley 1953; the classic average of a player's marginal gain over all orders of arrival) of six
players, the image stream, the noise stream and the four levels, over all 64 coalitions of cached embeddings. No
encoder of faces runs.

What absence means, since every share rests on it:

- A stream that is absent adds the zero vector, so v̂ is the direction of what is left. No mean feature is stored with
  the weights, and none is made up. Without both streams v̂ is 0: the face that says nothing.
- A level that is absent says the same of everybody: its sentence's normalised feature is replaced, in every
  description, by the mean of that level's features (the mean of the real side's and the fake side's mean, so that one
  more copy of every forgery changes nothing, as it changes nothing in the language margin). A level that says the
  same of everybody from the start therefore has a share of 0, and without any level all similarities are equal, so
  the language margin is 0 (to float32's rounding). Dropping a level's weight would do the second but not the first:
  what is left would be scaled up, and a level without content would seem to matter. Read jointly
  (`levels="joint"`) a level has no feature of its own; there its sentence is left out of everybody's text.

Beside them, two other answers to "how much", to be compared: *ablation*, what is lost when one player alone is taken
away, and *bookkeeping*, inner products with every norm frozen.
"""

from math import comb
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from explain.methods import Method, Progress
from explain.result import Result
from explain.subject import Subject
from mfclip import decision as rule
from mfclip.language import SEAM
from mfclip.prompts import LEVELS

STREAMS = ("image stream", "noise stream")
PLAYERS = (*STREAMS, *(f"level {number}: {name}" for number, name in enumerate(LEVELS, start=1)))
"""The players in the order of every array: bit i of a coalition's number says whether PLAYERS[i] takes part."""

READOUTS = ("head", "language", "constant")

CAVEAT = (
    "Shares say how the parts divided this decision, given what absence means here (a silent stream adds nothing, a "
    "silent level says the same of everybody). They do not say where on the face or in which words, and a large share "
    "is not a proof that the evidence is true."
)
JOINT = (
    "The levels are read as one text: an absent level is a sentence left out of everybody's text, and bookkeeping "
    "cannot divide the text's half among the levels (not a number)."
)


def subsets(players: int) -> np.ndarray:
    """(2^n, n) bool: whether player i takes part in coalition c, bit i of c."""
    return (np.arange(2**players)[:, None] >> np.arange(players) & 1).astype(bool)


def shapley(values: np.ndarray) -> np.ndarray:
    """Values (2^n,) of all coalitions, numbered as `subsets` does → the n exact Shapley values, float64.

    φ_i = Σ_{S without i} (v(S ∪ i) − v(S)) / (n · C(n−1, |S|)). Raises ValueError where the number of values is not a
    power of two.
    """
    values = np.asarray(values, dtype=np.float64)
    players = values.size.bit_length() - 1
    if values.shape != (2**players,):
        raise ValueError(
            f"There are values of shape {values.shape}; (2^n,) is needed, one for each coalition of n players."
        )
    coalitions = np.arange(values.size)
    present = subsets(players)
    weights = np.array([1 / (players * comb(players - 1, size)) for size in range(players)])
    shares = []
    for player in range(players):
        without = coalitions[~present[:, player]]
        gains = values[without | 1 << player] - values[without]
        shares.append(gains @ weights[present[without].sum(axis=1)])
    return np.array(shares)


def level_parts(subject: Subject) -> Tensor | None:
    """(K, 4, D): what each level adds to each description's feature, which is their sum.

    Repaired: w_l·t̂_l. As published: level 1's feature as it is, and zeros. None where the levels are read jointly.
    """
    language = subject.model.language
    if language.levels == "joint":
        return None
    rows = [language.read_of(row.sentences) for row in subject.hierarchy]
    known = subject.sentence_features(list(dict.fromkeys(text for row in rows for text in row)))
    features = torch.stack([torch.stack([known[text] for text in row]) for row in rows])
    if language.levels == "each":
        return language.level_weights[:, None] * F.normalize(features, dim=-1)
    return torch.cat([features, features.new_zeros(len(rows), len(LEVELS) - 1, features.shape[-1])], dim=1)


def _mean_of_sides(parts: Tensor, fake: Tensor) -> Tensor:
    return (parts[fake].mean(dim=0) + parts[~fake].mean(dim=0)) / 2


def _texts(subject: Subject, parts: Tensor | None) -> Tensor:
    """(16, K, D): description features for every subset of levels, absent ones saying the same of everybody."""
    present = subsets(len(LEVELS))
    if parts is None:
        rows = [
            [
                SEAM.join(sentence for sentence, there in zip(row.sentences, kept, strict=True) if there)
                for row in subject.hierarchy
            ]
            for kept in present[1:]
        ]
        known = subject.sentence_features(list(dict.fromkeys(text for row in rows for text in row)))
        said = torch.stack([torch.stack([known[text] for text in row]) for row in rows])
        return torch.cat([said.new_zeros(1, *said.shape[1:]), said])
    fake = torch.tensor(subject.hierarchy.fake, device=parts.device)
    kept = torch.tensor(present, device=parts.device)[:, None, :, None]
    return torch.where(kept, parts, _mean_of_sides(parts, fake)).sum(dim=2)


def coalition_values(subject: Subject, parts: Tensor | None) -> np.ndarray:
    """(64,) the target's value for every coalition of PLAYERS, float64 of float32 values; parts: `level_parts`."""
    with torch.no_grad():
        nothing = torch.zeros_like(subject.image)
        fused = torch.cat([nothing, subject.image, subject.noise, subject.image + subject.noise])
        values = torch.stack([subject.value(fused, text) for text in _texts(subject, parts)])
    return values.cpu().double().numpy().reshape(-1)


def _side_weights(similarities: Tensor, fake: Tensor) -> Tensor:
    """(K,) derivatives of the language margin by the similarities: softmax on the fake side, minus it on the real."""
    weights = torch.empty_like(similarities)
    weights[fake] = similarities[fake].softmax(dim=0)
    weights[~fake] = -similarities[~fake].softmax(dim=0)
    return weights


def _readouts(subject: Subject) -> tuple[float, Tensor, np.ndarray]:
    """What the target is made of: the head margin's factor, the similarities' factors (K,), and READOUTS' shares."""
    model, of = subject.model, subject.target.of
    decision = model.config.decision
    fused = subject.image + subject.noise
    similarities = model.similarities(fused, subject.text)[0]
    if of == "description":
        factors = torch.zeros_like(similarities)
        factors[subject.target.row] = 1
        return 0.0, factors, np.array([0.0, float(similarities[subject.target.row]), 0.0])
    a, b, c = {
        "head": (1.0, 0.0, 0.0),
        "language": (0.0, 1.0, 0.0),
        "margin": (decision.a, decision.b, decision.c),
    }[of]
    fake = torch.tensor(subject.hierarchy.fake, device=similarities.device)
    head = float(rule.head_margin(model.head_logits(fused))[0])
    language = float(rule.language_margin(similarities, subject.hierarchy.fake))
    return a, b * _side_weights(similarities, fake), np.array([a * head, b * language, c])


def _head_shares(subject: Subject, streams: Tensor) -> Tensor:
    """(2,) of the head margin by stream, ‖v‖ and the layer normalisation's spread frozen; constants left out."""
    norm, linear = cast(nn.LayerNorm, subject.model.head[0]), cast(nn.Linear, subject.model.head[1])
    direction = linear.weight[rule.FAKE] - linear.weight[rule.REAL]
    spread = (streams.sum(dim=0).var(correction=0) + norm.eps).sqrt()
    centred = streams - streams.mean(dim=1, keepdim=True)
    return (centred / spread * norm.weight) @ direction


def bookkeeping(subject: Subject, parts: Tensor | None) -> np.ndarray:
    """(6,) shares of PLAYERS by inner products, with ‖v‖, ‖t‖, the softmax over descriptions and the head's layer
    normalisation frozen at what they are. Their sum misses the target by what belongs to nobody (the constants).

    A similarity is then a table of streams × levels, ⟨stream, w_l·t̂_l⟩, each cell of which needs both: half of it goes
    to the stream and half to the level, which is what Shapley gives a product. The head's part goes to the streams.
    parts: `level_parts`; without them the levels' shares are not a number.
    """
    with torch.no_grad():
        head, factors, _ = _readouts(subject)
        streams = torch.cat([subject.image, subject.noise])
        streams = streams / streams.sum(dim=0).norm().clamp_min(1e-12)
        of_streams = head * _head_shares(subject, streams)
        added = subject.text[:, None] if parts is None else parts
        lengths = subject.text.norm(dim=-1).clamp_min(1e-12)
        weighted = (factors / lengths)[:, None, None] * added
        cells = subject.model.scale * streams @ weighted.sum(dim=0).T
        of_streams = of_streams + cells.sum(dim=1) / 2
        of_levels = cells.new_full((len(LEVELS),), torch.nan) if parts is None else cells.sum(dim=0) / 2
    return torch.cat([of_streams, of_levels]).cpu().double().numpy()


def ledger(subject: Subject, progress: Progress) -> Result:
    """Shares of image stream, noise stream and the four levels.

    values, in logits: 'contributions' (6,) Shapley values of PLAYERS, which add up to explained − base; 'ablation' (6,)
    explained minus the value without the player; 'bookkeeping' (6,), see there; 'base' (1,) the value when nobody takes
    part; 'coalitions' (64,) the value of every coalition, numbered as `subsets` does; 'readouts' (3,) what head,
    language and constant add to the target. gap: what the sum misses, as a share of Σ|contributions|. cost: 0, since
    no encoder of faces runs; head and similarities of 64 rows are less than a thousandth of a forward pass.
    """
    parts = level_parts(subject)
    values = coalition_values(subject, parts)
    shares = shapley(values)
    everybody = len(values) - 1
    ablation = values[everybody] - values[everybody ^ 1 << np.arange(len(PLAYERS))]
    error = abs(shares.sum() - (subject.explained - values[0]))
    with torch.no_grad():
        readouts = _readouts(subject)[2]
    progress(1, 1)
    return Result(
        values={
            "contributions": shares,
            "ablation": ablation,
            "bookkeeping": bookkeeping(subject, parts),
            "base": values[:1],
            "coalitions": values,
            "readouts": readouts,
        },
        labels={
            **dict.fromkeys(("contributions", "ablation", "bookkeeping"), PLAYERS),
            "readouts": READOUTS,
        },
        site="the two streams' features and the four levels of the descriptions",
        sign="positive towards fake",
        unit="logits",
        gap=float(error / (np.abs(shares).sum() or 1.0)),
        cost=0.0,
        caveat=CAVEAT,
        notes=(JOINT,) if parts is None else (),
    )


METHOD = Method(
    name="ledger",
    question="Which streams and which prompt levels drove the decision, and how do they add up?",
    kind="ledger",
    function=ledger,
)
