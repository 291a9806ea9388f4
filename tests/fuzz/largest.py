"""The largest picture of every kind that is read, and how much memory reading it takes."""

import struct
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from mfclip.photo import MAX_PIXELS
from tests.fuzz.corpus import chunk, encoded

WIDTH, HEIGHT = 8_000, MAX_PIXELS // 8_000
BOUND = 600_000_000
"""Bytes above what the process held before, with the picture in a file; 120,000,000 of them are the photo itself."""

ROOT = Path(__file__).resolve().parents[2]
# The peak before is that of a process that has read a photo already: what it imports belongs to no picture.
_READ = """
import sys
from mfclip.photo import read_photo
from tests.fuzz.watch import peak_memory
read_photo("space/examples/astronaut.jpg")
before = peak_memory()
photo = read_photo(sys.argv[1])
sys.stdout.write(f"{peak_memory() - before} {photo.width * photo.height}")
"""


def _waves(mode: str) -> Image.Image:
    """Bands that differ, quick to encode; the last band of RGBA is a transparency."""
    rows, columns = np.arange(HEIGHT, dtype=np.uint8)[:, None], (np.arange(WIDTH) // 7).astype(np.uint8)
    bands = [
        rows + columns * np.uint8(number) for number in range(1, len(Image.new(mode, (1, 1)).getbands()) + 1)
    ]
    return Image.merge(mode, [Image.fromarray(band) for band in bands])


def _turned(image: Image.Image) -> Image.Exif:
    exif = image.getexif()
    exif[0x0112] = 6
    return exif


def _wide(bytes_a_pixel: int, colour: int) -> bytes:
    """A PNG of 16 bits a channel, packed line by line."""
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 16, colour, 0, 0, 0)
    packer, line = zlib.compressobj(1), bytes(1 + WIDTH * bytes_a_pixel)
    pixels = b"".join(packer.compress(line) for _ in range(HEIGHT)) + packer.flush()
    body = chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def _png(mode: str, **options: object) -> bytes:
    return encoded(_waves(mode), "PNG", compress_level=1, **options)


def _palette(**options: object) -> bytes:
    image = _waves("L")
    image.putpalette(bytes(range(256)) * 3)
    return encoded(image, "PNG", compress_level=1, **options)


def _animated(kind: str, **options: object) -> bytes:
    first = _waves("RGBA")
    second = first.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return encoded(first, kind, save_all=True, append_images=[second], **options)


KINDS: dict[str, Callable[[], bytes]] = {
    "PNG, RGB": lambda: _png("RGB"),
    "PNG, RGBA": lambda: _png("RGBA"),
    "PNG, grey": lambda: _png("L"),
    "PNG, grey and alpha": lambda: _png("LA"),
    "PNG, a transparent colour": lambda: _png("RGB", transparency=(1, 2, 3)),
    "PNG, palette": _palette,
    "PNG, transparent palette": lambda: _palette(transparency=bytes(range(256))),
    "PNG, 16 bits, grey": lambda: _wide(2, colour=0),
    "PNG, 16 bits, RGB": lambda: _wide(6, colour=2),
    "PNG, 16 bits, RGBA": lambda: _wide(8, colour=6),
    "PNG, animated": lambda: _animated("PNG", compress_level=1),
    "JPEG": lambda: encoded(_waves("RGB"), "JPEG", subsampling=0),
    "JPEG, lying on its side": lambda: encoded(_waves("RGB"), "JPEG", exif=_turned(Image.new("L", (1, 1)))),
    "JPEG, progressive": lambda: encoded(_waves("RGB"), "JPEG", progressive=True, subsampling=0),
    "JPEG, progressive, CMYK": lambda: encoded(_waves("CMYK"), "JPEG", progressive=True),
    "WebP": lambda: encoded(_waves("RGB"), "WEBP", method=0),
    "WebP, alpha": lambda: encoded(_waves("RGBA"), "WEBP", method=0),
    "WebP, lossless": lambda: encoded(_waves("RGB"), "WEBP", lossless=True, method=0, quality=0),
    "WebP, lossless, alpha": lambda: encoded(_waves("RGBA"), "WEBP", lossless=True, method=0, quality=0),
    "WebP, animated": lambda: _animated("WEBP", lossless=True, method=0, quality=0),
}
"""Files of MAX_PIXELS pixels, made when called."""


def memory_of_reading(kind: str) -> int:
    """Bytes by which the peak of a process of its own grows when it reads that kind."""
    with tempfile.NamedTemporaryFile(prefix="largest-") as file:
        file.write(KINDS[kind]())
        file.flush()
        done = subprocess.run(
            [sys.executable, "-c", _READ, file.name], capture_output=True, text=True, cwd=ROOT, check=True
        )
    grown, pixels = map(int, done.stdout.split())
    if pixels != MAX_PIXELS or done.stderr:
        raise AssertionError(f"{kind}: {pixels} pixels were read; stderr: {done.stderr[-400:]!r}")
    return grown
