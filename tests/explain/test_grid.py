"""Attribution to tokens: Captum's layer methods agree, every layer adds up, and a known trap stays known."""

import numpy as np
import pytest
import torch
from captum.attr import LayerGradientXActivation, LayerIntegratedGradients
from torch import nn

from explain import grid
from explain.capture import open_stream, picture_of, rest_of
from explain.subject import Subject
from tests.explain.conftest import crops, make_small
from tests.explain.planted import COLUMNS, ROWS, SHARE, outside, planted_subject


@pytest.fixture(scope="module")
def small(smalls):
    detector = smalls["each"]
    return Subject.of(detector, detector(crops()[0], cropped=True))


class OpenClipsOwn(nn.Module):
    """A stream of a small detector from its stem's cells on, through open_clip's own blocks, for Captum to hook."""

    def __init__(self, subject, stream):
        super().__init__()
        detector = make_small()  # a model of its own: Captum hooks it
        encoder = detector.model.image if stream == "image" else detector.model.noise
        self.stem, self.grid, self.stream = encoder.stem, encoder.grid, stream
        self.value, self.rest = subject.value, rest_of(subject, stream)

    def forward(self, picture):
        cells = self.stem(picture / 127.5 - 1 if self.stream == "image" else picture)
        x = self.grid.tokens(cells)
        for block in self.grid.transformer.resblocks:
            x = block(x)
        return self.value(self.grid.projection(self.grid.ln_post(x[:, 0])) + self.rest)


def layer_of(own, layer):
    return own.stem if layer == "stem" else own.grid.transformer.resblocks[int(layer)]


def per_cell(attribution, layer):
    values = attribution.detach()[0]
    return (values.flatten(1).sum(dim=0) if layer == "stem" else values.sum(dim=-1)).numpy()


def ours(result, layer):
    cells = result.values["map"].ravel()
    return cells if layer == "stem" else np.array([float(result.values["class token"]), *cells])


@pytest.mark.parametrize("stream", ["image", "noise"])
@pytest.mark.parametrize("layer", ["stem", "0", "1"])
def test_gradient_times_activation_is_captums(small, stream, layer):
    own = OpenClipsOwn(small, stream)
    picture = picture_of(small, stream).clone().requires_grad_()
    theirs = LayerGradientXActivation(own, layer_of(own, layer)).attribute(
        picture, attribute_to_layer_input=layer != "stem"
    )
    result = grid.METHOD.run(small, stream=stream, layer=layer, reference="zero", steps=1)
    np.testing.assert_allclose(ours(result, layer), per_cell(theirs, layer), atol=1e-4)
    np.testing.assert_allclose(
        ours(result, layer), per_cell(theirs, layer), atol=1e-3 * abs(ours(result, layer)).max() + 1e-7
    )
    assert result.gap is None


@pytest.mark.parametrize("layer", ["stem", "1"])
def test_the_integral_is_captums_layer_integrated_gradients(small, layer):
    own = OpenClipsOwn(small, "image")
    theirs = LayerIntegratedGradients(own, layer_of(own, layer)).attribute(
        small.face.clone().requires_grad_(),
        torch.zeros_like(small.face),
        n_steps=64,
        internal_batch_size=16,
        attribute_to_layer_input=layer != "stem",
    )
    result = grid.METHOD.run(small, layer=layer, reference="black", steps=64)
    np.testing.assert_allclose(ours(result, layer), per_cell(theirs, layer), atol=1e-4)
    assert result.gap < 0.01


@pytest.mark.parametrize("stream", ["image", "noise"])
def test_every_layer_shares_out_the_same_difference(subject, stream):
    totals = []
    for layer in open_stream(subject, stream).layers:
        result = grid.METHOD.run(subject, stream=stream, layer=layer, reference="black", steps=8)
        values = result.values
        assert result.gap < 0.01
        assert float(values["map"].sum() + values["class token"]) == pytest.approx(float(values["total"]))
        totals.append(float(values["difference"]))
    np.testing.assert_allclose(totals, totals[0], atol=1e-5)
    assert len(totals) > 2


def test_before_the_last_block_gradient_times_activation_of_cells_is_nothing(subject):
    # Behind a layer normalisation the gradient is orthogonal to what went in: Euler's theorem, not a finding.
    zero = grid.METHOD.run(subject, layer="2", reference="zero", steps=1)
    other = grid.METHOD.run(subject, layer="2", reference="black", steps=1)
    assert np.abs(zero.values["map"]).max() < 1e-5 < 1e-3 < np.abs(other.values["map"]).sum()
    assert any("by construction" in note for note in zero.notes)
    assert not any("by construction" in note for note in other.notes)


@pytest.mark.parametrize("steps", [1, 8])
def test_the_planted_corner_gets_everything(steps):
    subject = planted_subject()
    values = grid.METHOD.run(subject, reference="black", steps=steps).values
    np.testing.assert_allclose(values["map"][ROWS, COLUMNS], 200 * SHARE, rtol=1e-4)
    np.testing.assert_allclose(outside(values["map"]), 40 * SHARE, rtol=1e-4)
    # Nothing is mixed before the only block, and its class token begins as a constant.
    later = grid.METHOD.run(subject, layer="0", reference="black", steps=steps).values
    np.testing.assert_allclose(later["map"], values["map"], rtol=1e-4)
    assert float(later["class token"]) == 0


def test_references_are_what_they_say(small):
    tower = open_stream(small, "noise")
    with torch.no_grad():
        cells = tower.cells(small.residual)
        none = tower.at("1", tower.cells(torch.zeros_like(small.residual)))
        for name in ("mean colour", "white"):
            torch.testing.assert_close(grid.reference_tokens(small, tower, "1", cells, name), none)
        average = grid.reference_tokens(small, tower, "stem", cells, "average cell")
        torch.testing.assert_close(average[0, 5], cells[0].mean(dim=0))
        assert not grid.reference_tokens(small, tower, "0", cells, "zero").any()


def test_wrong_layers_and_streams_are_refused(small, smalls):
    with pytest.raises(ValueError, match="layer is '7'; the image stream has 'stem', '0', '1'"):
        grid.METHOD.run(small, layer="7")
    authors = smalls["authors"]
    with pytest.raises(ValueError, match="single token"):
        grid.METHOD.run(Subject.of(authors, authors(crops()[0], cropped=True)))


def test_a_layers_cost_is_that_of_what_runs(subject):
    pixels = grid.METHOD.run(subject, steps=8, limit=8, layer="stem").cost
    later = grid.METHOD.run(subject, steps=8, limit=8, layer="2").cost
    assert later < pixels < 2 * 8 + 4
