"""How many threads an operation of PyTorch takes."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def one_thread() -> Iterator[None]:
    """One thread an operation inside the block, as many as before afterwards.

    For work that runs side by side in threads of its own, and for sums that must not depend on how many share them.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
