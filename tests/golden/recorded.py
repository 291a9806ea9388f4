"""The recorded outputs of the authors' code, and the weights they were recorded with. The rule is in RECIPE.md."""

import csv
import hashlib
import math
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

FOLDER = Path(__file__).resolve().parent
CONSTANT = "visual.SRM.kernel"  # not a weight: the three fixed kernels
INITIAL_LOGIT_SCALE = math.log(1 / 0.07)


def outputs() -> dict[str, np.ndarray]:
    """Every array of authors_code.npz."""
    with np.load(FOLDER / "authors_code.npz", allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def published_shapes() -> dict[str, tuple[int, ...]]:
    """Shape of every key of the published state dict."""
    with (FOLDER / "keys.csv").open(newline="", encoding="utf-8") as file:
        return {
            row["key"]: tuple(int(side) for side in row["shape"].split("x") if side)
            for row in csv.DictReader(file)
        }


def weight(seed: int, key: str, shape: tuple[int, ...]) -> Tensor:
    """One tensor of the rule."""
    if key.endswith("num_batches_tracked"):
        return torch.tensor(0)
    if not shape:
        return torch.tensor(INITIAL_LOGIT_SCALE, dtype=torch.float32)
    start = int(hashlib.sha256(f"{seed}:{key}".encode()).hexdigest()[:16], 16)
    normal = np.random.Generator(np.random.PCG64(start)).standard_normal(shape)
    if key.endswith("running_var"):
        normal = 1 + 0.1 * np.abs(normal)
    elif len(shape) > 1:
        normal *= math.sqrt(2 / math.prod(shape[1:]))
    elif key.endswith("weight"):
        normal = 1 + 0.1 * normal
    else:
        normal *= 0.05
    return torch.from_numpy(normal.astype(np.float32))


def published_state() -> dict[str, Tensor]:
    """The state dict that the outputs were recorded with: 141.66 million numbers, some 10 s on one core."""
    seed = int(outputs()["seed"])
    shapes = {key: shape for key, shape in published_shapes().items() if key != CONSTANT}
    with ThreadPoolExecutor(2) as pool:  # NumPy lets go of the interpreter while it draws
        values = pool.map(lambda item: weight(seed, *item), shapes.items())
        return dict(zip(shapes, values, strict=True))
