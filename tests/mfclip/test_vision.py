import dataclasses

import pytest
import torch

from mfclip import MFCLIP
from mfclip.config import CLIP_B16, TINY, NoiseConfig
from mfclip.training.variants import variant
from mfclip.vision import AbsentNoiseEncoder, ConvImageEncoder, Convolution, GridNoiseEncoder

PLAIN = variant("plain-stem", TINY).image

LIMIT = 12_000_000  # parameters of `tiny` without the token table


def test_the_tokens_are_the_cells_of_the_grid_row_by_row(tiny):
    grid = tiny.image.grid
    cells = torch.zeros(1, TINY.image.width, 14, 14)
    cells[0, :, 2, 5] = 1
    with torch.no_grad():
        changed = (grid.tokens(cells) - grid.tokens(torch.zeros_like(cells))).abs().amax(dim=(0, 2))
    assert changed.nonzero().flatten().tolist() == [1 + 2 * 14 + 5]


@pytest.mark.parametrize(("stream", "cells", "size"), [("image", 196, 224), ("noise", 49, 112)])
def test_shapes(tiny, random, stream, cells, size):
    encoder = getattr(tiny, stream)
    pixels = torch.rand(2, 3, size, size, generator=random) * (255 if stream == "image" else 3)
    with torch.no_grad():
        embedding, (hidden, weights) = encoder(pixels, need_weights=True)
    assert embedding.shape == (2, TINY.embed_dim)
    assert hidden.shape == (2, 1 + cells, getattr(TINY, stream).width)
    assert all(w.shape == (2, getattr(TINY, stream).heads, 1 + cells, 1 + cells) for w in weights)


@pytest.mark.parametrize("stride", [1, 2])
def test_a_folded_normalisation_gives_the_same_numbers(random, stride):
    layer = Convolution(3, 5, stride).eval()
    norm = layer[1]
    for values, low, high in (
        (norm.running_mean, -1, 1),
        (norm.running_var, 0.2, 4),
        (norm.weight.data, 0.5, 2),
        (norm.bias.data, -1, 1),
    ):
        values.copy_(torch.rand(5, generator=random) * (high - low) + low)
    pixels = torch.randn(2, 3, 16, 16, generator=random)
    plain = layer(pixels)
    with torch.no_grad():
        folded = layer(pixels)
    assert plain.requires_grad and not folded.requires_grad
    assert torch.allclose(folded, plain, atol=1e-5)
    assert 0.1 < float((folded > 0).float().mean()) < 0.9


def test_a_normalisation_that_learns_is_not_folded(random):
    layer = Convolution(3, 5)
    before = layer[1].running_mean.clone()
    with torch.no_grad():
        seen = layer(torch.randn(4, 3, 16, 16, generator=random) + 2)
    assert not torch.equal(layer[1].running_mean, before)
    assert seen.shape == (4, 5, 16, 16)


def test_every_cell_can_move_the_embedding(tiny, faces):
    pixels = torch.tensor(faces[:1]).movedim(-1, 1).float().requires_grad_()
    embedding, _ = tiny.image(pixels)
    (gradient,) = torch.autograd.grad(embedding.square().sum(), pixels)
    by_cell = gradient.abs().reshape(1, 3, 14, 16, 14, 16).sum(dim=(0, 1, 3, 5))
    assert bool((by_cell > 0).all())


def test_the_noise_stem_looks_at_neighbouring_pixels(tiny):
    """No stride before the first convolution has seen every pixel."""
    assert tiny.noise.stem[0][0].stride == (1, 1) and tiny.image.stem[0].first.stride == (2, 2)


@pytest.mark.parametrize(
    ("encoder", "part", "changes"),
    [
        (ConvImageEncoder, PLAIN, {"patch": 8}),
        (ConvImageEncoder, PLAIN, {"stem": (24, 48, 96, 64)}),
        (GridNoiseEncoder, TINY.noise, {"patch": 4}),
        (GridNoiseEncoder, TINY.noise, {"stem": (24, 32, 64)}),
    ],
)
def test_a_stem_that_does_not_fit_is_refused(encoder, part, changes):
    with pytest.raises(ValueError, match="do not fit it"):
        encoder(dataclasses.replace(part, **changes), TINY.embed_dim)


def test_sizes():
    with torch.device("meta"):
        tiny, clip = MFCLIP(TINY), MFCLIP(CLIP_B16)
    table = tiny.language.tower.token_embedding.weight.numel()
    assert sum(p.numel() for p in tiny.parameters()) - table <= LIMIT
    assert sum(p.numel() for p in tiny.parameters()) * 4 <= 60e6, "the file is to stay under 60 MB"
    assert sum(p.numel() for p in clip.image.parameters()) == 86_192_640, "CLIP ViT-B/16's visual tower"


@pytest.mark.parametrize("stream", ["image", "noise"])
def test_the_class_tokens_hidden_state_alone_is_that_of_all(tiny, random, stream):
    size = 224 if stream == "image" else 112
    pixels = torch.rand(2, 3, size, size, generator=random)
    with torch.no_grad():
        embedding, (hidden, weights) = getattr(tiny, stream)(pixels)
        seen, (every, _) = getattr(tiny, stream)(pixels, need_weights=True)
    assert weights == () and hidden.shape == (2, 1, getattr(TINY, stream).width)
    assert torch.allclose(hidden[:, 0], every[:, 0], atol=1e-5) and torch.allclose(embedding, seen, atol=1e-5)


def test_an_absent_noise_stream_says_nothing_and_shows_what_it_would_see(tiny, random):
    absent = AbsentNoiseEncoder(NoiseConfig("none", (), 0, 0, 0, 0), 32)
    patches = 255 * torch.rand(3, 3, 112, 112, generator=random)
    residual = absent.residual(patches)
    assert torch.equal(residual, tiny.noise.residual(patches)) and not list(absent.parameters())
    embedding, (hidden, weights) = absent(residual.requires_grad_(), need_weights=True)
    assert torch.equal(embedding, torch.zeros(3, 32)) and hidden.shape == (3, 0, 32) and weights == ()
    (gradient,) = torch.autograd.grad(embedding.sum(), residual)
    assert torch.equal(gradient, torch.zeros_like(residual))
