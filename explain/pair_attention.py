"""Sample pair attention: how much each pair of a face and a description counted among the negatives of training.

The gate of a pair is σ(…) of the alignment module. As trained (mfclip.losses.contrastive) it weighs negative pairs,
from GATE_FLOOR to 1: a similarity S counts as S + log weight. As published (`free`) it multiplies the similarity, and
is a table of batch slots: which number a face gets depends on where it stands and on nothing that is in it. Both
claims are tested here on the very faces, by moving them in the batch and by replacing them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from explain.cost import counting
from explain.methods import Method, Progress, ignore_progress
from explain.result import Result
from explain.subject import Subject
from mfclip.alignment import FreeGate
from mfclip.detector import Detector
from mfclip.losses import GATE_FLOOR
from mfclip.model import MFCLIP
from mfclip.prompts import Hierarchy
from mfclip.verdict import Verdict

SAME = 1e-5
"""Gates that differ by less are the same: what the order of sums makes of float32."""

CAVEAT = (
    "The gate took part in training only: no verdict reads it, so it is no reason for one. It tells which wrong "
    "descriptions the loss would have pushed this face away from more than the similarity alone would have, and which "
    "less. Faces that were never in training had no gate at all; this is what it would be."
)
SLOTS = (
    "This gate is a table of places in the batch. The same faces in another order get other numbers, and other faces "
    "in the same places get the same: it says nothing about a face."
)


@dataclass(frozen=True, eq=False)
class Gates:
    """Gates of B faces and K descriptions, (B, K) in 0..1, row i always of face i. given: in the order given; moved:
    every face one place further in the batch; replaced: in the order given, every face another one (the opposite)."""

    given: Tensor
    moved: Tensor
    replaced: Tensor

    @property
    def of_place(self) -> float:
        """The most that a gate changes when its face is moved: 0 if the gate is about faces."""
        return float((self.moved - self.given).abs().max())

    @property
    def of_face(self) -> float:
        """The most that a gate changes when its face is replaced: 0 if the gate is about places."""
        return float((self.replaced - self.given).abs().max())


def _full(rows: Tensor, slots: int) -> Tensor:
    """(N, D) → (slots, D), the rows over and over."""
    return rows[torch.arange(slots, device=rows.device) % len(rows)]


@torch.no_grad()
def gates_both_ways(model: MFCLIP, fused: Tensor, text: Tensor) -> Gates:
    """The gates of fused features (B, D) and description features (K, D), three times over, see `Gates`.

    The published table is filled up with the same faces and descriptions again. Raises ValueError for more faces or
    descriptions than it has slots.
    """
    faces, texts = F.normalize(fused, dim=-1), F.normalize(text, dim=-1)
    count, width = len(faces), len(texts)
    module = model.alignment
    places = max(count, 2)
    if isinstance(module, FreeGate):
        places = module.matrix.shape[0]
        if max(count, width) > places:
            raise ValueError(
                f"The published sample pair attention is a table of {places} × {places} batch slots; there are {count} "
                f"faces and {width} descriptions. Pass at most {places} of each."
            )
        texts = _full(texts, places)
    rows = _full(faces, places)
    given = module(rows, texts)[:count, :width]
    moved = module(rows.roll(1, dims=0), texts).roll(-1, dims=0)[:count, :width]
    replaced = module(-rows, texts)[:count, :width]
    return Gates(given, moved, replaced)


def positives(hierarchy: Hierarchy, own: Sequence[int] | None, faces: int) -> np.ndarray:
    """(B, K) bool: which descriptions are said of each face; none at all if nobody knows (own None).

    own: (B,) the row of each face's own description. Rows of the same sentences are the same caption. Raises
    ValueError for a row that is not there or a number of rows that is not the faces'.
    """
    if own is None:
        return np.zeros((faces, len(hierarchy)), dtype=bool)
    if len(own) != faces:
        raise ValueError(f"own holds {len(own)} rows for {faces} faces; give one for each face, or None.")
    wrong = [row for row in own if not 0 <= row < len(hierarchy)]
    if wrong:
        raise ValueError(f"own holds the rows {wrong}; the hierarchy has 0 to {len(hierarchy) - 1}.")
    rows = list(hierarchy)
    return np.array([[row.sentences == rows[mine].sentences for row in rows] for mine in own])


def pair_attention(
    detector: Detector,
    verdicts: Sequence[Verdict],
    hierarchy: Hierarchy | None = None,
    own: Sequence[int] | None = None,
    progress: Progress = ignore_progress,
) -> Result:
    """Sample pair attention of B judged faces and the K descriptions of a hierarchy.

    hierarchy: that of the first verdict if None. own: (B,) the row that is said of each face, where it is known; such
    pairs are positives, which no gate weighs. Where it is not, every pair is read as a negative.

    values, (B, K): 'similarity' s·v̂·t̂; 'gate' 0..1; 'weight', what the pair counts with as a negative (NaN for
    positives; for the published gate the gate itself); 'gated', the similarity as the loss reads it: S + log weight of
    negatives, S·gate as published; 'negative', 1 or 0; 'pressure', the share of the loss's push away from wrong
    descriptions (softmax of 'gated' over the face's negatives, NaN for positives); 'pressure alone', the same without
    a gate; 'change', pressure less pressure alone: above 0 the gate presses this negative, below 0 it frees it.
    'moved' (B, K), the gates with every face one place further; 'replaced' (B, K), with every face another one;
    'of place', 'of face' (), the most that these change a gate; 'mean gate' () over negatives. labels: 'faces',
    'descriptions'. Raises ValueError for no verdict or one of another checkpoint, rows that are not there, or more
    faces or descriptions than the published table has slots.
    """
    if not verdicts:
        raise ValueError("There are 0 verdicts; at least 1 is needed: judge a photo first.")
    hierarchy = hierarchy or verdicts[0].hierarchy
    subjects = [Subject.of(detector, verdict) for verdict in verdicts]
    positive = positives(hierarchy, own, len(subjects))
    progress(0, 1)
    with counting(subjects[0]) as cost, torch.no_grad():
        text = detector.language_features(hierarchy).clone()
        fused = torch.cat([subject.image + subject.noise for subject in subjects])
        similarity = detector.model.similarities(fused, text)
        gates = gates_both_ways(detector.model, fused, text)
    progress(1, 1)
    published = isinstance(detector.model.alignment, FreeGate)
    values = {**_pairs(similarity, gates.given, positive, published), **_both_ways(gates, positive)}
    return Result(
        method=METHOD.name,
        target="similarities",
        checkpoint=detector.name,
        values=values,
        labels={
            "faces": tuple(verdict.name for verdict in verdicts),
            "descriptions": tuple(row.labels[-1] for row in hierarchy),
        },
        site="Pairs of a face and a description.",
        sign=(
            "Change above 0: the gate presses the face away from this description more than its similarity alone "
            "would; below 0: it frees the pair."
        ),
        unit="similarities in logits; gates, weights and pressures are shares of 1",
        gap=None,
        cost=cost.passes,
        caveat=CAVEAT,
        notes=_notes(detector.model, gates, values, hierarchy, own is not None),
    )


def _pairs(similarity: Tensor, gate: Tensor, positive: np.ndarray, published: bool) -> dict[str, np.ndarray]:
    """The (B, K) arrays of `pair_attention`, float64."""
    scores, gates = (values.double().cpu().numpy() for values in (similarity, gate))
    weight = gates if published else GATE_FLOOR + (1 - GATE_FLOOR) * gates
    # As published the gate shrinks positives too; as repaired it leaves them alone.
    gated = scores * gates if published else np.where(positive, scores, scores + np.log(weight))
    pressed, alone = _shares(gated, positive), _shares(scores, positive)
    return {
        "similarity": scores,
        "gate": gates,
        "weight": weight if published else np.where(positive, np.nan, weight),
        "gated": gated,
        "negative": (~positive).astype(np.float64),
        "pressure": pressed,
        "pressure alone": alone,
        "change": pressed - alone,
    }


def _shares(scores: np.ndarray, positive: np.ndarray) -> np.ndarray:
    """Softmax of each row over its negatives; NaN for positives."""
    kept = np.where(positive, -np.inf, scores)
    powers = np.exp(kept - kept.max(axis=1, keepdims=True, initial=np.finfo(float).min))
    with np.errstate(invalid="ignore"):  # a face whose every description is its own is pushed away from none
        return np.where(positive, np.nan, powers / powers.sum(axis=1, keepdims=True))


def _both_ways(gates: Gates, positive: np.ndarray) -> dict[str, np.ndarray]:
    negative = torch.from_numpy(~positive)
    given = gates.given.double().cpu()
    return {
        "moved": gates.moved.double().cpu().numpy(),
        "replaced": gates.replaced.double().cpu().numpy(),
        "of place": np.array(gates.of_place),
        "of face": np.array(gates.of_face),
        "mean gate": np.array(float(given[negative].mean()) if negative.any() else np.nan),
    }


def _notes(
    model: MFCLIP, gates: Gates, values: dict[str, np.ndarray], hierarchy: Hierarchy, known: bool
) -> tuple[str, ...]:
    both = (
        f"Moved one place in the batch, the faces' gates change by up to {gates.of_place:.2g}; with other faces in "
        f"their places, by up to {gates.of_face:.2g}."
    )
    kind = model.config.alignment.kind
    if kind == "none":
        return (
            "This checkpoint was trained without sample pair attention (an ablation): every pair weighs 1.",
        )
    if kind == "free":
        even = (
            "" if gates.of_place > SAME else " Here all of its numbers are alike, so it gates nothing either."
        )
        return (SLOTS + even, both)
    notes = [both]
    if not known:
        notes.append(
            "Which description is said of a face is not known here: every pair is read as a negative."
        )
    names = [row.labels[-1] for row in hierarchy]
    change = np.nan_to_num(values["change"]).mean(axis=0)
    most, least = int(change.argmax()), int(change.argmin())
    if change[most] > SAME:
        notes.append(
            f"The gate presses '{names[most]}' most ({change[most]:+.1%} of the push) and frees '{names[least]}' most "
            f"({change[least]:+.1%})."
        )
    notes.append(
        f"The mean gate over negatives is {float(values['mean gate']):.2f}: it weighs them "
        f"{GATE_FLOOR + (1 - GATE_FLOOR) * float(values['mean gate']):.2f} on average, 1 being no gate at all."
    )
    return tuple(notes)


def gates_of_face(subject: Subject, progress: Progress) -> Result:
    """Sample pair attention of one face and the descriptions that it was compared with; see `pair_attention`."""
    return pair_attention(subject.detector, [subject.verdict], progress=progress)


METHOD = Method(
    name="pair_attention",
    question="Which wrong descriptions would training have pressed this face away from, and which not?",
    kind="pair_attention",
    function=gates_of_face,
)
