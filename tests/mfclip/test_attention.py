import pytest
import torch
from open_clip.transformer import Transformer

from mfclip.attention import attention_weights, run_block, run_to_first, run_transformer
from mfclip.config import TINY

EXACT = 1e-5  # fused kernel against written-out softmax, float32


@pytest.fixture(scope="module")
def blocks() -> Transformer:
    torch.manual_seed(2)
    return Transformer(48, 3, 4).eval()


@pytest.fixture
def x(random) -> torch.Tensor:
    return torch.randn(2, 9, 48, generator=random)


@pytest.mark.parametrize("causal", [False, True])
class TestWeights:
    def test_asking_for_them_changes_nothing(self, blocks, x, causal):
        with torch.no_grad():
            plain, none = run_transformer(blocks, x, causal)
            seen, weights = run_transformer(blocks, x, causal, need_weights=True)
        assert none == () and [tuple(w.shape) for w in weights] == [(2, 4, 9, 9)] * 3
        assert torch.allclose(plain, seen, atol=EXACT)

    def test_it_is_open_clips_own_block_and_transformer(self, blocks, x, causal):
        mask = torch.full((9, 9), float("-inf")).triu(1) if causal else None
        with torch.no_grad():
            assert torch.allclose(
                run_block(blocks.resblocks[0], x, causal)[0],
                blocks.resblocks[0](x, attn_mask=mask),
                atol=EXACT,
            )
            assert torch.allclose(
                run_transformer(blocks, x, causal)[0], blocks(x, attn_mask=mask), atol=EXACT
            )

    def test_they_are_torchs_own(self, blocks, x, causal):
        attention = blocks.resblocks[0].attn
        mask = torch.full((9, 9), float("-inf")).triu(1) if causal else None
        with torch.no_grad():
            normed = blocks.resblocks[0].ln_1(x)
            _, theirs = attention(normed, normed, normed, attn_mask=mask, average_attn_weights=False)
            _, ours = run_block(blocks.resblocks[0], x, causal, need_weights=True)
        assert torch.allclose(ours, theirs, atol=EXACT)

    def test_rows_sum_to_one_and_nobody_looks_ahead(self, blocks, x, causal):
        with torch.no_grad():
            _, layers = run_transformer(blocks, x, causal, need_weights=True)
        for weights in layers:
            assert torch.allclose(weights.sum(dim=-1), torch.ones(2, 4, 9), atol=EXACT)
            assert bool((weights.triu(1) == 0).all()) == causal

    def test_gradients_flow_to_and_through_them(self, blocks, x, causal):
        x = x.clone().requires_grad_()
        out, weights = run_transformer(blocks, x, causal, need_weights=True)
        to_weights = torch.autograd.grad(out[:, -1].square().sum(), weights, retain_graph=True)
        assert all(float(gradient.abs().max()) > 0 for gradient in to_weights)
        (to_input,) = torch.autograd.grad(weights[-1][:, :, -1, 0].sum(), x)
        assert float(to_input.abs().max()) > 0

    def test_the_gradient_is_the_fused_kernels(self, blocks, x, causal):
        gradients = []
        for need_weights in (False, True):
            pixel = x.clone().requires_grad_()
            out, _ = run_transformer(blocks, pixel, causal, need_weights)
            gradients.append(torch.autograd.grad(out.square().sum(), pixel)[0])
        assert torch.allclose(*gradients, rtol=1e-4, atol=1e-4)


def test_the_first_token_alone_is_the_first_of_all(blocks, x):
    outs, gradients = [], []
    for run in (run_to_first, lambda *given: run_transformer(*given)[0][:, 0]):
        tokens = x.clone().requires_grad_()
        outs.append(run(blocks, tokens))
        leaves = [tokens, *blocks.parameters()]
        gradients.append(torch.autograd.grad(outs[-1].square().sum(), leaves))
    assert torch.allclose(*outs, atol=EXACT)
    for first, every in zip(*gradients, strict=True):
        assert torch.allclose(first, every, rtol=1e-4, atol=1e-4)


def test_a_single_token_attends_to_itself():
    query = torch.randn(1, 2, 1, 8)
    assert torch.equal(attention_weights(query, query, causal=True), torch.ones(1, 2, 1, 1))


def hooks(model) -> int:
    names = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    return sum(len(getattr(module, name)) for module in model.modules() for name in names)


def test_no_hook_is_left_and_nothing_is_patched(tiny, faces):
    methods = {name: type(module).forward for name, module in tiny.named_modules()}
    encoding = tiny.encode_faces(torch.tensor(faces[:2]).float().requires_grad_(), need_weights=True)
    torch.autograd.grad(encoding.fused.sum(), encoding.attention["image"] + encoding.attention["noise"])
    assert hooks(tiny) == 0
    for name, module in tiny.named_modules():
        assert type(module).forward is methods[name] and "forward" not in vars(module)


def test_a_face_is_the_same_with_and_without_weights(tiny, faces):
    with torch.no_grad():
        plain, seen = tiny.encode_faces(faces[:2]), tiny.encode_faces(faces[:2], need_weights=True)
    assert plain.attention == {} and [len(seen.attention[s]) for s in ("image", "noise")] == [
        TINY.image.layers,
        TINY.noise.layers,
    ]
    assert torch.allclose(plain.fused, seen.fused, atol=EXACT)
