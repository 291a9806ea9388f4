"""Two processes compute what one does: the loss, every gradient, and the weights after a few steps."""

import contextlib
import dataclasses
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from accelerate.state import AcceleratorState
from torch import nn

from mfclip.data.cache import RegionCache
from mfclip.model import MFCLIP
from mfclip.training.batches import TrainingBatches
from mfclip.training.distributed import GlobalBatchNorm2d, gather_objects, gather_rows, share_batch_statistics
from mfclip.training.loop import Run, train
from tests.mfclip.training.made_up import SHORT, make_caches, narrow

STEPS = 3
# Rewordings must be drawn alike in all processes; a trained tower makes every process encode every caption.
RECIPES = {
    "frozen": dataclasses.replace(SHORT, steps=STEPS, paraphrases=0.5),
    "trained": dataclasses.replace(SHORT, steps=STEPS, text="trained", reals=5),
}
# How far sums in another order may lie apart. In 64 bits nothing but an error of ours exceeds it; in 32 bits batch
# normalisation of eight small pictures makes so much of rounding that one process's own gradient moves by up to 1e-2
# when its batch is turned round, where a wrong factor or a lost crossing moves it by more than 0.1.
GAPS = {"float64": 1e-9, "float32": 3e-2}


@contextlib.contextmanager
def calculating_in(digits: str) -> Iterator[None]:
    """float64: every float32 of the model and the objective is one of 64 bits, so that rounding hides nothing."""
    cast = torch.Tensor.float
    if digits == "float64":
        torch.Tensor.float = torch.Tensor.double
        torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.Tensor.float = cast
        torch.set_default_dtype(torch.float32)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def begun(folder: Path, name: str) -> tuple[Run, tuple[RegionCache, RegionCache]]:
    caches = RegionCache(folder / "faces"), RegionCache(folder / "made")
    torch.manual_seed(3)
    return Run(MFCLIP(narrow(*caches)), RECIPES[name], folder / name), caches


def first_steps(folder: Path, name: str) -> dict:
    """Loss and gradients of the first step and the weights after a few, in the process that calls."""
    run, caches = begun(folder, name)
    place = run.accelerator.process_index, run.accelerator.num_processes
    batches = TrainingBatches(*caches, run.recipe, *place)
    found: dict = {"pictures": [gather_objects(len(batches[step].entries)) for step in range(STEPS)]}
    loss, found["parts"] = run.objective(batches[0], 0)
    run.accelerator.backward(loss)
    found["gradients"] = {
        key: value.grad.clone() for key, value in run.model.named_parameters() if value.requires_grad
    }
    found["statistics"] = {
        key: value.clone().double() for key, value in run.model.named_buffers() if "running" in key
    }
    run.optimiser.zero_grad()
    for step in range(STEPS):
        run.take_step(batches[step])
    found["weights"] = {key: value.clone().double() for key, value in run.averaged.state_dict().items()}
    return found


def as_one_of_two(rank: int, folder: Path, port: int) -> None:
    place = {
        "RANK": rank,
        "LOCAL_RANK": rank,
        "WORLD_SIZE": 2,
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": port,
    }
    os.environ.update({key: str(value) for key, value in place.items()}, ACCELERATE_USE_CPU="true")
    torch.set_num_threads(1)
    found = {}
    for digits in GAPS:
        with calculating_in(digits):
            found[digits] = {name: first_steps(folder, name) for name in RECIPES}
    run, caches = begun(folder, "trained")
    assert train(run, *caches) and run.step == STEPS
    torch.save(found, folder / f"process-{rank}.pt")
    torch.distributed.destroy_process_group()


@pytest.fixture(scope="module")
def two(tmp_path_factory) -> tuple[Path, dict, dict]:
    """The folder of the caches, and what each of two processes finds on them."""
    folder = tmp_path_factory.mktemp("two")
    make_caches(folder)
    torch.multiprocessing.spawn(as_one_of_two, (folder, free_port()), nprocs=2)
    first, second = (torch.load(folder / f"process-{rank}.pt", weights_only=True) for rank in range(2))
    return folder, first, second


def distance(ours: dict, theirs: dict) -> float:
    """‖ours − theirs‖ / ‖theirs‖ over all tensors together."""
    assert set(ours) == set(theirs)
    gap = sum(float((ours[key] - value).square().sum()) for key, value in theirs.items())
    return (gap / sum(float(value.square().sum()) for value in theirs.values())) ** 0.5


@pytest.mark.parametrize("digits", GAPS)
@pytest.mark.parametrize("name", sorted(RECIPES))
def test_two_processes_equal_one(two, name, digits):
    folder, *processes = two
    with calculating_in(digits):
        one = first_steps(folder, name)
    silent = [key for key, value in one["gradients"].items() if not value.any()]
    assert not silent, "a weight that moves has a gradient"
    for found in (process[digits][name] for process in processes):
        assert all(len(shares) == 2 and min(shares) > 0 for shares in found["pictures"])
        assert [sum(shares) for shares in found["pictures"]] == [sum(shares) for shares in one["pictures"]]
        for what in ("parts", "gradients", "statistics", "weights"):
            assert distance(found[what], one[what]) < GAPS[digits], what
        if digits == "float64":
            for key, value in one["gradients"].items():
                assert torch.allclose(found["gradients"][key], value, rtol=1e-7, atol=1e-10), key
    first, second = (process[digits][name]["weights"] for process in processes)
    for key, value in first.items():
        assert torch.equal(value, second[key]), f"the two processes drifted apart at {key}"


def test_a_run_of_two_processes_is_saved_by_the_first(two):
    folder, *_ = two
    state = torch.load(folder / "trained.run" / "state.pt", weights_only=True)
    assert state["step"] == STEPS
    names = {name for point in state["curve"] for name in point}
    assert {"loss", "AUC mean"} <= names


def test_alone_everything_is_as_it_was():
    torch.manual_seed(0)
    plain = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
    shared = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
    shared.load_state_dict(plain.state_dict())
    share_batch_statistics(shared)
    assert type(shared[1]) is GlobalBatchNorm2d and list(shared.state_dict()) == list(plain.state_dict())
    x = torch.randn(5, 3, 8, 8)
    assert torch.equal(shared(x), plain(x))
    rows = torch.randn(3, 2)
    assert gather_rows(rows, [3]) is rows and gather_objects("told") == ["told"]


def test_the_tests_can_tell_one_process_from_two(two):
    """Without the crossing of gradients each process would have its own share's: those are not the whole batch's."""
    folder, first, _ = two
    AcceleratorState._reset_state(reset_partial_state=True)
    run, caches = begun(folder, "trained")
    share = TrainingBatches(*caches, run.recipe, process=0, processes=2)
    loss, _ = run.objective(share[0], 0)
    run.accelerator.backward(loss)
    alone = {key: value.grad for key, value in run.model.named_parameters() if value.requires_grad}
    assert distance(alone, first["float32"]["trained"]["gradients"]) > 0.1
