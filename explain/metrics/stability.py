"""Stability: what changes the photo a little and leaves the verdict must leave the map.

Row 13 of the project's proof protocol. A verdict does not keep its photo, so what was cut from it is changed: the face
that the image stream reads, and the window that was chosen. Which window is chosen stays as it is.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from explain.metrics.randomised import alike
from explain.metrics.trial import Trial
from explain.result import Reading
from explain.subject import Subject
from explain.targets import MARGIN
from mfclip.preprocess import re_encode

STABLE = 0.6
"""Rank correlation with the map of the unchanged photo that every change has to leave; the protocol asks the same
figure of an overlap."""

QUALITY = 90
LEVELS = 2


def _shifted(picture: np.ndarray) -> np.ndarray:
    return np.pad(picture, ((1, 0), (1, 0), (0, 0)), mode="edge")[:-1, :-1]


def _lightened(picture: np.ndarray, levels: int) -> np.ndarray:
    return np.clip(picture.astype(np.int16) + levels, 0, 255).astype(np.uint8)


CHANGES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    f"saved as JPEG of quality {QUALITY}": lambda picture: re_encode(picture, quality=QUALITY),
    "moved by one pixel": _shifted,
    f"{LEVELS} grey levels lighter": lambda picture: _lightened(picture, LEVELS),
    f"{LEVELS} grey levels darker": lambda picture: _lightened(picture, -LEVELS),
}
"""What nobody would see, by name: (H, W, 3) uint8 → the same shape. Moving is right and down, the border repeated."""


def _with(picture: Tensor, change: Callable[[np.ndarray], np.ndarray]) -> Tensor:
    """A picture (1, 3, H, W) RGB 0..255 under a change, the same shape."""
    pixels = picture[0].movedim(0, -1).round().clamp(0, 255).byte().cpu().numpy()
    moved = torch.tensor(change(np.ascontiguousarray(pixels)))
    return moved.movedim(-1, 0)[None].to(picture)


def _seen(subject: Subject, change: Callable[[np.ndarray], np.ndarray]) -> Subject:
    window = _with(subject.windows[subject.patch_index][None], change)
    return subject.seen_as(face=_with(subject.face, change), residual=subject.residual_of(window))


def _fake(subject: Subject) -> bool:
    """The side of the verdict, whatever is explained."""
    margin = replace(subject, target=MARGIN)
    with torch.no_grad():
        return float(margin.value(subject.image + subject.noise, subject.text)[0]) >= 0


def stability(trial: Trial) -> Reading:
    """value: lowest rank correlation of the map with those under CHANGES that leave the verdict on its side.

    A change that turns the verdict asks for another map, so it is told and not counted; where all of them do, there is
    nothing to compare and no line. The method runs once more for every change that is counted.
    """
    if trial.rerun is None:
        raise ValueError(f"{trial.result.method!r} cannot be run again; stability needs a method of METHODS.")
    side, found = _fake(trial.subject), dict[str, float | None]()
    for name, change in CHANGES.items():
        trial.step()
        seen = _seen(trial.subject, change)
        found[name] = alike(trial.cells, trial.map_of(trial.rerun(seen))) if _fake(seen) == side else None
    kept = [value for value in found.values() if value is not None]
    detail = {"by change": found}
    if not kept:
        return Reading("stability", 0.0, "reported; every change turned the verdict", None, detail)
    value = min(kept)
    line = f"at least {STABLE} under each of {len(kept)} changes that leave the verdict"
    return Reading("stability", value, line, value >= STABLE, detail)
