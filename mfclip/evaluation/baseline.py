"""The trivial line to beat: radial spectrum and colour of the 224 px face, logistic regression.

24 bins of the log power spectrum of the grey face, radially averaged, and mean and standard deviation of each colour
channel. Fitted on the training split and scored on the held-out one, under the same histories as the detector.
"""

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from mfclip.data.held_out import HeldOut
from mfclip.preprocess import FACE_SIZE

BINS = 24


def _ring_numbers() -> np.ndarray:
    frequency = np.fft.fftshift(np.fft.fftfreq(FACE_SIZE))
    radius = np.hypot(frequency[:, None], frequency[None])
    return np.minimum((radius / 0.5 * BINS).astype(int), BINS - 1)


def features(faces: np.ndarray) -> np.ndarray:
    """Faces (B, 224, 224, 3) uint8 → (B, 30): 24 log-power rings, 3 channel means, 3 standard deviations."""
    rings = _ring_numbers().ravel()
    sizes = np.bincount(rings, minlength=BINS)
    pixels = faces.astype(np.float64)
    power = np.log1p(np.abs(np.fft.fftshift(np.fft.fft2(pixels.mean(axis=-1)), axes=(-2, -1))) ** 2)
    spectra = np.stack([np.bincount(rings, weights=one.ravel(), minlength=BINS) / sizes for one in power])
    return np.concatenate([spectra, pixels.mean(axis=(1, 2)), pixels.std(axis=(1, 2))], axis=1)


def split_features(held_out: HeldOut) -> tuple[np.ndarray, np.ndarray]:
    """Features (N, 30) and labels (N,) of a split, in its order."""
    batches = [held_out[number] for number in range(len(held_out))]
    table = np.concatenate([features(batch.faces.numpy()) for batch in batches])
    return table, np.concatenate([batch.labels.numpy() for batch in batches]).astype(bool)


def fit_baseline(train: HeldOut) -> Pipeline:
    """Standardise and fit with both classes weighted alike."""
    table, fake = split_features(train)
    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000, class_weight="balanced")).fit(
        table, fake
    )
