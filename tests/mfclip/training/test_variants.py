import dataclasses
import json

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from mfclip import MFCLIP, Config, losses
from mfclip.config import AUTHORS, CLIP_B16, TINY
from mfclip.hub import write_checkpoint
from mfclip.training.recipes import PAIRS, SMOKE, Recipe
from mfclip.training.recipes import TINY as TINY_RECIPE
from mfclip.training.variants import FULL, PUBLISHED_SLOTS, VARIANTS, check_recipe, fit_batch, variant

CHANGED = {
    "no-noise": "noise",
    "no-gate": "alignment",
    "free-gate": "alignment",
    "joint-text": "text",
    "plain-stem": "image",
}
ROWS = [list(row.sentences) for row in TINY.hierarchy]
SAME = 1e-4  # batch invariance, design §8


@pytest.fixture(scope="module", params=sorted(CHANGED))
def changed(request) -> MFCLIP:
    """A model of each variant with random weights."""
    torch.manual_seed(0)
    return MFCLIP(variant(request.param, TINY)).eval()


@pytest.fixture(scope="module")
def faces() -> np.ndarray:
    return np.random.default_rng(3).integers(0, 255, (3, 224, 224, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    ("name", "config"),
    [(name, config) for name in sorted(CHANGED) for config in (TINY, CLIP_B16) if name != "plain-stem"]
    + [("plain-stem", TINY)],
)
def test_a_variant_changes_its_part_alone_and_says_so(name, config):
    other = variant(name, config)
    differing = {
        f.name for f in dataclasses.fields(Config) if getattr(other, f.name) != getattr(config, f.name)
    }
    assert differing == {"name", CHANGED[name]} and other.name == f"{config.name}-{name}"
    assert set(other.to_dict()) == set(config.to_dict())
    assert Config.from_dict(json.loads(json.dumps(other.to_dict()))) == other


def test_every_variant_is_covered_here_and_full_is_the_configuration_itself():
    assert set(CHANGED) | {FULL} == set(VARIANTS) and variant(FULL, TINY) is TINY


def test_unknown_names_and_the_published_configuration_are_refused():
    with pytest.raises(ValueError, match="The variant is 'no-head'; there are free-gate, full,"):
        variant("no-head", TINY)
    with pytest.raises(ValueError, match="published computation has no variants"):
        variant("no-noise", AUTHORS)
    with pytest.raises(ValueError, match="configuration 'clip-b16' has none: take tiny"):
        variant("plain-stem", CLIP_B16)


def test_a_checkpoint_of_a_variant_loads_and_judges(changed, faces, tmp_path):
    import mfclip

    write_checkpoint(tmp_path / "it", changed.config.to_dict(), changed.state_dict(), "card")
    detector = mfclip.load(tmp_path / "it", device="cpu")
    verdict = detector(faces[0], cropped=True)
    assert 0 < verdict.probability < 1 and verdict.patch.residual.shape == (3, 112, 112)
    with torch.no_grad():
        crop = verdict.face.crop
        encoding = detector.model.encode_faces(crop.face[None], crop.windows[None])
        expected = detector.model.similarities(encoding.fused, detector.model.encode_descriptions(ROWS))[0]
    told = [view.similarity for view in verdict.descriptions]
    assert np.allclose(told, expected, atol=SAME), "through the memory of sentences, too"
    edited = detector.revise(verdict, type(verdict.hierarchy)(verdict.hierarchy.descriptions[:3]))
    assert [view.similarity for view in edited.descriptions] == pytest.approx(told[:3], abs=SAME)


def test_rows_are_independent_and_pixels_get_gradients(changed, faces):
    with torch.no_grad():
        whole = changed.encode_faces(faces)
        alone = torch.cat([changed.encode_faces(faces[i : i + 1]).fused for i in (2, 0, 1)])
    assert torch.allclose(alone, whole.fused[[2, 0, 1]], atol=SAME)
    pixels = torch.tensor(faces[:1]).float().requires_grad_()
    encoding = changed.encode_faces(pixels)
    margin = changed.head_logits(encoding.fused)[0, 1]
    gradient, of_residual = torch.autograd.grad(margin, (pixels, encoding.residual))
    assert bool(torch.isfinite(gradient).all()) and float(gradient.abs().max()) > 0
    assert (float(of_residual.abs().max()) > 0) == (changed.config.noise.kind != "none")


def test_every_parameter_of_a_variant_learns(changed):
    config, count = changed.config, 4
    free = config.alignment.kind == "free"
    if free:  # a smaller table of the same sort: 24 pictures take long
        config = dataclasses.replace(config, alignment=dataclasses.replace(config.alignment, slots=count))
    pictures = np.random.default_rng(4).integers(0, 255, (count, 224, 224, 3), dtype=np.uint8)
    model = MFCLIP(config).train()
    rows = ROWS[: count if free else 2]
    caption = torch.arange(count) % len(rows)
    encoding, text = model.encode_faces(pictures), model.encode_descriptions(rows)
    gates = model.alignment(encoding.direction, F.normalize(text, dim=-1))
    loss = F.cross_entropy(model.head_logits(encoding.fused), caption % 2)
    loss = loss + losses.contrastive(model.similarities(encoding.fused, text), gates, caption)
    loss = loss + losses.predicted_text(model.predict_text(encoding.fused), text[caption], 0.5)
    loss.backward()
    dead = [
        name for name, p in model.named_parameters() if p.grad is None or not bool(p.grad.abs().max() > 0)
    ]
    assert dead == []


def test_without_the_noise_stream_the_image_stream_is_all_there_is(faces):
    torch.manual_seed(1)
    model = MFCLIP(variant("no-noise", TINY)).eval()
    with torch.no_grad():
        encoding = model.encode_faces(faces, need_weights=True)
    assert torch.equal(encoding.fused, encoding.image) and not bool(encoding.noise.any())
    assert torch.equal(encoding.patch_index, encoding.homogeneity.argmin(dim=1))
    assert encoding.attention["noise"] == () and len(encoding.attention["image"]) == TINY.image.layers
    assert not any(name.startswith("noise") for name in model.state_dict())


@pytest.mark.parametrize("recipe", [TINY_RECIPE, PAIRS, SMOKE], ids=lambda recipe: recipe.name)
@pytest.mark.parametrize("size", [2, 7, PUBLISHED_SLOTS])
def test_a_batch_is_brought_to_a_size_in_proportion(recipe, size):
    fitted = fit_batch(recipe, size)
    assert fitted.reals + fitted.pairs + fitted.forgeries == size
    whole = recipe.reals + recipe.pairs + recipe.forgeries
    for name in ("reals", "pairs", "forgeries"):
        assert abs(getattr(fitted, name) - size * getattr(recipe, name) / whole) <= 2
    assert fit_batch(recipe, whole) == recipe


def test_a_batch_of_one_is_refused():
    with pytest.raises(ValueError, match="A batch of 1 was asked for"):
        fit_batch(TINY_RECIPE, 1)


def test_recipes_that_a_variant_cannot_follow_are_refused():
    free, joint = variant("free-gate", TINY), variant("joint-text", TINY)
    with pytest.raises(ValueError, match=r"The batch has 6 pictures .* make their sum 24"):
        check_recipe(free, SMOKE)
    with pytest.raises(ValueError, match="set text to 'trained'"):
        check_recipe(joint, Recipe(text="frozen"))
    check_recipe(free, fit_batch(SMOKE, PUBLISHED_SLOTS))
    check_recipe(joint, Recipe(text="trained"))
    check_recipe(TINY, SMOKE)
