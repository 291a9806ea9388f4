"""Following faces from still to still by their place, and telling where a clip cuts to another scene.

Place is all that is compared: nobody is recognised. So a person who leaves and comes back, or is seen again after a
cut, is a new track, and two people who change seats between two stills may change tracks.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from mfclip.faces import FaceBox

REACH = 1.0  # of the mean side: centres further apart than this are two faces
GROWTH = 2.0  # a face does not grow or shrink more than this between two stills
PATIENCE = 3  # stills that a face may be missed for before its track ends
CUT = 0.5  # share of a picture's pixels that must change their colour for a cut

_THUMBNAIL = (64, 64)  # pixels, for colours
_LEVELS = 4  # steps a channel


@dataclass
class _Track:
    number: int
    box: FaceBox
    missed: int = 0


class Follower:
    """Gives every face of every still the number of its track: 1, 2, … by first appearance, larger faces first."""

    def __init__(self) -> None:
        self._open: list[_Track] = []
        self._count = 0
        self._colours: np.ndarray | None = None
        self._shape: tuple[int, ...] = ()
        self.cuts = 0

    def follow(self, rgb: np.ndarray, boxes: Sequence[FaceBox]) -> tuple[int, ...]:
        """Track numbers of the faces of the next still (H, W, 3) uint8, in the order of `boxes`.

        Pairs of a face and an open track are taken by affinity, the best first; a face without a track opens one.
        """
        if self._is_cut(rgb):
            self.cuts += 1
            self._open.clear()
        pairs = sorted(
            (
                (-affinity(track.box, box), place, index)
                for index, box in enumerate(boxes)
                for place, track in enumerate(self._open)
            ),
        )
        taken: dict[int, _Track] = {}
        used: set[int] = set()
        for closeness, place, index in pairs:
            if closeness < 0 and index not in taken and place not in used:
                taken[index] = self._open[place]
                used.add(place)
        for track in self._open:
            track.missed += 1
        for index, box in enumerate(boxes):
            if index not in taken:
                self._count += 1
                taken[index] = _Track(self._count, box)
                self._open.append(taken[index])
            taken[index].box, taken[index].missed = box, 0
        self._open = [track for track in self._open if track.missed <= PATIENCE]
        return tuple(taken[index].number for index in range(len(boxes)))

    def _is_cut(self, rgb: np.ndarray) -> bool:
        """Whether this still shows another scene than the one before, or another picture size; remembers it."""
        before, shape = self._colours, self._shape
        self._colours, self._shape = colours(rgb), rgb.shape
        if before is None:
            return False
        return shape != rgb.shape or float(np.abs(before - self._colours).sum()) / 2 > CUT


def affinity(before: FaceBox, now: FaceBox) -> float:
    """How well two boxes fit as one face at two moments: 0 not at all, 1 the same place.

    The mean of overlap (intersection over union) and nearness (1 − distance of centres / (REACH · mean side)); 0 if the
    centres are out of reach or the sides differ more than GROWTH times.
    """
    large, small = max(before.side, now.side), min(before.side, now.side)
    reach = REACH * (large + small) / 2
    (x0, y0), (x1, y1) = before.centre, now.centre
    nearness = 1 - float(np.hypot(x1 - x0, y1 - y0)) / reach
    if nearness <= 0 or large > GROWTH * small:
        return 0.0
    width = min(before.x1, now.x1) - max(before.x0, now.x0)
    height = min(before.y1, now.y1) - max(before.y0, now.y0)
    shared = max(width, 0.0) * max(height, 0.0)
    union = before.width * before.height + now.width * now.height - shared
    return (shared / union + nearness) / 2


def colours(rgb: np.ndarray) -> np.ndarray:
    """Shares of the picture's pixels by colour, (64,), summing to 1: four levels a channel, of a thumbnail."""
    small = np.asarray(Image.fromarray(rgb).resize(_THUMBNAIL, Image.Resampling.BOX)).astype(np.int64)
    red, green, blue = (small // (256 // _LEVELS)).reshape(-1, 3).T
    counts = np.bincount((red * _LEVELS + green) * _LEVELS + blue, minlength=_LEVELS**3)
    return counts / counts.sum()
