"""Treatments do what they are called, the same to the same picture every time."""

import numpy as np
import pytest

from mfclip.data.cache import Entry
from mfclip.evaluation.treatments import CURVES, Blur, Jpeg, Noise, Recompressed, Resize, Shift

ENTRY = Entry(0, 160, "a.png", "camera", ("A photo of a real face",) * 4, False, "a", "test")
REGION = np.random.default_rng(0).integers(0, 256, (160, 160, 3), dtype=np.uint8)


@pytest.mark.parametrize("steps", CURVES.values(), ids=list(CURVES))
def test_treatments_repeat_grow_and_stay_square(steps):
    changes = []
    for _, treatment in steps:
        first, second = treatment(REGION, ENTRY), treatment(REGION, ENTRY)
        assert np.array_equal(first, second)
        assert first.shape[0] == first.shape[1] and first.shape[2] == 3 and first.dtype == np.uint8
        same = first.shape == REGION.shape
        lost = np.abs(first.astype(float) - REGION).mean() if same else 160 - first.shape[0]
        changes.append(lost)
    assert changes == sorted(changes) and changes[0] > 0


def test_names_hold_the_settings():
    assert len({repr(treatment) for steps in CURVES.values() for _, treatment in steps}) == sum(
        map(len, CURVES.values())
    )
    assert repr(Jpeg(30)) == "Jpeg(quality=30)"


def test_each_does_its_own_thing():
    assert Resize(0.5)(REGION, ENTRY).shape[0] == 80
    assert np.abs(np.diff(Blur(2.0)(REGION, ENTRY).astype(float), axis=0)).mean() < 10
    assert (Noise(5.0)(np.full_like(REGION, 128), ENTRY).astype(float) - 128).std() == pytest.approx(
        5, rel=0.05
    )
    moved = Shift(0.25)(REGION, ENTRY)
    corners = [REGION[y : y + 120, x : x + 120] for y in (0, 40) for x in (0, 40)]
    assert any(np.array_equal(moved, corner) for corner in corners)
    large = np.zeros((900, 900, 3), np.uint8)
    assert Recompressed()(large, ENTRY).shape[0] == 704
