"""The photo's way in: gradio's image component, with the reading left to mfclip.photo."""

import base64
import binascii
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from mfclip.photo import Photo, read_photo
from space.text import words

MAX_BYTES = 20_000_000  # of a picture sent inside the request, like the limit on uploaded files


@dataclass(frozen=True)
class Refused:
    """A picture that cannot be read, and the sentence to show for it."""

    sentence: str


def face_image(**settings: Any) -> gr.Image:
    """A gr.Image whose listeners receive what `read_payload` returns; settings: gr.Image's own.

    gradio's reading would decode anything (a PNG of 46 KB can hold 169 megapixels), and its errors show the visitor
    a path on the server. Not a subclass, because gradio writes a .pyi file beside the source of every subclass.
    """
    image = gr.Image(**settings)
    image.preprocess = read_payload  # type: ignore[method-assign, assignment]
    return image


def read_payload(payload: Any) -> Photo | Refused | None:
    """What the browser or an API client sent (gradio's ImageData, or None) → a photo, or why it cannot be read."""
    if payload is None:
        return None
    try:
        if payload.url and payload.url.startswith("data:"):
            return read_photo(_inline(payload.url))
        path = Path(payload.path or "")
        if not path.is_file():
            return Refused(words.UPLOAD_GONE)
        return read_photo(path)
    except ValueError as error:
        return Refused(str(error))


def _inline(url: str) -> bytes:
    if len(url) > MAX_BYTES * 4 // 3:
        raise ValueError(words.TOO_MANY_BYTES)
    try:
        return base64.b64decode(url.partition(",")[2], validate=True)
    except binascii.Error:
        raise ValueError(words.NOT_BASE64) from None
