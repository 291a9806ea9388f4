"""Pillow's readers of JPEG, PNG and WebP, kept to pixels and to which way is up.

Of the metadata only the orientation is read, here and not by Pillow: its reader of EXIF unpacks every tag and warns on
stderr about each that is damaged, and warnings can be held back only for all threads of a process at once.
"""

import re
from collections.abc import Mapping
from typing import Any, Literal

from PIL import Image, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

ORIENTATION = 0x0112  # the tag, EXIF 2.32
UPRIGHT = 1

_OPENINGS = re.compile(rb"(?:Exif\0\0)*")
_ORDERS: dict[bytes, Literal["little", "big"]] = {b"II": "little", b"MM": "big"}
_SIZES = {1: 1, 3: 2, 4: 4}  # bytes of a whole number, by the number of its type (TIFF 6.0, section 2)
_PROFILE = "Raw profile type exif"  # hexadecimal, as ImageMagick wrote it before PNG had a chunk for it
_XMP = re.compile(rb'tiff:Orientation(?:="|>)([1-8])')


def stored_orientation(info: Mapping[Any, Any]) -> int:
    """Which way is up, 1 to 8 as EXIF counts; 1 where nothing or nonsense is said.

    info: what Pillow's readers keep of a file beside its pixels. EXIF is believed before XMP.
    """
    exif = info.get("exif") or _unhexed(info.get(_PROFILE))
    found = _of_exif(exif) if isinstance(exif, bytes) else None
    if found is None:
        found = _of_xmp(info.get("XML:com.adobe.xmp") or info.get("xmp"))
    return found if found is not None and 1 <= found <= 8 else UPRIGHT


def _unhexed(profile: Any) -> bytes:
    try:
        return bytes.fromhex("".join(str(profile).split("\n")[3:]))
    except ValueError:
        return b""


def _of_exif(data: bytes) -> int | None:
    """The tag's value in the first directory of a block of EXIF (TIFF 6.0, section 2), None without one."""
    opened = _OPENINGS.match(data)
    first = opened.end() if opened else 0
    order = _ORDERS.get(data[first : first + 2])
    if order is None:
        return None

    def number(at: int, size: int) -> int:
        return int.from_bytes(data[at : at + size], order)

    start = first + number(first + 4, 4)
    for at in range(start + 2, start + 2 + 12 * number(start, 2), 12):
        if at + 12 > len(data):
            break
        size = _SIZES.get(number(at + 2, 2))
        if number(at, 2) == ORIENTATION and size and number(at + 4, 4) == 1:
            return number(at + 8, size)
    return None


def _of_xmp(packet: Any) -> int | None:
    content = packet if isinstance(packet, bytes) else str(packet or "").encode("utf-8", "replace")
    found = _XMP.search(content)
    return int(found[1]) if found else None


class _Quiet(Image.Image):
    def getexif(self) -> Image.Exif:
        """The orientation alone. Pillow's JPEG reader asks as it opens a file, before anybody wants to know."""
        exif = Image.Exif()
        exif[ORIENTATION] = stored_orientation(self.info)
        return exif


class JpegFile(_Quiet, JpegImagePlugin.JpegImageFile):
    """A JPEG; of several pictures in one file (MPO) the first."""


class PngFile(_Quiet, PngImagePlugin.PngImageFile):
    """A PNG; of an animation the first frame."""


class WebpFile(_Quiet, WebPImagePlugin.WebPImageFile):
    """A WebP; of an animation the first frame, and that one only."""

    def _get_next(self) -> tuple[bytes, int, int]:
        # The decoder holds two pictures of the canvas's size beside the frame that it hands over. This method is
        # Pillow's own affair: should its name change one day, nothing but memory is lost (tests/fuzz/test_largest.py).
        frame = super()._get_next()
        self._decoder = None
        return frame
