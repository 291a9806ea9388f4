"""Sweep: what the verdict on a photo becomes while one thing at a time is changed, at fixed strengths.

Everything is done to the visitor's own photo around the face that was found in it once: the face finder does not run
again, so that a curve shows the detector and not the finder. Nothing is ever stored in a format other than the one that
is asked about; all changes but the first stay arrays. The strengths are fixed: a sweep is a test of robustness and no
search for the change that turns a verdict.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import ceil, log
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageFilter

from explain.methods import Progress, ignore_progress
from mfclip.detector import Detector
from mfclip.photo import MAX_PIXELS, MIN_SIDE, Photo, read_photo
from mfclip.preprocess import cut_square, re_encode
from mfclip.prompts import Hierarchy
from mfclip.verdict import Verdict

Region = tuple[int, int, int, int]

BLOCK = 16
"""Pixels of a JPEG's coding unit with halved colours. A cut at multiples of it, one unit wider than what is looked at
(the decoder smooths colours over the border of a unit), holds after coding what the whole photo would hold there."""

HALVED_COLOURS = 2  # Pillow's number of 4:2:0, what cameras and web sites write
SEED = 0  # of the noise: one pattern, only stronger from step to step, so that the curve is no lottery


@dataclass(frozen=True)
class Kind:
    """One way to change a photo. strengths: in the order of a drawing, damage growing to the right where it has a
    direction; neutral: the strength that changes nothing, None where there is none; distance: how far from unchanged a
    strength is, in any unit."""

    name: str
    strengths: tuple[float, ...]
    neutral: float | None
    distance: Callable[[float], float]


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("jpeg", (95, 90, 85, 75, 65, 50, 40, 30), None, lambda quality: 100 - quality),
        Kind("resize", (1.3, 1.15, 1.0, 0.85, 0.7, 0.55, 0.4), 1.0, lambda factor: abs(log(factor))),
        Kind("blur", (0.0, 0.4, 0.8, 1.2, 1.6, 2.0), 0.0, abs),
        Kind("crop", (-0.12, -0.08, -0.05, -0.02, 0.0, 0.02, 0.05, 0.08, 0.12), 0.0, abs),
        Kind("noise", (0.0, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0), 0.0, abs),
    )
}
"""By name: JPEG quality; factor of the side; Gaussian blur's σ in pixels; shift of the face box to the right as a share
of its width; noise's standard deviation in grey levels. Pixels are those of the photo."""


@dataclass(frozen=True, eq=False)
class Sweep:
    """The verdict on one face under one kind of change.

    kind: a name of KINDS. strengths: (N,) those tried, in the kind's order; probabilities: (N,) P(fake), 0..1;
    evidence: N words for it, as in a verdict. reference, reference_evidence: the photo as it was given. of: how many
    strengths there are to try; fewer are held while a sweep is under way.
    """

    kind: str
    strengths: np.ndarray
    probabilities: np.ndarray
    evidence: tuple[str, ...]
    reference: float
    reference_evidence: str
    of: int

    @property
    def complete(self) -> bool:
        """Whether every strength was tried."""
        return len(self.strengths) == self.of

    @property
    def changes(self) -> tuple[float, ...]:
        """Strengths at which the word for the evidence is another one than for the photo as given, mildest first."""
        pairs = zip(self.strengths.tolist(), self.evidence, strict=True)
        other = [strength for strength, word in pairs if word != self.reference_evidence]
        return tuple(sorted(other, key=KINDS[self.kind].distance))

    @property
    def turns(self) -> bool:
        """Whether the verdict goes over to the other side: from little to substantial evidence, or back."""
        sides = {word for word in (*self.evidence, self.reference_evidence) if word != "uncertain"}
        return len(sides) > 1

    @property
    def span(self) -> tuple[float, float]:
        """Lowest and highest P(fake), the photo as given among them."""
        held = [self.reference, *self.probabilities.tolist()]
        return min(held), max(held)

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {
            "kind": self.kind,
            "strengths": self.strengths.tolist(),
            "probabilities": self.probabilities.tolist(),
            "evidence": list(self.evidence),
            "reference": self.reference,
            "reference_evidence": self.reference_evidence,
            "changes": list(self.changes),
            "complete": self.complete,
        }


def changed(
    rgb: np.ndarray, region: Region, kind: str, strength: float, face_width: float | None = None
) -> np.ndarray:
    """The face region of a photo after one change of the photo, uint8 (S, S, 3).

    rgb: uint8 (H, W, 3), the photo. region: (x0, y0, x1, y1) whole photo pixels, square, inside it. kind, strength: as
    in KINDS, but any strength. face_width: of the face box in photo pixels, which a shift is a share of; the region's
    side unless given. At the neutral strength the region's own pixels come back. Raises ValueError for an unknown kind
    and for a shift that leaves the photo.
    """
    known = _kind(kind)
    if strength == known.neutral:
        return cut_square(rgb, region)
    if kind == "crop":
        return cut_square(rgb, _shifted(rgb, region, strength, face_width))
    if kind == "resize":
        square = Image.fromarray(cut_square(rgb, region))
        side = max(1, round(square.width * strength))
        return np.asarray(square.resize((side, side), Image.Resampling.BICUBIC))
    around = _surroundings(rgb, region)
    surroundings = rgb[around[1] : around[3], around[0] : around[2]]
    inside = (region[0] - around[0], region[1] - around[1], region[2] - around[0], region[3] - around[1])
    return cut_square(_treated(surroundings, kind, strength), inside)


def _treated(pixels: np.ndarray, kind: str, strength: float) -> np.ndarray:
    if kind == "jpeg":
        return re_encode(np.ascontiguousarray(pixels), quality=round(strength), subsampling=HALVED_COLOURS)
    if kind == "blur":
        return np.asarray(Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(strength)))
    grain = np.random.default_rng(SEED).standard_normal(pixels.shape)
    return (pixels + strength * grain).round().clip(0, 255).astype(np.uint8)


def _surroundings(rgb: np.ndarray, region: Region) -> Region:
    height, width = rgb.shape[:2]
    x0, y0 = (max(0, edge // BLOCK - 1) * BLOCK for edge in region[:2])
    x1, y1 = (
        min(end, (ceil(edge / BLOCK) + 1) * BLOCK)
        for edge, end in zip(region[2:], (width, height), strict=True)
    )
    return x0, y0, x1, y1


def _shifted(rgb: np.ndarray, region: Region, share: float, face_width: float | None) -> Region:
    x0, y0, x1, y1 = region
    by = round(share * (x1 - x0 if face_width is None else face_width))
    if x0 + by < 0 or x1 + by > rgb.shape[1]:
        raise ValueError(
            f"The face region cannot move by {by} px: it spans {x0} to {x1} of {rgb.shape[1]} px; choose a smaller "
            "shift."
        )
    return x0 + by, y0, x1 + by, y1


def _kind(name: str) -> Kind:
    if name not in KINDS:
        raise ValueError(f"There is no sweep of {name!r}; choose one of {', '.join(KINDS)}.")
    return KINDS[name]


def _possible(photo: Photo, verdict: Verdict, kind: Kind) -> list[float]:
    """The strengths that this photo allows. Raises ValueError where there is none but the neutral one."""
    x0, _, x1, _ = verdict.face.crop.region
    if x1 - x0 < MIN_SIDE:
        raise ValueError(
            f"The face region is {x1 - x0} px wide and a sweep needs {MIN_SIDE}: give a larger copy of the photo."
        )
    if kind.name == "resize":
        sides = {factor: round(factor * (x1 - x0)) for factor in kind.strengths}
        return [factor for factor, side in sides.items() if MIN_SIDE <= side and side**2 <= MAX_PIXELS]
    if kind.name != "crop":
        return list(kind.strengths)
    width = _face_width(verdict)
    kept = [share for share in kind.strengths if 0 <= x0 + round(share * width) <= photo.width - (x1 - x0)]
    if len(kept) == 1:
        raise ValueError(
            f"The face fills the photo from side to side ({x1 - x0} of {photo.width} px), so its crop cannot be "
            "shifted: give a photo with more around the face, or choose another change."
        )
    return kept


def _face_width(verdict: Verdict) -> float:
    box = verdict.face.box
    region = verdict.face.crop.region
    return float(region[2] - region[0]) if box is None else box.width


def sweeping(
    detector: Detector,
    photo: "str | Path | bytes | Image.Image | np.ndarray | Photo",
    kind: str,
    cropped: bool = False,
    face: int = 0,
    hierarchy: Hierarchy | None = None,
) -> Iterator[Sweep]:
    """The sweep as it grows, one strength at a time; whoever stops asking has cancelled it.

    Arguments and errors are those of `sweep`, which is the last of these.
    """
    known, given = _kind(kind), read_photo(photo)
    reference = detector(given, hierarchy=hierarchy, cropped=cropped, face=face)
    strengths = _possible(given, reference, known)
    region, width = reference.face.crop.region, _face_width(reference)
    verdicts: list[Verdict] = []
    for strength in strengths:
        square = changed(given.rgb, region, kind, strength, width)
        # The region is a face crop, which nothing is looked for in and nothing is added to.
        verdicts.append(detector(square, hierarchy=hierarchy, cropped=True))
        yield Sweep(
            kind=kind,
            strengths=np.array(strengths[: len(verdicts)], dtype=np.float64),
            probabilities=np.array([verdict.probability for verdict in verdicts]),
            evidence=tuple(verdict.evidence for verdict in verdicts),
            reference=reference.probability,
            reference_evidence=reference.evidence,
            of=len(strengths),
        )


def sweep(
    detector: Detector,
    photo: "str | Path | bytes | Image.Image | np.ndarray | Photo",
    kind: str,
    cropped: bool = False,
    face: int = 0,
    progress: Progress = ignore_progress,
    hierarchy: Hierarchy | None = None,
) -> Sweep:
    """The verdict on one face of a photo under every strength of one kind of change.

    photo, cropped, face, hierarchy: as `Detector.__call__` takes them. kind: a name of KINDS. progress: called after
    every strength with (done, of); raising from it cancels. Strengths that the photo leaves no room for (a shift over
    its edge, a face below 32 px) are left out. Raises NoFace, or ValueError for an unknown kind, an unreadable photo, a
    face number that does not exist, or a face that cannot be changed this way.
    """
    growing = sweeping(detector, photo, kind, cropped, face, hierarchy)
    latest = next(growing)  # every kind has a strength that is always possible
    progress(len(latest.strengths), latest.of)
    for latest in growing:
        progress(len(latest.strengths), latest.of)
    return latest
