"""The training loop: one-cycle AdamW, averaged weights, validation by generator, resumable at any checkpoint."""

import json
import logging
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader
from tqdm import tqdm

from mfclip.config import Config
from mfclip.data.cache import RegionCache
from mfclip.data.held_out import HeldOut
from mfclip.data.readouts import generator_aucs, read_out
from mfclip.detector import build_model
from mfclip.hub import RECORD, Checkpoint
from mfclip.model import MFCLIP
from mfclip.training.batches import TrainingBatches
from mfclip.training.objective import objective
from mfclip.training.recipes import Recipe

logger = logging.getLogger(__name__)

STATE = "state.pt"
"""Optimiser, schedule, weights and averaged weights of a run; local to its machine, never loaded from elsewhere."""

CURVE = "curve.json"


def working_folder(folder: Path) -> Path:
    """Where a run keeps its state: beside the folder that becomes the checkpoint, which holds only what is shipped."""
    return folder.with_name(folder.name + ".run")


def parameter_groups(model: MFCLIP, weight_decay: float) -> list[dict]:
    """Matrices decay; biases, norms, gains and the token table do not (unused words must not fade)."""
    decayed: list[Tensor] = []
    kept: list[Tensor] = []
    for name, parameter in model.named_parameters():
        table = "token_embedding" in name or "position" in name
        (kept if parameter.ndim < 2 or table else decayed).append(parameter)
    return [{"params": decayed, "weight_decay": weight_decay}, {"params": kept, "weight_decay": 0.0}]


class Run:
    """A run in its folder: model, averaged model, optimiser, and the step they have reached."""

    def __init__(self, config: Config, recipe: Recipe, folder: Path, device: torch.device) -> None:
        torch.manual_seed(recipe.seed)
        self.recipe, self.folder, self.device = recipe, folder, device
        self.model = MFCLIP(config).to(device)
        self.average = AveragedModel(
            self.model, multi_avg_fn=get_ema_multi_avg_fn(recipe.average), use_buffers=True
        )
        groups = parameter_groups(self.model, recipe.weight_decay)
        self.optimiser = torch.optim.AdamW(groups, recipe.learning_rate, betas=(0.9, 0.98))
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimiser, recipe.learning_rate, total_steps=recipe.steps, pct_start=0.1
        )
        self.step = 0
        self.curve: list[dict[str, float]] = []
        self.origin: dict[str, Any] | None = None

    def start_from(self, checkpoint: Checkpoint) -> None:
        """Begin with the weights of a checkpoint instead of fresh ones; its folder's record is kept as the origin.

        Raises CheckpointError if they do not fit the configuration.
        """
        model = build_model(checkpoint)
        for ours in (self.model, self.averaged):
            ours.load_state_dict(model.state_dict())
        record = checkpoint.folder / RECORD
        self.origin = {
            "weights_sha256": checkpoint.sha256,
            "record": json.loads(record.read_text(encoding="utf-8")) if record.is_file() else None,
        }

    @property
    def averaged(self) -> MFCLIP:
        """The averaged model, the one that is measured and shipped."""
        return cast(MFCLIP, self.average.module)

    def save(self) -> None:
        """Write state.pt by renaming, so that a kill leaves the last whole one."""
        state = {
            "recipe": asdict(self.recipe),
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "schedule": self.schedule.state_dict(),
            "step": self.step,
            "curve": self.curve,
            "origin": self.origin,
        }
        working = working_folder(self.folder)
        working.mkdir(parents=True, exist_ok=True)
        partial = working / (STATE + ".partial")
        torch.save(state, partial)
        partial.replace(working / STATE)
        (working / CURVE).write_text(json.dumps(self.curve, indent=1), encoding="utf-8")

    def resume(self) -> bool:
        """Continue from state.pt if there is one. Raises ValueError if it was made by another recipe."""
        path = working_folder(self.folder) / STATE
        if not path.is_file():
            return False
        state = torch.load(path, map_location=self.device, weights_only=True)
        if state["recipe"] != asdict(self.recipe):
            changed = [key for key, value in asdict(self.recipe).items() if state["recipe"].get(key) != value]
            raise ValueError(
                f"{path} was made with another recipe (different: {changed}); use the same settings or a new folder."
            )
        for name in ("model", "average", "optimiser", "schedule"):
            getattr(self, name).load_state_dict(state[name])
        self.step, self.curve, self.origin = state["step"], state["curve"], state["origin"]
        return True


def train(run: Run, faces: RegionCache, copies: RegionCache, workers: int) -> None:
    """Run to the recipe's last step, validating and saving every `validate_every` steps."""
    recipe = run.recipe
    batches = TrainingBatches(faces, copies, recipe)
    remaining = range(run.step, recipe.steps)
    loader = DataLoader(
        batches,
        batch_size=None,
        sampler=remaining,
        num_workers=workers,
        prefetch_factor=None if not workers else 6,
    )
    autocast = torch.autocast(run.device.type, dtype=torch.bfloat16)
    bar = tqdm(loader, initial=run.step, total=recipe.steps, desc=recipe.name, unit="step")
    started = time.monotonic()
    for batch in bar:
        run.model.train()
        loss, parts = objective(run.model, batch, recipe, autocast)
        run.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(run.model.parameters(), 1.0)
        run.optimiser.step()
        run.schedule.step()
        with torch.no_grad():
            run.model.logit_scale.clamp_(max=4.6052)  # ln 100, CLIP's own bound
        run.average.update_parameters(run.model)
        run.step += 1
        if run.step % 20 == 0:
            bar.set_postfix(loss=f"{parts['loss']:.3f}", head=f"{parts['head']:.3f}")
            run.curve.append({"step": run.step, "seconds": time.monotonic() - started, **parts})
        if run.step % recipe.validate_every == 0 or run.step == recipe.steps:
            readouts = read_out(run.averaged, HeldOut(faces, "validation"))
            aucs = generator_aucs(readouts)
            run.curve.append({"step": run.step, **{f"AUC {name}": value for name, value in aucs.items()}})
            logger.info("step %d: %s", run.step, {name: round(value, 3) for name, value in aucs.items()})
            run.save()
