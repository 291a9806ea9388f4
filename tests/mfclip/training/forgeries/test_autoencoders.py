"""Copies: every up-sampler works on any size, and training sharpens them."""

import numpy as np
import pytest
import torch

from mfclip.training.forgeries.autoencoders import (
    SHAPES,
    UPSAMPLERS,
    Autoencoder,
    FirUpsample,
    copy_face,
    train_autoencoders,
)
from mfclip.training.forgeries.quality import measure_quality


class _Pieces:
    """Pieces of one face, as `Pieces` draws them from a cache."""

    def __init__(self, region: np.ndarray) -> None:
        self.region = region

    def draw(self, rng: np.random.Generator, count: int, side: int) -> torch.Tensor:
        places = rng.integers(0, self.region.shape[0] - side + 1, (count, 2))
        cut = np.stack([self.region[y : y + side, x : x + side] for x, y in places])
        return torch.from_numpy(cut).permute(0, 3, 1, 2).float() / 127.5 - 1


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
@pytest.mark.parametrize("side", [113, 130])
def test_a_copy_has_its_original_s_size(shape, side, region):
    copy = copy_face(Autoencoder(shape).eval(), region[:side, :side])
    assert copy.shape == (side, side, 3) and copy.dtype == np.uint8


def test_every_up_sampler_is_used_and_depths_differ():
    assert {shape.upsampler for shape in SHAPES} == set(UPSAMPLERS)
    assert {shape.halvings for shape in SHAPES} == {1, 2, 3}
    for shape in SHAPES:
        assert shape.latent < 3 * 4**shape.halvings, "the picture must not fit through whole"


def test_the_fir_filter_keeps_flat_pictures_flat_and_smooths_an_impulse():
    flat = FirUpsample(2)(torch.ones(1, 2, 6, 6))
    assert flat.shape == (1, 2, 12, 12)
    assert torch.allclose(flat[..., 2:-2, 2:-2], torch.ones(1, 2, 8, 8))
    impulse = torch.zeros(1, 1, 3, 3)
    impulse[..., 1, 1] = 1
    line = FirUpsample(1)(impulse)[0, 0].sum(dim=0)
    assert torch.allclose(line[1:5], torch.tensor([1.0, 3.0, 3.0, 1.0]) / 2)


def test_training_brings_copies_near_and_they_are_kept(region, tmp_path, monkeypatch):
    chosen = tuple(shape for shape in SHAPES if shape.name in ("nearest-2", "pixel-shuffle-1"))
    monkeypatch.setattr("mfclip.training.forgeries.autoencoders.SHAPES", chosen)
    pieces = _Pieces(region)
    probe = pieces.draw(np.random.default_rng(9), 16, 64)
    torch.manual_seed(0)
    fresh = {shape.name: measure_quality(Autoencoder(shape).eval(), probe) for shape in chosen}
    trained = train_autoencoders(pieces, 60, 0, tmp_path)
    for name, model in trained.items():
        quality = measure_quality(model, probe)
        assert quality.grey_levels < fresh[name].grey_levels
        assert 0.3 < quality.sharpness < 1.5
    again = train_autoencoders(pieces, 60, 0, tmp_path)
    for name in trained:
        assert np.array_equal(copy_face(trained[name], region), copy_face(again[name], region)), (
            "kept, not trained anew"
        )
