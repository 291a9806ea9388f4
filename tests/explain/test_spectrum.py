"""A patch's spectrum beside those that the checkpoint keeps of its training."""

import json

import numpy as np
import pytest
import torch

from explain.noise import METHOD, PRODUCT
from explain.spectrum import LEAST_SPREAD, MISSING, compare, separation, z_scores
from explain.subject import Subject
from mfclip.errors import CheckpointError
from mfclip.hub import SPECTRA, Checkpoint
from mfclip.spectra import CHANNELS, RINGS, Spread, TrainingSpectra, ring_frequencies, window_spectra
from tests.explain.conftest import crops, make_small

ONES = np.ones((len(CHANNELS), RINGS))


@pytest.fixture(scope="module")
def judged():
    detector = make_small()
    return detector, detector(crops()[0], cropped=True)


@pytest.fixture
def subject(judged, tmp_path):
    """A subject whose checkpoint lies in tmp_path."""
    detector, verdict = judged
    detector.checkpoint = Checkpoint("small-each", None, tmp_path, "0" * 64, {}, {})
    yield Subject.of(detector, verdict)
    detector.checkpoint = None


def residuals(subject: Subject) -> torch.Tensor:
    with torch.no_grad():
        return subject.residual_of(subject.windows)


def around(spectrum: np.ndarray) -> TrainingSpectra:
    """Reals 3 spreads of 2 dB below a spectrum, forgeries 1 dB above the reals, of the same spread."""
    reals = {"camera": Spread(40, spectrum - 6, 2 * ONES)}
    return TrainingSpectra(reals, {"sdxl": Spread(30, spectrum - 5, 2 * ONES)}, origin="made for a test")


def keep(subject: Subject, kept: TrainingSpectra) -> None:
    folder = subject.detector.checkpoint.folder
    (folder / SPECTRA).write_text(json.dumps(kept.to_dict()), encoding="utf-8")


def chosen_spectrum(subject: Subject) -> np.ndarray:
    return window_spectra(subject.windows, residuals(subject)).numpy()[subject.patch_index].astype(float)


def test_without_spectra_of_training_nothing_is_made_up(subject):
    found = compare(subject, residuals(subject))
    assert set(found.values) == {"spectra", "frequencies"} and found.notes == (MISSING,)
    assert found.values["spectra"].shape == (4, len(CHANNELS), RINGS)
    assert np.array_equal(found.values["frequencies"], ring_frequencies())
    subject.detector.checkpoint = None
    assert compare(subject, residuals(subject)).notes == (MISSING,)


def test_z_scores_and_separation_by_hand(subject):
    keep(subject, around(chosen_spectrum(subject)))
    found = compare(subject, residuals(subject))
    assert found.values["z"] == pytest.approx(3, abs=2e-3)
    assert found.values["separation"] == pytest.approx(0.5, abs=2e-3)
    assert found.values["fake mean"] - found.values["real mean"] == pytest.approx(1, abs=2e-3)
    assert found.labels["set means"] == ("camera (real)", "sdxl (forged)")
    assert found.values["set means"].shape == (2, len(CHANNELS), RINGS)
    assert f"In {RINGS} of {RINGS} rings" in found.notes[0] and "+3.0" in found.notes[0]
    assert "at most 0.50 spreads apart" in found.notes[1] and "no sign of forgery by itself" in found.notes[1]
    assert "made for a test" in found.notes[2]


def test_the_farthest_ring_is_the_one_that_was_moved(subject):
    spectrum = chosen_spectrum(subject)
    mean = spectrum.copy()
    mean[1, 20] += 14  # the second kernel's residual is weaker there than it ever was, by 7 spreads
    mean[3, 5] += 100  # grey is no residual
    kept = TrainingSpectra({"camera": Spread(9, mean, 2 * ONES)}, {"x": Spread(9, mean, 2 * ONES)}, "here")
    keep(subject, kept)
    found = compare(subject, residuals(subject))
    assert f"In 1 of {RINGS} rings" in found.notes[0]
    assert f"-7.0 at {ring_frequencies()[20]:.2f}" in found.notes[0]


def test_where_training_told_the_classes_apart_the_spectrum_is_not_disowned(subject):
    spectrum = chosen_spectrum(subject)
    reals, forgeries = {"camera": Spread(9, spectrum, ONES)}, {"sdxl": Spread(9, spectrum - 3, ONES)}
    keep(subject, TrainingSpectra(reals, forgeries, "here"))
    told = compare(subject, residuals(subject)).notes[1]
    assert told.endswith("at most 3.00 spreads apart in any ring.")


def test_a_spread_of_nothing_divides_nothing():
    kept = TrainingSpectra({"a": Spread(2, 0 * ONES, 0 * ONES)}, {"b": Spread(2, ONES, 0 * ONES)}, "flat")
    assert z_scores(ONES, kept) == pytest.approx(1 / LEAST_SPREAD)
    assert separation(kept) == pytest.approx(1 / LEAST_SPREAD)


def test_the_noise_method_carries_it(subject):
    keep(subject, around(chosen_spectrum(subject)))
    result = METHOD.run(subject, attribution=PRODUCT)
    assert result.values["z"] == pytest.approx(3, abs=2e-3)
    assert result.labels["channels"] == CHANNELS
    assert any("made for a test" in note for note in result.notes)


def test_a_broken_file_is_an_error_and_no_silence(subject, tmp_path):
    (tmp_path / SPECTRA).write_text("{}", encoding="utf-8")
    with pytest.raises(CheckpointError, match=r"spectra\.json cannot be used"):
        METHOD.run(subject)
