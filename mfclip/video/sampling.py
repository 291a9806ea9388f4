"""Which files are videos, and at which moments one is looked at. Nothing heavy is imported here."""

import math
from pathlib import Path

DEFAULT_FRAMES = 32
MAX_FRAMES = 1000  # about five minutes on two CPU cores
MAX_SECONDS = 4 * 3600

SUFFIXES = frozenset(
    ".3g2 .3gp .asf .avi .f4v .flv .m2ts .m4v .mkv .mov .mp4 .mpeg .mpg .mts .ogv .qt .ts .vob .webm .wmv".split()
)
_PHOTO_STARTS = (b"\xff\xd8", b"\x89PNG\r\n\x1a\n")
_STILL_BRANDS = (b"avif", b"avis", b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1")
_STARTS = (  # Matroska and WebM, FLV, ASF, MPEG program stream
    b"\x1aE\xdf\xa3",
    b"FLV\x01",
    b"0&\xb2u\x8ef\xcf\x11",
    b"\x00\x00\x01\xba",
)
_TS_PACKET = 188  # bytes of an MPEG transport packet, each of which starts with 0x47


def is_video(path: str | Path) -> bool:
    """Whether a file is to be read as a video: by its first bytes, or, where they say nothing, by its name's ending.

    A photo with a video's ending is a photo; a file that cannot be opened is judged by its name.
    """
    head = _head(Path(path))
    if head.startswith(_PHOTO_STARTS) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP"):
        return False
    if head[4:8] == b"ftyp":
        return head[8:12] not in _STILL_BRANDS
    return (
        head.startswith(_STARTS)
        or (head[:4] == b"RIFF" and head[8:12] == b"AVI ")
        or (len(head) == 2 * _TS_PACKET and head[0] == head[_TS_PACKET] == 0x47)
        or Path(path).suffix.lower() in SUFFIXES
    )


def _head(path: Path) -> bytes:
    """The first bytes of a file, none where there is no plain file: a pipe would be waited for."""
    try:
        if path.is_file():
            with path.open("rb") as stream:
                return stream.read(2 * _TS_PACKET)
    except (OSError, ValueError):
        return b""
    return b""


def moments(seconds: float, frames: int | None = None, every: float | None = None) -> tuple[float, ...]:
    """The moments to look at, in seconds from the first frame, rising.

    seconds: length of the clip, 0..MAX_SECONDS. frames: so many (1..MAX_FRAMES, default DEFAULT_FRAMES), each in the
    middle of an equal part of the clip. every: one each so many seconds from the start on, instead. Raises ValueError
    for both at once, and for numbers outside of what is allowed.
    """
    if frames is not None and every is not None:
        raise ValueError(
            f"frames={frames} and every={every} were both given: a clip is sampled by number or by distance, drop one."
        )
    if seconds > MAX_SECONDS:
        raise ValueError(
            f"The video is {seconds / 3600:.1f} hours long, more than the {MAX_SECONDS // 3600} hours allowed: cut out "
            "the part with the face and give that."
        )
    if every is not None:
        return _each(seconds, every)
    count = DEFAULT_FRAMES if frames is None else frames
    if not (1 <= count <= MAX_FRAMES and count == int(count)):
        raise ValueError(f"frames is {count}; a whole number from 1 to {MAX_FRAMES} is needed.")
    return tuple((number + 0.5) * seconds / count for number in range(count))


def _each(seconds: float, every: float) -> tuple[float, ...]:
    if not (math.isfinite(every) and every > 0):
        raise ValueError(f"every is {every}; a number of seconds above 0 is needed, for example 0.5.")
    # A moment at the very end would show no frame.
    count = max(1, math.ceil(seconds / every - 1e-9))
    if count > MAX_FRAMES:
        least = math.ceil(1000 * seconds / MAX_FRAMES) / 1000
        raise ValueError(
            f"every={every:g} asks for {count} frames of a clip of {seconds:.1f} s, more than the {MAX_FRAMES} "
            f"allowed: give at least {least:g} seconds, or cut out the part with the face."
        )
    return tuple(number * every for number in range(count))
