"""Verdicts in half precision: close, and only where nothing is lost by it. Tried on the CPU."""

import numpy as np
import pytest
import torch

from mfclip import Detector
from mfclip import precision as rooms
from mfclip.precision import keep_float32_whole, verdict_precision, with_streams_in
from mfclip.preprocess import crop_twice
from tests.mfclip.conftest import make_tiny

CLOSE = {torch.bfloat16: 0.03, torch.float16: 0.004}
"""Largest difference allowed of a fused feature, relative to the feature's length: 2⁻⁸ and 2⁻¹¹ a layer."""


@pytest.fixture(scope="module")
def model(golden):
    return make_tiny(golden["images_rgb"])


@pytest.fixture
def pairs(astronaut, landscape):
    photos = (astronaut[20:220, 126:326], landscape[:300, :300], astronaut[:, ::-1].copy())
    return [crop_twice(photo, None) for photo in photos]


@pytest.mark.parametrize("precision", CLOSE)
def test_half_precision_is_close_and_chooses_the_same_patch(model, pairs, precision):
    whole, half = Detector(model, "whole"), Detector(model, "half", precision=precision)
    assert whole.precision == torch.float32 and half.precision == precision
    exact, found = whole.encode(pairs), half.encode(pairs)
    for first, second in zip(exact, found, strict=True):
        assert first.patch_index == second.patch_index and first.homogeneity == second.homogeneity
        assert second.fused.dtype == torch.float32
        gap = (first.fused - second.fused).norm(dim=-1) / first.fused.norm(dim=-1)
        assert 0 < float(gap.max()) < CLOSE[precision]
    for first, second in zip(whole.read(exact), half.read(found), strict=True):
        assert first.probability == pytest.approx(second.probability, abs=0.02)


@pytest.mark.parametrize("precision", CLOSE)
def test_the_residual_stays_float32_and_so_does_the_model(model, pairs, precision):
    crops = [crop for pair in pairs for crop in pair]
    faces, windows = (np.stack([getattr(crop, name) for crop in crops]) for name in ("face", "windows"))
    streams = model.image, model.noise
    with torch.no_grad():
        before = model.encode_faces(faces, windows)
        half = with_streams_in(model, precision).encode_faces(faces, windows)
        after = model.encode_faces(faces, windows)
    assert torch.equal(half.residual, before.residual)
    assert not torch.equal(half.fused, before.fused)
    assert torch.equal(after.fused, before.fused) and (model.image, model.noise) == streams
    with torch.autocast("cpu", precision), torch.no_grad():
        careless = model.encode_faces(faces, windows).residual.float()
    assert float((careless - before.residual).abs().max()) > 0.25, "which is why it is kept out"


def test_what_leaves_the_range_of_half_precision_is_computed_again(model, pairs, monkeypatch):
    half = Detector(model, "half", precision=torch.float16)
    exact = Detector(model, "whole").encode(pairs)
    forward = rooms._InHalf.forward

    def overflown(self, pixels, need_weights=False):
        embedding, tokens = forward(self, pixels, need_weights)
        return embedding / 0, tokens

    monkeypatch.setattr(rooms._InHalf, "forward", overflown)
    for first, second in zip(exact, half.encode(pairs), strict=True):
        assert torch.equal(first.fused, second.fused)


def test_float32_is_the_model_itself_and_cuda_takes_half(model):
    assert with_streams_in(model, torch.float32) is model
    assert verdict_precision(torch.device("cpu")) == torch.float32
    assert verdict_precision(torch.device("cuda", 0)) == torch.float16


def test_float32_means_float32_on_a_gpu(monkeypatch):
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", True)
    keep_float32_whole()
    assert torch.backends.cudnn.allow_tf32 is False


def test_encoding_nothing_and_reading_nothing(model):
    detector = Detector(model, "empty")
    assert detector.encode([]) == [] and detector.read([]) == []
