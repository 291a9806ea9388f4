"""How a picture's file is put together, judged before a decoder opens it.

A decoder's work is bounded by the size of the picture only as long as the file says each thing once. A progressive
JPEG of 400 kB can ask for 5,000 passes over 40 megapixels (12 s of work, found by tests/fuzz), a JPEG of 4 MB can hold
200,000 pieces of EXIF that Pillow joins one by one (5 s, four times as much for twice the file), and a PNG of 1 MB a
thousand colour profiles that are unpacked one by one (2 s). Nor is memory bounded by the size of the picture where much
stands beside the pixels: it is kept while they are decoded, partly twice. No camera and no program writes such files.
"""

import re
from typing import BinaryIO

MAX_BYTES = {"JPEG": 400_000_000, "PNG": 400_000_000, "WEBP": 60_000_000}
"""Of a file; 40 megapixels of 16-bit RGBA take 320 MB. A WebP is copied into memory before it is decoded."""

MAX_SCANS = 100
"""Of a JPEG; progressive encoders write about ten."""

MAX_SEGMENTS = 1_000
"""Of a JPEG; 20 MB of notes by an editor take 320."""

MAX_EXIF = 100
"""Segments of a JPEG that hold EXIF: one is usual, and Pillow joins them one by one."""

MAX_CHUNKS = 250
"""Of a PNG, its pixels not counted; a few dozen are many."""

MAX_BESIDE = 50_000_000
"""Bytes in those chunks, and in the segments of a JPEG; a colour profile for print takes 2 MB."""

MAX_PIECES = 100_000
"""Of a PNG's pixels; libpng cuts them into pieces of 8 kB, and Pillow asks for each by itself, empty or not."""

# A marker is FF and a byte that is neither stuffing (00), a restart (D0 to D7) nor FF again (ISO 10918-1, B.1.1.2).
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_END, _SCAN = 0xD9, 0xDA
_ALONE = (0x01, 0xD8)  # markers that no length follows
_STREAMED = (b"IDAT", b"fdAT")  # chunks of a PNG that are decoded as they are read
_PIXELS = (*_STREAMED, b"fcTL")  # and those of which an animated one may hold many


def excess(stream: BinaryIO, kind: str) -> str:
    """What a file holds too much of, in words to follow "it holds", or "" for an ordinary one.

    stream: at its start, and left there. kind: "JPEG", "PNG" or "WEBP". Raises SyntaxError, as decoders do, where a PNG
    contradicts itself about its animation.
    """
    size = stream.seek(0, 2)
    stream.seek(0)
    try:
        if size > MAX_BYTES[kind]:
            return _most(size, MAX_BYTES[kind])
        if kind == "JPEG":
            return _of_jpeg(stream.read())
        return _of_png(stream, size) if kind == "PNG" else ""
    finally:
        stream.seek(0)


def _most(size: int, limit: int) -> str:
    return f"{size} bytes, and {limit} are the most"


def _beside(size: int) -> str:
    return _most(size, MAX_BESIDE) + " beside its pixels"


def _of_jpeg(data: bytes) -> str:
    scans = pieces = exif = beside = at = 0
    while found := _MARKER.search(data, at):
        at, marker = found.end(), data[found.end() - 1]
        if marker == _END and scans:
            break
        if marker in (*_ALONE, _END):
            continue
        scans += marker == _SCAN
        pieces += 1
        if scans > MAX_SCANS:
            return f"more than {MAX_SCANS} scans"
        if pieces > MAX_SEGMENTS:
            return f"more than {MAX_SEGMENTS} segments"
        exif += data.startswith(b"Exif", at + 2)
        if exif > MAX_EXIF:
            return f"more than {MAX_EXIF} segments"
        length = int.from_bytes(data[at : at + 2], "big")
        at, beside = at + length, beside + length
        if beside > MAX_BESIDE:
            return _beside(beside)
    return ""


def _of_png(stream: BinaryIO, size: int) -> str:
    chunks = pieces = beside = animations = 0
    at = 8
    while at + 8 <= size:
        stream.seek(at)
        head = stream.read(12)
        length, name, frames = int.from_bytes(head[:4], "big"), head[4:8], int.from_bytes(head[8:], "big")
        if name == b"IEND":
            break
        pieces += name in _PIXELS
        chunks += name not in _PIXELS
        beside += min(length, size - at) if name not in _STREAMED else 0
        animations += name == b"acTL"
        if chunks > MAX_CHUNKS:
            return f"more than {MAX_CHUNKS} chunks beside its pixels"
        if beside > MAX_BESIDE:
            return _beside(beside)
        if pieces > MAX_PIECES:
            return f"more than {MAX_PIECES} segments"
        # Pillow would take such a file for a still picture, and warn on stderr.
        if animations > 1 or (name == b"acTL" and not 0 < frames < 2**31):
            raise SyntaxError(f"acTL: {frames}")
        at += 12 + length
    return ""
