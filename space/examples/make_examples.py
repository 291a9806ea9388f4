"""Makes the example pictures from one portrait in the public domain: `python space/examples/make_examples.py`.

All four go through the same last JPEG, so that they differ in what was done to the face and not in how they were
saved. Needs scikit-image (extra `train`), among whose files the portrait is.
Nothing is random: the files come out the same.
"""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

FOLDER = Path(__file__).resolve().parent
FACE = (170, 40, 290, 196)  # px: left, top, right, bottom of the head in the portrait
EYES, MOUTH = (226, 103), (229, 152)  # px: x, y
QUALITY = 95


def oval(
    size: tuple[int, int], centre: tuple[float, float], radii: tuple[float, float], soft: float
) -> np.ndarray:
    """(H, W, 1) mask: 1 inside the ellipse, 0 outside, `soft` px of blur at its edge."""
    rows, columns = np.mgrid[0 : size[1], 0 : size[0]]
    inside = ((columns - centre[0]) / radii[0]) ** 2 + ((rows - centre[1]) / radii[1]) ** 2 <= 1
    mask = Image.fromarray((255 * inside).astype(np.uint8)).filter(ImageFilter.GaussianBlur(soft))
    return np.asarray(mask, dtype=np.float64)[..., None] / 255


def blend(under: np.ndarray, over: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """`over` where the mask is 1, `under` where it is 0; uint8."""
    return np.clip(np.round(mask * over + (1 - mask) * under), 0, 255).astype(np.uint8)


def bulge(picture: np.ndarray, centre: tuple[float, float], radius: float, strength: float) -> np.ndarray:
    """Pixels within `radius` px pulled from nearer the centre: features there grow by up to `strength`."""
    height, width = picture.shape[:2]
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float64)
    dx, dy = columns - centre[0], rows - centre[1]
    near = np.clip(1 - (dx**2 + dy**2) / radius**2, 0, 1) ** 2
    return bilinear(picture, columns - strength * near * dx, rows - strength * near * dy)


def bilinear(picture: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The picture read at (x, y), pixel centres at whole numbers; uint8."""
    height, width = picture.shape[:2]
    x, y = np.clip(x, 0, width - 1.001), np.clip(y, 0, height - 1.001)
    left, top = x.astype(int), y.astype(int)
    along, down = (x - left)[..., None], (y - top)[..., None]
    source = picture.astype(np.float64)
    upper = (1 - along) * source[top, left] + along * source[top, left + 1]
    lower = (1 - along) * source[top + 1, left] + along * source[top + 1, left + 1]
    return np.round((1 - down) * upper + down * lower).astype(np.uint8)


def reshaped(portrait: np.ndarray) -> np.ndarray:
    """Larger eyes and a wider mouth, as a photo editor's push tool makes them."""
    picture = bulge(portrait, (EYES[0] - 20, EYES[1]), 24, 0.35)
    picture = bulge(picture, (EYES[0] + 21, EYES[1]), 24, 0.35)
    return bulge(picture, MOUTH, 34, 0.3)


def redrawn(portrait: np.ndarray) -> np.ndarray:
    """The face shrunk to a half and enlarged again, laid back under a soft oval: all fine noise is made up."""
    left, top, right, bottom = FACE
    size = (right - left, bottom - top)
    small = Image.fromarray(portrait[top:bottom, left:right]).resize(
        (size[0] // 2, size[1] // 2), Image.Resampling.BOX
    )
    over = np.asarray(small.resize(size, Image.Resampling.BICUBIC), dtype=np.float64)
    mask = oval(size, (size[0] / 2, size[1] / 2), (size[0] * 0.42, size[1] * 0.46), 5)
    result = portrait.copy()
    result[top:bottom, left:right] = blend(portrait[top:bottom, left:right], over, mask)
    return result


def self_blended(portrait: np.ndarray) -> np.ndarray:
    """The face laid over itself, turned, warmer and a little larger: what a face swap's seam looks like."""
    left, top, right, bottom = FACE
    size = (right - left, bottom - top)
    rows, columns = np.mgrid[0:512, 0:512].astype(np.float64)
    middle = ((left + right) / 2, (top + bottom) / 2)
    angle, scale = np.deg2rad(2.5), 1.04
    dx, dy = (columns - middle[0]) / scale, (rows - middle[1]) / scale
    x = np.cos(angle) * dx + np.sin(angle) * dy + middle[0] + 1.5
    y = -np.sin(angle) * dx + np.cos(angle) * dy + middle[1] - 1.0
    over = bilinear(portrait, x, y) * np.array([1.05, 0.99, 0.93])
    mask = oval((512, 512), middle, (size[0] * 0.36, size[1] * 0.4), 3)
    return blend(portrait, over, mask)


def portrait_file() -> Path:
    """skimage.data.astronaut's own file. Raises ValueError where scikit-image is missing."""
    found = find_spec("skimage")
    if found is None or found.origin is None:
        raise ValueError(
            "scikit-image is not installed, and the portrait comes with it: pip install scikit-image."
        )
    return Path(found.origin).parent / "data" / "astronaut.png"


def main() -> None:
    """Write the four pictures beside this file."""
    portrait = np.array(Image.open(portrait_file()).convert("RGB"))
    makers: dict[str, Callable[[np.ndarray], np.ndarray]] = {
        "astronaut.jpg": np.copy,
        "reshaped.jpg": reshaped,
        "redrawn.jpg": redrawn,
        "self_blended.jpg": self_blended,
    }
    for name, make in makers.items():
        Image.fromarray(make(portrait)).save(FOLDER / name, quality=QUALITY, subsampling=0)


if __name__ == "__main__":
    main()
