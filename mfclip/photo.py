"""Reading a photo: any still picture a person may hand over becomes upright 8-bit RGB, or one clear sentence.

The header is judged before a pixel is decoded, because a PNG of 46 KB can claim 169 megapixels. Pillow's
plugin classes are opened directly and not through ``Image.open``: the latter warns on stderr about big
pictures and its limit is a global shared by every thread. What is decoded is turned into RGB strip by strip,
so that reading never takes more than 600 MB (tests/fuzz/largest.py).
"""

import io
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from PIL import Image

from mfclip.containers import excess
from mfclip.photo_files import ORIENTATION, UPRIGHT, JpegFile, PngFile, WebpFile

MAX_PIXELS = 40_000_000  # a 40 megapixel photo takes 120 MB as RGB
MIN_SIDE = 32  # pixels; nothing below can hold a face worth judging

STRIP = 1_000_000  # pixels turned into RGB at once

_ALLOWED = "JPEG, PNG or WebP"
_LYING = (5, 6, 7, 8)  # orientations in which a file's rows are the columns that are seen
_WIDE = ("I", "F")  # how Pillow's modes of more than 8 bits begin
_CLEAR = ("RGBA", "LA", "PA", "La", "RGBa")
# What Pillow's decoders raise on damaged files, found by flipping bytes.
_DECODER_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    IndexError,
    KeyError,
    TypeError,
    OverflowError,
    AttributeError,
    struct.error,
    zlib.error,
)
_OTHER_FORMATS = (  # (offset, bytes, how people call it)
    (0, b"GIF8", "a GIF picture"),
    (0, b"BM", "a BMP picture"),
    (0, b"II*\0", "a TIFF picture"),
    (0, b"MM\0*", "a TIFF picture"),
    (0, b"%PDF", "a PDF document"),
    (4, b"ftypavif", "an AVIF picture"),
    (4, b"ftyphei", "a HEIC picture"),
    (4, b"ftypmif1", "a HEIC picture"),
    (4, b"ftyp", "a video"),
    (0, b"\x1aE\xdf\xa3", "a video"),
    (0, b"PK\x03\x04", "a ZIP archive"),
)


@dataclass(frozen=True, eq=False)
class Photo:
    """What was given, ready to be looked at.

    rgb: uint8 (H, W, 3), upright, no metadata. name: the file's name, or "photo". note: what was done to the
    picture that a person may want to know (first frame of an animation, transparency, 16 bits), else "".
    """

    rgb: np.ndarray
    name: str
    note: str = ""

    @property
    def width(self) -> int:
        """Columns, in pixels."""
        return int(self.rgb.shape[1])

    @property
    def height(self) -> int:
        """Rows, in pixels."""
        return int(self.rgb.shape[0])


def read_photo(source: "str | Path | bytes | Image.Image | np.ndarray | Photo") -> Photo:
    """Photo from a path, the bytes of a file, a PIL image, or an RGB array.

    Files and bytes must be JPEG, PNG or WebP, at least 32 px a side and at most 40 megapixels. EXIF
    orientation is applied and all metadata dropped; colour profiles are dropped, not applied, because the
    detector was trained on the stored values. CMYK, grey and palette become RGB; 16 bits are scaled to 8, not
    clipped; transparent parts are laid on white, as browsers show them on a page; of an animation the first
    frame is read (``note`` says so). Arrays must be uint8 (H, W, 3), RGB. Raises ValueError with one sentence
    that holds the remedy.
    """
    if isinstance(source, Photo):
        return source
    if isinstance(source, np.ndarray):
        return _from_array(source)
    if isinstance(source, Image.Image):
        name = Path(str(getattr(source, "filename", "") or "photo")).name
        _check_size(source.size, name)
        return _from_image(source, name)
    if isinstance(source, (bytes, bytearray, memoryview)):
        return _from_stream(io.BytesIO(bytes(source)), "photo")
    if isinstance(source, (str, Path)):
        return _from_path(source)
    raise ValueError(
        f"A photo cannot be read from {type(source).__name__}: give a path, the bytes of a file, a PIL image "
        "or a uint8 RGB array of shape (height, width, 3)."
    )


def _from_path(source: str | Path) -> Photo:
    text = str(source)
    if text.startswith(("http://", "https://", "data:")):
        raise ValueError(
            f"{text[:80]!r} is a web address, not a file: save the picture first and give its path."
        )
    path = Path(source)
    try:
        if path.is_dir():
            raise ValueError(
                f"{text!r} is a folder: give the picture files inside it, for example {text}/*.jpg."
            )
        if not path.exists():
            raise ValueError(f"There is no file {text!r}: check the path and the spelling.")
        if not path.is_file():
            raise ValueError(f"{text!r} is not a plain file: give a {_ALLOWED} file.")
        with path.open("rb") as stream:
            return _from_stream(stream, path.name)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ValueError(
            f"The file {text[:200]!r} cannot be opened ({reason}): check its name and rights."
        ) from None


def _from_stream(stream: BinaryIO, name: str) -> Photo:
    head = stream.read(1024)
    stream.seek(0)
    plugin = _plugin(head, name)
    try:
        too_much = excess(stream, plugin.format)
    except SyntaxError:
        raise ValueError(_damaged(name)) from None
    if too_much:
        raise ValueError(f"{name!r} holds {too_much}: open it in an image editor and save it as {_ALLOWED}.")
    if plugin is WebpFile:
        # Its plugin reserves the whole canvas when it opens, so the size is read before.
        _check_size(_webp_size(head, name), name)
    try:
        image = plugin(stream)
    except _DECODER_ERRORS:
        raise ValueError(_damaged(name)) from None
    _check_size(image.size, name)
    return _from_image(image, name)


def _plugin(head: bytes, name: str) -> Any:
    if not head:
        raise ValueError(f"The file {name!r} is empty (0 bytes): get it again and give a {_ALLOWED} file.")
    if head.startswith(b"\xff\xd8"):
        return JpegFile
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return PngFile
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return WebpFile
    what = next((said for at, magic, said in _OTHER_FORMATS if head[at : at + len(magic)] == magic), "")
    if b"<svg" in head.lower():
        what = "an SVG drawing"
    if what:
        raise ValueError(f"{name!r} is {what}: save it as {_ALLOWED} and give that file.")
    raise ValueError(f"{name!r} is not a picture this detector can read: give a {_ALLOWED} file.")


def _webp_size(head: bytes, name: str) -> tuple[int, int]:
    """Width and height from a WebP header (RFC 9649, sections 2.5 to 2.7)."""
    chunk, body = head[12:16], head[20:30]
    if len(body) == 10 and chunk == b"VP8X":
        return int.from_bytes(body[4:7], "little") + 1, int.from_bytes(body[7:10], "little") + 1
    if len(body) == 10 and chunk == b"VP8L":
        bits = int.from_bytes(body[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if len(body) == 10 and chunk == b"VP8 ":
        return int.from_bytes(body[6:8], "little") & 0x3FFF, int.from_bytes(body[8:10], "little") & 0x3FFF
    raise ValueError(_damaged(name))


def _check_size(size: tuple[int, int], name: str) -> None:
    width, height = size
    if width * height > MAX_PIXELS:
        raise ValueError(
            f"{name!r} is {width}×{height} pixels, more than the {MAX_PIXELS // 1_000_000} megapixels "
            "allowed: give a smaller copy, or cut out the part with the face."
        )
    if min(width, height) < MIN_SIDE:
        raise ValueError(
            f"{name!r} is {width}×{height} pixels, and at least {MIN_SIDE}×{MIN_SIDE} are needed: "
            "give the picture at its original size."
        )


def _from_image(image: Image.Image, name: str) -> Photo:
    notes = []
    frames = getattr(image, "n_frames", 1)
    if frames > 1:
        notes.append(f"an animation of {frames} frames: only the first was read")
    try:
        if frames > 1:
            image.seek(0)
        image.load()
    except _DECODER_ERRORS:
        raise ValueError(_damaged(name)) from None
    rgb, seen_through = _upright_rgb(image, name)
    if image.mode.startswith(_WIDE):
        notes.append("16-bit values were scaled to 8 bits")
    elif seen_through:
        notes.append("transparent parts were laid on white")
    return Photo(rgb, name, "; ".join(notes))


def _upright_rgb(image: Image.Image, name: str) -> tuple[np.ndarray, bool]:
    """uint8 (H, W, 3) as the picture is seen, and whether white shows through."""
    orientation = _orientation(image)
    size = image.size if orientation in _LYING else image.size[::-1]
    rgb = np.empty((*size, 3), dtype=np.uint8)
    stored = _as_stored(rgb, orientation)
    rows = max(1, STRIP // image.width)
    seen_through = False
    for top in range(0, image.height, rows):
        strip = image.crop((0, top, image.width, min(top + rows, image.height)))
        if image.mode.startswith(_WIDE):
            strip = _to_eight_bits(strip, name)
        elif image.mode in _CLEAR or "transparency" in image.info:
            strip, holes = _over_white(strip)
            seen_through |= holes
        # Pillow converts RGB to RGB by a copy.
        stored[top : top + rows] = np.asarray(strip if strip.mode == "RGB" else strip.convert("RGB"))
    return rgb, seen_through


def _as_stored(upright: np.ndarray, orientation: int) -> np.ndarray:
    """The same pixels, in the order in which a file of that orientation stores them (EXIF 2.32, tag Orientation)."""
    turned = upright.transpose(1, 0, 2) if orientation in _LYING else upright
    down = -1 if orientation in (3, 4, 6, 7) else 1
    across = -1 if orientation in (2, 3, 7, 8) else 1
    return turned[::down, ::across]


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(ORIENTATION, UPRIGHT))
    except _DECODER_ERRORS:
        return UPRIGHT  # broken metadata is no reason to refuse sound pixels


def _to_eight_bits(image: Image.Image, name: str) -> Image.Image:
    values = np.asarray(image)
    if image.mode == "F" or values.min() < 0 or values.max() > 65535:
        raise ValueError(
            f"{name!r} holds numbers of mode {image.mode} outside 0…65535, whose white is unknown: "
            "convert it to 8 bits a channel first."
        )
    return Image.fromarray(((values.astype(np.uint32) + 128) // 257).astype(np.uint8))


def _over_white(image: Image.Image) -> tuple[Image.Image, bool]:
    layer = image.convert("RGBA")
    alpha = layer.getchannel("A")
    if alpha.getextrema()[0] == 255:
        return layer, False
    white = Image.new("RGB", layer.size, "white")
    white.paste(layer, mask=alpha)
    return white, True


def _from_array(array: np.ndarray) -> Photo:
    if array.dtype != np.uint8 or array.ndim != 3 or array.shape[2] != 3:
        raise ValueError(
            f"The array has type {array.dtype} and shape {array.shape}; a photo is uint8 RGB of shape "
            "(height, width, 3): convert it first, for example with (255 * array).round().astype('uint8')."
        )
    _check_size((array.shape[1], array.shape[0]), "photo")
    return Photo(np.array(array, order="C"), "photo")


def _damaged(name: str) -> str:
    return (
        f"{name!r} is damaged or incomplete and cannot be decoded: get the file again, or open it in an "
        f"image editor and save it as {_ALLOWED}."
    )
