"""The published code's faults that the repaired family mends: each shown in `authors`, its absence in `tiny`.

Numbers in the names of the classes are those of the project's notes on the authors' code (c24010b). `authors` holds
the golden weights, `tiny` random ones. Those of the training objective are in test_faults_losses.py.
"""

import numpy as np
import pytest
import torch
from torch.func import functional_call
from torch.nn import functional as F

from mfclip import CheckpointError, from_authors
from mfclip.config import AUTHORS, TINY
from mfclip.patches import quarters, take
from mfclip.prompts import describe_forgery, describe_real
from tests.golden import recorded

SAME = 1e-4  # batch invariance, design §8

FORGERY = describe_forgery("entire_face_synthesis", "diffusion", "DDPM").sentences
OTHER = describe_forgery("face_swap", "gan", "FaceSwapper").sentences


def text(model, *rows) -> torch.Tensor:
    with torch.no_grad():
        return model.encode_descriptions([list(row) for row in rows])


def encode(model, faces):
    with torch.no_grad():
        return model.encode_faces(faces)


def output_of(module: torch.nn.Module, work) -> torch.Tensor:
    """What `module` gave while `work` ran."""
    seen = []
    handle = module.register_forward_hook(lambda _module, _inputs, output: seen.append(output.detach()))
    try:
        work()
    finally:
        handle.remove()
    return seen[0]


class TestLevels2To4AreDead_5_1:
    @pytest.mark.parametrize("level", [1, 2, 3])
    def test_in_authors_they_move_nothing_at_all(self, authors, level):
        changed = (*FORGERY[:level], OTHER[level], *FORGERY[level + 1 :])
        before, after = text(authors, FORGERY, changed)
        assert torch.equal(before, after)

    def test_in_authors_level_1_alone_moves(self, authors):
        before, after = text(authors, FORGERY, (describe_real().sentences[0], *FORGERY[1:]))
        assert (before - after).abs().max() > 1e-3

    @pytest.mark.parametrize("level", [0, 1, 2, 3])
    def test_in_tiny_each_moves_the_feature(self, tiny, level):
        other = OTHER[level] if level else describe_real().sentences[0]
        before, after = text(tiny, FORGERY, (*FORGERY[:level], other, *FORGERY[level + 1 :]))
        assert (before - after).abs().max() > 1e-3

    def test_in_tiny_gradient_reaches_the_words_of_every_level(self, tiny):
        from mfclip.tokens import tokenize

        tokens = tokenize(FORGERY)
        embedded = tiny.language.embed(tokens.ids).detach().requires_grad_()
        sentences, _ = tiny.language.read(embedded, tokens.end)
        tiny.language.combine(sentences[None]).square().sum().backward()
        assert bool((embedded.grad.abs().amax(dim=(1, 2)) > 0).all())


class TestPairAttentionIsTiedToBatchSlots_5_2:
    @pytest.mark.parametrize("count", [1, 7, 23, 25])
    def test_in_authors_other_batch_sizes_are_refused(self, authors, count):
        features = torch.ones(count, 512)
        with pytest.raises(ValueError, match=f"got {count} faces.*batches of exactly 24"):
            authors.alignment(features, features)

    def test_in_authors_the_features_are_not_looked_at(self, authors, random):
        one, other = torch.randn(2, 24, 512, generator=random)
        with torch.no_grad():
            assert torch.equal(authors.alignment(one, one), authors.alignment(other, other))

    @pytest.mark.parametrize(("count", "captions"), [(1, 1), (1, 8), (7, 3), (25, 2)])
    def test_in_tiny_any_number_of_faces_and_captions(self, tiny, random, count, captions):
        faces = F.normalize(torch.randn(count, TINY.embed_dim, generator=random), dim=-1)
        texts = F.normalize(torch.randn(captions, TINY.embed_dim, generator=random), dim=-1)
        with torch.no_grad():
            gates = tiny.alignment(faces, texts)
        assert gates.shape == (count, captions) and 0 < gates.min() and gates.max() < 1

    def test_in_tiny_a_pair_keeps_its_gate_wherever_it_stands(self, tiny, random):
        faces = F.normalize(torch.randn(6, TINY.embed_dim, generator=random), dim=-1)
        texts = F.normalize(torch.randn(4, TINY.embed_dim, generator=random), dim=-1)
        order, other = torch.randperm(6, generator=random), torch.randperm(4, generator=random)
        with torch.no_grad():
            assert torch.allclose(
                tiny.alignment(faces, texts)[order][:, other],
                tiny.alignment(faces[order], texts[other]),
                atol=1e-6,
            )


class TestTheFaceIsTransposed_5_3:
    """A change in the top-right corner of the face, looked for in the stem's feature map."""

    @staticmethod
    def changed_cell(model, stem, faces) -> tuple[float, float]:
        """Where the feature map changes most, as a share of its height and width."""
        marked = faces[:1].copy()
        marked[0, :24, -24:] = 255 - marked[0, :24, -24:]
        maps = [output_of(stem, lambda face=face: encode(model, face)) for face in (faces[:1], marked)]
        change = (maps[0] - maps[1]).abs().sum(dim=1)[0]
        row, column = divmod(int(change.argmax()), change.shape[1])
        return (row + 0.5) / change.shape[0], (column + 0.5) / change.shape[1]

    def test_in_authors_top_right_shows_bottom_left(self, authors, faces):
        row, column = self.changed_cell(authors, authors.image.features, faces)
        assert row > 0.75 and column < 0.25

    def test_in_tiny_top_right_shows_top_right(self, tiny, faces):
        row, column = self.changed_cell(tiny, tiny.image.stem, faces)
        assert row < 0.25 and column > 0.75


class TestTheScoreDependsOnThePlaceInTheBatch_5_4:
    def test_in_authors_the_published_rule_gives_one_face_many_scores(self, authors, faces):
        """Row i gets slot i's vector, as published: the same face, in four slots."""
        logits = []
        for slot in range(4):
            streams = {}
            for name in ("image", "noise"):
                positions = getattr(authors, name).token.slot_positions
                streams[f"{name}.token.slot_positions"] = positions.detach().roll(-slot, dims=0)
            with torch.no_grad():
                parts = functional_call(
                    _Scored(authors), {f"model.{k}": v for k, v in streams.items()}, faces[:1]
                )
            logits.append(parts)
        spread = torch.cat(logits)
        assert torch.allclose(spread[0], authors_logits(authors, faces[:1])[0], atol=SAME), "slot 0 is ours"
        assert float((spread - spread[:1]).abs().amax()) > 100 * SAME

    @pytest.mark.parametrize("name", ["authors", "tiny"])
    def test_here_any_order_and_any_size_give_the_same(self, request, faces, name):
        """`authors` too: slot 0's vector is used for every row, as one face at a time was published."""
        model = request.getfixturevalue(name)
        whole = encode(model, faces)
        order = [3, 0, 4, 2, 1]
        shuffled = encode(model, faces[order])
        for size in (1, 2, 3) if name == "tiny" else (2,):
            parts = [encode(model, faces[start : start + size]) for start in range(0, len(faces), size)]
            for part in ("image", "noise", "fused", "homogeneity", "residual"):
                joined = torch.cat([getattr(piece, part) for piece in parts])
                assert torch.allclose(joined, getattr(whole, part), atol=SAME), f"{part}, batches of {size}"
        assert torch.allclose(shuffled.fused, whole.fused[order], atol=SAME)
        with torch.no_grad():
            assert torch.allclose(
                model.head_logits(shuffled.fused), model.head_logits(whole.fused)[order], atol=SAME
            )
        assert float((whole.fused[0] - whole.fused[1]).abs().max()) > 100 * SAME, "the faces do differ"

    @pytest.mark.parametrize("size", [1, 7, 25])
    def test_in_tiny_batches_of_any_size(self, tiny, faces, size):
        many = np.concatenate([faces] * 5)[:size]
        fused = encode(tiny, many).fused
        assert torch.allclose(fused[-1], fused[(size - 1) % 5], atol=SAME)


class _Scored(torch.nn.Module):
    """Faces to head logits, as one call."""

    def __init__(self, model) -> None:
        super().__init__()
        self.model = model

    def forward(self, faces):
        return self.model.head_logits(self.model.encode_faces(faces).fused)


def authors_logits(model, faces) -> torch.Tensor:
    with torch.no_grad():
        return model.head_logits(model.encode_faces(faces).fused)


class TestOneTokenAStreamAndNoPlaces_5_5:
    def test_in_authors_attention_is_over_two_tokens(self, authors, faces):
        with torch.no_grad():
            attention = authors.encode_faces(faces[:1], need_weights=True).attention
        assert {tuple(weights.shape) for weights in attention["image"]} == {(1, 8, 2, 2)}
        assert {tuple(weights.shape) for weights in attention["noise"]} == {(1, 8, 2, 2)}

    def test_in_authors_both_tokens_get_the_same_vector_for_a_place(self, authors):
        assert authors.image.token.slot_positions.shape == (24, 1, 512), (
            "slots × one × width: no place inside a face"
        )

    def test_in_tiny_attention_is_over_the_cells_of_a_grid(self, tiny, faces):
        with torch.no_grad():
            attention = tiny.encode_faces(faces[:1], need_weights=True).attention
        assert {weights.shape[-1] for weights in attention["image"]} == {197}
        assert {weights.shape[-1] for weights in attention["noise"]} == {50}

    @pytest.mark.parametrize("stream", ["image", "noise"])
    def test_in_tiny_cells_have_places(self, tiny, faces, random, stream):
        encoder = getattr(tiny, stream)
        grid = encoder.grid
        cells = output_of(encoder.stem, lambda: encode(tiny, faces[:1])).flatten(2)
        order = torch.randperm(cells.shape[-1], generator=random)
        shape = (1, -1, grid.side, grid.side)
        with torch.no_grad():
            here, there = (grid.read(grid.tokens(c.reshape(shape)))[0] for c in (cells, cells[..., order]))
            placeless = {"positions": torch.zeros_like(grid.positions)}
            flat = [
                functional_call(_Grid(grid), {f"grid.{k}": v for k, v in placeless.items()}, c.reshape(shape))
                for c in (cells, cells[..., order])
            ]
        assert float((here - there).abs().max()) > 1e-3, "the order of the cells is seen"
        assert torch.allclose(*flat, atol=1e-4), "and it is the places that show it"


class _Grid(torch.nn.Module):
    """Cells to embedding, as one call."""

    def __init__(self, grid) -> None:
        super().__init__()
        self.grid = grid

    def forward(self, cells):
        return self.grid.read(self.grid.tokens(cells))[0]


class TestPixelsGetNoGradient_5_8:
    def test_the_published_route_through_numpy_has_none(self, authors, faces):
        pixels = torch.tensor(faces[:1], dtype=torch.float32, requires_grad=True)
        authors.head_logits(authors.encode_faces(pixels.detach().numpy()).fused).sum().backward(
            inputs=[authors.head[1].bias, pixels]
        )
        assert authors.head[1].bias.grad is not None and pixels.grad is None
        authors.head[1].bias.grad = None

    @pytest.mark.parametrize("name", ["authors", "tiny"])
    @pytest.mark.parametrize("stream", ["image", "noise"])
    def test_here_every_stream_reaches_its_pixels(self, request, faces, name, stream):
        model = request.getfixturevalue(name)
        pixels = torch.tensor(faces[:1], dtype=torch.float32, requires_grad=True)
        encoding = model.encode_faces(pixels)
        (gradient,) = torch.autograd.grad(getattr(encoding, stream).square().sum(), pixels)
        assert bool(torch.isfinite(gradient).all()) and float(gradient.abs().max()) > 0
        # The image stream sees the whole face, the noise stream the richest quarter and nothing else.
        reached = quarters(gradient.movedim(-1, 1)).abs().amax(dim=(0, 2, 3, 4)) > 0
        chosen = torch.arange(4) == encoding.patch_index[0]
        assert reached.tolist() == (chosen if stream == "noise" else torch.ones(4, dtype=torch.bool)).tolist()

    def test_in_tiny_native_windows_get_gradients(self, tiny, faces):
        windows = quarters(torch.tensor(faces[:2]).movedim(-1, 1).float()).movedim(2, -1).requires_grad_()
        encoding = tiny.encode_faces(faces[:2], windows)
        (gradient,) = torch.autograd.grad(tiny.head_logits(encoding.fused)[:, 1].sum(), windows)
        reached = gradient.abs().amax(dim=(2, 3, 4)) > 0
        assert reached.tolist() == F.one_hot(encoding.patch_index, 4).bool().tolist()


class TestTheTruncationNeverActsAndTheFrameIsBright_5_9:
    @staticmethod
    def residual(model, faces) -> torch.Tensor:
        """Residual of the face's richest quarter, not of the golden noise."""
        picture = torch.tensor(faces[:1]).movedim(-1, 1).float()
        index = encode(model, faces[:1]).patch_index
        return model.noise.residual(take(quarters(picture), index))[0]

    @staticmethod
    def frame_over_inside(residual: torch.Tensor) -> float:
        inside = residual[:, 2:-2, 2:-2].abs()
        frame = (residual.abs().sum() - inside.sum()) / (residual.numel() - inside.numel())
        return float(frame / inside.mean())

    def test_in_authors_nothing_is_cut_off(self, authors, faces):
        assert float(self.residual(authors, faces).abs().max()) < 3

    def test_in_tiny_the_strongest_values_are_cut_off_and_most_are_not(self, tiny, faces):
        residual = self.residual(tiny, faces).abs()
        assert float(residual.max()) == 3
        assert 0.001 < float((residual == 3).float().mean()) < 0.5

    def test_in_authors_the_frame_outshines_the_inside(self, authors, faces):
        assert self.frame_over_inside(self.residual(authors, faces)) > 2

    def test_in_tiny_the_frame_is_like_the_inside(self, tiny, faces):
        assert 0.5 < self.frame_over_inside(self.residual(tiny, faces)) < 1.5


class TestTheAttentionScaleIsTooSmall_5_12:
    def test_in_tiny_it_is_the_heads_own_width(self, tiny, random):
        """64 equal-norm keys: the published scale would leave the rows flatter by the square root of the heads."""
        from mfclip.attention import attend, attention_weights

        attention = tiny.image.grid.transformer.resblocks[0].attn
        x = torch.randn(1, 5, TINY.image.width, generator=random)
        with torch.no_grad():
            _, weights = attend(attention, x, need_weights=True)
            qkv = F.linear(x, attention.in_proj_weight, attention.in_proj_bias)
            query, key, _ = (
                part.view(1, 5, TINY.image.heads, -1).transpose(1, 2) for part in qkv.chunk(3, dim=-1)
            )
            right = (query @ key.mT * (TINY.image.width / TINY.image.heads) ** -0.5).softmax(-1)
            published = (query @ key.mT * TINY.image.width**-0.5).softmax(-1)
        assert torch.allclose(weights, right, atol=1e-6)
        assert torch.allclose(attention_weights(query, key), right, atol=1e-6)
        assert not torch.allclose(weights, published, atol=1e-4)


class TestAWrongCheckpointLoadsWithoutComplaint_5_14:
    """Strict: no number is read before every key and shape fits."""

    @staticmethod
    def state() -> dict[str, torch.Tensor]:
        """The published keys and shapes, one shared zero."""
        return {
            key: torch.zeros(()).expand(shape)
            for key, shape in recorded.published_shapes().items()
            if key != recorded.CONSTANT
        }

    def refusal(self, **changes) -> str:
        state = self.state()
        for key, value in changes.items():
            state.pop(key, None)
            if value is not None:
                state[key] = value
        with pytest.raises(CheckpointError) as error:
            from_authors(state)
        return str(error.value)

    def test_a_missing_key_is_named_as_published(self):
        for key in (
            "visual.transformer_srm.layers.1.0.fn.fn.to_qkv.weight",
            "transformer.resblocks.11.mlp.c_fc.bias",
            "mlp_head.1.weight",
            "visual.cls_token_rm",
        ):
            assert f"missing ['{key}']" in self.refusal(**{key: None})

    def test_an_extra_key_is_named(self):
        message = self.refusal(**{"visual.conv9.weight": torch.zeros(3)})
        assert "extra ['visual.conv9.weight']" in message and "missing none" in message

    def test_the_77_places_of_the_old_inference_class_are_refused(self):
        message = self.refusal(positional_embedding=torch.zeros(77, 512))
        assert "positional_embedding (77, 512) instead of (308, 512)" in message

    def test_a_prefix_of_data_parallel_is_refused_with_the_remedy(self):
        with pytest.raises(CheckpointError, match="without a 'module.' prefix"):
            from_authors({f"module.{key}": value for key, value in self.state().items()})

    def test_another_kernel_is_refused(self):
        assert "not the published SRM kernel" in self.refusal(**{recorded.CONSTANT: torch.zeros(3, 3, 5, 5)})

    def test_every_published_key_has_a_place(self, authors):
        from mfclip.convert import our_key

        places = {our_key(key) for key in self.state()}
        derived = {
            key for key in authors.state_dict() if key.endswith("in_proj_bias") and "language" not in key
        }
        assert len(places) == len(self.state()) and places | derived == set(authors.state_dict())
        assert AUTHORS.image.layers + AUTHORS.noise.layers == len(derived)
