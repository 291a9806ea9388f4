"""What an explanation costs, counted and not estimated: arithmetic operations, in units of one forward pass.

The operations of convolutions and matrix products are counted as they run, backward passes included, by PyTorch's own
formulas. The counter sees the thread that it was opened in and nothing else: it hooks no module.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from explain.subject import Subject

_forward: "WeakKeyDictionary[nn.Module, dict[type, int]]" = WeakKeyDictionary()


class _Operations(TorchDispatchMode):
    """Adds up the floating-point operations of what runs inside it, on this thread."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        formula = flop_registry.get(func.overloadpacket)
        if formula is not None:
            self.count += formula(*args, **(kwargs or {}), out_val=out)
        return out


@dataclass
class Cost:
    """The cost of what ran, in forward-equivalents; known after the `counting` block has ended."""

    passes: float = 0.0


def forward_operations(subject: Subject) -> int:
    """Floating-point operations of one forward pass of both streams for one face; measured once a model.

    A kind of subject with streams of its own is measured by them.
    """
    known = _forward.setdefault(subject.model, {})
    if type(subject) not in known:
        face, residual = subject.face, subject.residual  # made on first use, which is not the network's cost
        with _Operations() as operations, torch.no_grad():
            subject.value_of_pixels(face, residual)
        known[type(subject)] = operations.count
    return known[type(subject)]


@contextmanager
def counting(subject: Subject) -> Iterator[Cost]:
    """Count what runs in the block; `Cost.passes` then holds it in forward passes of both streams for one face.

    It stays 0 where such a pass has nothing that is counted.
    """
    cost, whole = Cost(), forward_operations(subject)
    with _Operations() as operations:
        yield cost
    cost.passes = operations.count / whole if whole else 0.0
