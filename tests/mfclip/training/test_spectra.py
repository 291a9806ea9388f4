"""Spectra of the training split: which pictures, which window, what is left out."""

import json

import numpy as np
import pytest
import torch

from mfclip.data.history import apply_history, draw_history
from mfclip.hub import SPECTRA
from mfclip.patches import choose_richest
from mfclip.preprocess import cut_region
from mfclip.spectra import radial_spectrum, read_spectra, window_spectra
from mfclip.training.spectra import training_spectra, write_spectra
from mfclip.vision import grey_residual
from tests.mfclip.training.made_up import make_caches


@pytest.fixture(scope="module")
def faces(tmp_path_factory):
    return make_caches(tmp_path_factory.mktemp("spectra"))[0]


def test_they_are_of_the_richest_window_of_the_training_split(faces):
    """Recomputed picture by picture, without batches."""
    kept = training_spectra(faces)
    spectra = []
    for index, entry in enumerate(faces.entries):
        if entry.split != "train" or entry.generator != "camera":
            continue
        history = draw_history(np.random.default_rng([8, *entry.path.encode()]))
        windows = torch.from_numpy(cut_region(apply_history(faces.region(index), history)).windows)
        windows = windows.movedim(-1, -3).float()
        window = windows[choose_richest(windows[None])[1]]
        spectra.append(window_spectra(window, grey_residual(window))[0].numpy())
    assert kept.reals["camera"].pictures == len(spectra) == 4
    assert kept.reals["camera"].mean == pytest.approx(np.mean(spectra, axis=0), abs=1e-4)
    assert kept.reals["camera"].spread == pytest.approx(np.std(spectra, axis=0), abs=1e-4)


def test_they_tell_what_is_known_of_the_classes(faces):
    """The made-up forgeries have a quarter of the reals' grain: less in each ring, most where grain is all there is."""
    kept = training_spectra(faces, resaved=False)
    assert set(kept.reals) == {"camera", "scanner"} and set(kept.forgeries) == {"sdxl", "swapper"}
    grey = 3
    less = kept.real.mean[grey, 8:] - kept.fake.mean[grey, 8:]
    assert less.min() > 1 and less.max() > 9
    assert faces.fingerprint[:12] in kept.origin and "16 photographs" in kept.origin


def test_what_a_run_leaves_out_is_left_out(faces):
    kept = training_spectra(faces, leave_out="generator=sdxl")
    assert set(kept.forgeries) == {"swapper"}
    again = training_spectra(faces, leave_out="generator=sdxl", workers=1)
    assert np.array_equal(kept.fake.mean, again.fake.mean)


def test_the_file_is_numbers_that_are_read_again(faces, tmp_path):
    path = write_spectra(tmp_path, faces)
    assert path == tmp_path / SPECTRA
    back = read_spectra(tmp_path)
    assert back.real.mean == pytest.approx(training_spectra(faces).real.mean, abs=1e-3)
    assert set(json.loads(path.read_text(encoding="utf-8"))) == {
        "unit",
        "channels",
        "frequencies",
        "origin",
        "reals",
        "forgeries",
    }


def test_a_split_of_one_class_has_none(faces, tmp_path, caplog, monkeypatch):
    monkeypatch.setattr(faces, "entries", [entry for entry in faces.entries if not entry.fake])
    assert write_spectra(tmp_path, faces) is None
    assert not list(tmp_path.iterdir())
    assert "lacks photographs of one class" in caplog.text


def test_the_wave_of_an_upsampler_would_stand_out(faces):
    """A forgery with a faint checkerboard, the classic trace, lies many spreads off the reals in the last ring."""
    kept = training_spectra(faces)
    index = next(i for i, entry in enumerate(faces.entries) if entry.split == "test" and not entry.fake)
    window = cut_region(faces.region(index)).windows[0].astype(np.float32).mean(axis=-1)
    board = 12.0 * (-1.0) ** np.add.outer(np.arange(112), np.arange(112))
    plain, traced = (radial_spectrum(torch.from_numpy(w)).numpy()[-1] for w in (window, window + board))
    mean, spread = kept.real.mean[3, -1], kept.real.spread[3, -1]
    assert (traced - mean) / spread > (plain - mean) / spread + 2
