"""The pictures a visitor can start from, as buttons."""

import io
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from space.components.markup import png, text
from space.text import words

FOLDER = Path(__file__).resolve().parents[1] / "examples"
THUMB = 112  # px
CURRENT = ' aria-current="true"'

PICK = """
element.addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (button) trigger('pick', {index: Number(button.dataset.index)});
});
"""

FRAME = """() => setTimeout(() => {
  const shown = document.querySelector('#mf-verdict [data-example]')?.dataset.example ?? '';
  for (const button of document.querySelectorAll('#mf-example-strip button')) {
    if (button.dataset.example === shown) button.setAttribute('aria-current', 'true');
    else button.removeAttribute('aria-current');
  }
}, 50)"""
"""Frames the example that the card says it is of, once the card is drawn. Not drawn anew by the server: the button that
was pressed would lose the focus."""


@dataclass(frozen=True)
class Example:
    """A picture of space/examples: its file, and the square (x0, y0, x1, y1 in its pixels) that its button shows."""

    path: Path
    thumb: tuple[int, int, int, int]

    @property
    def name(self) -> str:
        """What sessions and words know it by."""
        return self.path.stem

    @property
    def title(self) -> str:
        """What it is called, in the language that is spoken."""
        return words.EXAMPLE_TEXTS[self.name][0]

    @property
    def about(self) -> str:
        """What it shows, in the language that is spoken."""
        return words.EXAMPLE_TEXTS[self.name][1]


def examples() -> tuple[Example, ...]:
    """The pictures listed in examples.json, in its order."""
    listed = json.loads((FOLDER / "examples.json").read_text(encoding="utf-8"))
    return tuple(Example(FOLDER / item["file"], tuple(item["thumb"])) for item in listed)


def example_strip(shown: tuple[Example, ...], label: str, current: str = "") -> str:
    """HTML: one button a picture. current: name of the one that the page shows."""
    buttons = []
    for index, example in enumerate(shown):
        thumb = png(_thumb(example))
        buttons.append(
            f'<button type="button" data-index="{index}" data-example="{text(example.name)}" '
            f'title="{text(example.about)}"{CURRENT if example.name == current else ""}>'
            f'<img src="{thumb}" alt="{text(example.about)}" width="{THUMB}" height="{THUMB}">'
            f"<span>{text(example.title)}</span></button>"
        )
    return f'<div class="mf-examples" role="group" aria-label="{text(label)}">{"".join(buttons)}</div>'


def _thumb(example: Example) -> np.ndarray:
    with Image.open(io.BytesIO(example.path.read_bytes())) as picture:
        return np.asarray(
            picture.convert("RGB").crop(example.thumb).resize((THUMB, THUMB), Image.Resampling.LANCZOS)
        )
