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

PICK = """
element.addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (button) trigger('pick', {index: Number(button.dataset.index)});
});
"""


@dataclass(frozen=True)
class Example:
    """A picture of space/examples: its file, and the square (x0, y0, x1, y1 in its pixels) that its button shows."""

    path: Path
    thumb: tuple[int, int, int, int]

    @property
    def title(self) -> str:
        """What it is called, in the language that is spoken."""
        return words.EXAMPLE_TEXTS[self.path.stem][0]

    @property
    def about(self) -> str:
        """What it shows, in the language that is spoken."""
        return words.EXAMPLE_TEXTS[self.path.stem][1]


def examples() -> tuple[Example, ...]:
    """The pictures listed in examples.json, in its order."""
    listed = json.loads((FOLDER / "examples.json").read_text(encoding="utf-8"))
    return tuple(Example(FOLDER / item["file"], tuple(item["thumb"])) for item in listed)


def example_strip(shown: tuple[Example, ...], label: str) -> str:
    """HTML: one button a picture."""
    buttons = []
    for index, example in enumerate(shown):
        thumb = png(_thumb(example))
        buttons.append(
            f'<button type="button" data-index="{index}" title="{text(example.about)}">'
            f'<img src="{thumb}" alt="{text(example.about)}" width="{THUMB}" height="{THUMB}">'
            f"<span>{text(example.title)}</span></button>"
        )
    return f'<div class="mf-examples" role="group" aria-label="{text(label)}">{"".join(buttons)}</div>'


def _thumb(example: Example) -> np.ndarray:
    with Image.open(io.BytesIO(example.path.read_bytes())) as picture:
        return np.asarray(
            picture.convert("RGB").crop(example.thumb).resize((THUMB, THUMB), Image.Resampling.LANCZOS)
        )
