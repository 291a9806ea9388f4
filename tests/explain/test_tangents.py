"""Derivatives by hand are those of torch, for every configuration of a block that the detector has."""

import pytest
import torch
from open_clip.transformer import ResidualAttentionBlock
from torch.func import jvp, vmap

from explain.tangents import through_block
from mfclip.attention import run_block

WIDTH, HEADS, TOKENS = 16, 2, 5


@pytest.fixture(params=["gelu", "quick", "scaled"])
def block(request):
    from open_clip.transformer import QuickGELU

    torch.manual_seed(3)
    activation = QuickGELU if request.param == "quick" else torch.nn.GELU
    made = ResidualAttentionBlock(
        WIDTH, HEADS, ls_init_value=0.3 if request.param == "scaled" else None, act_layer=activation
    )
    for parameter in made.parameters():  # biases and norms that do something
        torch.nn.init.normal_(parameter, std=0.5)
    return made.double().requires_grad_(False)


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("first", [False, True])
def test_they_are_those_of_torch(block, causal, first):
    if causal and first:
        causal = False  # the first token of a causal block sees itself alone, and nothing reads it
    x = torch.randn(2, TOKENS, WIDTH, dtype=torch.float64)
    tangents = torch.randn(3, *x.shape, dtype=torch.float64)
    kept = slice(0, 1) if first else slice(None)

    def run(given):
        return run_block(block, given, causal, need_weights=True)[0][:, kept]

    value, moved = through_block(block, x, tangents, causal, first)
    assert torch.allclose(value, run(x), atol=1e-12)
    wanted = vmap(lambda one: jvp(run, (x,), (one,))[1])(tangents)
    assert torch.allclose(moved, wanted, atol=1e-12) and float(wanted.abs().max()) > 0.1


def test_what_is_given_stays_as_it_is(block):
    x, tangents = torch.randn(1, TOKENS, WIDTH).double(), torch.randn(2, 1, TOKENS, WIDTH).double()
    kept = x.clone(), tangents.clone()
    through_block(block, x, tangents)
    assert torch.equal(x, kept[0]) and torch.equal(tangents, kept[1])
