"""What a face's scores over a clip come to: their spread, and one word, given only where the frames agree.

Nothing is averaged into a new probability and nothing is multiplied: frames of one clip share the camera, the
compression, the light and the person, so a thousand that agree are no thousand witnesses.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np

from mfclip.decision import EVIDENCE

LITTLE, UNCERTAIN, SUBSTANTIAL = EVIDENCE
FEWEST = 5  # frames; below, a face gets no word
AGREE = 0.75  # least share of the frames that must say a word
CONTRARY = 0.1  # largest share that may say the opposite
RUN = 3  # frames in a row that say "substantial" and forbid to call the whole "little"

RULE = (
    f"A face is called {LITTLE} or {SUBSTANTIAL} if at least {AGREE:.0%} of its frames say so and at most "
    f"{CONTRARY:.0%} say the opposite, and {LITTLE} only if no {RUN} frames in a row say {SUBSTANTIAL}; otherwise, and "
    f"with fewer than {FEWEST} frames, it is {UNCERTAIN}."
)
CAUTION = (
    "Frames of one clip are not independent: they share camera, compression, light and person, and most are stored as "
    "changes of others, so many that agree are hardly more evidence than one. Compression can also wipe out the traces "
    "of a forgery. The detector was trained and measured on photographs; how often this summary is wrong about videos "
    "has not been measured."
)


@dataclass(frozen=True)
class Spread:
    """Five numbers of a face's frames: lowest, lower quartile, median, upper quartile, highest."""

    lowest: float
    lower: float
    median: float
    upper: float
    highest: float

    @staticmethod
    def of(values: Sequence[float]) -> "Spread":
        """The spread of at least one value; quartiles between two values are interpolated. ValueError for none."""
        if not values:
            raise ValueError("A spread of 0 values was asked for; at least 1 is needed.")
        return Spread(*(float(number) for number in np.quantile(np.asarray(values), (0, 0.25, 0.5, 0.75, 1))))


@dataclass(frozen=True)
class Summary:
    """One face over a clip. evidence: one of decision.EVIDENCE by RULE; reasons: why it is uncertain, as clauses.

    frames: how many were judged; counts: of them by word; probability: spread of P(fake), 0..1; margin: in logits.
    runs: (first, last) second of every RUN or more frames in a row that say "substantial".
    """

    evidence: str
    reasons: tuple[str, ...]
    frames: int
    counts: dict[str, int]
    probability: Spread
    margin: Spread
    runs: tuple[tuple[float, float], ...]

    @property
    def sentence(self) -> str:
        """The summary in words, with its spread."""
        spread = self.probability
        middle = (
            f"median P(fake) = {spread.median:.0%}, middle half {spread.lower:.0%} to {spread.upper:.0%}, "
            f"{_frames(self.frames)}"
        )
        if self.evidence == UNCERTAIN:
            return f"Uncertain ({middle}): {'; '.join(self.reasons)}."
        said = f"in {self.counts[self.evidence]} of {_frames(self.frames)}"
        return (
            f"{self.evidence.capitalize()} evidence of forgery {said} ({middle.rsplit(', ', 1)[0]}). "
            "Frames of one clip are not independent."
        )

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {
            "evidence": self.evidence,
            "reasons": list(self.reasons),
            "sentence": self.sentence,
            "frames": self.frames,
            "counts": dict(self.counts),
            "probability": vars(self.probability).copy(),
            "margin": vars(self.margin).copy(),
            "substantial_runs": [list(run) for run in self.runs],
        }


def summarise(
    seconds: Sequence[float], probabilities: Sequence[float], margins: Sequence[float], words: Sequence[str]
) -> Summary:
    """The summary of one face's frames in order: when, P(fake), margin and evidence word of each.

    Raises ValueError if there is no frame, the four differ in length, or a word is none of decision.EVIDENCE.
    """
    lengths = {len(seconds), len(probabilities), len(margins), len(words)}
    if len(lengths) != 1 or 0 in lengths:
        raise ValueError(
            f"The frames' numbers have the lengths {sorted(lengths)}; one and the same from 1 on is needed."
        )
    unknown = sorted(set(words) - set(EVIDENCE))
    if unknown:
        raise ValueError(f"The evidence of a frame is {unknown[0]!r}; allowed: {', '.join(EVIDENCE)}.")
    counts = {word: sum(said == word for said in words) for word in EVIDENCE}
    runs = _runs(seconds, words)
    evidence, reasons = _word(counts, runs)
    return Summary(evidence, reasons, len(words), counts, Spread.of(probabilities), Spread.of(margins), runs)


def _word(counts: dict[str, int], runs: Sequence[tuple[float, float]]) -> tuple[str, tuple[str, ...]]:
    """(word, reasons to be uncertain) by RULE."""
    frames = sum(counts.values())
    if frames < FEWEST:
        were = "was" if frames == 1 else "were"
        return UNCERTAIN, (f"{_frames(frames)} of this face {were} judged, and at least {FEWEST} are needed",)
    for word, opposite in ((LITTLE, SUBSTANTIAL), (SUBSTANTIAL, LITTLE)):
        agrees = counts[word] >= AGREE * frames and counts[opposite] <= CONTRARY * frames
        if agrees and not (word == LITTLE and runs):
            return word, ()
    told = ", ".join(f"{counts[word]} {word}" for word in EVIDENCE)
    if counts[UNCERTAIN] > frames / 2:
        reasons = [f"most frames are uncertain themselves ({told})"]
    else:
        reasons = [f"the frames do not agree well enough ({told})"]
    reasons += [f"evidence is {SUBSTANTIAL} from {first:.1f} to {last:.1f} s" for first, last in runs[:3]]
    return UNCERTAIN, tuple(reasons)


def _runs(seconds: Sequence[float], words: Sequence[str]) -> tuple[tuple[float, float], ...]:
    found = []
    for word, rows in groupby(zip(words, seconds, strict=True), key=lambda row: row[0]):
        times = [second for _, second in rows]
        if word == SUBSTANTIAL and len(times) >= RUN:
            found.append((times[0], times[-1]))
    return tuple(found)


def _frames(count: int) -> str:
    return f"{count} frame" if count == 1 else f"{count} frames"
