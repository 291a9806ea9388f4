"""Whatever a method does, it leaves the shared model as it found it, and threads do not mix."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier

import numpy as np
import pytest
import torch
from torch.autograd import forward_ad
from torch.nn.modules import module as torch_module
from torch.utils._python_dispatch import TorchDispatchMode

import explain
from explain.result import Result
from tests.explain.conftest import crops, make_small

NAMES = tuple(explain.METHODS)
HOOKS = [name for name in vars(torch.nn.Module()) if name.endswith("_hooks")]
GLOBAL_HOOKS = [
    name for name in vars(torch_module) if name.startswith("_global_") and name.endswith("_hooks")
]


class Cancelled(Exception):
    pass


def cancel(done, of):
    raise Cancelled


class Failed(Exception):
    pass


class Operations(TorchDispatchMode):
    """Counts the operations of this thread, and fails at one of them."""

    def __init__(self, at: int | None = None) -> None:
        super().__init__()
        self.count, self.at = 0, at

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.count += 1
        if self.count == self.at:
            raise Failed
        return func(*args, **(kwargs or {}))


def cheap(name: str) -> dict[str, int]:
    """The least that a method's counted settings allow: what is left behind does not depend on how long it ran."""
    return {
        knob.name: int(knob.low)
        for knob in explain.METHODS[name].knobs
        if knob.kind == "integer" and knob.low is not None and knob.name != "batch"
    }


def small(name: str) -> dict[str, int]:
    """The settings as they are, save those that only make a method take longer."""
    return {"counterfactuals": {"top": 1}, "pairs": {"limit": 8}}.get(name, {})


def state(model) -> dict[str, object]:
    """All of a model, and of this thread, that a method could change without anybody asking for it."""
    return {
        "hooks": {
            (name, kind): len(getattr(module, kind))
            for name, module in model.named_modules()
            for kind in HOOKS
        },
        "global hooks": {kind: len(getattr(torch_module, kind)) for kind in GLOBAL_HOOKS},
        "patched": [name for name, module in model.named_modules() if "forward" in vars(module)],
        "modes": {name: module.training for name, module in model.named_modules()},
        "flags": {name: (weight.requires_grad, weight.grad) for name, weight in model.named_parameters()},
        "weights": {name: weight.numpy().tobytes() for name, weight in model.state_dict().items()},
        "gradients": (torch.is_grad_enabled(), torch.is_inference_mode_enabled()),
        "under way": (forward_ad._current_level, torch._C._functorch.peek_interpreter_stack()),
        "type": torch.get_default_dtype(),
        "random": torch.random.get_rng_state().tolist(),
    }


@pytest.fixture(scope="module")
def shared():
    """A detector of this file's own, and eight judged faces."""
    detector = make_small()
    return detector, detector.batch(list(crops()), cropped=True)


@dataclass
class Run:
    result: Result
    before: dict
    after: dict
    steps: list


@pytest.fixture(scope="module")
def run(shared):
    """Every method run once on the first face: its result, the model's state around it, the progress it told."""
    detector, verdicts = shared
    known = {}

    def of(name):
        if name not in known:
            before, steps = state(detector.model), []
            result = explain.explain(
                detector,
                verdicts[0],
                name,
                progress=lambda done, of: steps.append((done, of)),
                **cheap(name),
            )
            known[name] = Run(result, before, state(detector.model), steps)
        return known[name]

    return of


def test_the_state_sees_what_a_method_could_leave():
    model = make_small().model
    before = state(model)
    handle = model.head.register_forward_hook(lambda *_: None)
    assert state(model)["hooks"] != before["hooks"]
    handle.remove()
    model.head.train()
    assert state(model)["modes"] != before["modes"]
    model.eval().logit_scale.requires_grad_(True)
    assert state(model)["flags"] != before["flags"]
    model.requires_grad_(False)
    assert state(model) == before
    model.logit_scale.data.add_(1e-6)
    assert state(model)["weights"] != before["weights"]


@pytest.mark.parametrize("name", NAMES)
def test_a_method_leaves_nothing_on_the_model(run, name):
    assert run(name).after == run(name).before


@pytest.mark.parametrize("name", NAMES)
def test_a_cancelled_method_leaves_nothing_on_the_model(shared, name):
    detector, verdicts = shared
    before = state(detector.model)
    with pytest.raises(Cancelled):
        explain.explain(detector, verdicts[0], name, progress=cancel, **cheap(name))
    assert state(detector.model) == before


@pytest.mark.parametrize("name", NAMES)
def test_a_method_that_is_cancelled_later_leaves_nothing_on_the_model(shared, run, name):
    detector, verdicts = shared
    before, told = state(detector.model), []

    def later(done, of):
        told.append(done)
        if len(told) == max(1, len(run(name).steps) // 2):
            raise Cancelled

    with pytest.raises(Cancelled):
        explain.explain(detector, verdicts[0], name, progress=later, **cheap(name))
    assert state(detector.model) == before


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("name", NAMES)
def test_a_method_that_fails_on_its_way_leaves_nothing_on_the_model(shared, run, name, share):
    detector, verdicts = shared
    before = state(detector.model)
    with pytest.raises(Failed), Operations(at=max(1, round(share * operations(shared, run, name)))):
        explain.explain(detector, verdicts[0], name, **cheap(name))
    assert state(detector.model) == before


counted: dict[str, int] = {}


def operations(shared, run, name):
    """How many operations a method takes once its sentences are remembered."""
    if name not in counted:
        run(name)
        detector, verdicts = shared
        with Operations() as found:
            explain.explain(detector, verdicts[0], name, **cheap(name))
        counted[name] = found.count
    return counted[name]


@pytest.mark.parametrize("name", NAMES)
def test_progress_only_rises_to_one_end(run, name):
    steps = run(name).steps
    done = [number for number, _ in steps]
    assert len({of for _, of in steps}) == 1, "a bar whose whole changes jumps"
    assert done == sorted(done) and done[0] >= 0
    assert steps[-1][0] == steps[-1][1]


@pytest.mark.parametrize(
    "name", ["pixels", "occlusion", "words", "pairs", "noise", "counterfactuals", "grid"]
)
def test_long_methods_let_their_progress_be_followed(shared, name):
    """At their own settings no part of the bar larger than two fifths passes at once."""
    detector, verdicts = shared
    steps = []
    explain.explain(
        detector, verdicts[0], name, progress=lambda done, of: steps.append(done / of), **small(name)
    )
    assert max(np.diff([0.0, *steps])) <= 0.41
    assert len(steps) >= 4


@pytest.mark.parametrize("name", NAMES)
def test_a_result_comes_back_from_disk_as_it_was(run, name, tmp_path):
    result = run(name).result
    result.save(tmp_path)
    loaded = Result.load(tmp_path)
    assert loaded.to_dict() == json.loads(json.dumps(result.to_dict()))
    assert loaded.subject is None
    assert set(loaded.values) == set(result.values)
    for key, array in result.values.items():
        np.testing.assert_array_equal(loaded.values[key], array)
        assert loaded.values[key].dtype == array.dtype


@pytest.mark.parametrize("name", NAMES)
def test_a_result_says_what_it_is(run, name):
    result = run(name).result
    assert result.method == name
    assert result.target == "margin"
    assert result.site and result.sign and result.unit and result.caveat
    assert result.gap is None or 0 <= result.gap < np.inf
    assert result.cost >= 0
    assert all(isinstance(array, np.ndarray) for array in result.values.values())
    assert set(cheap(name).items()) <= set(result.knobs.items())


def methods_of(number: int) -> list[str]:
    """The methods that thread `number` of eight runs: every one by two threads or more, neighbours overlapping."""
    stride = -(-len(NAMES) // 8)
    return [NAMES[(number * stride + step) % len(NAMES)] for step in range(min(2 * stride, len(NAMES)))]


def test_eight_threads_explain_eight_faces_as_one_thread_does(shared):
    detector, verdicts = shared
    barrier = Barrier(8)

    def explained(number):
        return {
            name: explain.explain(detector, verdicts[number], name, **cheap(name))
            for name in methods_of(number)
        }

    def at_once(number):
        barrier.wait()
        return explained(number)

    alone = [explained(number) for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(at_once, range(8)))
    different = [
        f"{name} of face {number}: {key}"
        for number, results in enumerate(alone)
        for name, result in results.items()
        for key, array in result.values.items()
        if not np.array_equal(array, together[number][name].values[key], equal_nan=array.dtype.kind == "f")
    ]
    assert not different
    assert {name for number in range(8) for name in methods_of(number)} == set(NAMES)
    assert len({verdict.margin for verdict in verdicts}) == 8, "faces that are alike would prove nothing"
