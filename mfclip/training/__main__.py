"""Train a detector: `python -m mfclip.training --data FOLDER --out runs/NAME`.

Many GPUs or machines: `accelerate launch -m mfclip.training …` with the same options; several processes on CPUs:
`torchrun --nproc-per-node N -m mfclip.training …`.
"""

import argparse
import dataclasses
import logging
import sys
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator

from mfclip.commands import INTERRUPTED, USAGE, refusals_said
from mfclip.config import CONFIGURATIONS, Config
from mfclip.data.cache import RegionCache
from mfclip.data.leave_out import LeaveOut
from mfclip.data.seen import read_record, seen_before
from mfclip.hub import RECORD, read_checkpoint
from mfclip.prompts import Hierarchy
from mfclip.training.language import prepare_tower
from mfclip.training.loop import SAVE_EVERY, STATE, Run, accelerator_of, train, working_folder
from mfclip.training.objective import hierarchy_rows
from mfclip.training.prepare import prepare
from mfclip.training.recipes import RECIPES, Recipe
from mfclip.training.record import write_run
from mfclip.training.settings import add_overrides, recipe_of
from mfclip.training.start import open_clip_towers, pretrained_record, starting_model
from mfclip.training.trunk import imagenet_trunk
from mfclip.training.variants import VARIANTS, check_recipe, variant

__all__ = ["EXIT_STOPPED", "EXIT_USAGE", "main", "parser", "recipe_of"]

EXIT_USAGE, EXIT_STOPPED = USAGE, INTERRUPTED

logger = logging.getLogger(__name__)


def parser() -> argparse.ArgumentParser:
    """Command line: where the photographs are, where the run goes, and any field of the recipe by its name."""
    told = argparse.ArgumentParser(prog="python -m mfclip.training", description=__doc__)
    told.add_argument(
        "--data", type=Path, required=True, help="folder of photographs (what it may look like: mfclip/data)"
    )
    told.add_argument(
        "--out", type=Path, required=True, help="run folder; an unfinished run in it is resumed"
    )
    told.add_argument(
        "--cache", type=Path, default=Path(".cache"), help="where cut faces and made forgeries are kept"
    )
    told.add_argument("--configuration", choices=["tiny", "clip-b16"], default="tiny")
    told.add_argument(
        "--variant",
        choices=sorted(VARIANTS),
        default="full",
        help="which part of the model an ablation changes",
    )
    told.add_argument(
        "--recipe",
        default=None,
        help=f"{', '.join(sorted(RECIPES))}, or a JSON file with fields of a recipe (default: the configuration's)",
    )
    told.add_argument(
        "--splits", type=Path, help="splits.csv of an earlier run, kept although the folder may have grown"
    )
    told.add_argument("--start-from", default=None, help="checkpoint whose weights the run begins with")
    told.add_argument(
        "--pretrained",
        default=None,
        help="CLIP weights for clip-b16: open_clip's tag, tag@<40 hex>, or a safetensors file (e.g. openai)",
    )
    told.add_argument("--workers", type=int, default=1, help="loader processes")
    told.add_argument("--threads", type=int, default=None, help="CPU threads of the training itself")
    told.add_argument(
        "--save-every", type=int, default=SAVE_EVERY, help="steps between saves of the run's state"
    )
    add_overrides(told)
    return told


def configuration(base: Config, recipe: Recipe, faces: RegionCache, made: RegionCache) -> Config:
    """A configuration with the hierarchy that the training pictures make: kinds and generators from data."""
    left_out = LeaveOut.parse(recipe.leave_out)
    entries = [
        entry
        for cache in (faces, made)
        for entry in cache.entries
        if entry.split == "train" and not left_out.excludes(entry)
    ]
    return dataclasses.replace(base, hierarchy=Hierarchy(tuple(hierarchy_rows(entries))))


def _check(told: argparse.Namespace, recipe: Recipe) -> Config:
    """The configuration that was asked for, its hierarchy not yet filled; ValueError for what does not go together."""
    base = variant(told.variant, CONFIGURATIONS[told.configuration])
    check_recipe(base, recipe)
    if told.pretrained and base.image.kind != "clip":
        raise ValueError(
            f"--pretrained {told.pretrained} was given, but configuration {told.configuration} has no CLIP towers; "
            "use --configuration clip-b16."
        )
    if recipe.text == "frozen" and base.image.kind == "clip" and not (told.pretrained or told.start_from):
        raise ValueError(
            "The recipe keeps the text tower frozen, and configuration clip-b16 would keep a random one; pass "
            "--pretrained TAG (e.g. openai) or --start-from CHECKPOINT, or train it with --text trained."
        )
    for name in ("save_every", "threads"):
        if getattr(told, name) is not None and getattr(told, name) < 1:
            raise ValueError(f"{name} is {getattr(told, name)}; at least 1 is needed.")
    if told.workers < 0:
        raise ValueError(f"workers is {told.workers}; 0 or more loader processes are needed.")
    return base


def _weights(told: argparse.Namespace, base: Config, recipe: Recipe) -> dict[str, Any]:
    """What the run's first weights are taken from, as arguments of `starting_model`."""
    found: dict[str, Any] = {}
    if told.start_from:
        found["checkpoint"] = start = read_checkpoint(told.start_from)
        reason = seen_before(read_record(start.folder), recipe.leave_out, ())
        if reason:
            raise ValueError(
                f"leave_out is {recipe.leave_out!r}, but the run would start from {start.name}, and {reason}. Start "
                "from a checkpoint that never saw it, or from fresh weights."
            )
    if told.pretrained:
        found["clip"] = open_clip_towers(told.pretrained)
    if base.image.kind == "efficientnet":
        found["trunk"] = imagenet_trunk()
    if recipe.text == "frozen" and base.image.kind != "clip":
        found["tower"] = prepare_tower(told.cache, recipe, base)
    return found


def _run(told: argparse.Namespace, recipe: Recipe, accelerator: Accelerator) -> int:
    base = _check(told, recipe)
    # One process makes what is missing on disk, then one on each machine, then all find it there.
    with accelerator.main_process_first(), accelerator.local_main_process_first():
        faces, made = prepare(told.data, told.cache, recipe, told.splits)
        weights = _weights(told, base, recipe)
    config = configuration(base, recipe, faces, made)
    model, origin = starting_model(config, recipe.seed, **weights)
    pretrained = pretrained_record(told.pretrained) if told.pretrained else None
    if (told.out / RECORD).is_file() and not (working_folder(told.out) / STATE).is_file():
        raise ValueError(
            f"{told.out} holds a finished run, and the state it would go on from is gone: it would be trained anew, "
            "over the weights that are there. Give another --out, or take the folder away."
        )
    run = Run(model, recipe, told.out, accelerator, origin, pretrained)
    run.resume()
    if run.finished and (told.out / RECORD).is_file():
        logger.info("%s is finished already", told.out)
        return 0
    if not train(run, faces, made, told.workers, told.save_every):
        sys.stderr.write(
            f"Stopped and saved after step {run.step} of {recipe.steps}; the same command continues.\n"
        )
        return EXIT_STOPPED
    if accelerator.is_main_process:
        write_run(run, faces, made, told.variant)
    accelerator.wait_for_everyone()
    return 0


def main(arguments: list[str] | None = None) -> int:
    """Prepare, train, fit the decision, write the checkpoint folder.

    Exit codes: 0 done, 2 usage, 3 checkpoint, 130 stopped by a signal and saved.
    """
    told = parser().parse_args(arguments)

    def work() -> int:
        recipe = recipe_of(told)
        accelerator = accelerator_of(recipe)
        level = logging.INFO if accelerator.is_main_process else logging.ERROR
        logging.basicConfig(level=level, format="%(asctime)s %(message)s", stream=sys.stderr)
        if told.threads:
            torch.set_num_threads(told.threads)
        return _run(told, recipe, accelerator)

    return refusals_said(work)


if __name__ == "__main__":
    sys.exit(main())
