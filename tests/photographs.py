"""Made-up photographs: smooth colour fields with grain, half of them "forged" by an added grid."""

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

COLUMNS = (
    "path",
    "label",
    "forgery_kind",
    "family",
    "generator",
    "face_x0",
    "face_y0",
    "face_x1",
    "face_y1",
)


def _picture(rng: np.random.Generator, forged: bool, side: int) -> np.ndarray:
    field = Image.fromarray(rng.integers(60, 200, (6, 6, 3), dtype=np.uint8)).resize((side, side))
    pixels = np.asarray(field).astype(float) + rng.normal(0, 6, (side, side, 3))
    if forged:
        pixels[::2, ::2] += 14
    return pixels.clip(0, 255).astype(np.uint8)


@pytest.fixture(scope="session")
def photographs(tmp_path_factory) -> Path:
    """A folder with a manifest of 48 photographs: two real sources (one JPEG, one PNG), two generators."""
    folder = tmp_path_factory.mktemp("photographs")
    rng = np.random.default_rng(7)
    rows = []
    kinds = {
        "camera": ("real", "none", "none", "jpg"),
        "scanner": ("real", "none", "none", "png"),
        "sdxl": ("fake", "entire_face_synthesis", "diffusion", "jpg"),
        "swapper": ("fake", "face_swap", "graphics", "png"),
    }
    for generator, (label, kind, family, suffix) in kinds.items():
        for number in range(12):
            side = int(rng.integers(120, 180))
            name = f"{generator}/shot-{number}.{suffix}"
            (folder / generator).mkdir(exist_ok=True)
            picture = Image.fromarray(_picture(rng, label == "fake", side))
            picture.save(folder / name, **({"quality": 88} if suffix == "jpg" else {}))
            rows.append([name, label, kind, family, generator, 10, 10, side - 20, side - 20])
    with (folder / "manifest.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerows([COLUMNS, *rows])
    return folder
