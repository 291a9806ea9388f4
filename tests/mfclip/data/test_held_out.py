"""A split in order, under histories that a picture's path fixes; and what a model says of it."""

import dataclasses

import numpy as np
import pytest
import torch

from mfclip.config import TINY
from mfclip.data.cache import write_cache
from mfclip.data.held_out import HeldOut
from mfclip.data.readouts import read_out
from mfclip.model import MFCLIP
from mfclip.prompts import describe_forgery, describe_real


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    rng = np.random.default_rng(0)
    real, fake = describe_real(), describe_forgery("face_swap", "graphics", "swapper")

    def items():
        for number in range(14):
            row = fake if number % 2 else real
            fields = {
                "path": f"{number}.png",
                "generator": "swapper" if row.fake else "camera",
                "sentences": row.sentences,
                "fake": row.fake,
                "group": f"group {number // 2}",
                "split": "test" if number < 10 else "train",
            }
            yield fields, rng.integers(0, 256, (120 + number, 120 + number, 3), dtype=np.uint8)

    return write_cache(tmp_path_factory.mktemp("cache"), "by hand", items(), [])


def test_splits_classes_and_choices(cache):
    assert len(HeldOut(cache, "test").indices) == 10 and len(HeldOut(cache, None).indices) == 14
    assert all(entry.fake for entry in HeldOut(cache, "test", only_fake=True).entries)
    kept = HeldOut(cache, None, size=2, keep=lambda entry: entry.group == "group 6")
    assert [entry.path for entry in kept.entries] == ["12.png", "13.png"]
    assert [len(batch.entries) for batch in HeldOut(cache, None, size=4)] == [4, 4, 4, 2]


def test_a_treatment_comes_after_the_history_and_sees_its_picture(cache):
    seen = []

    def treatment(region, entry):
        seen.append((region.copy(), entry.path))
        return np.zeros_like(region)

    plain = HeldOut(cache, "test", size=3)[0]
    treated = HeldOut(cache, "test", size=3, treatment=treatment)[0]
    assert treated.faces.max() == 0 and plain.faces.max() > 0
    again = HeldOut(cache, "test", size=3, treatment=treatment)
    assert again[0].entries == treated.entries and [path for _, path in seen[:3]] == [
        "0.png",
        "1.png",
        "2.png",
    ]
    assert all(np.array_equal(first[0], second[0]) for first, second in zip(seen[:3], seen[3:], strict=True))


@pytest.mark.parametrize("workers", [0, 1])
def test_readouts_follow_the_order_and_do_not_depend_on_batches_or_workers(cache, workers):
    torch.manual_seed(0)
    model = MFCLIP(dataclasses.replace(TINY)).train()
    whole = read_out(model, HeldOut(cache, "test", size=10))
    parts = read_out(model, HeldOut(cache, "test", size=3), workers)
    assert model.training
    assert parts.path.tolist() == [f"{number}.png" for number in range(10)]
    assert parts.similarities.shape == (10, len(TINY.hierarchy))
    for name in ("head", "language", "image", "noise", "similarities"):
        np.testing.assert_allclose(getattr(whole, name), getattr(parts, name), atol=1e-4)
    chosen = whole.of(whole.fake)
    assert chosen.fake.all() and len(chosen.path) == 5 and len(chosen.similarities) == 5
