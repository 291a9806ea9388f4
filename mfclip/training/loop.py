"""The training loop: one-cycle AdamW, averaged weights, validation by generator, one process or many, resumable."""

import json
import logging
import os
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import torch
from accelerate import Accelerator, InitProcessGroupKwargs
from torch import Tensor
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader
from tqdm import tqdm

from mfclip.data.cache import Entry, RegionCache
from mfclip.data.held_out import Batch, HeldOut
from mfclip.data.leave_out import LeaveOut
from mfclip.data.readouts import generator_aucs, read_out
from mfclip.model import MFCLIP
from mfclip.training.batches import TrainingBatches
from mfclip.training.distributed import gather_objects, share_batch_statistics
from mfclip.training.interruption import StopRequest, leave_stopping_to_the_trainer
from mfclip.training.objective import Objective
from mfclip.training.recipes import Recipe, as_recorded
from mfclip.training.schedule import one_cycle
from mfclip.training.tuning import merged, parameter_groups, tune

logger = logging.getLogger(__name__)

STATE = "state.pt"
"""Weights, averaged weights, optimiser, schedule and place of a run; local to its machine, loaded from nowhere else."""

CURVE = "curve.json"
SAVE_EVERY = 100  # steps
LOG_EVERY = 20  # steps
LONGEST_WAIT = timedelta(hours=12)
"""How long processes wait for the first one, which alone prepares the data and validates."""

MAX_LOGIT_SCALE = 4.6052
"""ln 100, CLIP's own bound."""


def working_folder(folder: Path) -> Path:
    """Where a run keeps its state: beside the folder that becomes the checkpoint, which holds only what is shipped."""
    return folder.with_name(folder.name + ".run")


def accelerator_of(recipe: Recipe) -> Accelerator:
    """The processes, devices and precision that this process was launched with; the precision is the recipe's.

    Raises ValueError for fp16 without a GPU, or where accelerate does not see the processes that were launched.
    """
    launched = int(os.environ.get("WORLD_SIZE", "1"))
    if recipe.precision == "fp16" and not torch.cuda.is_available():
        raise ValueError("precision is 'fp16', which needs a GPU; use 'bf16' or 'no' here.")
    accelerator = Accelerator(
        mixed_precision=recipe.precision,
        # Without this, processes launched on a machine without a GPU each believe that they are the only one.
        cpu=launched > 1 and not torch.accelerator.is_available(),
        kwargs_handlers=[InitProcessGroupKwargs(timeout=LONGEST_WAIT)],
    )
    if accelerator.num_processes != launched:
        raise ValueError(
            f"{launched} processes were launched and accelerate sees {accelerator.num_processes}; launch with "
            "`accelerate launch` or `torchrun`, and without another run's WORLD_SIZE in the environment."
        )
    return accelerator


Tensors = tuple[Tensor, ...] | list[Tensor]


def warmed_average(limit: float) -> Callable[[Tensors, Tensors, Tensor | int], None]:
    """Exponential average whose decay after t updates is min(limit, (1 + t)/(10 + t)): early weights fade quickly."""

    def update(averaged: Tensors, current: Tensors, count: Tensor | int) -> None:
        seen = float(count)
        get_ema_multi_avg_fn(min(limit, (1 + seen) / (10 + seen)))(averaged, current, count)

    return update


def validation_split(faces: RegionCache, recipe: Recipe) -> HeldOut:
    """The validation photographs, without what the recipe leaves out."""
    left_out = LeaveOut.parse(recipe.leave_out)

    def kept(entry: Entry) -> bool:
        return not left_out.excludes(entry)

    return HeldOut(faces, "validation", keep=kept)


class Run:
    """A run in its folder: model, averaged model, optimiser, and the step they have reached.

    model: as it is before the first step; it is moved, tuned as the recipe says, and trained in place. origin: what
    is to be recorded of the checkpoint it began from; pretrained: of the towers that somebody else trained. curve: by
    step, loss parts every LOG_EVERY, figures of validation when there are some. seconds: of training, over all
    sessions, validation not counted. best: the averaged weights of the best validation so far, kept where the recipe
    stops early.
    """

    def __init__(
        self,
        model: MFCLIP,
        recipe: Recipe,
        folder: Path,
        accelerator: Accelerator | None = None,
        origin: dict[str, Any] | None = None,
        pretrained: dict[str, str] | None = None,
    ) -> None:
        self.recipe, self.folder, self.origin, self.pretrained = recipe, folder, origin, pretrained
        self.accelerator = accelerator or accelerator_of(recipe)
        tune(model, recipe)
        # The stems are fed channels last; with weights of the same order a step takes two thirds of the time on a CPU.
        self.model = model.to(self.accelerator.device).to(memory_format=torch.channels_last)
        if self.accelerator.num_processes > 1:
            share_batch_statistics(self.model)
        self.average = AveragedModel(
            self.model, multi_avg_fn=warmed_average(recipe.average), use_buffers=True
        )
        for value, averaged in zip(self.model.parameters(), self.averaged.parameters(), strict=True):
            if not value.requires_grad:
                averaged.data = value.data  # what never moves is its own average, and is held once
        groups = parameter_groups(self.model, recipe)
        optimiser = torch.optim.AdamW(groups, betas=(0.9, 0.98), fused=self.device.type in ("cpu", "cuda"))
        self.schedule = one_cycle(optimiser, [group["lr"] for group in groups], recipe.steps)
        self.objective, self.optimiser = self.accelerator.prepare(Objective(self.model, recipe), optimiser)
        self.trained = [value for group in groups for value in group["params"]]
        self.step = 0
        self.seconds = 0.0
        self.curve: list[dict[str, float]] = []
        self.best: dict[str, Any] | None = None
        self.data: dict[str, str] | None = None

    @property
    def device(self) -> torch.device:
        """Where the model of this process is."""
        return self.accelerator.device

    @property
    def averaged(self) -> MFCLIP:
        """The averaged model, the one that is measured."""
        return cast(MFCLIP, self.average.module)

    def shipped(self) -> MFCLIP:
        """A plain model to write: the averaged weights, those of the best validation where the recipe stops early."""
        now = self.averaged.state_dict()
        if self.best is None:
            return merged(self.averaged)
        now = {key: value.clone() for key, value in now.items()}
        self.averaged.load_state_dict(self.best["state"])
        model = merged(self.averaged)
        self.averaged.load_state_dict(now)
        return model

    def take_step(self, batch: Batch) -> dict[str, Tensor]:
        """One optimiser step on this process's share of the batch; the parts of the loss, detached, on the device."""
        self.objective.train()
        loss, parts = self.objective(batch, self.step)
        self.optimiser.zero_grad(set_to_none=True)
        self.accelerator.backward(loss)
        if self.recipe.clip_norm:
            norm = self.accelerator.clip_grad_norm_(self.trained, self.recipe.clip_norm)
            parts = {**parts, "gradient norm": cast(Tensor, norm)}
        self.optimiser.step()
        if not self.accelerator.optimizer_step_was_skipped:  # as half precision does where it overflows
            self.schedule.step()
        with torch.no_grad():
            self.model.logit_scale.clamp_(max=MAX_LOGIT_SCALE)
        self.average.update_parameters(self.model)
        self.step += 1
        return parts

    def validated(self, aucs: dict[str, float]) -> None:
        """Take note of a validation, whose 'mean' is what early stopping goes by."""
        self.curve.append({"step": self.step, **{f"AUC {name}": value for name, value in aucs.items()}})
        logger.info("step %d: %s", self.step, {str(name): round(value, 3) for name, value in aucs.items()})
        if not self.recipe.patience:
            return
        if self.best is None or aucs["mean"] > self.best["auc"]:
            state = {key: value.detach().cpu().clone() for key, value in self.averaged.state_dict().items()}
            self.best = {"auc": aucs["mean"], "step": self.step, "waited": 0, "state": state}
        else:
            self.best["waited"] += 1

    @property
    def finished(self) -> bool:
        """Whether the recipe's last step is done, or its patience with validation has run out."""
        waited = 0 if self.best is None else self.best["waited"]
        return self.step >= self.recipe.steps or bool(waited and waited >= self.recipe.patience)

    def save(self) -> None:
        """Write state.pt by renaming, so that a kill leaves the last whole one; the first process alone does."""
        if not self.accelerator.is_main_process:
            return
        scaler = self.accelerator.scaler
        state = {
            "recipe": asdict(self.recipe),
            "config": self.model.config.to_dict(),
            "data": self.data,
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "schedule": self.schedule.state_dict(),
            "scaler": None if scaler is None else scaler.state_dict(),
            "random": torch.get_rng_state(),
            "step": self.step,
            "seconds": self.seconds,
            "curve": self.curve,
            "best": self.best,
            "origin": self.origin,
        }
        working = working_folder(self.folder)
        working.mkdir(parents=True, exist_ok=True)
        partial = working / (STATE + ".partial")
        torch.save(state, partial)
        partial.replace(working / STATE)
        (working / CURVE).write_text(json.dumps(self.curve, indent=1), encoding="utf-8")

    def resume(self) -> bool:
        """Continue from state.pt if there is one.

        Raises ValueError if another recipe or configuration made it, or if only some of the processes can see it.
        """
        path = working_folder(self.folder) / STATE
        if len(set(gather_objects(path.is_file()))) > 1:
            raise ValueError(
                f"{path} is seen by some of the processes only; put the run folder on a disk that all machines share."
            )
        if not path.is_file():
            return False
        state = torch.load(path, map_location="cpu", weights_only=True)
        # As JSON both ways: tuples become lists, so equal settings compare equal.
        ours = json.loads(json.dumps({"recipe": asdict(self.recipe), "config": self.model.config.to_dict()}))
        stored = state | {"recipe": as_recorded(state.get("recipe", {}))}
        for name, mine in ours.items():
            theirs = json.loads(json.dumps(stored.get(name, {})))
            changed = sorted(key for key in {*mine, *theirs} if mine.get(key) != theirs.get(key))
            if changed:
                raise ValueError(
                    f"{path} was made with another {name} (different: {changed}); use the same settings or a new "
                    "folder."
                )
        for name in ("model", "average", "optimiser", "schedule"):
            getattr(self, name).load_state_dict(state[name])
        if self.accelerator.scaler is not None:
            self.accelerator.scaler.load_state_dict(state["scaler"])
        torch.set_rng_state(state["random"])
        for name in ("step", "seconds", "curve", "best", "origin", "data"):
            setattr(self, name, state[name])
        return True

    def check_data(self, faces: RegionCache, made: RegionCache) -> None:
        """Take note of what the run is trained on. Raises ValueError if it began with something else."""
        now = {"faces": faces.fingerprint, "made": made.fingerprint}
        if self.data not in (None, now):
            raise ValueError(
                f"The run in {self.folder} began with other pictures (fingerprints {self.data}, now {now}); "
                "restore them, or begin a new folder."
            )
        self.data = now


def _batches(run: Run, faces: RegionCache, made: RegionCache, workers: int) -> DataLoader:
    """This process's shares of the batches that are left, in order."""
    recipe, processes = run.recipe, run.accelerator.num_processes
    units = recipe.reals + recipe.forgeries
    if units < processes:
        raise ValueError(
            f"A batch of {recipe.reals} reals and {recipe.forgeries} forgeries cannot be shared by {processes} "
            "processes; launch fewer, or raise reals or forgeries."
        )
    return DataLoader(
        TrainingBatches(faces, made, recipe, run.accelerator.process_index, processes),
        batch_size=None,
        sampler=range(run.step, recipe.steps),
        num_workers=workers,
        prefetch_factor=6 if workers else None,
        worker_init_fn=leave_stopping_to_the_trainer,
        generator=torch.Generator(),  # so that the loader draws nothing from the run's own stream
    )


def _log(run: Run, parts: dict[str, Tensor], bar: tqdm) -> None:
    told = {name: float(value) for name, value in parts.items()}
    if told["loss"] != told["loss"]:
        raise ValueError(
            f"The loss is not a number after step {run.step}; lower learning_rate or use precision 'no' or 'bf16'."
        )
    bar.set_postfix(loss=f"{told['loss']:.3f}", head=f"{told['head']:.3f}")
    run.curve.append({"step": run.step, "seconds": run.seconds, **told})


def _validate(run: Run, faces: RegionCache) -> None:
    """Measure the averaged model in the first process and tell the others."""
    aucs = None
    if run.accelerator.is_main_process:
        aucs = generator_aucs(read_out(run.averaged, validation_split(faces, run.recipe)))
    run.validated(gather_objects(aucs)[0])


def train(
    run: Run, faces: RegionCache, made: RegionCache, workers: int = 0, save_every: int = SAVE_EVERY
) -> bool:
    """Run to the recipe's last step, or until validation has not improved for its patience.

    workers: loader processes. save_every: steps between saves; SIGTERM and Ctrl-C save too, after the step at hand.
    Returns whether the run is finished; if not, the same call on the resumed run continues as if it had not stopped.
    Raises ValueError for pictures other than those the run began with, or a loss that is not a number.
    """
    run.check_data(faces, made)
    if run.finished:
        return True
    recipe, main = run.recipe, run.accelerator.is_main_process
    loader = _batches(run, faces, made, workers)
    bar = tqdm(initial=run.step, total=recipe.steps, desc=recipe.name, unit="step", disable=not main)
    with StopRequest() as stop, bar:
        mark = time.monotonic()
        for batch in loader:
            parts = run.take_step(batch)
            now = time.monotonic()
            run.seconds, mark = run.seconds + now - mark, now
            bar.update()
            if run.step % LOG_EVERY == 0 or run.step == 1:
                _log(run, parts, bar)
            validating = run.step % recipe.validate_every == 0 or run.step == recipe.steps
            if validating:
                _validate(run, faces)
                mark = time.monotonic()
            stopping = any(gather_objects(stop.asked))
            if validating or stopping or run.finished or run.step % save_every == 0:
                run.save()
            if stopping or run.finished:
                break
    return run.finished
