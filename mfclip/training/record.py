"""A finished run as a checkpoint folder: configuration with its fitted decision, weights, hashes, card, record."""

import dataclasses
import json
import logging
import platform
import subprocess

import numpy as np
import torch

from mfclip.data.cache import RegionCache
from mfclip.data.held_out import HeldOut
from mfclip.data.readouts import generator_aucs, read_out
from mfclip.hub import RECORD, write_checkpoint
from mfclip.training.fit import fit_decision, head_share, picture_weights
from mfclip.training.loop import CURVE, Run

logger = logging.getLogger(__name__)

DRAFT = """# {name}

Draft card of a training run. It holds no figures yet: `python -m mfclip.evaluation {folder}` measures the held-out
split, writes results.json and fills in the card.
"""


def commit() -> str:
    """The commit the code was at, with '+' if the tree had changes; 'unknown' outside a checkout."""
    try:
        told = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
        changed = subprocess.run(["git", "status", "--porcelain"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return told.stdout.strip() + ("+" if changed.stdout.strip() else "")


def write_run(run: Run, faces: RegionCache, copies: RegionCache) -> None:
    """Fit the decision on validation and write the averaged weights into the run's folder as a checkpoint.

    Beside it go training.json (recipe, commit, seeds, data fingerprints, counts, validation figures) and curve.json.
    """
    model = run.averaged
    readouts = read_out(model, HeldOut(faces, "validation"))
    weights = picture_weights(readouts)
    share, shares = head_share(readouts, weights)
    reals = int((~readouts.fake).sum())
    origin = (
        f"fitted on {len(readouts.fake)} validation photographs ({reals} real) by mfclip.training.fit; "
        f"the head has {share:.0%} of the standardised margin; calibrated for one forgery in two photographs"
    )
    decision = fit_decision(readouts, origin)
    config = dataclasses.replace(model.config, decision=decision)
    state = {key: value.detach().cpu().contiguous() for key, value in model.state_dict().items()}
    write_checkpoint(run.folder, config.to_dict(), state, DRAFT.format(name=config.name, folder=run.folder))
    counts: dict[str, dict[str, int]] = {}
    for entry in faces.entries:
        counts.setdefault(entry.generator, {}).setdefault(entry.split, 0)
        counts[entry.generator][entry.split] += 1
    record = {
        "recipe": dataclasses.asdict(run.recipe),
        "steps": run.step,
        "started_from": run.origin,
        "seconds": sum(_session_seconds(run.curve)),
        "commit": commit(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "device": str(run.device),
        "data": {
            "faces": faces.fingerprint,
            "copies": copies.fingerprint,
            "broken": faces.broken,
            "counts": counts,
        },
        "parameters": {
            "all": sum(value.numel() for value in model.parameters()),
            "token_table": model.language.tower.token_embedding.weight.numel(),
        },
        "validation": {"auc": generator_aucs(readouts), "auc_by_head_share": shares},
        "level_weights": np.round(model.language.level_weights.tolist(), 4).tolist(),
        "logit_scale": float(model.scale.detach()),
    }
    (run.folder / CURVE).write_text(json.dumps(run.curve, indent=1) + "\n", encoding="utf-8")
    (run.folder / RECORD).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    logger.info("wrote %s: %s", run.folder, decision)


def _session_seconds(curve: list[dict[str, float]]) -> list[float]:
    """Length of each session of a run; the clock of a curve starts anew whenever a run is resumed."""
    seconds = [point["seconds"] for point in curve if "seconds" in point]
    ends = [here for here, after in zip(seconds, seconds[1:], strict=False) if after < here]
    return [*ends, *seconds[-1:]]
