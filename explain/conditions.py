"""In what condition a photo's file is: format, size and JPEG quality, which sway the noise stream."""

import hashlib
import io
import warnings
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, JpegImagePlugin

FORMATS = ("JPEG", "PNG", "WEBP")
LUMINANCE = 0  # number of the quantisation table for it
_SUBSAMPLING = {0: "4:4:4", 1: "4:2:2", 2: "4:2:0"}


@dataclass(frozen=True)
class Conditions:
    """What the file says of itself; nothing of what the picture shows.

    bytes: its length. width, height: as stored, in pixels, before EXIF orientation. sha256: of the file (64 hex).
    quality: that of the last JPEG compression, 1 to 100, None for other formats; exact: whether its quantisation
    table is the standard one of that quality (else the nearest is given). subsampling: of the JPEG's colours.
    """

    format: str
    bytes: int
    width: int
    height: int
    mode: str
    sha256: str
    quality: int | None = None
    exact: bool = False
    subsampling: str | None = None

    @classmethod
    def of(cls, path: str | Path) -> "Conditions":
        """Read from the header; no pixel is decoded. Raises ValueError where there is no JPEG, PNG or WebP to read.

        Meant for files that `mfclip.photo.read_photo` has accepted: it is that one which bounds their size.
        """
        try:
            content = Path(path).read_bytes()
            with warnings.catch_warnings():
                # Of broken metadata and large pictures, which the reader of photos has judged already.
                warnings.simplefilter("ignore")
                image = Image.open(io.BytesIO(content), formats=FORMATS)
        except (OSError, SyntaxError, Image.DecompressionBombError) as error:
            raise ValueError(
                f"{Path(path).name!r} has no header of a JPEG, PNG or WebP picture ({type(error).__name__}): "
                "save it as one of these."
            ) from None
        with image:
            quality, exact, subsampling = _of_jpeg(image)
            return cls(
                str(image.format),
                len(content),
                image.width,
                image.height,
                image.mode,
                hashlib.sha256(content).hexdigest(),
                quality,
                exact,
                subsampling,
            )

    @property
    def sentence(self) -> str:
        """In words."""
        said = f"{self.format}, {self.width} × {self.height} px, {self.mode}, {self.bytes:,} bytes"
        if self.quality is None:
            return said
        about = "" if self.exact else "about "
        sampled = f", colours {self.subsampling}" if self.subsampling else ""
        return f"{said}, JPEG quality {about}{self.quality}{sampled}"

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return asdict(self)


def _of_jpeg(image: Image.Image) -> tuple[int | None, bool, str | None]:
    tables = getattr(image, "quantization", None)
    if not isinstance(image, JpegImagePlugin.JpegImageFile) or not tables or LUMINANCE not in tables:
        return None, False, None
    quality, exact = nearest_quality(np.array(tables[LUMINANCE], dtype=np.float64))
    return quality, exact, _SUBSAMPLING.get(JpegImagePlugin.get_sampling(image))


def nearest_quality(table: np.ndarray) -> tuple[int, bool]:
    """Luminance quantisation table (64,) → the quality 1 to 100 whose standard table is nearest, and whether it is it.

    Nearest by the mean of |log ratio|, since a table of twice the steps is as far away as one of half. Raises
    ValueError for another shape.
    """
    if table.shape != (64,):
        raise ValueError(f"The quantisation table has shape {table.shape}; 64 numbers are needed.")
    distance = np.abs(np.log(_standard_tables()) - np.log(np.maximum(table, 1))).mean(axis=1)
    best = int(distance.argmin())
    return best + 1, bool(distance[best] == 0)


@lru_cache(maxsize=1)
def _standard_tables() -> np.ndarray:
    # Asked of the encoder itself: its tables are the Independent JPEG Group's, which nearly all programs scale alike.
    tables = []
    for quality in range(1, 101):
        buffer = io.BytesIO()
        Image.new("L", (8, 8)).save(buffer, "JPEG", quality=quality)
        with Image.open(buffer, formats=("JPEG",)) as image:
            tables.append(image.quantization[LUMINANCE])  # type: ignore[attr-defined]
    return np.array(tables, dtype=np.float64)
