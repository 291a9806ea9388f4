"""Which photographs belong together, so that no two of a kind fall on two sides of a split.

A photograph has *ties*: names of the person, source picture, video or figure it comes from. Photographs that share a
tie, directly or through others, are one group (a face swap of clips 123 and 456 joins both).
"""

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from scipy.cluster.hierarchy import DisjointSet

_SIBLINGS = (
    (r"(SFHQ_.+)_r\d+c\d+", r"figure \1"),
    (r"(?:SDXL|FLUX1_\w+?)_image_(\d+)", r"prompt \1"),
    (r"(?:easy|mid|hard)_(\d+)_\d+", r"ciplab \1"),
    (r"real_0*(\d+)", r"number \1"),
    (r"fake_0*(\d+)", r"number \1"),
)
"""File names that tell which pictures belong together: cells of one figure, one prompt, one retouched face."""

_FRAME_OF_CLIP = re.compile(r"(.+?)[_-]?frame[_-]?\d+", re.IGNORECASE)
_FRAME = re.compile(r"frame[_-]?\d+", re.IGNORECASE)
_NUMBERED_CLIP = re.compile(r"\d{3}(?:_\d{3})?")
"""FaceForensics++ names a forged clip after its target and its source video (Rössler et al., 2019)."""


def known_ties(path: str) -> tuple[str, ...]:
    """What a path with forward slashes tells about kinship; empty where it tells nothing.

    Frames (`123_456_frame7.png`, `.../123_456/0007.png`) are tied to the videos that their clip is numbered by,
    whichever method or folder holds them; frames of clips with other names to the clip of their own folder only,
    because equal names in two folders need not be one video.
    """
    place = PurePosixPath(path)
    for pattern, name in _SIBLINGS:
        if re.fullmatch(pattern, place.stem):
            return (re.sub(pattern, name, place.stem),)
    clip = _clip_of(place)
    if clip is None:
        return ()
    if _NUMBERED_CLIP.fullmatch(clip.name):
        return tuple(f"video {number}" for number in clip.name.split("_"))
    return (f"clip {clip}",)


def _clip_of(place: PurePosixPath) -> PurePosixPath | None:
    """The clip that a frame belongs to, as a path; None for what does not look like a frame."""
    named = _FRAME_OF_CLIP.fullmatch(place.stem)
    if named:
        return place.parent / named[1]
    if _FRAME.fullmatch(place.stem):
        return place.parent
    # A folder 123 of numbered files may hold anything; one called 123_456, or kept under `frames`, holds a clip.
    folder = place.parent
    if place.stem.isdigit() and _NUMBERED_CLIP.fullmatch(folder.name):
        return folder if "_" in folder.name or folder.parent.name == "frames" else None
    return None


def name_groups(ties: Sequence[tuple[str, ...]]) -> list[str]:
    """The group of each of N photographs, given the ties of each (at least one): the first name, in order of letters,
    of all that hang together. It does not depend on the order of photographs or ties.
    """
    kin: DisjointSet = DisjointSet(name for names in ties for name in names)
    for first, *others in ties:
        for other in others:
            kin.merge(first, other)
    smallest: dict[str, str] = {}
    for name in kin:
        root = kin[name]
        smallest[root] = min(name, smallest.get(root, name))
    return [smallest[kin[names[0]]] for names in ties]
