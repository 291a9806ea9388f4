import numpy as np
import pytest
import torch

from mfclip.noise import BORDER, LIMIT, srm_kernels, srm_residual

RULES = {"authors": (1 / 255, "constant"), "tiny": (1 / 3, "reflect")}


@pytest.fixture
def patch(random):
    return torch.randint(0, 256, (1, 3, 20, 24), generator=random).float()


def test_the_kernels_take_out_flat_parts_and_straight_slopes():
    kernels = srm_kernels()
    assert kernels.shape == (3, 1, 5, 5)
    assert torch.allclose(kernels.sum(dim=(-2, -1)), torch.zeros(3, 1), atol=1e-6)
    slope = torch.arange(5.0).expand(5, 5)
    for plane in (slope, slope.T, slope + 2 * slope.T):
        assert torch.allclose((kernels * plane).sum(dim=(-2, -1)), torch.zeros(3, 1), atol=1e-5)
    assert torch.equal(kernels[:2], kernels[:2].mT) and not torch.equal(kernels[2], kernels[2].mT)


@pytest.mark.parametrize("rule", RULES)
def test_inside_it_is_the_filter_written_out(patch, rule):
    scale, padding = RULES[rule]
    residual = srm_residual(patch, scale, padding)
    grey = patch.sum(dim=1)[0].double().numpy() * scale
    kernels = srm_kernels()[:, 0].double().numpy()
    for row, column in ((2, 2), (9, 13), (17, 21)):
        window = grey[row - 2 : row + 3, column - 2 : column + 3]
        expected = np.clip((kernels * window).sum(axis=(1, 2)), -LIMIT, LIMIT)
        assert np.allclose(residual[0, :, row, column], expected, atol=1e-4)


def test_the_size_is_kept_and_the_range_too(patch):
    for scale, padding in RULES.values():
        residual = srm_residual(patch * 100, scale, padding)
        assert residual.shape == patch.shape and float(residual.abs().max()) <= LIMIT


def test_a_flat_patch_has_no_residual_but_the_authors_frame():
    flat = torch.full((1, 3, 16, 16), 200.0)
    assert float(srm_residual(flat, *RULES["tiny"]).abs().max()) < 1e-3
    framed = srm_residual(flat, *RULES["authors"])
    inside = framed[..., BORDER:-BORDER, BORDER:-BORDER]
    assert float(inside.abs().max()) < 1e-5 and float(framed.abs().max()) > 0.1


def test_the_third_map_looks_sideways(patch):
    stripes = torch.zeros(1, 3, 16, 16)
    stripes[..., ::2] = 1
    assert float(srm_residual(stripes, 1.0, "reflect")[0, 2].abs().max()) > 1
    assert float(srm_residual(stripes.mT.contiguous(), 1.0, "reflect")[0, 2].abs().max()) == 0


def test_a_batch_is_its_rows(patch):
    two = torch.cat([patch, patch.flip(-1)])
    assert torch.allclose(
        srm_residual(two, 1 / 3, "reflect")[:1], srm_residual(patch, 1 / 3, "reflect"), atol=1e-5
    )
