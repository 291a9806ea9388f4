"""Models whose evidence is one corner of the face, by weights set by hand: what a map of them must show is known."""

from dataclasses import replace

import numpy as np
import torch
from torch import nn

from explain.subject import Subject

SIDE, CELL = 14, 16
ROWS, COLUMNS = slice(1, 3), slice(10, 13)
"""Cells of the planted square: the upper right corner, so that a map that is transposed or mirrored shows it."""


def planted_picture() -> np.ndarray:
    """A dark picture with a bright square, uint8 (224, 224, 3)."""
    picture = np.full((224, 224, 3), 40, dtype=np.uint8)
    picture[ROWS.start * CELL : ROWS.stop * CELL, COLUMNS.start * CELL : COLUMNS.stop * CELL] = 200
    return picture


def outside(cells: np.ndarray) -> np.ndarray:
    """What a map (14, 14) holds outside the square, (N,)."""
    mask = np.ones_like(cells, dtype=bool)
    mask[ROWS, COLUMNS] = False
    return cells[mask]


class FirstFeature(Subject):
    """The target is the first number of the fused feature: what reads the embedding adds nothing of its own."""

    def value(self, fused, text=None):
        return fused[:, 0]


SHARE = 1 / (2 * 127.5 * (SIDE**2 + 1))
"""What one grey level of one cell adds to the target: a cell's mean on −0.5 to 0.5, one of all tokens' mean."""


def make_planted(look: float):
    """A detector that says how bright the face is: the stem measures cells, the only block averages, the noise is mute.

    Channel 0 of a cell is its brightness, −0.5 to 0.5. look: how much the attention prefers bright cells; with 0 the
    class token takes the plain mean of all tokens, itself (0) included.
    """
    from mfclip import Detector
    from mfclip.config import TINY
    from mfclip.model import MFCLIP

    small = replace(TINY.image, kind="conv", width=2, layers=1, heads=1, stem=(2, 2, 2, 2))
    model = MFCLIP(replace(TINY, image=small)).eval()
    grid = model.image.grid
    (block,) = grid.transformer.resblocks
    brightness = nn.Conv2d(3, 2, CELL, CELL)
    model.image.stem = nn.Sequential(brightness)
    block.ln_1, grid.ln_post = nn.Identity(), nn.Identity()
    with torch.no_grad():
        for weights in (*brightness.parameters(), *grid.parameters(), *model.noise.grid.parameters()):
            weights.zero_()
        brightness.weight[0] = 1 / (2 * 3 * CELL * CELL)
        block.attn.in_proj_bias[0] = look * 2**0.5  # query: the same from every token
        block.attn.in_proj_weight[2, 0] = 1.0  # key: the brightness
        block.attn.in_proj_weight[4, 0] = 1.0  # value: the brightness
        block.attn.out_proj.weight[0, 0] = 1.0
        grid.projection.weight[0, 0] = 1.0
    return Detector(model, "planted")


def planted_subject(look: float = 0.0) -> FirstFeature:
    """The planted picture, judged by the planted detector, explained by its brightness."""
    detector = make_planted(look)
    return FirstFeature.of(detector, detector(planted_picture(), cropped=True))
