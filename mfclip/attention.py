"""Attention over open_clip's transformer blocks, as pure functions.

open_clip keeps the parameters; these functions run them. Whoever wants to see or differentiate an attention weight
asks for it by argument: no hook, no patched module, nothing left behind, so threads cannot mix. Where weights are
not asked for, PyTorch's fused kernel gives the same numbers.
"""

import torch
from open_clip.transformer import ResidualAttentionBlock, Transformer
from torch import Tensor, nn
from torch.nn import functional as F


def attention_weights(query: Tensor, key: Tensor, causal: bool = False) -> Tensor:
    """softmax(q·kᵀ / √d): (B, H, L, d) twice → (B, H, L, L), rows sum to 1; causal: no token sees a later one."""
    scores = query @ key.transpose(-2, -1) * query.shape[-1] ** -0.5
    if causal:
        length = scores.shape[-1]
        later = torch.ones(length, length, dtype=torch.bool, device=scores.device).triu(1)
        scores = scores.masked_fill(later, float("-inf"))
    return scores.softmax(dim=-1)


def attend(
    attention: nn.MultiheadAttention, x: Tensor, causal: bool = False, need_weights: bool = False
) -> tuple[Tensor, Tensor | None]:
    """Self-attention of x (B, L, D) with the parameters of `attention`.

    Returns the output (B, L, D) and, if asked for, every head's weights (B, H, L, L), inside the gradient graph:
    the output is computed from the very tensor that is returned.
    """
    batch, length, width = x.shape
    qkv = F.linear(x, attention.in_proj_weight, attention.in_proj_bias)
    query, key, value = qkv.view(batch, length, 3, attention.num_heads, -1).permute(2, 0, 3, 1, 4)
    # On the CPU the fused kernel's backward is the slower one (197 tokens of 32: 0.91 against 0.71 s a training step).
    plain = need_weights or (qkv.requires_grad and qkv.device.type == "cpu")
    weights = None
    if plain:
        weights = attention_weights(query, key, causal)
        mixed = weights @ value
    else:
        mixed = F.scaled_dot_product_attention(query, key, value, is_causal=causal)
    return attention.out_proj(
        mixed.transpose(1, 2).reshape(batch, length, width)
    ), weights if need_weights else None


def run_block(
    block: ResidualAttentionBlock, x: Tensor, causal: bool = False, need_weights: bool = False
) -> tuple[Tensor, Tensor | None]:
    """One pre-norm block on x (B, L, D): x + attention(ln_1(x)), then + mlp(ln_2(x))."""
    mixed, weights = attend(block.attn, block.ln_1(x), causal, need_weights)
    x = x + block.ls_1(mixed)
    return x + block.ls_2(block.mlp(block.ln_2(x))), weights


def run_transformer(
    transformer: Transformer, x: Tensor, causal: bool = False, need_weights: bool = False
) -> tuple[Tensor, tuple[Tensor, ...]]:
    """All blocks on x (B, L, D) → (B, L, D) and one (B, H, L, L) tensor a layer (empty unless asked for)."""
    layers = []
    for block in transformer.resblocks:
        x, weights = run_block(block, x, causal, need_weights)
        if weights is not None:
            layers.append(weights)
    return x, tuple(layers)


def run_to_first(transformer: Transformer, x: Tensor) -> Tensor:
    """What `run_transformer` makes of the first token: x (B, L, D), no mask → (B, D).

    In the last block every token is a key, but only the first one is a query and passes through the MLP: nobody reads
    the others. The same number, to the order of its sums, without most of that block's work.
    """
    *body, last = transformer.resblocks
    for block in body:
        x, _ = run_block(block, x)
    heads, width = last.attn.num_heads, x.shape[-1]
    weight, bias = last.attn.in_proj_weight, last.attn.in_proj_bias
    normed, first = last.ln_1(x), x[:, 0]
    query = F.linear(normed[:, 0], weight[:width], bias[:width]).view(-1, 1, heads, width // heads)
    keys_values = F.linear(normed, weight[width:], bias[width:])
    key, value = keys_values.view(*x.shape[:2], 2, heads, -1).permute(2, 0, 3, 1, 4)
    mixed = attention_weights(query.transpose(1, 2), key) @ value
    first = first + last.ls_1(last.attn.out_proj(mixed.reshape(first.shape)))
    return first + last.ls_2(last.mlp(last.ln_2(first)))
