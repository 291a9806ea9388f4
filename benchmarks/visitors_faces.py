"""Faces for the load test: the page's examples cut, mirrored and tinted in many ways, and the verdict of each."""

import io
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image

from mfclip.detector import Detector
from mfclip.photo import read_photo
from space.components.example_strip import examples

APART = 0.005  # logits by which the margins of two faces differ at least, so that a swapped answer is noticed
MOST_TRIES = 20  # a face; more means that the detector says the same of everything
SHIFT, GAIN = 24, 0.15  # pixels cut from one edge, change of a colour channel


@dataclass(frozen=True)
class Known:
    """A photo as a JPEG file, and what `detector(photo)` says of it: P(fake), and the margin in logits."""

    name: str
    content: bytes
    probability: float
    margin: float


def faces(detector: Detector, count: int) -> tuple[Known, ...]:
    """`count` photos whose margins are all APART, always the same ones. Raises ValueError if there are not so many."""
    found: list[Known] = []
    for number, content in enumerate(_variants(count * MOST_TRIES)):
        verdict = detector(read_photo(content))
        if all(abs(verdict.margin - other.margin) >= APART for other in found):
            found.append(Known(f"face-{number}.jpg", content, verdict.probability, verdict.margin))
        if len(found) == count:
            return tuple(found)
    raise ValueError(
        f"{count} faces with margins {APART} apart are needed and {len(found)} were found: ask for fewer."
    )


def _variants(most: int) -> Iterator[bytes]:
    pictures = []
    for example in examples():
        with Image.open(example.path) as picture:
            pictures.append(np.asarray(picture.convert("RGB")))
    random = np.random.default_rng(0)
    for number in range(most):
        rgb = pictures[number % len(pictures)]
        top, left, bottom, right = random.integers(0, SHIFT, 4)
        rgb = rgb[top : rgb.shape[0] - bottom, left : rgb.shape[1] - right]
        if random.random() < 0.5:
            rgb = rgb[:, ::-1]
        tinted = np.clip(rgb * random.uniform(1 - GAIN, 1 + GAIN, 3), 0, 255).astype(np.uint8)
        file = io.BytesIO()
        Image.fromarray(tinted).save(file, "JPEG", quality=92)
        yield file.getvalue()
