"""A finished run as a checkpoint folder: configuration with fitted decision, weights, hashes, card, record, curves."""

import dataclasses
import json
import logging
import platform
import resource
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from mfclip.config import UNFITTED, DecisionConfig
from mfclip.data.cache import Entry, RegionCache
from mfclip.data.leave_out import LeaveOut
from mfclip.data.readouts import Readouts, generator_aucs, read_out
from mfclip.data.shares import picture_weights, share_aucs
from mfclip.data.splits import SPLITS_FILE, write_splits
from mfclip.hub import RECORD, write_checkpoint
from mfclip.model import MFCLIP
from mfclip.training.curves import write_curves
from mfclip.training.fit import calibrate
from mfclip.training.language import write_words
from mfclip.training.loop import CURVE, Run, validation_split
from mfclip.training.recipes import Recipe
from mfclip.training.spectra import write_spectra

logger = logging.getLogger(__name__)

DRAFT = """# {name}

Draft card of a training run. It holds no figures yet: `python -m mfclip.evaluation {folder}` measures the held-out
split, writes results.json and fills in the card.
"""

EPOCH = "one pass over the training reals: as many steps as draw each of them once on average"


def commit() -> str:
    """The commit the code was at, with '+' if the tree had changes; 'unknown' outside a checkout."""
    try:
        told = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
        changed = subprocess.run(["git", "status", "--porcelain"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return told.stdout.strip() + ("+" if changed.stdout.strip() else "")


def write_run(run: Run, faces: RegionCache, made: RegionCache, variant: str = "full") -> None:
    """Fit the decision on validation and write the shipped weights into the run's folder as a checkpoint.

    Beside it go splits.csv (what lay in which split), training.json (recipe, variant, commit, seeds, what the data
    were, what was left out, counts, calibration, validation figures, time and memory of an epoch), words.json where
    sentences were reworded, spectra.json (what the noise of the training photographs looked like), and the curves as
    JSON, PNG and HTML. A decision that cannot be fitted is left unfitted, and says so wherever it is used.
    """
    model = run.shipped()
    readouts = read_out(model, validation_split(faces, run.recipe), patch=run.recipe.patch)
    decision, calibration = fitted_decision(readouts, run.recipe)
    config = dataclasses.replace(model.config, decision=decision)
    folder = run.folder
    write_checkpoint(
        folder, config.to_dict(), model.state_dict(), DRAFT.format(name=config.name, folder=folder)
    )
    if run.recipe.paraphrases:
        write_words(folder, config.hierarchy)
    write_splits(folder / SPLITS_FILE, faces.entries)
    write_spectra(folder, faces, run.recipe.leave_out, run.recipe.histories)
    best = None if run.best is None else {"step": run.best["step"], "mean_auc": run.best["auc"]}
    record = {
        **_circumstances(run, variant),
        "data": _data(run, faces, made),
        "parameters": {
            "all": sum(value.numel() for value in model.parameters()),
            "trained": sum(value.numel() for value in run.trained),
            "token_table": model.language.tower.token_embedding.weight.numel(),
        },
        "validation": {**validation_figures(readouts), "best": best},
        "calibration": calibration,
        "epoch": epoch(run, faces),
        **_learned(model),
    }
    (folder / CURVE).write_text(json.dumps(run.curve, indent=1) + "\n", encoding="utf-8")
    write_curves(run.curve, folder, run.recipe.name)
    # Last, because it is what tells a finished run.
    (folder / RECORD).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    logger.info("wrote %s: %s", folder, decision)


def fitted_decision(readouts: Readouts, recipe: Recipe) -> tuple[DecisionConfig, dict[str, Any] | None]:
    """The decision that validation and the recipe make, and its `Calibration` as a dictionary.

    Where it cannot be fitted, an unfitted one that says why, and None.
    """
    try:
        found = calibrate(readouts, recipe.head_share or None)
    except ValueError as error:
        logger.warning("the decision was not fitted: %s", error)
        return dataclasses.replace(UNFITTED, origin=f"not fitted: {error}"), None
    origin = (
        f"fitted on {len(readouts.fake)} validation photographs ({found.reals} real) by mfclip.training.fit; "
        f"the head has {found.head_share:.0%} of the standardised margin; calibrated for one forgery in two photographs"
    )
    return found.decision(origin), dataclasses.asdict(found)


def _circumstances(run: Run, variant: str) -> dict[str, Any]:
    """What was run, where and for how long."""
    return {
        "recipe": dataclasses.asdict(run.recipe),
        "variant": variant,
        "steps": run.step,
        "shipped_step": run.step if run.best is None else run.best["step"],
        "stopped_early": run.step < run.recipe.steps,
        "started_from": run.origin,
        "pretrained": run.pretrained,
        "seed": run.recipe.seed,
        "seconds": run.seconds,
        "commit": commit(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "device": str(run.device),
        "processes": run.accelerator.num_processes,
        "threads": torch.get_num_threads(),
    }


def _data(run: Run, faces: RegionCache, made: RegionCache) -> dict[str, Any]:
    left_out = LeaveOut.parse(run.recipe.leave_out)
    excluded = {
        name: sum(left_out.excludes(entry) for entry in cache.entries)
        for name, cache in (("faces", faces), ("made", made))
    }
    return {
        "faces": faces.fingerprint,
        "made": made.fingerprint,
        "broken": faces.broken,
        "left_out": {"rule": run.recipe.leave_out, **excluded},
        "counts": counts(faces.entries, left_out),
        "made_counts": counts([entry for entry in made.entries if entry.fake], left_out),
    }


def counts(entries: Sequence[Entry], left_out: LeaveOut) -> dict[str, dict[str, int]]:
    """Pictures by source or generator and split, without those left out."""
    found: dict[str, dict[str, int]] = {}
    for entry in entries:
        if not left_out.excludes(entry):
            of_source = found.setdefault(entry.generator, {})
            of_source[entry.split] = of_source.get(entry.split, 0) + 1
    return found


def validation_figures(readouts: Readouts) -> dict[str, Any]:
    """AUC by generator, and by the head's share of the margin."""
    return {
        "auc": generator_aucs(readouts),
        "auc_by_head_share": share_aucs(readouts, picture_weights(readouts)),
    }


def _learned(model: MFCLIP) -> dict[str, Any]:
    return {
        "level_weights": np.round(model.language.level_weights.tolist(), 4).tolist(),
        "logit_scale": float(model.scale.detach()),
    }


def epoch(run: Run, faces: RegionCache) -> dict[str, Any]:
    """Time and memory of an epoch as this machine ran it, with what is meant by one.

    seconds: from the run's mean step, loading included, validation not. peak_memory_bytes: of the first process, with
    that of its largest loader process beside it; peak_gpu_memory_bytes: None without a GPU.
    """
    left_out = LeaveOut.parse(run.recipe.leave_out)
    reals = sum(
        entry.split == "train" and not entry.fake and not left_out.excludes(entry) for entry in faces.entries
    )
    steps = -(-reals // run.recipe.reals)
    unit = 1 if sys.platform == "darwin" else 1024  # getrusage counts bytes there, KiB elsewhere
    return {
        "definition": EPOCH,
        "reals": reals,
        "steps": steps,
        "seconds": run.seconds / max(run.step, 1) * steps,
        "peak_memory_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit,
        "peak_loader_memory_bytes": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * unit,
        "peak_gpu_memory_bytes": (
            torch.cuda.max_memory_allocated(run.device) if run.device.type == "cuda" else None
        ),
    }
