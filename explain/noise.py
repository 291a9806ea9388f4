"""Which noise: the patch that was chosen, what is left of it when the picture is filtered away, and what it moved.

Three questions that are easily taken for one are answered apart. What the noise stream was shown (richness, residual,
spectrum) says nothing about its influence. What another patch or a missing stream would have said is exact: the
detector itself is asked. Where on the residual the influence lies is an attribution, against a residual of zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from explain.cost import counting
from explain.integration import SMALL, accuracy, gap_of, integrate
from explain.methods import Knob, Method, Progress
from explain.pixels import RESIDUAL_CELLS, summed
from explain.result import Result
from explain.spectrum import compare
from explain.subject import Subject
from mfclip import decision as rule
from mfclip.preprocess import WINDOW, Frame
from mfclip.spectra import CHANNELS

INTEGRATED, PRODUCT = "integrated gradients", "gradient × input"

CAVEAT = (
    "Richness, residual and spectrum show what the noise stream was given and not what it made of it. The map's shares "
    "are counted against a residual of zero, which no photograph has, with the image stream and the chosen window as "
    "they are. Another window shows what the detector would have said of it, not which one is right. The words for "
    "alternatives leave out the test by re-compression, which needs the photo."
)


@dataclass(frozen=True, eq=False)
class Alternatives:
    """What would have been said otherwise: one row for each of the N candidates, then without the noise stream, then
    without the image stream. target: the explained value; margin, head, language: logits, positive towards fake;
    probability: P(fake); each (N + 2,). evidence: the words for the rows."""

    names: tuple[str, ...]
    target: np.ndarray
    margin: np.ndarray
    head: np.ndarray
    language: np.ndarray
    probability: np.ndarray
    evidence: tuple[str, ...]


def window_names(count: int) -> tuple[str, ...]:
    """Names of the candidates, row-major over the face, counted from 1."""
    return tuple(f"window {number}" for number in range(1, count + 1))


@torch.no_grad()
def alternatives(subject: Subject, noise: Tensor) -> Alternatives:
    """Ask the detector again with another candidate (noise features (N, D), one a candidate) or without a stream.

    The head and the similarities read the direction of what is left, so a missing stream is one that adds nothing.
    """
    model, decision = subject.model, subject.model.config.decision
    fused = torch.cat([subject.image + noise, subject.image, subject.noise])
    head = rule.head_margin(model.head_logits(fused))
    language = rule.language_margin(model.similarities(fused, subject.text), subject.hierarchy.fake)
    margins = rule.margin(decision, head, language)
    chances = rule.probability(decision, margins)
    words = tuple(
        rule.evidence(chance, rule.doubts(decision, chance, rule.readouts_disagree(decision, *both), None))
        for chance, *both in zip(chances.tolist(), head.tolist(), language.tolist(), strict=True)
    )
    target, margin, of_head, of_language, probability = (
        values.double().cpu().numpy() for values in (subject.value(fused), margins, head, language, chances)
    )
    names = (*window_names(len(noise)), "without the noise stream", "without the image stream")
    return Alternatives(names, target, margin, of_head, of_language, probability, words)


def overlaps(frames: Sequence[Frame]) -> np.ndarray:
    """(N, N): the share of one window's area that it has in common with another, 0..1; 1 with itself."""
    corners = np.array([frame.to_photo(np.zeros(2)) for frame in frames])
    sides = WINDOW * np.array([frame.scale for frame in frames])
    first = np.maximum(corners[:, None], corners[None])
    last = np.minimum((corners + sides[:, None])[:, None], (corners + sides[:, None])[None])
    return np.clip(last - first, 0, None).prod(axis=-1) / sides[:, None] ** 2


@dataclass(frozen=True, eq=False)
class Shares:
    """Of the residual's values, (3, 112, 112) float64. difference: what they have to add up to, the target less that at
    a residual of zero, which is `reference`; gap: by how much they miss it, as a share of it; notes: on that."""

    of_residual: Tensor
    difference: float
    reference: float
    gap: float
    notes: tuple[str, ...]


@torch.no_grad()
def residuals_of(subject: Subject) -> np.ndarray:
    """(N, 3, 112, 112) float32, ±3: the residuals of the N candidates, one map a kernel, as `noise_cues` gives them."""
    return subject.residual_of(subject.windows).cpu().numpy()


def shares_of_residual(
    subject: Subject, attribution: str, steps: int, limit: int, batch: int, progress: Progress
) -> Shares:
    """Who of the residual's values moved the target, against a residual of zero; the image stream stands still."""

    def value(residuals: Tensor) -> Tensor:
        return subject.value(subject.image + subject.noise_of(residuals))

    residual, zero = subject.residual, torch.zeros_like(subject.residual)
    if attribution == INTEGRATED:
        found = integrate(value, (residual,), (zero,), steps, limit, batch, progress)
        parts = found.attributions[0][0].double()
        return Shares(parts, found.difference, found.reference, found.gap, accuracy(found, steps))
    progress(0, 1)
    given = residual.detach().clone().requires_grad_()
    with torch.enable_grad():
        reached = value(given)
        (slope,) = torch.autograd.grad(reached.sum(), given)
    with torch.no_grad():
        reference = float(value(zero)[0])
    parts = (slope * residual)[0].detach().double()
    difference = float(reached[0].detach()) - reference
    gap = gap_of(float(parts.sum()) - difference, difference)
    progress(1, 1)
    note = f"{PRODUCT} follows the slope at the residual only; it misses the difference by {gap:.0%}."
    return Shares(parts, difference, reference, gap, (note,))


def noise_cues(
    subject: Subject, progress: Progress, attribution: str, steps: int, limit: int, batch: int
) -> Result:
    """Everything about the noise stream of one face. N candidates, 4 of them.

    values, what it was shown: 'homogeneity' (N,), 0..1, the lowest is the richest; 'chosen' () its index; 'lead' (),
    how much lower it is than the next; 'overlap' (N, N), shares of a window's area; 'residuals' (N, 3, 112, 112), ±3,
    one map a kernel; and all of `explain.spectrum.compare`. What it moved: 'target', 'margin', 'head', 'language',
    'probability' (N + 2,), see `Alternatives` (names under 'alternatives' in the labels, words under 'evidence');
    'effects' (2,), the target less the target without the stream: noise, image. Where: 'map' (7, 7) over the chosen
    window and 'residual' (112, 112), signed shares of the target summed over the kernels; 'by kernel' (3,) summed over
    places; 'difference' (), the target less the target at a residual of zero: what the shares add up to; 'reference'
    (), the latter. labels also name 'homogeneity', 'kernels' and 'effects'.
    """
    with counting(subject) as cost:
        with torch.no_grad():
            residuals = subject.residual_of(subject.windows)
            noise = subject.noise_of(residuals)
        # The subject's own, which may be another one than its window's: receipts change it.
        noise[subject.patch_index] = subject.noise[0]
        asked = alternatives(subject, noise)
        shares = shares_of_residual(subject, attribution, steps, limit, batch, progress)
    spectrum = compare(subject, residuals)
    homogeneity = np.array(subject.verdict.patch.homogeneity)
    overlap = overlaps(subject.verdict.face.crop.window_frames)
    values: dict[str, Any] = {
        "homogeneity": homogeneity,
        "chosen": np.array(subject.patch_index),
        "lead": np.array(lead(homogeneity, subject.patch_index)),
        "overlap": overlap,
        "residuals": residuals.cpu().numpy(),
        **spectrum.values,
        **{name: getattr(asked, name) for name in ("target", "margin", "head", "language", "probability")},
        "effects": asked.target[subject.patch_index] - asked.target[-2:],
        "map": summed(shares.of_residual.sum(dim=0), RESIDUAL_CELLS),
        "residual": shares.of_residual.sum(dim=0).cpu().numpy(),
        "by kernel": shares.of_residual.sum(dim=(-2, -1)).cpu().numpy(),
        "difference": np.array(shares.difference),
        "reference": np.array(shares.reference),
    }
    return Result(
        values=values,
        labels={**spectrum.labels, **_labels(asked)},
        site=(
            f"The residual of window {subject.patch_index + 1} ({WINDOW} px of the photo), in {RESIDUAL_CELLS} × "
            f"{RESIDUAL_CELLS} cells; the {len(homogeneity)} candidate windows; the two streams."
        ),
        sign="Positive: with this part of the residual, and not none, the target is higher; towards fake.",
        unit="logits; the cells add up to the difference between the residual and none. Spectra are in decibels.",
        gap=shares.gap,
        cost=cost.passes,
        caveat=CAVEAT,
        notes=(
            *_choice(subject, homogeneity, overlap),
            *_turns(asked, subject.patch_index),
            *_influence(subject, shares),
            *spectrum.notes,
        ),
    )


def _labels(asked: Alternatives) -> dict[str, tuple[str, ...]]:
    return {
        "homogeneity": asked.names[:-2],
        "alternatives": asked.names,
        "evidence": asked.evidence,
        "effects": ("noise stream", "image stream"),
        "kernels": CHANNELS[:3],
    }


def lead(homogeneity: np.ndarray, chosen: int) -> float:
    """How much lower the chosen window's homogeneity is than the lowest of the others; 0 for a tie."""
    return float(np.delete(homogeneity, chosen).min() - homogeneity[chosen])


def _choice(subject: Subject, homogeneity: np.ndarray, overlap: np.ndarray) -> list[str]:
    chosen, crop = subject.patch_index, subject.verdict.face.crop
    others = np.delete(np.arange(len(homogeneity)), chosen)
    second = int(others[homogeneity[others].argmin()])
    by = lead(homogeneity, chosen)
    notes = [
        f"Window {chosen + 1} is the richest: homogeneity {homogeneity[chosen]:.4f}, {by:.4f} less than the next, "
        f"window {second + 1}."
        if by > 0
        else f"Windows {chosen + 1} and {second + 1} are equally rich; the first of them was taken."
    ]
    shared = overlap[~np.eye(len(overlap), dtype=bool)].max()
    notes.append(
        f"The windows overlap: two neighbours share up to {shared:.0%} of their pixels, so they are no independent "
        "witnesses."
        if shared > 0
        else "The windows do not overlap."
    )
    side = crop.region[2] - crop.region[0]
    if side < WINDOW:
        notes.append(
            f"The face is {side} pixels wide, less than one window: the windows are cut from the enlarged face, and "
            "their noise is that of the enlarging too."
        )
    elif not crop.native:
        notes.append(
            f"The face is {side} pixels wide and was reduced before the windows were cut: its finest noise is gone."
        )
    return notes


def _turns(asked: Alternatives, chosen: int) -> list[str]:
    """Which alternatives would have got another verdict, re-saving not asked about."""
    turned = [
        f"{name} (P(fake) = {chance:.0%})"
        for name, chance, word in zip(asked.names, asked.probability, asked.evidence, strict=True)
        if word != asked.evidence[chosen]
    ]
    if not turned:
        return ["No other window, and neither stream left out, changes the verdict."]
    return [f"The verdict would be another: {', '.join(turned)}."]


def _influence(subject: Subject, shares: Shares) -> tuple[str, ...]:
    if subject.model.config.noise.kind == "none":
        return ("The noise stream of this checkpoint says nothing (an ablation): no residual can move it.",)
    if abs(shares.difference) < SMALL:
        return (
            *shares.notes,
            "With this residual and with none the target is nearly the same: shares cancel out.",
        )
    return shares.notes


METHOD = Method(
    name="noise",
    question="What did the noise stream see, and what would another patch have said?",
    kind="noise",
    function=noise_cues,
    knobs=(
        Knob(
            "attribution",
            "choice",
            INTEGRATED,
            "How shares of the residual are found: along the way from none to all of it, or from the slope at it.",
            choices=(INTEGRATED, PRODUCT),
        ),
        Knob(
            "steps",
            "integer",
            16,
            "Points of the way from no residual to the residual; more are added until the shares add up.",
            low=4,
            high=512,
        ),
        Knob("limit", "integer", 256, "The most points that may be added up to.", low=4, high=4096),
        Knob(
            "batch", "integer", 8, "Points that are computed at once: memory against speed.", low=1, high=64
        ),
    ),
)
