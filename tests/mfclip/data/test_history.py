"""One distribution of histories for both classes, and exact repetition of a draw."""

import dataclasses

import numpy as np
from PIL import Image

from mfclip.data.history import SHORTEST, UNTOUCHED, apply_history, draw_history, draw_test_history


def _region(side: int) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (side, side, 3), dtype=np.uint8)


def test_same_seed_same_result_and_square():
    region = _region(190)
    for seed in range(40):
        first, second = (apply_history(region, draw_history(np.random.default_rng(seed))) for _ in range(2))
        assert np.array_equal(first, second)
        assert first.shape[0] == first.shape[1] and first.dtype == np.uint8
        assert first.shape[0] >= SHORTEST


def test_untouched_leaves_a_picture_alone():
    region = _region(130)
    assert np.array_equal(apply_history(region, UNTOUCHED), region)


def test_small_faces_are_not_enlarged_to_the_shortest():
    history = next(h for h in (draw_history(np.random.default_rng(s)) for s in range(99)) if h.scale < 0.7)
    assert apply_history(_region(90), history).shape[0] <= 90


def test_test_histories_keep_frame_and_colour():
    for seed in range(60):
        history = draw_test_history(np.random.default_rng(seed))
        assert history.crop == (0.0, 0.0, 1.0) and not history.flip and history.gain == (1.0,) * 3
        assert history.quality == 0 or 60 <= history.quality <= 95


def test_softening_removes_detail_and_keeps_the_size():
    history = next(h for h in (draw_history(np.random.default_rng(s)) for s in range(99)) if h.soften < 0.7)
    soft = dataclasses.replace(UNTOUCHED, soften=history.soften)
    region = _region(160)
    softened = apply_history(region, soft)
    assert softened.shape == region.shape
    grey = [np.asarray(Image.fromarray(x).convert("L"), dtype=float) for x in (region, softened)]
    assert np.abs(np.diff(grey[1])).mean() < 0.7 * np.abs(np.diff(grey[0])).mean()


def test_every_treatment_occurs_and_changes_the_picture():
    region = np.asarray(Image.fromarray(_region(20)).resize((160, 160), Image.Resampling.BICUBIC))
    drawn = [draw_history(np.random.default_rng(seed)) for seed in range(200)]
    for name in ("earlier", "soften", "sharpen", "noise", "quality"):
        default = getattr(UNTOUCHED, name)
        history = next(h for h in drawn if getattr(h, name) != default)
        alone = dataclasses.replace(UNTOUCHED, **{name: getattr(history, name)})
        assert not np.array_equal(apply_history(region, alone), region), name
        share = np.mean([getattr(h, name) != default for h in drawn])
        assert 0.08 < share < 0.92, name
    assert not any(h.soften != 1 and h.sharpen for h in drawn)


def test_without_re_saving_only_crop_flip_and_colour_are_left():
    for seed in range(40):
        history = draw_history(np.random.default_rng(seed), resaved=False)
        kept = {name: getattr(history, name) for name in ("crop", "flip", "gain", "offset")}
        assert history == dataclasses.replace(UNTOUCHED, **kept)


def test_noise_is_part_of_the_draw():
    history = dataclasses.replace(UNTOUCHED, noise=3.0, seed=5)
    region = np.full((120, 120, 3), 128, np.uint8)
    noisy = apply_history(region, history)
    assert np.array_equal(noisy, apply_history(region, history))
    assert abs(noisy.astype(float).std() - 3) < 0.3
