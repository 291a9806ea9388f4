"""Pictures to start from, made here from the project's example portrait: every kind a person may hand over, and
files made to hurt. Nothing is stored."""

import io
import struct
import zlib
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, PngImagePlugin

PORTRAIT = Path(__file__).resolve().parents[2] / "space" / "examples" / "astronaut.jpg"
FACE = (170, 60, 282, 172)  # x0, y0, x1, y1 of a square around the face, in pixels of PORTRAIT
SMALL = (64, 64)

Part = tuple[bytes, bytes]
"""Name and content of a PNG chunk."""


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    """The bytes of a file of that kind."""
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def chunk(name: bytes, body: bytes) -> bytes:
    """A PNG chunk with its length and its checksum (ISO 15948, section 5.3)."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(
    width: int, height: int, rows: bytes, bits: int = 8, colour: int = 2, laced: int = 0, more: bytes = b""
) -> bytes:
    """A PNG of the given scan lines, each with its filter byte; `more` chunks stand before the pixels."""
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, laced)
    body = chunk(b"IHDR", header) + more + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def jpeg_claiming(width: int, height: int, scans: int = 0) -> bytes:
    """A grey progressive JPEG of that size: one scan of flat blocks, then empty scans of a few dozen bytes each.

    Each empty scan says "no change" for every block in runs of 32,767 (ISO 10918-1, G.1.2.2), so a small file asks
    the decoder to walk over all of the picture once a scan.
    """
    tables = b"\xff\xdb\x00\x43\x00" + bytes([1] * 64)
    frame = b"\xff\xc2" + struct.pack(">HBHHB", 11, 8, height, width, 1) + b"\x01\x11\x00"
    # One code of one bit each: difference 0 for DC, a run of 2^14 blocks and more for AC.
    codes = b"".join(
        b"\xff\xc4" + struct.pack(">HB", 20, kind) + bytes([1] + [0] * 15) + bytes([symbol])
        for kind, symbol in ((0x00, 0x00), (0x10, 0xE0))
    )
    blocks = -(-width // 8) * -(-height // 8)
    first = b"\xff\xda\x00\x08\x01\x01\x00\x00\x00\x00" + bytes(-(-blocks // 8))
    # Code 0, then 14 bits of ones: 2^14 + 2^14 - 1 blocks; a byte of ones is followed by a zero byte.
    bits = "".join("0" + "1" * 14 for _ in range(-(-blocks // 32_767)))
    bits += "1" * (-len(bits) % 8)
    run = bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits), 8)).replace(b"\xff", b"\xff\x00")
    empty = b"\xff\xda\x00\x08\x01\x01\x00\x01\x3f\x00" + run
    return b"\xff\xd8" + tables + frame + codes + first + empty * scans + b"\xff\xd9"


def webp_claiming(width: int, height: int) -> bytes:
    """A WebP that says how large it is, and nothing more."""
    body = b"WEBPVP8X" + struct.pack("<I", 10) + bytes(4)
    body += (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _adam7(pixels: np.ndarray) -> bytes:
    """Scan lines of (H, W, 3) in the seven passes of an interlaced PNG (ISO 15948, section 8.2)."""
    passes = (
        (0, 0, 8, 8),
        (0, 4, 8, 8),
        (4, 0, 8, 4),
        (0, 2, 4, 4),
        (2, 0, 4, 2),
        (0, 1, 2, 2),
        (1, 0, 2, 1),
    )
    parts = (pixels[top::down, left::right] for top, left, down, right in passes)
    return b"".join(b"\0" + line.tobytes() for part in parts for line in part)


def _lines(values: np.ndarray) -> bytes:
    return b"".join(b"\0" + line.tobytes() for line in values)


def _profile() -> bytes:
    from PIL import ImageCms

    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def _exif(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = "a portrait"
    exif.get_ifd(0x8769)[0x9003] = "1999:01:01 00:00:00"
    exif.get_ifd(0x8825)[2] = (1.0, 2.0, 3.0)
    return exif


def _pngs(face: Image.Image) -> dict[str, bytes]:
    pixels, grey = np.asarray(face), np.asarray(face.convert("L"))
    palette = face.quantize(64)
    alpha = face.copy()
    alpha.putalpha(Image.fromarray(grey))
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Title", "a portrait", zip=True)
    texts.add_itxt("Comment", "un portrait ☺", "fr", "Commentaire", zip=True)
    frames = [face.rotate(angle) for angle in (0, 90, 180)]
    wide = pixels.astype(">u2") * 257
    return {
        "png": encoded(face, "PNG"),
        "png grey": encoded(face.convert("L"), "PNG"),
        "png two colours": encoded(face.convert("1"), "PNG"),
        "png palette": encoded(palette, "PNG"),
        "png palette of four": encoded(face.quantize(4), "PNG", bits=2),
        "png palette seen through": encoded(palette, "PNG", transparency=bytes(range(64))),
        "png colour key": encoded(face, "PNG", transparency=(10, 20, 30)),
        "png grey key": encoded(face.convert("L"), "PNG", transparency=17),
        "png alpha": encoded(alpha, "PNG"),
        "png grey alpha": encoded(alpha.convert("LA"), "PNG"),
        "png 16 bits grey": png(*face.size, _lines(wide[..., 0]), bits=16, colour=0),
        "png 16 bits": png(*face.size, _lines(wide), bits=16),
        "png 16 bits alpha": png(*face.size, _lines(np.dstack([wide, wide[..., 0]])), bits=16, colour=6),
        "png interlaced": png(*face.size, _adam7(pixels), laced=1),
        "png texts, profile, exif": encoded(
            face, "PNG", pnginfo=texts, icc_profile=_profile(), exif=_exif(6), dpi=(72, 72)
        ),
        "png animated": encoded(frames[0], "PNG", save_all=True, append_images=frames[1:], duration=40),
    }


def _jpegs(face: Image.Image) -> dict[str, bytes]:
    turned = {f"jpeg exif {n}": encoded(face, "JPEG", exif=_exif(n)) for n in range(1, 9)}
    return turned | {
        "jpeg": encoded(face, "JPEG", quality=90),
        "jpeg 4:4:4": encoded(face, "JPEG", quality=95, subsampling=0),
        "jpeg progressive": encoded(face, "JPEG", progressive=True),
        "jpeg grey": encoded(face.convert("L"), "JPEG"),
        "jpeg cmyk": encoded(face.convert("CMYK"), "JPEG"),
        "jpeg restarts": encoded(face, "JPEG", restart_marker_blocks=2),
        "jpeg profile, comment": encoded(
            face, "JPEG", icc_profile=_profile(), comment=b"a portrait", dpi=(96, 96)
        ),
        "jpeg RGB": encoded(face, "JPEG", keep_rgb=True),
    }


def _webps(face: Image.Image) -> dict[str, bytes]:
    alpha = face.copy()
    alpha.putalpha(face.convert("L"))
    frames = [face.rotate(angle) for angle in (0, 90)]
    return {
        "webp": encoded(face, "WEBP"),
        "webp lossless": encoded(face, "WEBP", lossless=True),
        "webp alpha": encoded(alpha, "WEBP"),
        "webp exif, profile": encoded(face, "WEBP", exif=_exif(8), icc_profile=_profile()),
        "webp animated": encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:], duration=40),
    }


def _hostile(face: Image.Image) -> dict[str, bytes]:
    jpeg, plain = encoded(face, "JPEG"), encoded(face, "PNG")
    archive = b"PK\x03\x04" + bytes(26) + b"PK\x05\x06" + bytes(18)
    page = b"<html><script>alert(1)</script></html>"
    wide = [face.resize(SMALL)] * 2
    return {
        "truncated jpeg": jpeg[: len(jpeg) // 2],
        "truncated png": plain[: len(plain) // 2],
        "bomb png": png(13_000, 13_000, bytes(1000), colour=0),
        "bomb png, just allowed": png(6_300, 6_300, bytes(1000), colour=0),
        "bomb png, no side": png(0, 64, b""),
        "bomb png, text": png(
            *SMALL, bytes(12_352), more=chunk(b"zTXt", b"x\0\0" + zlib.compress(bytes(5_000_000)))
        ),
        "bomb png, profile": png(
            *SMALL, bytes(12_352), more=chunk(b"iCCP", b"x\0\0" + zlib.compress(bytes(5_000_000)))
        ),
        "bomb png, too many rows": png(*SMALL, bytes(5_000_000)),
        "bomb jpeg": jpeg_claiming(65_500, 65_500),
        "bomb jpeg, scans": jpeg_claiming(512, 512, scans=200),
        "bomb webp": webp_claiming(13_000, 13_000),
        "jpeg and archive": jpeg + archive,
        "jpeg and page": jpeg[:2] + b"\xff\xfe" + struct.pack(">H", len(page) + 2) + page + jpeg[2:],
        "png and page": plain + page,
        "page and png": page + plain,
        "gif and jpeg": b"GIF89a" + jpeg,
        "pdf and jpeg": b"%PDF-1.4\n" + jpeg,
        "svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        "gif": encoded(face.quantize(16), "GIF"),
        "bmp": encoded(face, "BMP"),
        "tiff": encoded(face, "TIFF"),
        "mpo": encoded(wide[0], "MPO", save_all=True, append_images=wide[1:]),
        "empty": b"",
    }


@cache
def seeds() -> dict[str, bytes]:
    """Files by what they are, each at most 100 kB."""
    with Image.open(PORTRAIT) as portrait:
        face = portrait.convert("RGB").crop(FACE)
    return _pngs(face) | _jpegs(face) | _webps(face) | _hostile(face)
