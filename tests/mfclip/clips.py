"""Clips made for a test with PyAV: pictures in, a file or its bytes out."""

import io
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.stream import Disposition

MILLISECOND = Fraction(1, 1000)


def write_clip(
    target: "Path | io.RawIOBase | io.BytesIO",
    pictures: Sequence[np.ndarray],
    rate: int = 10,
    codec: str = "libx264",
    kind: str | None = None,
    pixels: str = "yuv420p",
    at: Sequence[int] | None = None,
    rotation: tuple[Any, ...] = (),
    aspect: Fraction | None = None,
    options: dict[str, str] | None = None,
) -> Path:
    """Uint8 RGB pictures as a clip. at: when each is shown, milliseconds (a variable rate); rotation: degrees, then
    whether it is mirrored; aspect: width of a pixel over its height; kind: the container, where no name tells it."""
    given = str(target) if isinstance(target, Path) else target
    with av.open(given, "w", format=kind) as container:
        stream = container.add_stream(codec, rate=rate)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = pixels
        stream.options = options or {}
        if aspect is not None:
            stream.codec_context.sample_aspect_ratio = aspect
        if rotation:
            stream.set_display_rotation(*rotation)
        if at is not None:
            stream.codec_context.time_base = MILLISECOND
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            if at is not None:
                frame.pts, frame.time_base = at[number], MILLISECOND
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return target


def write_sound(path: Path, cover: bool = False) -> Path:
    """A second of silence, no pictures but perhaps a cover."""
    with av.open(str(path), "w") as container:
        sound = container.add_stream("aac", rate=8000)
        picture = container.add_stream("mjpeg", rate=1) if cover else None
        if picture is not None:
            picture.width, picture.height, picture.pix_fmt = 64, 64, "yuvj420p"
            picture.disposition = Disposition.attached_pic
            container.mux(picture.encode(av.VideoFrame(64, 64, "yuvj420p")))
        for start in range(0, 8000, 1024):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
            frame.sample_rate, frame.pts = 8000, start
            container.mux(sound.encode(frame))
        container.mux(sound.encode(None))
    return path


def greys(count: int, height: int = 96, width: int = 160) -> list[np.ndarray]:
    """Plain pictures, each a step lighter than the one before."""
    return [np.full((height, width, 3), 20 + 200 * number // count, np.uint8) for number in range(count)]


def pasted(face: np.ndarray, places: Sequence[tuple[int, int]], height: int, width: int) -> list[np.ndarray]:
    """One picture a place: `face` on plain grey with its corner at (x, y)."""
    canvases = []
    for x, y in places:
        canvas = np.full((height, width, 3), 120, np.uint8)
        canvas[y : y + face.shape[0], x : x + face.shape[1]] = face
        canvases.append(canvas)
    return canvases
