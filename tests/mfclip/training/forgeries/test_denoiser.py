"""Partial denoising: what EDM's preconditioning promises, and a redrawing that keeps the picture."""

import numpy as np
import torch

from mfclip.training.forgeries.denoiser import Denoiser, redraw, redraw_face, train_denoiser
from tests.mfclip.training.forgeries.test_autoencoders import _Pieces


def test_without_noise_the_picture_comes_back_whatever_the_network_says():
    torch.manual_seed(0)
    model, picture = Denoiser().eval(), torch.rand(2, 3, 32, 32) * 2 - 1
    with torch.inference_mode():
        assert (model(picture, torch.full((2,), 1e-4)) - picture).abs().max() < 1e-3
        assert (model(picture, torch.full((2,), 0.5)) - picture).abs().max() > 0.1


def test_training_removes_noise_and_redrawing_keeps_tones(region, tmp_path):
    pieces = _Pieces(region)
    model = train_denoiser(pieces, 60, 0, tmp_path)
    clean = pieces.draw(np.random.default_rng(5), 8, 64)
    sigma = torch.full((8,), 0.2)
    noisy = clean + 0.2 * torch.randn(clean.shape, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        left = (model(noisy, sigma) - clean).square().mean().sqrt()
    assert left < 0.15, "a fresh network leaves 0.19 of the noise of 0.2"
    redrawn = redraw(model, clean, 0.1, torch.Generator().manual_seed(2))
    assert (redrawn - clean).abs().mean() < 0.1 and (redrawn.mean() - clean.mean()).abs() < 0.02
    again = train_denoiser(pieces, 60, 0, tmp_path)
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), again.parameters(), strict=True))


def test_a_face_is_redrawn_the_same_by_the_same_numbers_only(region):
    torch.manual_seed(0)
    model = Denoiser().eval()
    first, again, other = (
        redraw_face(model, region[:150, :150], np.random.default_rng(s)) for s in (1, 1, 2)
    )
    assert first.shape == (150, 150, 3) and np.array_equal(first, again) and not np.array_equal(first, other)


def test_of_a_large_face_the_middle_is_redrawn_and_the_rim_is_not(region, monkeypatch):
    monkeypatch.setattr("mfclip.training.forgeries.denoiser.LARGEST_REDRAWN", 120)
    torch.manual_seed(0)
    forged = redraw_face(Denoiser().eval(), region, np.random.default_rng(1))
    gap = np.abs(forged.astype(int) - region).max(axis=-1)
    assert gap[60:120, 60:120].mean() > 4 and gap[:30].max() == gap[:, -30:].max() == 0
