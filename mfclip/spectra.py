"""How strong a patch is at every frequency, and what that was for the real and forged faces of training.

A spectrum is the power of a picture by radius in the plane of frequencies (Durall et al., CVPR 2020), here of each SRM
residual and of the grey window they are taken from. spectra.json in a checkpoint folder holds its mean and spread over
the training split, under the histories of training, as numbers: no picture can be got back from them.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor

from mfclip.errors import CheckpointError
from mfclip.hub import SPECTRA

RINGS = 32
"""Rings of equal width from frequency 0 to the corner, √½ cycles a pixel; every Fourier coefficient lies in one."""

CHANNELS = ("square 3×3", "square 5×5", "line 1×3", "grey")
"""What spectra are taken of: the residuals of the three SRM kernels, and the window's grey levels."""

FLOOR = -60.0
"""Decibels below which nothing is told apart; rounding to whole grey levels alone leaves −10.8 dB."""

UNIT = "10·log10 of mean power, in grey levels²"

DECIMALS = 3


@cache
def _ring_numbers(side: int) -> Tensor:
    """(side·side,) int64: the ring of each Fourier coefficient, in the order of torch.fft.fft2."""
    frequency = torch.fft.fftfreq(side, dtype=torch.float64)
    radius = torch.hypot(frequency[:, None], frequency[None])
    return (radius / math.sqrt(0.5) * RINGS).long().clamp(max=RINGS - 1).flatten()


def ring_frequencies() -> np.ndarray:
    """(RINGS,) the middle of each ring, in cycles a pixel; above 0.5 only diagonal detail is left."""
    return (np.arange(RINGS) + 0.5) / RINGS * math.sqrt(0.5)


def radial_spectrum(pictures: Tensor) -> Tensor:
    """Power by ring of pictures (..., S, S), S ≥ 64 → (..., RINGS) float32 decibels (UNIT), at least FLOOR.

    The mean is taken away and the borders are faded out (Hann), since a picture's edges are no detail of it; power is
    divided by that of the fading, so that white noise of variance σ² has 10·log10 σ² in every ring. Raises ValueError
    for pictures that are not square or leave a ring empty.
    """
    side = pictures.shape[-1]
    if pictures.shape[-2] != side or side < 2 * RINGS:
        raise ValueError(
            f"The pictures are {pictures.shape[-2]} × {side}; squares of at least {2 * RINGS} pixels are needed."
        )
    fade = torch.hann_window(side, dtype=torch.float64, device=pictures.device)
    taper = fade[:, None] * fade
    pixels = pictures.double()
    pixels = (pixels - pixels.mean(dim=(-2, -1), keepdim=True)) * taper
    power = torch.fft.fft2(pixels).abs().square().flatten(-2) / taper.square().sum()
    rings = _ring_numbers(side).to(pictures.device)
    sums = power.new_zeros(*power.shape[:-1], RINGS).index_add_(-1, rings, power)
    means = sums / torch.bincount(rings, minlength=RINGS)
    return (10 * means.clamp(min=10 ** (FLOOR / 10)).log10()).float()


def window_spectra(windows: Tensor, residuals: Tensor) -> Tensor:
    """Windows (B, 3, S, S) RGB 0..255 and their SRM residuals (B, 3, S, S) → (B, 4, RINGS) decibels, as CHANNELS."""
    return radial_spectrum(torch.cat([residuals, windows.mean(dim=1, keepdim=True)], dim=1))


@dataclass(frozen=True, eq=False)
class Spread:
    """Spectra of many pictures. pictures: how many; mean, spread (standard deviation): (4, RINGS) decibels."""

    pictures: int
    mean: np.ndarray
    spread: np.ndarray

    @classmethod
    def of(cls, spectra: np.ndarray) -> Self:
        """Of N spectra (N, 4, RINGS)."""
        return cls(len(spectra), spectra.mean(axis=0), spectra.std(axis=0))

    @classmethod
    def of_parts(cls, parts: "list[Spread]") -> Self:
        """Of several sets together, each weighing as much as every other however many pictures it has."""
        means = np.stack([part.mean for part in parts])
        within = np.mean([part.spread**2 for part in parts], axis=0)
        spread = np.sqrt(within + means.var(axis=0))
        return cls(sum(part.pictures for part in parts), means.mean(axis=0), spread)

    def to_dict(self) -> dict[str, Any]:
        """As spectra.json holds it, DECIMALS behind the point."""
        return {
            "pictures": self.pictures,
            "mean": np.round(self.mean, DECIMALS).tolist(),
            "spread": np.round(self.spread, DECIMALS).tolist(),
        }

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> Self:
        """Raises ValueError, KeyError or TypeError for anything that `to_dict` does not write."""
        tables = [np.asarray(told[name], dtype=np.float64) for name in ("mean", "spread")]
        shape = (len(CHANNELS), RINGS)
        if any(table.shape != shape or not np.isfinite(table).all() for table in tables):
            raise ValueError(f"mean and spread must be finite numbers of shape {shape}")
        return cls(int(told["pictures"]), *tables)


@dataclass(frozen=True, eq=False)
class TrainingSpectra:
    """What spectra were in training. reals, forgeries: by set or generator; origin: how they were made, in words."""

    reals: Mapping[str, Spread]
    forgeries: Mapping[str, Spread]
    origin: str

    def __post_init__(self) -> None:
        if not self.reals or not self.forgeries:
            raise ValueError(
                f"There are spectra of {len(self.reals)} sets of reals and {len(self.forgeries)} generators; "
                "at least one of each is needed."
            )

    @property
    def real(self) -> Spread:
        """All reals, every set weighing alike."""
        return Spread.of_parts(list(self.reals.values()))

    @property
    def fake(self) -> Spread:
        """All forgeries, every generator weighing alike."""
        return Spread.of_parts(list(self.forgeries.values()))

    def to_dict(self) -> dict[str, Any]:
        """The content of spectra.json."""
        return {
            "unit": UNIT,
            "channels": list(CHANNELS),
            "frequencies": np.round(ring_frequencies(), 5).tolist(),
            "origin": self.origin,
            "reals": {name: one.to_dict() for name, one in self.reals.items()},
            "forgeries": {name: one.to_dict() for name, one in self.forgeries.items()},
        }

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> Self:
        """Raises ValueError, KeyError or TypeError for anything that `to_dict` does not write."""
        reals, forgeries = (
            {str(name): Spread.from_dict(one) for name, one in told[side].items()}
            for side in ("reals", "forgeries")
        )
        return cls(reals, forgeries, str(told["origin"]))


def read_spectra(folder: Path) -> TrainingSpectra | None:
    """The spectra kept with the checkpoint in `folder`; None if it has none.

    Raises CheckpointError if spectra.json is there and cannot be used.
    """
    path = folder / SPECTRA
    if not path.is_file():
        return None
    try:
        return TrainingSpectra.from_dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CheckpointError(
            f"{path} cannot be used ({type(error).__name__}: {error}): copy it anew or remove it."
        ) from None
