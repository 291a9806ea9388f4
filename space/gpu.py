"""The accelerator that a ZeroGPU Space lends a call, and nothing anywhere else."""

import importlib
import os
from collections.abc import Callable
from typing import Any, TypeVar

Call = TypeVar("Call", bound=Callable[..., Any])


def lent() -> bool:
    """Whether this process runs on a ZeroGPU Space, whose accelerator exists only inside decorated calls."""
    return os.environ.get("SPACES_ZERO_GPU", "").lower() in ("1", "true")


def on_gpu(call: Call) -> Call:
    """`spaces.GPU(call)` where the package `spaces` is installed, else `call` itself."""
    try:
        spaces = importlib.import_module("spaces")
    except ImportError:
        return call
    return spaces.GPU(call)
