"""What may happen to a picture on its way, one thing at a time and at fixed strengths, to both classes alike.

Each treatment comes after the fixed history of the test pictures, so that every curve starts at what the same
pictures get without a treatment, and its name holds all of its settings. Sizes are pixels of the face region at its
own resolution.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from mfclip.data.cache import Entry
from mfclip.data.held_out import Treatment
from mfclip.preprocess import MILD_QUALITY, re_encode, within_limit


def _draw(entry: Entry) -> np.random.Generator:
    return np.random.default_rng([1, *entry.path.encode()])


@dataclass(frozen=True)
class Recompressed:
    """The one JPEG generation under which a verdict must keep its side (mfclip/detector.py)."""

    quality: int = MILD_QUALITY

    def __call__(self, region: np.ndarray, entry: Entry) -> np.ndarray:
        """As the detector does it: reduced to the native limit first."""
        return re_encode(within_limit(region), quality=self.quality)


@dataclass(frozen=True)
class Jpeg:
    """One more JPEG generation, quality 1–95, colour halved (4:2:0)."""

    quality: int

    def __call__(self, region: np.ndarray, entry: Entry) -> np.ndarray:
        """(S, S, 3) uint8 → the same."""
        return re_encode(region, quality=self.quality, subsampling=2)


@dataclass(frozen=True)
class Blur:
    """Gaussian blur, standard deviation in pixels."""

    sigma: float

    def __call__(self, region: np.ndarray, entry: Entry) -> np.ndarray:
        """(S, S, 3) uint8 → the same."""
        return np.asarray(Image.fromarray(region).filter(ImageFilter.GaussianBlur(self.sigma)))


@dataclass(frozen=True)
class Resize:
    """The region's side scaled by `scale`, bicubic; it is not enlarged back."""

    scale: float

    def __call__(self, region: np.ndarray, entry: Entry) -> np.ndarray:
        """(S, S, 3) uint8 → (scale·S, scale·S, 3)."""
        side = max(int(round(region.shape[0] * self.scale)), 16)
        return np.asarray(Image.fromarray(region).resize((side, side), Image.Resampling.BICUBIC))


@dataclass(frozen=True)
class Noise:
    """Gaussian noise, standard deviation in grey levels, independent in every pixel and channel."""

    deviation: float

    def __call__(self, region: np.ndarray, entry: Entry) -> np.ndarray:
        """(S, S, 3) uint8 → the same; a picture always gets the same noise."""
        noisy = region + _draw(entry).normal(0, self.deviation, region.shape)
        return noisy.round().clip(0, 255).astype(np.uint8)


@dataclass(frozen=True)
class Shift:
    """The crop moved into one of its corners: a square of 1 − share of the side, so the face is off-centre and larger.

    Only what lies inside the cached region can be shown, which is why the square shrinks as it moves.
    """

    share: float

    def __call__(self, region: np.ndarray, entry: Entry) -> np.ndarray:
        """(S, S, 3) uint8 → ((1 − share)·S, (1 − share)·S, 3); a picture always gets the same corner."""
        side = int(round(region.shape[0] * (1 - self.share)))
        left, top = _draw(entry).integers(0, 2, 2) * (region.shape[0] - side)
        return np.ascontiguousarray(region[top : top + side, left : left + side])


CURVES: dict[str, tuple[tuple[float, Treatment], ...]] = {
    "JPEG quality": tuple((q, Jpeg(q)) for q in (95, 85, 75, 60, 45, 30)),
    "blur, σ in pixels": tuple((s, Blur(s)) for s in (0.5, 1.0, 2.0, 3.0)),
    "resize, factor": tuple((f, Resize(f)) for f in (0.75, 0.5, 0.35, 0.25)),
    "noise, σ in grey levels": tuple((d, Noise(d)) for d in (2.0, 5.0, 10.0, 20.0)),
    "crop shift, share of the side": tuple((s, Shift(s)) for s in (0.05, 0.1, 0.2)),
}
"""By what is turned: (strength, treatment), mildest first."""
