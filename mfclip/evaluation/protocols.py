"""Protocols: which pictures are scored, and what is reported of them."""

import dataclasses
from typing import Any

import numpy as np
import torch
from sklearn.pipeline import Pipeline

from mfclip.data.cache import RegionCache
from mfclip.data.held_out import HeldOut
from mfclip.data.readouts import Readouts, read_out
from mfclip.decision import margin
from mfclip.evaluation.baseline import split_features
from mfclip.evaluation.scores import auc, auc_difference, group_resamples, overall
from mfclip.model import MFCLIP

BASELINE = "baseline"


def score_columns(model: MFCLIP, readouts: Readouts, baseline: np.ndarray) -> dict[str, np.ndarray]:
    """Every score that is compared, (N,) each, positive towards fake; 'detector' is the margin of the decision."""
    return {
        "detector": margin(
            model.config.decision, torch.from_numpy(readouts.head), torch.from_numpy(readouts.language)
        ).numpy(),
        "head alone": readouts.head,
        "language alone": readouts.language,
        "image stream alone": readouts.image,
        "noise stream alone": readouts.noise,
        BASELINE: baseline,
    }


def held_out_table(model: MFCLIP, baseline: Pipeline, held_out: HeldOut) -> dict[str, Any]:
    """Per generator (its forgeries against all reals) and over all: AUC of every score, with intervals."""
    readouts = read_out(model, held_out)
    table, _ = split_features(held_out)
    columns = score_columns(model, readouts, baseline.decision_function(table))
    generators = {}
    for name in sorted(set(readouts.generator[readouts.fake])):
        chosen = ~readouts.fake | (readouts.generator == name)
        generators[name] = _rows(columns, readouts, chosen)
    decision = model.config.decision
    chance = 1 / (1 + np.exp(-columns["detector"] / decision.temperature))
    reals = {
        name: {
            "pictures": int((readouts.generator == name).sum()),
            "at_or_above_one_half": float((chance[readouts.generator == name] >= 0.5).mean()),
            "called_substantial": float((chance[readouts.generator == name] >= decision.high).mean()),
        }
        for name in sorted(set(readouts.generator[~readouts.fake]))
    }
    return {
        "generators": generators,
        "all": _rows(columns, readouts, np.ones(len(readouts.fake), bool)),
        "overall": overall(readouts.fake, chance, decision.low, decision.high),
        "reals": reals,
        "above_baseline": sum(
            row["detector"]["value"] > row[BASELINE]["value"] for row in generators.values()
        ),
        "surely_above_baseline": sum(row["difference"]["low"] > 0 for row in generators.values()),
    }


def _rows(columns: dict[str, np.ndarray], readouts: Readouts, chosen: np.ndarray) -> dict[str, Any]:
    fake = readouts.fake[chosen]
    resamples = group_resamples(fake, readouts.group[chosen])
    row: dict[str, Any] = {"forgeries": int(fake.sum()), "reals": int((~fake).sum())}
    for name, score in columns.items():
        row[name] = dataclasses.asdict(auc(fake, score[chosen], resamples))
    ours, theirs = columns["detector"][chosen], columns[BASELINE][chosen]
    row["difference"] = dataclasses.asdict(auc_difference(fake, ours, theirs, resamples))
    return row


def in_domain(
    model: MFCLIP, faces: RegionCache, baselines: dict[bool, Pipeline], split: str
) -> dict[str, Any]:
    """A split of the training sources, whole groups kept apart: re-saved histories on both classes, and as given."""
    return {
        "re-saved": held_out_table(model, baselines[True], HeldOut(faces, split)),
        "as given": held_out_table(model, baselines[False], HeldOut(faces, split, touched=False)),
    }
