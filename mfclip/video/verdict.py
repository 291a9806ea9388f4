"""What the detector says of a video: its faces, frame by frame and summed up, frozen."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from mfclip.config import DecisionConfig
from mfclip.faces import FaceBox
from mfclip.verdict import Scores
from mfclip.video.summary import CAUTION, FEWEST, RULE, Summary, summarise


@dataclass(frozen=True)
class FaceInFrame(Scores):
    """One face in one frame, judged like a photo. seconds: since the first frame; faces: found in that frame.

    box: frame pixels (None in pre-cropped mode). The scores are those of `mfclip.Verdict`.
    """

    seconds: float
    faces: int
    box: FaceBox | None

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        box = self.box
        return {
            "seconds": round(self.seconds, 6),
            "box": None if box is None else list(box.edges),
            "face_score": None if box is None else box.score,
            "probability": self.probability,
            "margin": self.margin,
            "readouts": {"head": self.head, "language": self.language},
            "recompressed_probability": self.recompressed,
            "evidence": self.evidence,
            "doubts": list(self.doubts),
        }


@dataclass(frozen=True)
class Track:
    """One face followed through a clip. number: from 1 on, by first appearance, larger faces first."""

    number: int
    faces: tuple[FaceInFrame, ...]

    @cached_property
    def summary(self) -> Summary:
        """The spread of its frames, and one word."""
        return summarise(
            [face.seconds for face in self.faces],
            [face.probability for face in self.faces],
            [face.margin for face in self.faces],
            [face.evidence for face in self.faces],
        )

    @property
    def brief(self) -> bool:
        """Whether it was judged in too few frames for a word."""
        return len(self.faces) < FEWEST

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {
            "track": self.number,
            "from": round(self.faces[0].seconds, 6),
            "to": round(self.faces[-1].seconds, 6),
            "summary": self.summary.to_dict(),
            "frames": [face.to_dict() for face in self.faces],
        }


@dataclass(frozen=True)
class VideoVerdict:
    """What the detector says of a video.

    seconds: its length; width, height: of its frames, upright, in pixels; rate: frames per second (None if unknown);
    codec: FFmpeg's name. moments: when frames were looked at, seconds. tracks: by number. decision: the detector's
    rule, with the band of uncertainty. notes: what a person may want to know of how the file was read.
    """

    name: str
    seconds: float
    width: int
    height: int
    rate: float | None
    codec: str
    moments: tuple[float, ...]
    tracks: tuple[Track, ...]
    notes: tuple[str, ...]
    decision: DecisionConfig = field(repr=False)
    checkpoint: str

    @property
    def sentences(self) -> tuple[str, ...]:
        """The verdict in words: one sentence a face seen often enough, and one for the others."""
        told = [track for track in self.tracks if not track.brief] or list(self.tracks)
        rest = len(self.tracks) - len(told)
        lines = [f"Face {track.number}: {track.summary.sentence}" for track in told]
        if rest:
            lines.append(
                f"{rest} more {'face was' if rest == 1 else 'faces were'} judged in fewer than {FEWEST} frames each, "
                "too few for a word."
            )
        return tuple(lines)

    def to_dict(self) -> dict[str, Any]:
        """Everything, JSON-able."""
        return {
            "video": self.name,
            "seconds": self.seconds,
            "size": [self.width, self.height],
            "rate": self.rate,
            "codec": self.codec,
            "moments": [round(moment, 6) for moment in self.moments],
            "sentences": list(self.sentences),
            "tracks": [track.to_dict() for track in self.tracks],
            "notes": list(self.notes),
            "rule": RULE,
            "caution": CAUTION,
            "checkpoint": self.checkpoint,
        }
