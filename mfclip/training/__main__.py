"""Train a detector: `python -m mfclip.training --data FOLDER --out runs/NAME`."""

import argparse
import dataclasses
import logging
import sys
from pathlib import Path

import torch

from mfclip.config import CONFIGURATIONS, Config
from mfclip.data.cache import RegionCache
from mfclip.errors import CheckpointError
from mfclip.hub import read_checkpoint
from mfclip.prompts import Hierarchy
from mfclip.training.loop import Run, train
from mfclip.training.objective import hierarchy_rows
from mfclip.training.prepare import prepare
from mfclip.training.recipes import RECIPES, Recipe
from mfclip.training.record import write_run

EXIT_USAGE, EXIT_CHECKPOINT = 2, 3


def parser() -> argparse.ArgumentParser:
    """Command line: where the photographs are, where the run goes, and any field of the recipe by its name."""
    told = argparse.ArgumentParser(prog="python -m mfclip.training", description=__doc__)
    told.add_argument(
        "--data", type=Path, required=True, help="folder with manifest.csv (columns: mfclip/data/sources.py)"
    )
    told.add_argument(
        "--out", type=Path, required=True, help="run folder; an unfinished run in it is resumed"
    )
    told.add_argument(
        "--cache", type=Path, default=Path(".cache"), help="where cut faces and copies are kept"
    )
    told.add_argument("--configuration", choices=["tiny", "clip-b16"], default="tiny")
    told.add_argument("--recipe", choices=sorted(RECIPES), default="tiny")
    told.add_argument("--start-from", default=None, help="checkpoint whose weights the run begins with")
    told.add_argument("--workers", type=int, default=1, help="loader processes")
    told.add_argument("--threads", type=int, default=None, help="CPU threads of the training itself")
    settings = told.add_argument_group("recipe overrides")
    for field in dataclasses.fields(Recipe):
        if field.name != "name":
            settings.add_argument(f"--{field.name.replace('_', '-')}", type=field.type, default=None)
    return told


def configuration(name: str, faces: RegionCache, copies: RegionCache) -> Config:
    """The named configuration with the hierarchy that the training pictures make: kinds and generators from data."""
    rows = hierarchy_rows([e for cache in (faces, copies) for e in cache.entries if e.split == "train"])
    return dataclasses.replace(CONFIGURATIONS[name], hierarchy=Hierarchy(tuple(rows)))


def main(arguments: list[str] | None = None) -> int:
    """Prepare, train, fit the decision, write the checkpoint folder. Exit codes: 0 done, 2 usage, 3 checkpoint."""
    told = parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    if told.threads:
        torch.set_num_threads(told.threads)
    changed = {
        field.name: getattr(told, field.name)
        for field in dataclasses.fields(Recipe)
        if field.name != "name" and getattr(told, field.name) is not None
    }
    try:
        recipe = dataclasses.replace(RECIPES[told.recipe], **changed)
        faces, copies = prepare(told.data, told.cache, recipe)
        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        run = Run(configuration(told.configuration, faces, copies), recipe, told.out, device)
        if not run.resume() and told.start_from:
            run.start_from(read_checkpoint(told.start_from))
        train(run, faces, copies, told.workers)
        write_run(run, faces, copies)
    except CheckpointError as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_CHECKPOINT
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_USAGE
    return 0


if __name__ == "__main__":
    sys.exit(main())
