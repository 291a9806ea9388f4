"""Damage to the bytes of a picture, drawn from a seeded generator: the same number gives the same file.

A file is often taken apart first and put together with its lengths and checksums mended, since a decoder refuses at
the first wrong checksum and its depths would never be reached.
"""

import struct
import zlib
from collections.abc import Callable

import numpy as np

from tests.fuzz.corpus import chunk, seeds

TELLING = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 2**31 - 1, 2**31, 2**32 - 1)
"""Numbers at the edges of what fields of one, two and four bytes hold."""

LONGEST = 200_000  # bytes of a damaged file
PNG, RIFF = b"\x89PNG\r\n\x1a\n", b"RIFF"

Random = np.random.Generator
Part = tuple[bytes, bytes]

_ANCILLARY = (
    b"tRNS",
    b"PLTE",
    b"gAMA",
    b"cHRM",
    b"pHYs",
    b"sRGB",
    b"iCCP",
    b"eXIf",
    b"tEXt",
    b"zTXt",
    b"iTXt",
)
_ANIMATED = (b"acTL", b"fcTL", b"fdAT", b"IDAT", b"IHDR", b"IEND")


def _span(random: Random, data: bytearray, longest: int = 64) -> tuple[int, int]:
    start = int(random.integers(0, len(data) + 1))
    return start, min(len(data), start + int(random.integers(1, longest + 1)))


def _flip(random: Random, data: bytearray) -> None:
    for _ in range(int(random.integers(1, 9))):
        data[int(random.integers(len(data)))] ^= 1 << int(random.integers(8))


def _scatter(random: Random, data: bytearray) -> None:
    for _ in range(int(random.integers(1, 17))):
        data[int(random.integers(len(data)))] = int(random.integers(256))


def _number(random: Random, data: bytearray) -> None:
    size = int(random.choice([1, 2, 4]))
    value = int(random.choice(TELLING)) % 256**size
    at = int(random.integers(0, max(1, len(data) - size + 1)))
    data[at : at + size] = value.to_bytes(size, str(random.choice(["big", "little"])))


def _cut(random: Random, data: bytearray) -> None:
    start, end = _span(random, data)
    del data[start:end]


def _shorten(random: Random, data: bytearray) -> None:
    del data[int(random.integers(len(data))) :]


def _repeat(random: Random, data: bytearray) -> None:
    start, end = _span(random, data)
    data[start:start] = data[start:end] * int(random.choice([1, 2, 16, 256]))


def _insert(random: Random, data: bytearray) -> None:
    start, end = _span(random, data)
    data[start:start] = random.bytes(end - start)


BYTES: tuple[Callable[[Random, bytearray], None], ...] = (
    _flip, _scatter, _number, _number, _cut, _shorten, _repeat, _insert,
)  # fmt: skip


def damaged_bytes(random: Random, data: bytes, most: int = 3) -> bytes:
    """The bytes after one to `most` damages."""
    body = bytearray(data)
    for _ in range(int(random.integers(1, most + 1))):
        if body:
            BYTES[int(random.integers(len(BYTES)))](random, body)
    return bytes(body)


def take_apart(data: bytes) -> list[Part] | None:
    """Chunks of a PNG or a WebP, segments of a JPEG (the pixels as one part, named b""); None for another file."""
    if data.startswith(PNG):
        return _pieces(data, 8, ">I4s", name_first=False, tail=4)
    if data.startswith(RIFF):
        return _pieces(data, 12, "<4sI", name_first=True, tail=0)
    if not data.startswith(b"\xff\xd8"):
        return None
    parts, at = [], 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] not in (0xFF, 0xD9):
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        parts.append((data[at : at + 2], data[at + 4 : end]))
        at = end
        if parts[-1][0] == b"\xff\xda":
            break
    return [*parts, (b"", data[at:])]


def _pieces(data: bytes, at: int, header: str, name_first: bool, tail: int) -> list[Part]:
    parts = []
    while at + 8 <= len(data):
        fields = struct.unpack(header, data[at : at + 8])
        name, length = fields if name_first else fields[::-1]
        parts.append((name, data[at + 8 : at + 8 + length]))
        at += 8 + length + (length % 2 if name_first else tail)
    return parts


def put_together(data: bytes, parts: list[Part]) -> bytes:
    """A file of the kind of `data` with those parts, lengths and checksums mended."""
    if data.startswith(PNG):
        return PNG + b"".join(chunk(name, body) for name, body in parts)
    if data.startswith(RIFF):
        inside = b"WEBP" + b"".join(
            name + struct.pack("<I", len(body)) + body + bytes(len(body) % 2) for name, body in parts
        )
        return RIFF + struct.pack("<I", len(inside)) + inside
    return b"\xff\xd8" + b"".join(
        name + (struct.pack(">H", (len(body) + 2) % 65_536) if name else b"") + body for name, body in parts
    )


def _damaged_parts(random: Random, data: bytes, parts: list[Part]) -> list[Part]:
    at = int(random.integers(len(parts)))
    name, body = parts[at]
    what = random.choice(
        ["body", "body", "body", "pixels", "drop", "twice", "swap", "foreign", "rename", "many"]
    )
    if what == "pixels" and name == b"IDAT":
        try:
            parts[at] = (name, zlib.compress(damaged_bytes(random, zlib.decompress(body))))
        except zlib.error:
            parts[at] = (name, damaged_bytes(random, body))
    elif what in ("body", "pixels"):
        parts[at] = (name, damaged_bytes(random, body or b"\0"))
    elif what == "drop":
        del parts[at]
    elif what in ("twice", "many"):
        parts[at:at] = [parts[at]] * (1 if what == "twice" else min(100, LONGEST // (len(body) + 12)))
    elif what == "swap":
        other = int(random.integers(len(parts)))
        parts[at], parts[other] = parts[other], parts[at]
    elif what == "rename" and len(name) == 4:
        parts[at] = ((*_ANCILLARY, *_ANIMATED)[int(random.integers(17))], body)
    else:
        others = take_apart(_any(random, like=data)) or []
        if others:
            parts.insert(at, others[int(random.integers(len(others)))])
    return parts


def _any(random: Random, like: bytes = b"") -> bytes:
    files = [file for file in seeds().values() if file[:4] == like[:4] or not like]
    return files[int(random.integers(len(files)))] if files else b""


def damaged_picture(number: int) -> bytes:
    """The damaged file of that number, from a seed of the corpus; at most LONGEST bytes."""
    random = np.random.default_rng([4, number])
    data = _any(random)
    parts = take_apart(data)
    if parts and random.random() < 0.7:
        for _ in range(int(random.integers(1, 4))):
            parts = _damaged_parts(random, data, parts) or [(b"", b"")]
        data = put_together(data, parts)
        if random.random() < 0.2:
            data = damaged_bytes(random, data)
    else:
        data = damaged_bytes(random, data, most=5)
    return data[:LONGEST]
