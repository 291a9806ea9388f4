"""What trained makers are measured on, and what is written down of it."""

import json
import logging

import numpy as np
import pytest
import torch

from mfclip.data.cache import RegionCache, write_cache
from mfclip.training.forgeries.autoencoders import SHAPES, Autoencoder
from mfclip.training.forgeries.denoiser import Denoiser
from mfclip.training.forgeries.pieces import PIECE, Pieces
from mfclip.training.forgeries.quality import QUALITY, Quality, compared, measure_makers
from mfclip.training.forgeries.quality import logger as quality_logger


def faces(folder, rows) -> RegionCache:
    """A cache of real faces, each of one grey: (split, side, grey)."""

    def items():
        for number, (split, side, grey) in enumerate(rows):
            fields = {
                "path": f"{number}.png",
                "generator": "camera",
                "sentences": ("a", "b", "c", "d"),
                "fake": False,
                "group": str(number),
                "split": split,
            }
            yield fields, np.full((side, side, 3), grey, np.uint8)

    write_cache(folder, "by hand", items(), [])
    return RegionCache(folder)


def test_pieces_are_of_the_split_and_of_faces_that_are_large_enough(tmp_path, caplog):
    cache = faces(tmp_path, [("train", 90, 10), ("train", 50, 90), ("validation", 90, 200)])
    rng = np.random.default_rng(0)
    with caplog.at_level(logging.WARNING):
        assert (((Pieces(cache).draw(rng, 20, PIECE) + 1) * 127.5).round() == 10).all()
    assert "1 of 2 reals are below 64 px" in caplog.text
    assert (((Pieces(cache, "validation").draw(rng, 20, PIECE) + 1) * 127.5).round() == 200).all()
    with pytest.raises(ValueError, match="a real of the test split with 64 pixels or more"):
        Pieces(cache, "test")


def test_the_quality_of_makers_is_of_unseen_faces_and_said_where_it_is_low(tmp_path, caplog):
    torch.manual_seed(0)
    makers = {shape.name: Autoencoder(shape).eval() for shape in SHAPES[:2]}
    unseen = Pieces(faces(tmp_path, [("validation", 100, 60), ("validation", 100, 220)]), "validation")
    with caplog.at_level(logging.WARNING, quality_logger.name):
        found = measure_makers(makers, Denoiser().eval(), unseen, 0, tmp_path)
    assert set(found) == {*makers, "denoiser"}
    told = json.loads((tmp_path / QUALITY).read_text())
    assert {name: Quality(**row) for name, row in told.items()} == found
    assert found["denoiser"].grey_levels > 4, "fresh weights are far off"
    for name, quality in found.items():
        assert (f"{name} copies unseen faces" in caplog.text) == (quality.grey_levels > 4)


def test_an_error_is_in_grey_levels_and_detail_a_share():
    original = torch.zeros(1, 3, 8, 8)
    original[..., ::2] = 0.5
    assert compared(original + 2 / 127.5, original).grey_levels == pytest.approx(2)
    assert compared(original / 2, original).sharpness == pytest.approx(0.5)
