"""Judging a video: stills in, faces found and followed, every face scored in batches, tracks out."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from mfclip.errors import NoFace
from mfclip.faces import FaceBox, find_faces
from mfclip.photo import MIN_SIDE
from mfclip.preprocess import FaceCrop, crop_twice
from mfclip.prompts import Hierarchy
from mfclip.video.follow import Follower
from mfclip.video.sampling import moments
from mfclip.video.stills import Clip, Still, open_clip
from mfclip.video.verdict import FaceInFrame, Track, VideoVerdict

if TYPE_CHECKING:
    from mfclip.detector import Detector

MAX_FACES = 8
"""Faces of a frame that are judged, the largest first: a crowd would take hours and say little."""

BATCH = 16
"""Faces scored together."""

FAR_APART = 2.0
"""Seconds between stills from which on a note says that faces were matched by place over a long time."""

Progress = Callable[[int, int], None]


def _nobody(done: int, of: int) -> None:
    """Where nobody wants to hear of progress."""


def predict_video(
    detector: "Detector",
    video: str | Path | bytes,
    frames: int | None = None,
    every: float | None = None,
    hierarchy: Hierarchy | None = None,
    cropped: bool = False,
    progress: Progress = _nobody,
) -> VideoVerdict:
    """Judge the faces of a video over time.

    video: path or file content. frames: how many to look at, evenly over the clip (1..1000, default 32), or every: one
    each so many seconds. hierarchy: as for a photo. cropped: every frame is a crop of one and the same face.
    progress: told after each frame how many of how many are done. In memory there are a few frames at a time, on disk
    none. Each face gets the numbers that `detector` would give it in a photo of that frame. Raises NoFace, ValueError
    for a file that cannot be read or settings out of range, ImportError where PyAV is not installed.
    """
    scorer = _Scorer(detector, hierarchy)
    follower, seen, small, crowded = Follower(), [], 0, False
    with open_clip(video) as clip:
        wanted = moments(clip.seconds, frames, every)
        for still in clip.stills(wanted):
            seen.append(still.seconds)
            height, width = still.rgb.shape[:2]
            if cropped:
                scorer.put(1, still, None, 1)
            else:
                boxes = find_faces(still.rgb)
                large = [box for box in boxes if box.side >= MIN_SIDE]
                small += len(boxes) - len(large)
                crowded = crowded or len(large) > MAX_FACES
                chosen = large[:MAX_FACES]
                for number, box in zip(follower.follow(still.rgb, chosen), chosen, strict=True):
                    scorer.put(number, still, box, len(boxes))
            progress(len(seen), len(wanted))
    tracks = tuple(scorer.tracks())
    if not tracks:
        raise NoFace(_no_face(clip, seen, small))
    notes = [*clip.notes, *_notes(wanted, seen, follower.cuts, small, crowded)]
    return VideoVerdict(
        name=clip.name,
        seconds=clip.seconds,
        width=width,
        height=height,
        rate=clip.rate,
        codec=clip.codec,
        moments=tuple(seen),
        tracks=tracks,
        notes=tuple(note[:1].upper() + note[1:] + "." for note in notes),
        decision=detector.config.decision,
        checkpoint=detector.name,
    )


class _Scorer:
    """Collects cut faces and scores them in batches; of a frame nothing is kept but its crops."""

    def __init__(self, detector: "Detector", hierarchy: Hierarchy | None) -> None:
        self._detector, self._hierarchy = detector, hierarchy
        self._waiting: list[tuple[int, float, FaceBox | None, int]] = []
        self._pairs: list[tuple[FaceCrop, FaceCrop]] = []
        self._tracks: dict[int, list[FaceInFrame]] = {}

    def put(self, number: int, still: Still, box: FaceBox | None, faces: int) -> None:
        """A face of track `number` in a still with so many faces; None for the box means the whole picture."""
        self._waiting.append((number, still.seconds, box, faces))
        self._pairs.append(crop_twice(still.rgb, box.edges if box else None))
        if len(self._pairs) >= BATCH:
            self._score()

    def tracks(self) -> Iterator[Track]:
        """All tracks by number, once everything was put."""
        self._score()
        for number in sorted(self._tracks):
            yield Track(number, tuple(self._tracks[number]))

    def _score(self) -> None:
        readings = self._detector.read(self._detector.encode(self._pairs), self._hierarchy)
        for (number, seconds, box, faces), reading in zip(self._waiting, readings, strict=True):
            self._tracks.setdefault(number, []).append(FaceInFrame(seconds, faces, box, **reading.scores))
        self._waiting.clear()
        self._pairs.clear()


def _no_face(clip: Clip, seen: list[float], small: int) -> str:
    looked = f"{len(seen)} frame{'s' if len(seen) != 1 else ''} of {clip.name!r} looked at"
    if small:
        return (
            f"The faces in the {looked} are smaller than {MIN_SIDE} pixels: give the video at its original size, or "
            "one in which a face is nearer."
        )
    return (
        f"No face was found in the {looked} ({seen[0]:.1f} to {seen[-1]:.1f} s). Look at more frames, use a video in "
        "which a face is at least a twentieth of the picture's width and roughly upright, or, if its frames are face "
        "crops already, choose the pre-cropped mode."
    )


def _notes(
    wanted: tuple[float, ...], seen: list[float], cuts: int, small: int, crowded: bool
) -> Iterator[str]:
    if len(seen) < len(wanted):
        ones = "frame" if len(seen) == 1 else "frames"
        yield f"the clip has {len(seen)} different {ones} at the {len(wanted)} moments looked at"
    if cuts:
        yield (
            f"the scene changes {cuts} time{'s' if cuts != 1 else ''}: faces are not recognised, so a person seen "
            "again after a cut is counted as another face"
        )
    widest = max((after - before for before, after in zip(seen, seen[1:], strict=False)), default=0.0)
    if widest > FAR_APART:
        yield (
            f"frames lie up to {widest:.1f} s apart, and faces were followed by their place alone: persons who moved "
            "about may have been mixed up; ask for more frames to follow them more closely"
        )
    if small:
        yield f"{small} faces below {MIN_SIDE} pixels were not judged"
    if crowded:
        yield f"only the {MAX_FACES} largest faces of a frame were judged"
