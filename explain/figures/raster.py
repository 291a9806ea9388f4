"""Maps as PNG data, without a browser: the same cells, colours and scale as the figure, ready for a page."""

import base64
import io
from typing import Literal

import numpy as np
from PIL import Image

from explain.figures.palette import channels, inks
from explain.figures.scale import scale_of
from explain.result import Result

SIDE = 448  # px, twice the face
OVER_FACE = 0.85  # opacity of the strongest colour over a face, as in the figure
WEIGHTS = (0.299, 0.587, 0.114)  # ITU-R BT.601 luma


def png(
    result: Result,
    name: str = "map",
    scale: float | None = None,
    theme: Literal["light", "dark"] = "light",
    smooth: bool = False,
    face: np.ndarray | None = None,
    side: int = SIDE,
    refuted: bool = False,
) -> bytes:
    """PNG of one signed map of a result, without metadata.

    name: of the array, (H, W). scale: logits drawn at full strength, the page's `scale_of`. smooth: bilinear between
    the cells' centres; cells have sharp edges otherwise. face: uint8 (H, W, 3) RGB to lay the map over, in grey: then
    the picture is opaque. Without it the picture is (side, side) RGBA, opacity in proportion to the value's size.
    refuted: grey, without a sign. Raises ValueError for an array that the result does not have or that is no map.
    """
    if name not in result.values or result.values[name].ndim != 2:
        maps = [key for key, array in result.values.items() if array.ndim == 2]
        raise ValueError(f"{result.method or 'The result'} has no map {name!r}; it has {maps or 'none'}.")
    return encoded(
        painted(result.values[name], scale or scale_of([result]), theme, smooth, face, side, refuted)
    )


def painted(
    values: np.ndarray,
    scale: float,
    theme: str = "light",
    smooth: bool = False,
    face: np.ndarray | None = None,
    side: int = SIDE,
    refuted: bool = False,
) -> np.ndarray:
    """Signed values (H, W) → uint8 (side, side, 4), or (side, side, 3) where they lie over a face.

    Vermilion above zero, blue below, opacity |value| / scale up to 1. Raises ValueError for a scale that is not above
    zero.
    """
    if not scale > 0:
        raise ValueError(f"The scale is {scale}; a number of logits above 0 is needed.")
    ink = inks(theme, refuted)
    grown = enlarged(np.clip(np.asarray(values, dtype=np.float32) / scale, -1, 1), side, smooth)
    colours = np.where(grown[..., None] < 0, channels(ink.real), channels(ink.fake)).astype(np.float32)
    opacity = np.abs(grown)
    if face is None:
        return np.concatenate([colours, 255 * opacity[..., None]], axis=-1).round().astype(np.uint8)
    under = enlarged(grey(face).astype(np.float32), side, smooth=True)[..., None]
    share = OVER_FACE * opacity[..., None]
    return np.clip((1 - share) * under + share * colours, 0, 255).round().astype(np.uint8)


def enlarged(values: np.ndarray, side: int, smooth: bool) -> np.ndarray:
    """(H, W) float → (side, side): each cell its own block, or bilinear between centres."""
    how = Image.Resampling.BILINEAR if smooth else Image.Resampling.NEAREST
    return np.asarray(
        Image.fromarray(np.ascontiguousarray(values, dtype=np.float32)).resize((side, side), how)
    )


def grey(face: np.ndarray) -> np.ndarray:
    """uint8 (H, W, 3) RGB → uint8 (H, W) luma. Raises ValueError for anything else."""
    if not isinstance(face, np.ndarray) or face.dtype != np.uint8 or face.ndim != 3 or face.shape[2] != 3:
        given = np.asarray(face)
        raise ValueError(
            f"The face has type {given.dtype} and shape {given.shape}; uint8 RGB of shape (height, width, 3) is "
            "needed, as verdict.face.crop.face holds it."
        )
    return np.asarray(np.round(face @ np.array(WEIGHTS)), dtype=np.uint8)


def encoded(pixels: np.ndarray) -> bytes:
    """uint8 (H, W), (H, W, 3) or (H, W, 4) → PNG without metadata."""
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def data_url(pixels: np.ndarray) -> str:
    """uint8 pixels → a data URL holding their PNG."""
    return "data:image/png;base64," + base64.b64encode(encoded(pixels)).decode("ascii")
