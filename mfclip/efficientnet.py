"""The convolutional trunk of `tiny`'s image stream: the first stages of EfficientNet-Lite0, down to the token grid.

Inverted residual blocks (Sandler et al., arXiv 1801.04381) in the widths of EfficientNet (Tan and Le, arXiv
1905.11946), in its Lite form: no squeeze-and-excitation, ReLU6. A network that has seen a million photographs knows
what skin, hair and lenses look like before it sees the first forgery; a few thousand faces cannot teach that. Its
published batch normalisations are folded into the convolutions before them (`mfclip.convert.from_efficientnet_lite`):
a batch of half forged, re-saved faces would only unsettle their statistics, and a block without them is exact, smaller
and faster.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F


@dataclass(frozen=True)
class Stage:
    """A stage of EfficientNet-B0 and Lite0: side of the kernel, stride of its first block, expansion, blocks."""

    kernel: int
    stride: int
    expansion: int
    blocks: int


STAGES = (
    Stage(3, 1, 1, 1),
    Stage(3, 2, 6, 2),
    Stage(5, 2, 6, 2),
    Stage(3, 2, 6, 3),
    Stage(5, 1, 6, 3),
    Stage(5, 2, 6, 4),
    Stage(3, 1, 6, 1),
)
"""EfficientNet's table 1; Lite leaves the first and last stage unscaled, which at Lite0 is the same."""


class SamePadding(nn.Conv2d):
    """Convolution padded as TensorFlow's 'SAME' does, which the published weights were trained with.

    (B, inputs, S, S) → (B, outputs, ⌈S/stride⌉, ⌈S/stride⌉), S even; where the padding is odd, right and bottom get
    the larger half. kernel is no smaller than stride.
    """

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> None:
        super().__init__(inputs, outputs, kernel, stride, groups=groups)
        self.less, odd = divmod(kernel - stride, 2)
        self.odd = bool(odd)
        nn.init.kaiming_normal_(self.weight, mode="fan_in", nonlinearity="relu")
        nn.init.zeros_(self.bias)  # type: ignore[arg-type]

    def forward(self, pixels: Tensor) -> Tensor:
        """(B, inputs, S, S), S even → (B, outputs, ⌈S/stride⌉, ⌈S/stride⌉)."""
        weight, padding, apart = self.weight, self.less, 1
        on_cpu = pixels.device.type == "cpu"
        if self.odd and on_cpu:
            # A row and a column of zeros before the kernel shift it by the odd pixel; a padded copy of the map would
            # cost more than the taps that see nothing.
            weight, padding = F.pad(weight, (1, 0, 1, 0)), self.less + 1
        elif self.odd:
            pixels, padding = F.pad(pixels, (self.less, self.less + 1) * 2), 0
        elif self.kernel_size == (1, 1) and on_cpu and torch.backends.mkldnn.is_available():
            # A 1×1 kernel has no second tap, so dilation changes no number; but with one thread PyTorch leaves a
            # dilated convolution to oneDNN and a plain one to a matrix product of MKL, which is slow on AMD's CPUs.
            apart = 2
        return F.conv2d(pixels, weight, self.bias, self.stride, padding, apart, self.groups)


class InvertedResidual(nn.Module):
    """Expand, look at neighbours channel by channel, project; added to what came in where the shape stays.

    (B, inputs, S, S) → (B, outputs, S/stride, S/stride).
    """

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        width = inputs * expansion
        self.expand = SamePadding(inputs, width, 1) if expansion > 1 else None
        self.depthwise = SamePadding(width, width, kernel, stride, groups=width)
        self.project = SamePadding(width, outputs, 1)
        nn.init.kaiming_normal_(self.project.weight, mode="fan_in", nonlinearity="linear")
        self.residual = stride == 1 and inputs == outputs

    def forward(self, cells: Tensor) -> Tensor:
        """(B, inputs, S, S) → (B, outputs, S/stride, S/stride)."""
        x = cells if self.expand is None else F.relu6(self.expand(cells), inplace=True)
        x = self.project(F.relu6(self.depthwise(x), inplace=True))
        return cells + x if self.residual else x


class EfficientNetTrunk(nn.Module):
    """First convolution and first stages of EfficientNet-Lite: (B, 3, S, S) in −1..1 → (B, channels[-1], S/r, S/r).

    channels: of the first convolution, then of each stage; at most one stage more than STAGES. reduction: r, how many
    times smaller the last map is.
    Published pixels were (x − 127)/128, less than a grey level from −1..1.
    """

    def __init__(self, channels: Sequence[int]) -> None:
        super().__init__()
        if not 2 <= len(channels) <= len(STAGES) + 1:
            raise ValueError(
                f"The trunk has {len(channels)} numbers of channels; EfficientNet has a first convolution and up to "
                f"{len(STAGES)} stages: give 2 to {len(STAGES) + 1}."
            )
        self.first = SamePadding(3, channels[0], 3, stride=2)
        blocks: list[InvertedResidual] = []
        sizes = []
        self.reduction = 2
        inputs = channels[0]
        for stage, outputs in zip(STAGES, channels[1:], strict=False):
            self.reduction *= stage.stride
            for number in range(stage.blocks):
                stride = 1 if number else stage.stride
                blocks.append(InvertedResidual(inputs, outputs, stage.kernel, stride, stage.expansion))
                sizes.append(self.reduction)
                inputs = outputs
        self.blocks = nn.ModuleList(blocks)
        self.early = sizes.index(self.reduction) + 1

    @property
    def late(self) -> Iterator[nn.Module]:
        """What mixes channels in the blocks after the last halving: the part that fine-tuning may move.

        The filters between, a channel each, see neighbours as they did on ImageNet; their gradient would take half of
        a training step on a CPU.
        """
        for block in self.blocks[self.early :]:
            yield from (part for name, part in block.named_children() if name != "depthwise")

    def forward(self, pixels: Tensor) -> Tensor:
        """(B, 3, S, S) in −1..1 → (B, channels[-1], S/reduction, S/reduction).

        Where nothing is differentiated, the large maps before the last halving are made picture by picture: those of
        one fit a CPU's cache and those of a batch do not, which takes twice the time.
        """
        alone = len(pixels) > 1 and pixels.device.type == "cpu" and not torch.is_grad_enabled()
        x = torch.cat([self._large(one) for one in pixels.split(1)]) if alone else self._large(pixels)
        for block in self.blocks[self.early :]:
            x = block(x)
        return x

    def _large(self, pixels: Tensor) -> Tensor:
        x = F.relu6(self.first(pixels), inplace=True)
        for block in self.blocks[: self.early]:
            x = block(x)
        return x
