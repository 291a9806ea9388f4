"""Derivatives through transformer blocks along many directions at once, in forward mode and by hand.

`torch.func.jvp` gives the same numbers by following every elementary operation of a block for every direction anew.
Here what does not depend on the direction (attention weights, the slope of the activation) is computed once, and all
directions go through each matrix together. As in `mfclip.attention`, open_clip keeps the parameters.
"""

import torch
from open_clip.transformer import ResidualAttentionBlock
from torch import Tensor, nn
from torch.nn import functional as F

from mfclip.attention import attention_weights


def through_block(
    block: ResidualAttentionBlock, x: Tensor, tangents: Tensor, causal: bool = False, first: bool = False
) -> tuple[Tensor, Tensor]:
    """One pre-norm block on x (B, L, W) and its derivatives along N directions, tangents (N, B, L, W) → the same two.

    causal: no token sees a later one. first: only the first token is passed on, (B, 1, W) and (N, B, 1, W), as
    `mfclip.attention.run_to_first` does in the last block.
    """
    mixed, mixed_tangents = _attend(block.attn, *_normed(block.ln_1, x, tangents), causal, first)
    if first:
        x, tangents = x[:, :1], tangents[:, :, :1]
    x, tangents = x + block.ls_1(mixed), tangents + block.ls_1(mixed_tangents)
    hidden, moved = _normed(block.ln_2, x, tangents)
    hidden, moved = block.mlp.c_fc(hidden), F.linear(moved, block.mlp.c_fc.weight)
    hidden, slope = _activated(block.mlp.gelu, hidden)
    moved = F.linear(moved.mul_(slope), block.mlp.c_proj.weight)
    return x + block.ls_2(block.mlp.c_proj(hidden)), tangents + block.ls_2(moved)


def _activated(activation: nn.Module, x: Tensor) -> tuple[Tensor, Tensor]:
    """An activation of every number on its own, and its slope there."""
    leaf = x.detach().requires_grad_()
    with torch.enable_grad():
        y = activation(leaf)
        (slope,) = torch.autograd.grad(y.sum(), leaf)
    return y.detach(), slope


def _normed(norm: nn.LayerNorm, x: Tensor, tangents: Tensor) -> tuple[Tensor, Tensor]:
    centred = x - x.mean(dim=-1, keepdim=True)
    scale = (centred.square().mean(dim=-1, keepdim=True) + norm.eps).rsqrt()
    unit = centred * scale
    along = (tangents * unit).mean(dim=-1, keepdim=True)
    moved = (tangents - tangents.mean(dim=-1, keepdim=True) - unit * along).mul_(scale * norm.weight)
    return unit * norm.weight + norm.bias, moved


def _attend(
    attention: nn.MultiheadAttention, x: Tensor, tangents: Tensor, causal: bool, first: bool
) -> tuple[Tensor, Tensor]:
    """Self-attention and its derivatives; first: only the first token asks."""
    weight, heads = attention.in_proj_weight, attention.num_heads

    def split(tokens: Tensor) -> tuple[Tensor, ...]:  # (…, L, 3·W) → three of (…, H, L, d)
        parts = tokens.unflatten(-1, (3, heads, -1)).movedim(-3, 0).transpose(-3, -2)
        return tuple(parts.unbind(0))

    query, key, value = split(F.linear(x, weight, attention.in_proj_bias))
    of_query, of_key, of_value = split(F.linear(tangents, weight))
    if first:
        query, of_query = query[..., :1, :], of_query[..., :1, :]
    weights = attention_weights(query, key, causal)
    scores = of_query @ key.transpose(-2, -1) + query @ of_key.transpose(-2, -1)
    # Of the softmax: each weight times how far its score runs ahead of the others. Masked weights are 0.
    moved = scores.mul_(weights * query.shape[-1] ** -0.5)
    moved = moved - weights * moved.sum(dim=-1, keepdim=True)
    mixed, of_mixed = weights @ value, moved @ value + weights @ of_value
    flat = (each.transpose(-3, -2).flatten(-2) for each in (mixed, of_mixed))
    mixed, of_mixed = flat
    return attention.out_proj(mixed), F.linear(of_mixed, attention.out_proj.weight)
