"""Radial power spectra against answers worked out by hand, and the file beside the weights."""

import json
import math
import shutil

import numpy as np
import pytest
import torch

from mfclip import hub
from mfclip.errors import CheckpointError
from mfclip.hub import SPECTRA
from mfclip.spectra import (
    CHANNELS,
    FLOOR,
    RINGS,
    Spread,
    TrainingSpectra,
    radial_spectrum,
    read_spectra,
    ring_frequencies,
    window_spectra,
)
from mfclip.vision import grey_residual

SIDE = 112
CORNER = math.sqrt(0.5)


def waves(cycles_x: int, cycles_y: int, amplitude: float = 10.0) -> torch.Tensor:
    places = torch.arange(SIDE, dtype=torch.float64) / SIDE
    return amplitude * torch.cos(2 * math.pi * (cycles_x * places + cycles_y * places[:, None]))


@pytest.mark.parametrize(("x", "y"), [(5, 0), (0, 20), (30, 40), (56, 56)])
def test_a_wave_lies_in_the_ring_of_its_frequency(x, y):
    spectrum = radial_spectrum(waves(x, y))
    ring = min(int(math.hypot(x, y) / SIDE / CORNER * RINGS), RINGS - 1)
    assert int(spectrum.argmax()) == ring
    assert abs(ring_frequencies()[ring] - math.hypot(x, y) / SIDE) <= CORNER / RINGS / 2 + 1e-9


@pytest.mark.parametrize("deviation", [0.5, 3.0])
def test_white_noise_has_its_variance_in_every_ring(random, deviation):
    pictures = deviation * torch.randn(64, SIDE, SIDE, generator=random)
    power = 10 ** (radial_spectrum(pictures).double() / 10)
    assert power.mean(dim=0)[1:].numpy() == pytest.approx(deviation**2, rel=0.08)


def test_power_adds_up_to_the_faded_picture(random):
    """Parseval: ring means times ring sizes, over the number of coefficients, are the mean square after fading."""
    picture = torch.randn(SIDE, SIDE, generator=random, dtype=torch.float64)
    fade = torch.hann_window(SIDE, dtype=torch.float64)
    taper = fade[:, None] * fade
    frequency = np.fft.fftfreq(SIDE)
    rings = np.minimum(np.hypot(frequency[:, None], frequency) / CORNER * RINGS, RINGS - 1).astype(int)
    sizes = np.bincount(rings.ravel(), minlength=RINGS)
    assert sizes.min() > 0
    total = float((10 ** (radial_spectrum(picture).double() / 10)).numpy() @ sizes) / SIDE**2
    faded = ((picture - picture.mean()) * taper).square().sum() / taper.square().sum()
    assert total == pytest.approx(float(faded), rel=1e-5)


def test_brightness_says_nothing_and_contrast_adds_its_decibels(random):
    picture = torch.randn(SIDE, SIDE, generator=random)
    spectrum = radial_spectrum(picture)
    assert torch.allclose(radial_spectrum(picture + 100), spectrum, atol=1e-3)
    assert torch.allclose(radial_spectrum(10 * picture), spectrum + 20, atol=1e-3)
    assert torch.equal(radial_spectrum(torch.full((SIDE, SIDE), 7.0)), torch.full((RINGS,), FLOOR))


def test_what_is_no_square_or_too_small_is_refused():
    for shape in ((3, 112, 100), (2, 40, 40)):
        with pytest.raises(ValueError, match=f"{shape[-2]} × {shape[-1]}; squares of at least 64"):
            radial_spectrum(torch.zeros(shape))


def test_the_spectra_of_a_window_are_of_residuals_and_grey(random):
    windows = torch.randint(0, 256, (2, 3, SIDE, SIDE), generator=random).float()
    residuals = grey_residual(windows)
    spectra = window_spectra(windows, residuals)
    assert spectra.shape == (2, len(CHANNELS), RINGS)
    assert torch.equal(spectra[1, 2], radial_spectrum(residuals[1, 2]))
    assert torch.equal(spectra[0, 3], radial_spectrum(windows[0].mean(dim=0)))


def spread(pictures: int, mean: float, deviation: float) -> Spread:
    table = np.ones((len(CHANNELS), RINGS))
    return Spread(pictures, mean * table, deviation * table)


@pytest.fixture
def kept() -> TrainingSpectra:
    return TrainingSpectra(
        reals={"camera": spread(10, -4.0, 1.0), "scanner": spread(1000, 0.0, 1.0)},
        forgeries={"sdxl": spread(7, -6.5, 0.5)},
        origin="made up",
    )


def test_every_set_weighs_alike_and_differences_between_sets_are_spread(kept):
    assert kept.real.pictures == 1010
    assert kept.real.mean == pytest.approx(-2.0)
    assert kept.real.spread == pytest.approx(math.sqrt(1 + 4))  # 1 within the sets, ±2 between them
    assert kept.fake.mean == pytest.approx(-6.5)
    one = np.random.default_rng(0).normal(size=(20, 4, RINGS))
    assert Spread.of(one).mean == pytest.approx(one.mean(axis=0))
    assert Spread.of_parts([Spread.of(one[:10]), Spread.of(one[10:])]).spread == pytest.approx(
        one.std(axis=0)
    )


def test_what_is_kept_comes_back(kept, tmp_path):
    (tmp_path / SPECTRA).write_text(json.dumps(kept.to_dict()), encoding="utf-8")
    back = read_spectra(tmp_path)
    assert back is not None and back.origin == kept.origin
    assert list(back.reals) == ["camera", "scanner"] and list(back.forgeries) == ["sdxl"]
    assert np.array_equal(back.fake.mean, kept.fake.mean)
    assert back.reals["scanner"].pictures == 1000


def test_a_checkpoint_may_have_no_spectra(tmp_path):
    assert read_spectra(tmp_path) is None


def without(told: dict, *path: str) -> dict:
    inner = told
    for name in path[:-1]:
        inner = inner[name]
    del inner[path[-1]]
    return told


def test_a_file_that_cannot_be_used_is_named_with_the_remedy(kept, tmp_path):
    told = json.dumps(kept.to_dict())
    broken = [
        "{",
        "[]",
        json.dumps(without(json.loads(told), "reals", "camera", "mean")),
        json.dumps(without(json.loads(told), "forgeries", "sdxl")),
        told.replace("-6.5", "NaN"),
        told.replace("-6.5, ", "", 1),
        told.replace('"reals": {', '"reals": 3, "others": {'),
    ]
    for text in broken:
        (tmp_path / SPECTRA).write_text(text, encoding="utf-8")
        with pytest.raises(
            CheckpointError, match=r"spectra\.json cannot be used .*: copy it anew or remove it"
        ):
            read_spectra(tmp_path)


def test_they_come_from_the_hub_with_the_weights_where_there_are_some(kept, tmp_path, monkeypatch):
    import huggingface_hub
    from httpx import Request, Response

    commit, shelf, cache = "a" * 40, tmp_path / "shelf", tmp_path / ("b" * 40)
    hub.write_checkpoint(shelf, {"name": "toy"}, {"weight": torch.ones(1)}, "")
    (shelf / SPECTRA).write_text(json.dumps(kept.to_dict()), encoding="utf-8")
    cache.mkdir()

    def download(_repo, file, revision, local_files_only=False, tqdm_class=None):
        if local_files_only:
            raise huggingface_hub.errors.LocalEntryNotFoundError("not cached")
        if not (shelf / file).is_file():
            refusal = Response(404, request=Request("GET", "http://hub.invalid"))
            raise huggingface_hub.errors.RemoteEntryNotFoundError("no such file", response=refusal)
        return shutil.copy2(shelf / file, cache / file)

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)
    monkeypatch.setattr(hub.download, "_ask", lambda repo, revision, files: (revision, {}))
    back = read_spectra(hub.read_checkpoint(f"org/toy@{commit}").folder)
    assert back is not None and back.origin == "made up"

    (shelf / SPECTRA).unlink()
    (cache / SPECTRA).unlink()
    assert read_spectra(hub.read_checkpoint(f"org/toy@{commit}").folder) is None
