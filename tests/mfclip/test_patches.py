import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from benchmarks.patches import reference_homogeneity
from mfclip.patches import choose_richest, grey_levels, homogeneity, quarters, take

SAME = 1e-6


@settings(max_examples=30, deadline=None)
@given(arrays.arrays(np.uint8, st.tuples(st.integers(1, 12), st.integers(2, 12))))
def test_the_closed_form_is_scikit_images_matrix(grey):
    assert float(homogeneity(torch.tensor(grey))) == pytest.approx(reference_homogeneity(grey), abs=SAME)


def test_it_is_that_of_the_golden_faces_and_all_at_once(faces, golden):
    windows = quarters(torch.tensor(faces).movedim(-1, 1).float())
    scores, index = choose_richest(windows)
    expected = [
        [reference_homogeneity(p.numpy().astype(np.uint8)) for p in grey_levels(four)] for four in windows
    ]
    assert np.allclose(scores, expected, atol=SAME)
    assert index.tolist() == np.argmin(expected, axis=1).tolist()
    assert index[:3].tolist() == golden["richest_patch_index"].tolist()


def test_known_values():
    flat, stripes = torch.full((4, 6), 77), torch.tensor([[0, 1] * 3] * 4)
    assert float(homogeneity(flat)) == 1
    assert float(homogeneity(stripes)) == 0.5
    assert float(homogeneity(stripes.T.contiguous())) == 1, "neighbours to the side, not below"
    assert float(homogeneity(torch.tensor([[0, 255]], dtype=torch.uint8))) == pytest.approx(1 / (1 + 255**2))


def test_grey_levels_of_pure_colours():
    colours = torch.tensor([[255, 0, 0], [0, 255, 0], [0, 0, 255], [0, 0, 0]]).float()
    assert grey_levels(colours[:, :, None, None]).flatten().tolist() == [76, 149, 29, 0]
    assert int(grey_levels(torch.full((3, 1, 1), 255.0))) in (254, 255), "0.2989 + 0.587 + 0.114 is 0.9999"


def test_the_lowest_homogeneity_is_the_richest(random):
    windows = torch.full((1, 5, 3, 112, 112), 90.0)
    windows[0, 3] = torch.randint(0, 256, (3, 112, 112), generator=random)
    scores, index = choose_richest(windows)
    assert index.tolist() == [3] and scores.shape == (1, 5)


def test_a_tie_goes_to_the_first():
    assert choose_richest(torch.zeros(2, 4, 3, 112, 112))[1].tolist() == [0, 0]


def test_quarters_are_row_major_and_put_together_the_face():
    face = torch.arange(2 * 3 * 8 * 8).reshape(2, 3, 8, 8).float()
    cut = quarters(face)
    assert torch.equal(cut[:, 1], face[:, :, :4, 4:]) and torch.equal(cut[:, 2], face[:, :, 4:, :4])
    top, bottom = torch.cat([cut[:, 0], cut[:, 1]], -1), torch.cat([cut[:, 2], cut[:, 3]], -1)
    assert torch.equal(torch.cat([top, bottom], -2), face)


def test_gradients_flow_through_the_taken_patch_only():
    windows = torch.rand(2, 4, 3, 8, 8, requires_grad=True)
    take(windows, torch.tensor([2, 0])).sum().backward()
    reached = windows.grad.sum(dim=(2, 3, 4)) > 0
    assert reached.tolist() == [[False, False, True, False], [True, False, False, False]]


def test_the_choice_asks_for_no_gradient():
    scores, index = choose_richest(torch.rand(1, 4, 3, 8, 8, requires_grad=True))
    assert not scores.requires_grad and not index.requires_grad
