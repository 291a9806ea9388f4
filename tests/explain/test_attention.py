"""Attention of the class token: shares that add up to one, at the right place, and never a signed map."""

import numpy as np
import pytest
import torch

from explain import attention
from explain.subject import Subject
from tests.explain.conftest import crops
from tests.explain.planted import COLUMNS, ROWS, outside, planted_subject


@pytest.mark.parametrize(("stream", "layers", "side"), [("image", 3, 14), ("noise", 2, 7)])
def test_shares_add_up_to_one(subject, stream, layers, side):
    result = attention.METHOD.run(subject, stream=stream)
    values = result.values
    assert values["mixing"].shape == (layers, 4, side, side) and values["rollout"].shape == (side, side)
    np.testing.assert_allclose(values["mixing"].sum(axis=(2, 3)) + values["class token"], 1, atol=1e-5)
    assert float(values["rollout"].sum() + values["rollout class token"]) == pytest.approx(1, abs=1e-6)
    assert values["mixing"].min() >= 0 and values["rollout"].min() >= 0
    assert result.labels["mixing"] == tuple(f"block {number}" for number in range(layers))


def test_it_is_never_taken_for_a_signed_map(subject):
    result = attention.METHOD.run(subject)
    assert attention.METHOD.kind == "mixing" and "map" not in result.values
    assert "not why" in result.caveat and result.sign.startswith("None")


def test_weights_are_those_of_the_models_own_forward(subject):
    encoded = subject.model.encode_faces(
        subject.verdict.face.crop.face[None], subject.verdict.face.crop.windows[None], need_weights=True
    )
    for stream in ("image", "noise"):
        mixing = attention.METHOD.run(subject, stream=stream).values["mixing"]
        for layer, weights in zip(mixing, encoded.attention[stream], strict=True):
            np.testing.assert_allclose(layer.reshape(4, -1), weights[0, :, 0, 1:].detach().numpy(), atol=1e-5)


def test_the_planted_corner_is_looked_at():
    values = attention.METHOD.run(planted_subject(look=4.0), skip=0.5).values
    for cells in (values["mixing"][0, 0], values["rollout"]):
        inside = cells[ROWS, COLUMNS]
        assert inside.min() > 3 * outside(cells).max()
        assert np.ptp(inside) < 1e-6 and np.ptp(outside(cells)) < 1e-6
    np.testing.assert_allclose(values["rollout"], values["mixing"][0, 0] / 2, atol=1e-6)  # half passes by


def test_rollout_by_hand():
    first = torch.tensor(
        [[[[0.2, 0.8], [0.6, 0.4]], [[0.4, 0.6], [0.0, 1.0]]]]
    )  # two heads: mean .3 .7 / .3 .7
    second = torch.tensor([[[[0.5, 0.5], [1.0, 0.0]]]])
    # Half passes by: [[.65, .35], [.15, .85]] after the first, [[.75, .25], [.5, .5]] in the second.
    expected = torch.tensor([[0.525, 0.475], [0.4, 0.6]], dtype=torch.float64)
    torch.testing.assert_close(attention.rollout((first, second), 0.5), expected, atol=1e-6, rtol=0)
    torch.testing.assert_close(
        attention.rollout((first, second), 1.0), torch.eye(2, dtype=torch.float64), atol=1e-6, rtol=0
    )


def test_one_token_has_no_places(smalls):
    authors = smalls["authors"]
    with pytest.raises(ValueError, match="no place on the face; use pixels or occlusion"):
        attention.METHOD.run(Subject.of(authors, authors(crops()[0], cropped=True)))
