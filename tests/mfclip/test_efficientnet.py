"""EfficientNet-Lite's first stages: padding, shapes, and the published network's own numbers after conversion."""

import dataclasses
import math

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from mfclip.config import CLIP_B16, TINY
from mfclip.convert import TRUNK, from_efficientnet_lite, load_efficientnet_lite
from mfclip.efficientnet import STAGES, EfficientNetTrunk, SamePadding
from mfclip.errors import CheckpointError
from mfclip.model import MFCLIP
from mfclip.training import trunk as trunk_file
from mfclip.training.trunk import imagenet_trunk
from mfclip.vision import ConvImageEncoder

NARROW = (4, 4, 6, 8, 6, 10)


def published(channels=NARROW, stages=STAGES) -> dict[str, torch.Tensor]:
    """A made-up state in the names of EfficientNet-PyTorch, batch norms as a trained network has them."""
    random = torch.Generator().manual_seed(3)
    state: dict[str, torch.Tensor] = {}

    def part(convolution: str, norm: str, shape: tuple[int, ...]) -> None:
        state[f"{convolution}.weight"] = torch.randn(shape, generator=random) / math.prod(shape[1:]) ** 0.5
        for name in ("weight", "running_var"):
            state[f"{norm}.{name}"] = 0.5 + torch.rand(shape[0], generator=random)
        for name in ("bias", "running_mean"):
            state[f"{norm}.{name}"] = torch.randn(shape[0], generator=random)

    part("_conv_stem", "_bn0", (channels[0], 3, 3, 3))
    inputs, number = channels[0], 0
    for stage, outputs in zip(stages, channels[1:], strict=False):
        for _ in range(stage.blocks):
            width, block = inputs * stage.expansion, f"_blocks.{number}."
            if stage.expansion > 1:
                part(f"{block}_expand_conv", f"{block}_bn0", (width, inputs, 1, 1))
            part(f"{block}_depthwise_conv", f"{block}_bn1", (width, 1, stage.kernel, stage.kernel))
            part(f"{block}_project_conv", f"{block}_bn2", (outputs, width, 1, 1))
            inputs, number = outputs, number + 1
    return state


def padded(x, weight, stride, groups):
    """TensorFlow's 'SAME', written from its rule: as many outputs as ⌈S/stride⌉, the odd pixel of padding last."""
    kernel = weight.shape[-1]
    whole = max((math.ceil(x.shape[-1] / stride) - 1) * stride + kernel - x.shape[-1], 0)
    x = F.pad(x, (whole // 2, whole - whole // 2, whole // 2, whole - whole // 2))
    return F.conv2d(x, weight, None, stride, 0, 1, groups)


def as_published(state, x, channels):
    """The network in the published names, with its batch norms, block by block."""

    def part(x, convolution, norm, stride=1, groups=1, active=True):
        x = padded(x, state[f"{convolution}.weight"], stride, groups)
        mean, variance, weight, bias = (
            state[f"{norm}.{name}"] for name in ("running_mean", "running_var", "weight", "bias")
        )
        x = F.batch_norm(x, mean, variance, weight, bias, training=False, eps=1e-3)
        return x.clamp(0, 6) if active else x

    x, inputs, number = part(x, "_conv_stem", "_bn0", 2), channels[0], 0
    for stage, outputs in zip(STAGES, channels[1:], strict=False):
        for place in range(stage.blocks):
            stride, block, before = (1 if place else stage.stride), f"_blocks.{number}.", x
            if stage.expansion > 1:
                x = part(x, f"{block}_expand_conv", f"{block}_bn0")
            x = part(x, f"{block}_depthwise_conv", f"{block}_bn1", stride, x.shape[1])
            x = part(x, f"{block}_project_conv", f"{block}_bn2", active=False)
            if stride == 1 and inputs == outputs:
                x = x + before
            inputs, number = outputs, number + 1
    return x


@pytest.mark.parametrize(("kernel", "stride"), [(1, 1), (3, 1), (5, 1), (3, 2), (5, 2)])
@pytest.mark.parametrize("side", [8, 14])
def test_padding_is_tensorflow_s(kernel, stride, side, random):
    layer = SamePadding(2, 4, kernel, stride)
    x = torch.randn(1, 2, side, side, generator=random)
    assert torch.allclose(layer(x), padded(x, layer.weight, stride, 1) + layer.bias[:, None, None], atol=1e-5)


@pytest.mark.parametrize(("kernel", "stride"), [(1, 1), (3, 1), (3, 2), (5, 1), (5, 2)])
def test_off_the_cpu_the_map_itself_is_padded_to_the_same_size(kernel, stride):
    x = torch.zeros(2, 3, 16, 16, device="meta")
    assert SamePadding(3, 4, kernel, stride).to("meta")(x).shape == (2, 4, 16 // stride, 16 // stride)


def test_the_published_network_s_numbers_survive_the_folding(random):
    state = published()
    trunk = EfficientNetTrunk(NARROW)
    trunk.load_state_dict(from_efficientnet_lite(state), strict=True)
    x = torch.rand(2, 3, 64, 64, generator=random) * 2 - 1
    with torch.no_grad():
        ours, theirs = trunk(x), as_published(state, x, NARROW)
    assert ours.shape == (2, NARROW[-1], 4, 4)
    assert torch.allclose(ours, theirs, atol=1e-4 * float(theirs.abs().max()))


def test_imagenet_s_weights_are_what_the_published_network_computes(random):
    """The real file, in the shipped configuration."""
    state = torch.load(trunk_file.weights_file(), map_location="cpu", weights_only=True)
    torch.manual_seed(0)
    model = MFCLIP(TINY)
    other = {key: value.clone() for key, value in model.state_dict().items() if not key.startswith(TRUNK)}
    load_efficientnet_lite(model, imagenet_trunk())
    x = torch.rand(1, 3, 224, 224, generator=random) * 2 - 1
    with torch.no_grad():
        ours, theirs = model.image.stem[0](x), as_published(state, x, TINY.image.stem)
    assert ours.shape == (1, 112, 14, 14)
    assert torch.allclose(ours, theirs, atol=1e-4 * float(theirs.abs().max()))
    assert all(torch.equal(value, model.state_dict()[key]) for key, value in other.items())


def test_other_weights_under_the_file_s_name_are_refused(tmp_path, monkeypatch):
    (tmp_path / "other.pth").write_bytes(b"not the file")
    monkeypatch.setattr(trunk_file, "weights_file", lambda: tmp_path / "other.pth")
    with pytest.raises(CheckpointError, match="is not the file that is meant .*install .* anew"):
        imagenet_trunk()


def test_a_missing_package_is_said_with_its_remedy(monkeypatch):
    monkeypatch.setattr(trunk_file, "PACKAGE", "no_such_package")
    with pytest.raises(ValueError, match="no-such-package is not installed.*extra `teacher`"):
        imagenet_trunk()


def test_states_that_are_something_else_are_refused():
    state = published()
    del state["_blocks.3._bn1.bias"]
    with pytest.raises(CheckpointError, match="_blocks.3._bn1.bias.*no EfficientNet-Lite"):
        from_efficientnet_lite(state)


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (
            dataclasses.replace(TINY, image=dataclasses.replace(TINY.image, stem=(32, 16, 24, 40, 80, 96))),
            r"\(112,\) instead of \(96,\)",
        ),
        (CLIP_B16, "'clip': it has no trunk"),
    ],
)
def test_a_model_without_such_a_trunk_is_refused(config, words):
    with torch.device("meta"):
        model = MFCLIP(config)
    with pytest.raises(CheckpointError, match=words):
        load_efficientnet_lite(model, imagenet_trunk())


@pytest.mark.parametrize(
    ("stem", "patch", "words"),
    [
        (NARROW, 8, "16 times smaller; tokens of 8 px do not fit it"),
        ((4,), 16, "1 numbers of channels.*give 2 to 8"),
    ],
)
def test_a_stem_that_does_not_fit_is_refused(stem, patch, words):
    with pytest.raises(ValueError, match=words):
        ConvImageEncoder(dataclasses.replace(TINY.image, stem=stem, patch=patch), TINY.embed_dim)


def test_what_may_move_mixes_channels_at_the_token_grid_s_size():
    trunk = EfficientNetTrunk(TINY.image.stem)
    late = list(trunk.late)
    assert len(late) == 10 and all(isinstance(part, nn.Conv2d) for part in late)
    assert all(part.kernel_size == (1, 1) for part in late)
    assert late[0] is trunk.blocks[6].expand and late[-1] is trunk.blocks[10].project


def test_picture_by_picture_is_the_whole_batch(random):
    trunk = EfficientNetTrunk(NARROW)
    x = torch.rand(3, 3, 64, 64, generator=random) * 2 - 1
    with torch.no_grad():
        alone = trunk(x)
    assert torch.allclose(alone, trunk(x).detach(), atol=1e-5)
