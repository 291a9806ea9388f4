"""Reading a clip: stills at given moments, upright and as a player would show them, or one clear sentence.

The only file that knows PyAV. The file is handed over open and the containers are named one by one, so that neither its
name nor a playlist inside of it can make FFmpeg open anything else, on this machine or on the network.
"""

import io
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import numpy as np
from PIL import Image

from mfclip.photo import MAX_PIXELS, MIN_SIDE

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

CONTAINERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,flv,asf,ogg"
"""FFmpeg's names of the containers that are read; none of them refers to other files."""

SEEK_AHEAD = 2.0
"""Seconds: a moment so far ahead is jumped to, a nearer one reached by decoding on."""

SHORTFALL = 0.05
"""Share of its stated length that a clip's pictures may miss before a note says so."""

BUFFER = 1 << 18  # bytes read at a time
MAX_THREADS = 4
SQUARE = 0.01  # pixels whose sides differ by less than this share count as square
HD_LINES = 720  # untagged pictures of so many lines are in BT.709's colours, smaller ones in BT.601's, as players hold
UNTAGGED = 2  # "unspecified" in ITU-T H.273, as for colours
HIGH_RANGE = (16, 18)  # transfer characteristics PQ and HLG of ITU-T H.273

_REMEDY = "convert it to MP4 with H.264, for example `ffmpeg -i IN -c:v libx264 -pix_fmt yuv420p OUT.mp4`"
_MATRIX = "DISPLAYMATRIX"


@dataclass(frozen=True, eq=False)
class Still:
    """One frame. seconds: since the clip's first frame. rgb: uint8 (H, W, 3), upright, square pixels."""

    seconds: float
    rgb: np.ndarray


@dataclass(eq=False)
class Clip:
    """An open video. seconds: its length as the file states it, or as its packets show where it states none.

    rate: mean frames per second (None if unknown); codec: FFmpeg's name. damaged: packets that could not be decoded so
    far; shown: until when the last frame read so far is on, in seconds; notes: what a person may want to know.
    """

    name: str
    seconds: float
    rate: float | None
    codec: str
    container: "InputContainer" = field(repr=False)
    stream: "VideoStream" = field(repr=False)
    base: Fraction = field(repr=False)
    start: float = field(default=0.0, repr=False)
    damaged: int = 0
    shown: float = 0.0
    notes: list[str] = field(default_factory=list)
    _may_jump: bool = field(default=True, init=False, repr=False)

    def stills(self, moments: Sequence[float]) -> Iterator[Still]:
        """What was on screen at each moment (rising, seconds); a frame on screen at several of them comes once.

        Raises ValueError if no frame at all can be decoded, or one is too large or too small; where the pictures end
        before a moment, that and those after it are left out and a note says so.
        """
        frames = _OneAhead(self._frames())
        given: float | None = None
        for moment in moments:
            if self._may_jump and moment - self.shown > SEEK_AHEAD:
                frames = self._jump(moment) or frames
            frame = frames.last_until(moment, self._time)
            if frame is None:
                break
            if given is None or self._time(frame) > given:
                given = self._time(frame)
                yield Still(given, self._upright(frame))
        self._say_what_was_missed(given, moments)

    def _say_what_was_missed(self, given: float | None, moments: Sequence[float]) -> None:
        if given is None:
            raise ValueError(
                f"No picture of {self.name!r} ({self.codec}) can be decoded: it is damaged, encrypted or coded in a "
                f"way this build of FFmpeg does not know. Get it again, or {_REMEDY}."
            )
        if moments[-1] - self.shown > max(SHORTFALL * self.seconds, 2 / (self.rate or 1)):
            self.notes.append(
                f"the file states a length of {self.seconds:.1f} s and its pictures end at {self.shown:.1f} s: the "
                "rest was not judged"
            )
        if self.damaged:
            pieces = "1 damaged piece" if self.damaged == 1 else f"{self.damaged} damaged pieces"
            self.notes.append(f"{pieces} of the stream could not be decoded and had to be left out")

    def _jump(self, moment: float) -> "_OneAhead | None":
        """Frames from the last key frame before `moment` on; None where the file cannot be jumped in."""
        from av.error import FFmpegError

        try:
            self.container.seek(int((self.start + moment) / self.base), stream=self.stream, backward=True)
        except FFmpegError:
            self._may_jump = False
            return None
        before, frames = self.shown, _OneAhead(self._frames())
        # A jump that ends where it began, or behind, costs more than decoding on: there are few key frames.
        self._may_jump = frames.first is None or self._time(frames.first) > before
        return frames

    def _frames(self) -> Iterator["VideoFrame"]:
        """Frames in the order shown; what cannot be decoded is counted and left out."""
        from av.error import EOFError as EndOfStream
        from av.error import FFmpegError

        packets = self.container.demux(self.stream)
        while True:
            try:
                packet = next(packets, None)
            except FFmpegError:
                # A file cut off in the middle of a packet.
                self.damaged += 1
                packet = None
            if packet is None:
                return
            try:
                decoded = packet.decode()
            except EndOfStream:
                return
            except FFmpegError:
                self.damaged += 1
                continue
            for frame in decoded:
                if frame.pts is None or frame.is_corrupt:
                    self.damaged += frame.is_corrupt
                    continue
                _check_size(frame.width, frame.height, self.name)
                self.shown = self._time(frame) + float((frame.duration or 0) * self.base)
                yield frame

    def _time(self, frame: "VideoFrame") -> float:
        return float(frame.pts or 0) * float(self.base) - self.start

    def _upright(self, frame: "VideoFrame") -> np.ndarray:
        if frame.color_trc in HIGH_RANGE:
            self._note(
                "high dynamic range was read without tone mapping, so colours are flatter than on a screen"
            )
        if frame.interlaced_frame:
            self._note("frames are interlaced (two moments combed into one), which leaves traces of its own")
        guess = "ITU709" if frame.colorspace == UNTAGGED and frame.height >= HD_LINES else None
        rgb = np.asarray(frame.to_ndarray(format="rgb24", src_colorspace=guess))
        ratio = float(self.stream.sample_aspect_ratio or 1)
        if abs(ratio - 1) > SQUARE:
            self._note(
                f"pixels are not square ({ratio:.3g} to 1) and were stretched to their shape on a screen"
            )
            height, width = rgb.shape[:2]
            wide = max(MIN_SIDE, round(width * ratio))
            _check_size(wide, height, self.name)
            rgb = np.asarray(Image.fromarray(rgb).resize((wide, height), Image.Resampling.LANCZOS))
        matrix = frame.side_data.get(_MATRIX)
        if matrix is not None:
            rgb = turned(rgb, np.frombuffer(cast(bytes, matrix), dtype=np.int32))
        return np.ascontiguousarray(rgb)

    def _note(self, note: str) -> None:
        if note not in self.notes:
            self.notes.append(note)


class _OneAhead:
    """Frames with one looked at ahead of time: what is on screen is known only when the next one comes."""

    def __init__(self, frames: Iterator["VideoFrame"]) -> None:
        self._frames = frames
        self._now: VideoFrame | None = None
        self._next: VideoFrame | None = next(frames, None)
        self.first = self._next

    def last_until(self, moment: float, time: Callable[["VideoFrame"], float]) -> "VideoFrame | None":
        """The last frame not after `moment` (or the first, if it is after it); None where frames have ended."""
        while self._next is not None and (self._now is None or time(self._next) <= moment + 1e-6):
            self._now, self._next = self._next, next(self._frames, None)
        frame = self._now
        if self._next is None:
            # The last frame is shown once, whatever the file says of its length.
            self._now = None
        return frame


def turned(rgb: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """A stored picture (H, W, 3) as its display matrix shows it, to the nearest of the eight ways a picture can lie.

    matrix: nine integers a, b, u, c, d, v, x, y, w as in ISO/IEC 14496-12: a stored place (p, q), q downwards, is shown
    at (a·p + c·q, b·p + d·q). A matrix of another length or of zeros turns nothing.
    """
    if matrix.size != 9:
        return rgb
    a, b, c, d = (int(matrix[place]) for place in (0, 1, 3, 4))
    if abs(b) + abs(c) > abs(a) + abs(d):
        rgb, across, down = rgb.transpose(1, 0, 2), c, b
    else:
        across, down = a, d
    return rgb[:: -1 if down < 0 else 1, :: -1 if across < 0 else 1]


@contextmanager
def open_clip(source: str | Path | bytes) -> Iterator[Clip]:
    """An open clip from a path or a file's bytes; closed at the end of the block.

    MP4 and MOV, Matroska and WebM, AVI, MPEG, FLV, WMV and Ogg, frames from 32 px a side up to 40 megapixels. Raises
    ValueError with one sentence that holds the remedy, ImportError where PyAV is not installed.
    """
    av = _pyav()
    name = "video" if isinstance(source, bytes) else _plain(Path(source).name)
    with _opened(source) as stream:
        try:
            container = av.open(
                stream,
                buffer_size=BUFFER,
                metadata_errors="replace",
                options={"format_whitelist": CONTAINERS, "max_pixels": str(MAX_PIXELS)},
            )
        except (av.FFmpegError, UnicodeError, ValueError) as error:
            raise ValueError(
                f"{name!r} is damaged, incomplete or no video that can be read ({_reason(error)}): get the file again, "
                f"or {_REMEDY}."
            ) from None
        with container:
            yield _clip(container, name)


def _pyav() -> Any:
    try:
        import av
    except ImportError:
        raise ImportError(
            "Videos are read with PyAV, which is not installed: run `pip install av`, or install this project with its "
            "extra `video`."
        ) from None
    return av


def _plain(name: str | Path) -> str:
    """A name that can be written as UTF-8, whatever bytes the file system holds."""
    return os.fsencode(name).decode("utf-8", "replace")


def _opened(source: str | Path | bytes) -> BinaryIO:
    if isinstance(source, bytes):
        return io.BytesIO(source)
    text = _plain(source)
    path = Path(source)
    try:
        if path.is_dir():
            raise ValueError(f"{text!r} is a folder: give one of the videos inside it.")
        if not path.exists():
            raise ValueError(f"There is no file {text!r}: check the path and the spelling.")
        if not path.is_file():
            # A pipe or a camera has no end, and no place to jump to.
            raise ValueError(f"{text!r} is not a plain file: record it first and give the recording.")
        if path.stat().st_size == 0:
            raise ValueError(f"The file {text!r} is empty (0 bytes): get it again.")
        return path.open("rb")
    except OSError as error:
        raise ValueError(
            f"The file {text[:200]!r} cannot be opened ({error.strerror or type(error).__name__}): check its name and "
            "rights."
        ) from None


def _clip(container: "InputContainer", name: str) -> Clip:
    from av.stream import Disposition

    # A cover picture in a sound file is listed among the video streams.
    streams = [row for row in container.streams.video if not row.disposition & Disposition.attached_pic]
    if not streams:
        what = "holds sound and no pictures" if container.streams.audio else "holds no pictures"
        raise ValueError(f"{name!r} {what}: give a video in which a face can be seen.")
    stream = streams[0]
    if getattr(stream, "codec_context", None) is None or stream.time_base is None:
        raise ValueError(f"{name!r} is coded in a way this build of FFmpeg does not know: {_REMEDY}.")
    if stream.width and stream.height:
        _check_size(stream.width, stream.height, name)
    stream.thread_type = "AUTO"
    stream.thread_count = min(MAX_THREADS, os.cpu_count() or 1)
    # Also for a picture size that changes under way.
    stream.codec_context.options = {"max_pixels": str(MAX_PIXELS)}
    start, seconds = _extent(container, stream, stream.time_base)
    rate = float(stream.average_rate) if stream.average_rate else None
    clip = Clip(name, seconds, rate, stream.codec_context.name, container, stream, stream.time_base, start)
    if len(streams) > 1:
        clip.notes.append(f"the file holds {len(streams)} video streams, of which the first was judged")
    return clip


def _extent(container: "InputContainer", stream: "VideoStream", base: Fraction) -> tuple[float, float]:
    """(time of the first frame, length) in seconds. Where the file states no length, its packets are read once."""
    import av

    start = float((stream.start_time or 0) * base)
    if stream.duration is not None and stream.duration > 0:
        return start, float(stream.duration * base)
    if container.duration is not None and container.duration > 0:
        return start, container.duration / av.time_base
    last = start
    try:
        for packet in container.demux(stream):
            if packet.pts is not None:
                last = max(last, float((packet.pts + (packet.duration or 0)) * base))
        container.seek(0)
    except av.FFmpegError as error:
        raise ValueError(
            f"The file is damaged and states no length ({_reason(error)}): get it again, or {_REMEDY}."
        ) from None
    return start, last - start


def _check_size(width: int, height: int, name: str) -> None:
    if width * height > MAX_PIXELS:
        raise ValueError(
            f"{name!r} has frames of {width}×{height} pixels, more than the {MAX_PIXELS // 1_000_000} megapixels "
            "allowed: give a smaller copy, or cut out the part with the face."
        )
    if min(width, height) < MIN_SIDE:
        raise ValueError(
            f"{name!r} has frames of {width}×{height} pixels, and at least {MIN_SIDE}×{MIN_SIDE} are needed: give the "
            "video at its original size."
        )


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error).strip()[:120].rstrip(".")
