"""Blends and edits change the face and leave its surroundings to the pixel."""

import numpy as np
import pytest

from mfclip.training.forgeries import edits
from mfclip.training.forgeries.blends import recoloured, self_blend
from mfclip.training.forgeries.masks import blend, blob, face_mask, feather

CHANGES = {
    "blend": self_blend,
    "warp": edits.warp,
    "inpaint": edits.inpaint,
    "touch up": edits.touch_up,
    "clone": lambda region, rng: edits.clone(region, np.ascontiguousarray(region[:, ::-1]), rng),
}


@pytest.mark.parametrize("name", CHANGES)
def test_the_face_changes_and_the_corners_do_not(name, region):
    changed = 0
    for seed in range(12):
        forged = CHANGES[name](region, np.random.default_rng(seed))
        assert forged.shape == region.shape and forged.dtype == np.uint8
        gap = np.abs(forged.astype(int) - region).max(axis=-1)
        changed += gap[40:150, 40:150].max() > 8
        for corner in (gap[:8, :8], gap[:8, -8:], gap[-8:, :8], gap[-8:, -8:]):
            assert corner.mean() <= (gap.max() / 3 if name == "warp" else 0), (
                "a warp fades out, the others end"
            )
        assert np.array_equal(forged, CHANGES[name](region, np.random.default_rng(seed)))
    assert changed >= 10, "a forgery that changes nothing teaches nothing"


def test_masks_are_shares_and_feathering_keeps_their_weight():
    rng = np.random.default_rng(0)
    masks = [face_mask(160, rng) for _ in range(40)]
    assert all(0 <= mask.min() and mask.max() <= 1 and mask.any() for mask in masks)
    covered = [mask.mean() for mask in masks]
    assert min(covered) < 0.15 < 0.3 < max(covered) < 0.6, "parts of faces as well as whole ones"
    hard = blob(160, (0.5, 0.5), (0.2, 0.2), rng)
    assert set(np.unique(hard)) == {0, 1}
    assert feather(hard, 0.02).mean() == pytest.approx(hard.mean(), rel=0.02)


def test_a_blend_is_exact_where_the_mask_is_whole_or_empty(region):
    above = recoloured(region, np.random.default_rng(1))
    mask = np.zeros(region.shape[:2], np.float32)
    mask[50:100] = 1
    mixed = blend(region, above, mask)
    assert np.array_equal(mixed[50:100], above[50:100]) and np.array_equal(mixed[:50], region[:50])
