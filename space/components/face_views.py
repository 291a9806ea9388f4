"""The face as the model sees it, the faces of a photo, and the patch with its residual."""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from explain.figures.palette import NEGATIVE, POSITIVE
from mfclip import Verdict
from mfclip.noise import LIMIT
from mfclip.photo import Photo
from mfclip.preprocess import FACE_SIZE, WINDOW, Frame
from space.components.markup import png, quiet, text
from space.session import Session
from space.text import joined, words

TAG = (16, 17)  # width and height of a one-digit label, in units of the picture it stands in
SHOWN_PHOTO = 640  # px, longest side of the photo in which several faces are numbered


def faces_map(session: Session, given: Photo | None) -> str:
    """HTML: the photo with all its faces numbered, the judged one emphasised; "" where there is no choice."""
    verdict = session.start
    if verdict is None or given is None or len(verdict.faces) < 2:
        return ""
    scale = min(1.0, SHOWN_PHOTO / max(given.width, given.height))
    size = (max(1, round(given.width * scale)), max(1, round(given.height * scale)))
    small = np.asarray(Image.fromarray(given.rgb).resize(size, Image.Resampling.BOX))
    marks = []
    for number, box in enumerate(verdict.faces, start=1):
        chosen = "mf-chosen" if box == verdict.face.box else ""
        x, y = box.x0 * scale, box.y0 * scale
        outline = _outline(x, y, box.width * scale, box.height * scale)
        above = max(0.0, y - TAG[1])  # not over a small face
        marks.append(f'<g class="{chosen}">{outline}{_label(x, above, str(number))}</g>')
    said = words.FACES_ALT.format(count=len(verdict.faces))
    return _picture(png(small), size, "".join(marks), said, "mf-photo-map")


def face_view(session: Session) -> str:
    """HTML: the 224 px face with the four candidate patches, the richest emphasised, and their scores."""
    verdict = session.start
    if verdict is None:
        return quiet(words.NO_FACE_SHOWN)
    crop = verdict.face.crop
    order = [i for i in range(len(crop.window_frames)) if i != verdict.patch.index] + [verdict.patch.index]
    marks = "".join(_window(crop.window_frames[i], crop.frame, i, i == verdict.patch.index) for i in order)
    said = words.FACE_ALT.format(index=verdict.patch.index + 1)
    picture = _picture(png(crop.face), (FACE_SIZE, FACE_SIZE), marks, said, "mf-face")
    return f'<div class="mf-pair">{picture}<div>{_scores(verdict)}{_origin(verdict)}</div></div>'


def patch_view(session: Session) -> str:
    """HTML: the richest patch, enlarged cell by cell, and its three residuals on one fixed signed scale."""
    verdict = session.start
    if verdict is None:
        return quiet(words.NO_FACE_SHOWN)
    patch = verdict.face.crop.windows[verdict.patch.index]
    tiles = [_tile(png(patch), words.PATCH_TITLE, words.PATCH_ALT)]
    for residual, (title, about) in zip(verdict.patch.residual, words.KERNELS, strict=True):
        tiles.append(_tile(png(diverging(residual)), title, words.RESIDUAL_ALT.format(kernel=title), about))
    legend = (
        f'<p class="mf-legend"><span>−{LIMIT:g}</span><span class="mf-ramp" role="img" '
        f'aria-label="{text(words.RAMP_ALT.format(limit=f"{LIMIT:g}"))}"></span><span>+{LIMIT:g}</span>'
        f'<span class="mf-small">{text(words.RAMP)}</span></p>'
    )
    return f'<div class="mf-tiles">{"".join(tiles)}</div>{legend}'


def thumbnails(named: Sequence[tuple[str, np.ndarray]]) -> str:
    """HTML: faces (224, 224, 3) uint8 in a row, numbered and named."""
    tiles = "".join(
        f'<figure><img src="{png(face)}" alt="{text(name)}" width="96" height="96">'
        f"<figcaption>{number} · {text(name)}</figcaption></figure>"
        for number, (name, face) in enumerate(named, start=1)
    )
    return f'<div class="mf-thumbs">{tiles}</div>'


def diverging(values: np.ndarray) -> np.ndarray:
    """(H, W) values within ±LIMIT → uint8 (H, W, 4): purple below zero, green above, transparent at zero."""
    colours = np.where(
        values[..., None] < 0, np.array(NEGATIVE, dtype=np.uint8), np.array(POSITIVE, dtype=np.uint8)
    )
    opacity = np.round(255 * np.clip(np.abs(values) / LIMIT, 0, 1)).astype(np.uint8)
    return np.concatenate([colours, opacity[..., None]], axis=-1)


def _window(frame: Frame, face: Frame, index: int, richest: bool) -> str:
    (x0, y0), (x1, y1) = face.from_photo(frame.to_photo(np.array([[0, 0], [WINDOW, WINDOW]])))
    kind = "mf-chosen" if richest else ""
    # each number stands at its window's outer corner, where windows that overlap keep apart
    across, down = (x1 - TAG[0] if index % 2 else x0), (y1 - TAG[1] if index >= 2 else y0)
    return f'<g class="{kind}">{_outline(x0, y0, x1 - x0, y1 - y0)}{_label(across, down, str(index + 1))}</g>'


def _outline(x: float, y: float, width: float, height: float) -> str:
    place = f'x="{x:.2f}" y="{y:.2f}" width="{width:.2f}" height="{height:.2f}"'
    return f'<rect class="mf-dark" {place}/><rect class="mf-light" {place}/>'


def _label(x: float, y: float, name: str) -> str:
    return (
        f'<rect class="mf-tag" x="{x:.2f}" y="{y:.2f}" width="{TAG[0] + 7 * (len(name) - 1)}" height="{TAG[1]}"/>'
        f'<text x="{x + 4.5:.2f}" y="{y + 13:.2f}">{text(name)}</text>'
    )


def _picture(url: str, size: tuple[int, int], marks: str, said: str, kind: str) -> str:
    return (
        f'<svg class="mf-picture {kind}" viewBox="0 0 {size[0]} {size[1]}" role="img" aria-label="{text(said)}">'
        f'<image href="{url}" width="{size[0]}" height="{size[1]}"/>{marks}</svg>'
    )


def _scores(verdict: Verdict) -> str:
    rows = []
    for index, score in enumerate(verdict.patch.homogeneity):
        richest = index == verdict.patch.index
        mark = f'<span class="mf-chip">{text(words.RICHEST)}</span>' if richest else ""
        rows.append(
            f'<tr class="{"mf-chosen" if richest else ""}"><th scope="row">{index + 1}</th>'
            f'<td>{text(words.PLACES[index])}{mark}</td><td class="mf-number">{score:.4f}</td></tr>'
        )
    head = "".join(f'<th scope="col">{text(name)}</th>' for name in words.SCORE_HEAD)
    return f'<table class="mf-table"><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table>'


def _origin(verdict: Verdict) -> str:
    side = verdict.face.crop.region[2] - verdict.face.crop.region[0]
    if verdict.face.crop.native:
        sentence = words.NATIVE
    else:
        sentence = words.ENLARGED if side < WINDOW else words.REDUCED
    cropped = words.PRECROPPED if verdict.face.box is None else ""
    return f'<p class="mf-small">{text(joined(sentence.format(side=side, face=FACE_SIZE), cropped))}</p>'


def _tile(url: str, title: str, said: str, about: str = "") -> str:
    return (
        f'<figure><img src="{url}" alt="{text(said)}" width="{WINDOW}" height="{WINDOW}">'
        f"<figcaption><strong>{text(title)}</strong><span>{text(about)}</span></figcaption></figure>"
    )
