"""A patch's spectrum beside those of the training faces: how strong it is at each frequency, and whether that is usual.

It describes the patch and no cause: the noise stream reads the residual itself, and may decide by what no spectrum
shows. Whether a departure from the reals moved the verdict is for the attribution and the ablation to say.
"""

from dataclasses import dataclass

import numpy as np
import torch

from explain.subject import Subject
from mfclip.spectra import CHANNELS, RINGS, TrainingSpectra, read_spectra, ring_frequencies, window_spectra

UNUSUAL = 2.0
"""Spreads of the reals beyond which a ring is counted as unusual; of a normal spread one in 22 lies there."""

TELLING = 0.8
"""Pooled spreads between two means from which an effect is called large (Cohen, 1988)."""

LEAST_SPREAD = 0.1
"""Decibels: the spread that a ring has at least when it is divided by (rings that truncation fills do not vary)."""

MISSING = (
    "This checkpoint keeps no spectra of its training (no spectra.json): the spectrum stands alone, with nothing to "
    "compare it with."
)


@dataclass(frozen=True, eq=False)
class Comparison:
    """Arrays by name, names along their axes, and what was noticed; in the words of `Result`."""

    values: dict[str, np.ndarray]
    labels: dict[str, tuple[str, ...]]
    notes: tuple[str, ...]


def kept_spectra(subject: Subject) -> TrainingSpectra | None:
    """What the subject's checkpoint keeps of its training faces; None if it keeps nothing or is no checkpoint.

    Raises CheckpointError if its spectra.json cannot be used.
    """
    checkpoint = subject.detector.checkpoint
    return None if checkpoint is None else read_spectra(checkpoint.folder)


def z_scores(spectrum: np.ndarray, kept: TrainingSpectra) -> np.ndarray:
    """(…, 4, RINGS) decibels → the same shape: spreads of the training reals that it lies above (+) their mean."""
    return (spectrum - kept.real.mean) / np.maximum(kept.real.spread, LEAST_SPREAD)


def separation(kept: TrainingSpectra) -> np.ndarray:
    """(4, RINGS): by how many pooled spreads the mean forgery of training lay above (+) the mean real (Cohen's d)."""
    pooled = np.sqrt((kept.real.spread**2 + kept.fake.spread**2) / 2)
    return (kept.fake.mean - kept.real.mean) / np.maximum(pooled, LEAST_SPREAD)


def compare(subject: Subject, residuals: torch.Tensor) -> Comparison:
    """Spectra of the candidates, and the chosen one's beside those of training.

    residuals: (N, 3, 112, 112) of the N candidates. values: 'spectra' (N, 4, RINGS) decibels, along the second axis
    the channels; 'frequencies' (RINGS,) cycles a pixel. If the checkpoint keeps spectra also 'real mean', 'real
    spread', 'fake mean', 'fake spread' (4, RINGS) decibels; 'z' (4, RINGS), the chosen one against the reals;
    'separation' (4, RINGS), see there; 'set means' (G, 4, RINGS) of each set of reals and each generator.
    """
    spectra = window_spectra(subject.windows, residuals).cpu().numpy()
    values = {"spectra": spectra, "frequencies": ring_frequencies()}
    labels: dict[str, tuple[str, ...]] = {"channels": CHANNELS}
    kept = kept_spectra(subject)
    if kept is None:
        return Comparison(values, labels, (MISSING,))
    scores = z_scores(spectra[subject.patch_index], kept)
    sets = {
        **{f"{name} (real)": one for name, one in kept.reals.items()},
        **{f"{name} (forged)": one for name, one in kept.forgeries.items()},
    }
    values |= {
        "real mean": kept.real.mean,
        "real spread": kept.real.spread,
        "fake mean": kept.fake.mean,
        "fake spread": kept.fake.spread,
        "z": scores,
        "separation": separation(kept),
        "set means": np.stack([one.mean for one in sets.values()]),
    }
    return Comparison(values, {**labels, "set means": tuple(sets)}, _notes(scores, kept))


def _notes(scores: np.ndarray, kept: TrainingSpectra) -> tuple[str, ...]:
    residual = scores[:-1]
    unusual = int((np.abs(residual) > UNUSUAL).any(axis=0).sum())
    ring = int(np.abs(residual).max(axis=0).argmax())
    strongest = residual[np.abs(residual[:, ring]).argmax(), ring]
    apart = np.abs(separation(kept)).max()
    return (
        f"In {unusual} of {RINGS} rings a residual lies more than {UNUSUAL:g} spreads from the training reals; the "
        f"farthest is {strongest:+.1f} at {ring_frequencies()[ring]:.2f} cycles a pixel.",
        f"Among the training faces the mean forgery and the mean real lie at most {apart:.2f} spreads apart in any ring"
        + (": a spectrum that is unusual is no sign of forgery by itself." if apart < TELLING else "."),
        f"Means and spreads are of {kept.origin}; every set of reals and every generator weighs alike. Sets differ in "
        "camera, size and re-saving as well as in being forged.",
    )
