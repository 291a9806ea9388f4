"""Several processes that compute what one would: rows, words and batch statistics of the whole batch in each of them.

Every process holds a share of a batch and computes the loss of the whole of it. Where values cross processes, gradients
cross back by a sum, so the gradient that a process ends with is its part of the derivative of the *sum* of all losses:
N times the loss, for N processes. DistributedDataParallel takes the mean over the N, and the factor is gone: no weight
is needed anywhere, for parameters before the crossing (seen by one share) and after it (seen by all) alike.
"""

from collections.abc import Sequence
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn import functional as F


def process_count() -> int:
    """How many processes train together; 1 where none were launched."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def process_index() -> int:
    """Which of them this is, from 0."""
    return dist.get_rank() if process_count() > 1 else 0


class _SumOverProcesses(torch.autograd.Function):
    """Sum of a tensor over processes; the gradient of every process's sum comes back to each of them."""

    @staticmethod
    def forward(ctx: Any, tensor: Tensor) -> Tensor:
        total = tensor.clone(memory_format=torch.contiguous_format)
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        total = gradients[0].clone(memory_format=torch.contiguous_format)
        dist.all_reduce(total)
        return total


def gather_rows(rows: Tensor, sizes: Sequence[int]) -> Tensor:
    """This process's rows (sizes[this], ...) → those of all processes in their order (Σ sizes, ...), with gradients.

    sizes: how many rows each process has, the same list in all of them; shares may differ. Each process puts its rows
    in their place among zeros, and the sum over processes is exact.
    """
    if len(sizes) == 1:
        return rows
    place = process_index()
    before, after = sum(sizes[:place]), sum(sizes[place + 1 :])
    return _SumOverProcesses.apply(F.pad(rows, (0, 0) * (rows.ndim - 1) + (before, after)))


def gather_objects(value: Any) -> list[Any]:
    """A picklable value of each process, in their order, in every process."""
    if process_count() == 1:
        return [value]
    values: list[Any] = [None] * process_count()
    dist.all_gather_object(values, value)
    return values


class GlobalBatchNorm2d(nn.BatchNorm2d):
    """Batch normalisation whose training statistics are those of all processes' pictures together.

    torch's SyncBatchNorm does this on CUDA only. Each process's count, mean and variance are gathered with gradients
    and joined by the rule of Chan, Golub and LeVeque (1979), which does not subtract squares of large means.
    """

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) of this process → the same shape, normalised over all processes' (B, H, W)."""
        if not self.training or process_count() == 1:
            return super().forward(x)
        values = x.float()
        variance, mean = torch.var_mean(values, dim=(0, 2, 3), correction=0)
        count = values.new_tensor([values.numel() / values.shape[1]])
        told = gather_rows(torch.cat([count, mean, variance])[None], [1] * process_count())
        counts, means, variances = told[:, :1].detach(), *told[:, 1:].chunk(2, dim=1)
        total = counts.sum()
        joint = (counts * means).sum(dim=0) / total
        spread = (counts * (variances + (means - joint).square())).sum(dim=0) / total
        self._remember(joint.detach(), spread.detach() * total / (total - 1))
        scale = self.weight * (spread + self.eps).rsqrt()
        shift = self.bias - joint * scale
        return (values * scale[:, None, None] + shift[:, None, None]).to(x.dtype)

    @torch.no_grad()
    def _remember(self, mean: Tensor, variance: Tensor) -> None:
        if self.running_mean is None or self.running_var is None or self.num_batches_tracked is None:
            return
        self.num_batches_tracked.add_(1)
        share = 1 / float(self.num_batches_tracked) if self.momentum is None else self.momentum
        self.running_mean.lerp_(mean, share)
        self.running_var.lerp_(variance, share)


def share_batch_statistics(model: nn.Module) -> None:
    """Make every BatchNorm2d of a model use the statistics of all processes; parameters and state dict stay as they
    are, and with one process so does every number."""
    for module in model.modules():
        if type(module) is nn.BatchNorm2d:
            module.__class__ = GlobalBatchNorm2d
