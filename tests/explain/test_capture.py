"""A stream in steps is the stream: the same feature from any layer, and open_clip's own forward."""

from dataclasses import replace

import pytest
import torch

from explain.capture import open_stream, picture_of, rest_of
from explain.cost import counting, forward_operations
from explain.subject import Subject
from tests.explain.conftest import crops


@pytest.mark.parametrize("stream", ["image", "noise"])
def test_the_feature_follows_from_the_tokens_of_any_layer(subject, stream):
    tower = open_stream(subject, stream)
    whole = subject.image if stream == "image" else subject.noise
    with torch.no_grad():
        cells = tower.cells(picture_of(subject, stream))
        assert cells.shape[1] == tower.side**2
        for layer in tower.layers:
            torch.testing.assert_close(tower.onward(layer, tower.at(layer, cells)), whole, atol=1e-5, rtol=0)
    assert torch.equal(rest_of(subject, stream), subject.noise if stream == "image" else subject.image)


def clip_detector():
    from mfclip import Detector
    from mfclip.config import TINY
    from mfclip.model import MFCLIP

    image = replace(
        TINY.image, kind="clip", stem=(), patch=32, width=32, layers=2, heads=2, activation="quick_gelu"
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        return Detector(MFCLIP(replace(TINY, image=image)), "small-clip")


@pytest.fixture(scope="module")
def clip():
    detector = clip_detector()
    return Subject.of(detector, detector(crops()[0], cropped=True))


def test_a_clip_tower_in_steps_is_open_clips_own_forward(clip):
    encoder, tower = clip.model.image, open_stream(clip, "image")
    assert tower.side == 7
    faces = torch.cat([clip.face, clip.face.flip(-1)])
    with torch.no_grad():
        theirs = encoder.tower((faces - encoder.mean) / encoder.std)
        cells = tower.cells(faces)
        for layer in tower.layers:
            torch.testing.assert_close(tower.onward(layer, tower.at(layer, cells)), theirs, atol=1e-5, rtol=0)


def test_attention_is_what_open_clips_blocks_use(clip):
    tower = open_stream(clip, "image")
    with torch.no_grad():
        cells = tower.cells(clip.face)
        found = tower.attention(cells)
        tokens = tower.at("0", cells)
        for block, weights in zip(tower.blocks, found, strict=True):
            normed = block.ln_1(tokens)
            _, theirs = block.attn(normed, normed, normed, need_weights=True, average_attn_weights=False)
            torch.testing.assert_close(weights, theirs, atol=1e-5, rtol=0)
            tokens = block(tokens)


def test_streams_without_places_are_refused_with_a_remedy(smalls):
    authors, deaf = (
        Subject.of(smalls[kind], smalls[kind](crops()[0], cropped=True)) for kind in ("authors", "deaf")
    )
    for stream in ("image", "noise"):
        with pytest.raises(
            ValueError, match=f"The {stream} stream .* single token.* use pixels or occlusion"
        ):
            open_stream(authors, stream)
    with pytest.raises(ValueError, match="has no noise stream; choose the image stream"):
        open_stream(deaf, "noise")
    with pytest.raises(ValueError, match="stream is 'sound'; allowed are 'image', 'noise'"):
        open_stream(authors, "sound")


def test_operations_are_counted_as_pytorch_counts_them(subject):
    from torch.utils.flop_counter import FlopCounterMode

    face, residual = subject.face, subject.residual
    with FlopCounterMode(display=False) as theirs, torch.no_grad():
        subject.value_of_pixels(face, residual)
    # Measured once a model, perhaps with a hierarchy of other rows: a few similarities more or less.
    assert forward_operations(subject) == pytest.approx(
        theirs.get_total_flops(), rel=1e-4
    ) and forward_operations(subject)
    with counting(subject) as cost, torch.no_grad():
        subject.value_of_pixels(subject.face.expand(3, -1, -1, -1), subject.residual.expand(3, -1, -1, -1))
    assert cost.passes == pytest.approx(3, rel=1e-3)
    with counting(subject) as cost:
        leaf = subject.face.clone().requires_grad_()
        subject.value_of_pixels(leaf, subject.residual).sum().backward()
    assert 1.5 < cost.passes < 2.1  # a backward pass to the face is about one more
