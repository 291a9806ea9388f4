"""The trivial lines to beat, fitted on the training split and scored on the same pictures as the detector.

`spectrum and colour`: 24 bins of the log power spectrum of the grey 224 px face, radially averaged, and mean and
standard deviation of each colour channel, under the same histories as the detector. `file metadata`: what a file tells
without a look at a pixel (size, format, JPEG tables, bytes per pixel), always of the file as it was given. Both are
logistic regressions with the classes weighted alike.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from torch.utils.data import DataLoader, Dataset

from mfclip.data.held_out import HeldOut
from mfclip.preprocess import FACE_SIZE

BINS = 24
FORMATS = ("JPEG", "PNG", "WEBP")


def _ring_numbers() -> np.ndarray:
    frequency = np.fft.fftshift(np.fft.fftfreq(FACE_SIZE))
    radius = np.hypot(frequency[:, None], frequency[None])
    return np.minimum((radius / 0.5 * BINS).astype(int), BINS - 1)


def spectrum_features(faces: np.ndarray) -> np.ndarray:
    """Faces (B, 224, 224, 3) uint8 → (B, 30): 24 log-power rings, 3 channel means, 3 standard deviations."""
    rings = _ring_numbers().ravel()
    sizes = np.bincount(rings, minlength=BINS)
    pixels = faces.astype(np.float64)
    power = np.log1p(np.abs(np.fft.fftshift(np.fft.fft2(pixels.mean(axis=-1)), axes=(-2, -1))) ** 2)
    spectra = np.stack([np.bincount(rings, weights=one.ravel(), minlength=BINS) / sizes for one in power])
    return np.concatenate([spectra, pixels.mean(axis=(1, 2)), pixels.std(axis=(1, 2))], axis=1)


class _Spectra(Dataset):
    """A split as spectrum features, computed in the loader's processes."""

    def __init__(self, held_out: HeldOut) -> None:
        self.held_out = held_out

    def __len__(self) -> int:
        return len(self.held_out)

    def __getitem__(self, number: int) -> torch.Tensor:
        return torch.from_numpy(spectrum_features(self.held_out[number].faces.numpy()))


def split_spectra(held_out: HeldOut, workers: int = 0) -> np.ndarray:
    """Spectrum features (N, 30) of a split, in its order."""
    tables = [table.numpy() for table in DataLoader(_Spectra(held_out), batch_size=None, num_workers=workers)]
    return np.concatenate(tables) if tables else np.zeros((0, BINS + 6))


def file_features(photographs: Path, paths: Sequence[str]) -> np.ndarray:
    """(N, 9) of files, none of whose pixels are decoded.

    Log width and height, aspect, log bytes per pixel, log sums of the first (luma) and second (chroma) JPEG table (0
    where there is none), and one column for each of FORMATS.
    """
    rows = []
    for path in paths:
        file = photographs / path
        with Image.open(file) as image:
            width, height, form = image.width, image.height, image.format
            tables = getattr(image, "quantization", None) or {}
        sums = [np.log1p(sum(tables[number])) if number in tables else 0.0 for number in (0, 1)]
        density = np.log(file.stat().st_size / (width * height))
        size = [np.log(width), np.log(height), width / height]
        rows.append([*size, density, *sums, *(float(form == name) for name in FORMATS)])
    return np.array(rows).reshape(len(rows), 6 + len(FORMATS))


def fit_baseline(table: np.ndarray, fake: np.ndarray) -> Pipeline:
    """Standardise (N, F) features and fit with both classes weighted alike. Raises ValueError if a class is absent."""
    if fake.all() or not fake.any():
        raise ValueError(
            f"The baselines were given {int(fake.sum())} forgeries of {len(fake)} training pictures; both classes are "
            "needed. Fit them on another folder with --baseline-data."
        )
    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000, class_weight="balanced")).fit(
        table, fake
    )
