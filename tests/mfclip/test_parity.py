"""Configuration `authors` against the recorded outputs of the published code (design §8)."""

import pytest
import torch

from benchmarks.parity import BARS, differences
from tests.golden import recorded


@pytest.fixture(scope="module")
def measured(authors, golden):
    return {row.layer: row for row in differences(authors, golden)}


@pytest.mark.parametrize("layer", BARS)
def test_layer(measured, layer):
    row = measured[layer]
    assert row.passed, f"{layer} differs by {row.measured:.3g}, allowed is {row.bar:g}"


def test_the_recorded_outputs_are_there_and_say_something(golden):
    assert {len(golden[name]) for name in golden if name != "seed"} == {3}
    assert len(set(golden["richest_patch_index"].tolist())) > 1
    for name in ("image_embedding", "noise_embedding", "logits"):
        apart = golden[name][:, None] - golden[name][None]
        assert abs(apart).max() > 0.01, (
            f"{name} is the same for all three pictures: parity would prove nothing"
        )


def test_the_comparison_can_fail(authors, golden):
    broken = dict(
        golden, logits=golden["logits"] + 0.01, richest_patch_index=golden["richest_patch_index"][::-1]
    )
    failed = {row.layer for row in differences(authors, broken) if not row.passed}
    assert failed == {"logits", "patch index"}


def test_one_by_one_as_recorded_and_all_at_once_agree(authors, golden):
    with torch.no_grad():
        together = authors.encode_faces(golden["images_rgb"]).fused
        alone = torch.cat([authors.encode_faces(golden["images_rgb"][i : i + 1]).fused for i in range(3)])
    assert torch.allclose(together, alone, atol=1e-4)


def test_the_rule_of_the_weights():
    shapes = recorded.published_shapes()
    assert len(shapes) == 426
    bias = recorded.weight(1, "visual.features.0.bias", (32,))
    assert abs(float(bias.mean())) < 0.05 and 0.02 < float(bias.std()) < 0.09
    assert float(recorded.weight(1, "x.running_var", (64,)).min()) >= 1
    assert float(recorded.weight(1, "logit_scale", ())) == pytest.approx(2.6593, abs=1e-4)
    assert torch.equal(recorded.weight(1, "a.weight", (4, 4)), recorded.weight(1, "a.weight", (4, 4)))
    assert not torch.equal(recorded.weight(1, "a.weight", (4, 4)), recorded.weight(2, "a.weight", (4, 4)))
