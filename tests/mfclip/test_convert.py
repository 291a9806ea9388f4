"""Weights of others. The strictness of `from_authors` is in test_faults.py (5.14), its numbers in test_parity.py."""

import open_clip
import pytest
import torch

from mfclip import MFCLIP, CheckpointError
from mfclip.config import AUTHORS, CLIP_B16, TINY
from mfclip.convert import convert_state, from_open_clip, load_open_clip, our_key
from mfclip.prompts import published_hierarchy
from mfclip.tokens import tokenize
from mfclip.vision import CLIP_MEAN, CLIP_STD

TOWERS = 1e-4  # twelve blocks in float32, sums in another order

QKV = "visual.transformer{}.layers.0.0.fn.fn.to_qkv.weight"


@pytest.mark.parametrize(("stream", "part"), [("", AUTHORS.image), ("_srm", AUTHORS.noise)])
def test_the_attention_scale_is_folded_into_the_query_rows(stream, part):
    published = torch.ones(3 * part.width, part.width)
    converted = convert_state({QKV.format(stream): published})
    (weight,) = (value for key, value in converted.items() if key.endswith("in_proj_weight"))
    (bias,) = (value for key, value in converted.items() if key.endswith("in_proj_bias"))
    # q·k / √(width/heads) with our q equals q·k / √width with theirs
    assert torch.allclose(
        weight[: part.width] * (part.width / part.heads) ** -0.5, published[:1] * part.width**-0.5
    )
    assert torch.equal(weight[part.width :], published[part.width :]) and not bias.any()
    assert float(published.min()) == 1, "the state dict that was passed is left as it was"


def test_half_precision_is_widened_before_the_scale_is_folded():
    published = torch.full((1536, 512), 0.1, dtype=torch.float16)
    converted = convert_state({QKV.format(""): published})
    weight = converted["image.token.transformer.resblocks.0.attn.in_proj_weight"]
    assert weight.dtype == torch.float32
    assert float(weight[0, 0]) == pytest.approx(float(published[0, 0]) * 8**-0.5, rel=1e-6)


@pytest.mark.parametrize(
    "key", ["", "visual", "visual.transformer.layers.0.2.weight", "module.SPA", "SPA2", "predictor"]
)
def test_strange_keys_have_no_place(key):
    assert our_key(key) is None


class TestClipB16:
    """Random weights: the shapes and the arithmetic are CLIP's; no download."""

    @pytest.fixture(scope="class")
    def clip(self):
        torch.manual_seed(3)
        return open_clip.create_model("ViT-B-16-quickgelu", pretrained=None).eval()

    @pytest.fixture(scope="class")
    def ours(self, clip):
        model = MFCLIP(CLIP_B16).eval()
        load_open_clip(model, clip)
        return model

    def test_the_image_tower_is_open_clips(self, clip, ours, faces):
        pixels = torch.tensor(faces[:2]).movedim(-1, 1).float()
        mean, std = (torch.tensor(values).view(3, 1, 1) for values in (CLIP_MEAN, CLIP_STD))
        with torch.no_grad():
            theirs = clip.encode_image((pixels / 255 - mean) / std)
            for need_weights in (False, True):
                embedding, (hidden, weights) = ours.image(pixels, need_weights)
                assert torch.allclose(embedding, theirs, atol=TOWERS)
        assert hidden.shape == (2, 197, 768) and len(weights) == 12

    def test_the_text_tower_is_open_clips(self, clip, ours):
        sentences = list(published_hierarchy().sentences)[:4]
        with torch.no_grad():
            theirs = clip.encode_text(open_clip.tokenize(sentences))
            assert torch.allclose(ours.language(tokenize(sentences)), theirs, atol=TOWERS)

    def test_the_scale_is_open_clips(self, clip, ours):
        assert ours.logit_scale.detach() == clip.logit_scale.detach()

    def test_the_rest_keeps_its_weights_and_everything_runs(self, ours, faces):
        with torch.no_grad():
            encoding = ours.encode_faces(faces[:1])
            text = ours.encode_descriptions([list(row.sentences) for row in published_hierarchy()][:2])
            assert ours.similarities(encoding.fused, text).shape == (1, 2)
        assert encoding.fused.shape == (1, 512)

    def test_a_model_of_another_shape_is_refused(self, clip):
        with torch.device("meta"):
            small = MFCLIP(TINY)
        with pytest.raises(CheckpointError, match="does not fit configuration 'tiny': missing|extra"):
            load_open_clip(small, clip)

    def test_the_wrong_activation_is_refused(self, clip):
        with torch.device("meta"):
            ours, gelu = MFCLIP(CLIP_B16), open_clip.create_model("ViT-B-16", pretrained=None, device="meta")
        with pytest.raises(
            CheckpointError, match="image tower with GELU instead of QuickGELU; text tower with GELU"
        ):
            load_open_clip(ours, gelu)

    def test_keys_of_other_models_are_refused(self):
        with pytest.raises(CheckpointError, match=r"holds \['logit_bias'\]"):
            from_open_clip({"logit_scale": torch.ones(1), "logit_bias": torch.ones(1)})
