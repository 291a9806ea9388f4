"""The trivial lines see what they say they see, and nothing else."""

import numpy as np
import pytest
from PIL import Image

from mfclip.evaluation.baselines import BINS, FORMATS, file_features, fit_baseline, spectrum_features


def test_spectrum_features_see_frequency_and_colour():
    rows = np.mgrid[0:224, 0:224][1]
    coarse = np.repeat((127 + 100 * np.sin(rows / 20))[..., None], 3, axis=-1)
    fine = np.repeat((127 + 100 * np.sin(rows * 2.8))[..., None], 3, axis=-1)
    table = spectrum_features(np.stack([coarse, fine]).astype(np.uint8))
    assert table.shape == (2, BINS + 6)
    assert table[1, BINS // 2 :].max() > table[0, BINS // 2 : BINS].max()
    assert table[:, BINS : BINS + 3] == pytest.approx(127, abs=8)


def test_file_features_tell_files_apart_and_know_no_pixel(tmp_path):
    rng = np.random.default_rng(0)
    first, second = (rng.integers(0, 256, (80, 60, 3), dtype=np.uint8) for _ in range(2))
    for name, pixels in (("a", first), ("b", second)):
        Image.fromarray(pixels).save(tmp_path / f"{name}.png", compress_level=0)
        Image.fromarray(pixels).save(tmp_path / f"{name}.jpg", quality=50)
    Image.fromarray(first).save(tmp_path / "fine.jpg", quality=95)
    table = file_features(tmp_path, ["a.png", "b.png", "a.jpg", "fine.jpg"])
    assert table.shape == (4, 6 + len(FORMATS))
    assert np.array_equal(table[0], table[1])  # other pixels, same file metadata
    assert table[0, 0] == pytest.approx(np.log(60)) and table[0, 1] == pytest.approx(np.log(80))
    assert table[2, 3] < table[3, 3] < table[0, 3]  # bytes per pixel
    assert table[0, 4] == 0 and table[2, 4] > table[3, 4] > 0  # coarser tables have larger sums
    assert table[:, 6:].tolist() == [[0, 1, 0], [0, 1, 0], [1, 0, 0], [1, 0, 0]]


def test_a_baseline_of_one_class_is_refused():
    with pytest.raises(ValueError, match="both classes are needed"):
        fit_baseline(np.zeros((4, 2)), np.ones(4, bool))
