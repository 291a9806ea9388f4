"""One table of runs that differ in one thing, on the same test pictures, each beside the run it is compared with."""

import json
import logging
import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np

from mfclip.data.held_out import HeldOut
from mfclip.data.leave_out import LeaveOut
from mfclip.evaluation.protocols import CONDITIONS, runs_in, training_of
from mfclip.evaluation.rewordings import rewordings_auc
from mfclip.evaluation.scores import Sampled, group_weights, rank_figures, said, told
from mfclip.evaluation.scoring import DETECTOR, Bench, Scored, Subject
from mfclip.evaluation.tables import mean_over_generators, overall, real_sources
from mfclip.hub import read_checkpoint

FULL, NO_LANGUAGE = "full", "no-language-in-the-decision"
COMPARED = {"ablations": "Ablations", "ingredients": "What each ingredient of the made forgeries adds"}
"""Protocols whose runs differ in one thing each, with their titles in the card."""
SWEEP = "sweep.json"
HEAD = "head alone"
MEAN, UNSEEN = "mean_over_generators", "mean_over_unseen_generators"
"""Mean AUC over all generators of the test pictures, and over those of them that the run was trained without."""

REWORDINGS = "rewordings"
"""AUC of the held-out rewordings of descriptions: what a change does to words that were never trained with."""

Figures = dict[str, Sampled]

logger = logging.getLogger(__name__)


def row_name(run: str) -> str:
    """The row that a run is one seed of: its folder's name without '-seedN'."""
    return re.sub(r"-seed\d+$", "", run)


def counterparts(folder: Path, runs: list[str]) -> dict[str, str | None]:
    """By run, the run it is compared with: what the sweep wrote down (`against`, same seed), else 'full'.

    None for 'full' itself and where there is nothing to compare with.
    """
    against = {name: row.get("against") or FULL for name, row in _listed(folder).items()}
    found: dict[str, str | None] = {}
    for run in runs:
        row, seed = row_name(run), run[len(row_name(run)) :]
        other = against.get(run, FULL)
        choices = [name for name in (other + seed, other) if name in runs and row != other]
        found[run] = choices[0] if choices else None
    return found


def _listed(folder: Path) -> dict[str, dict[str, Any]]:
    """What the sweep wrote down of each run, by folder; {} where the runs are of no sweep."""
    path = folder / SWEEP
    rows = json.loads(path.read_text(encoding="utf-8"))["rows"] if path.is_file() else []
    return {row["folder"]: row for row in rows}


def _figures(scored: Scored, weights: np.ndarray, unseen: Collection[str]) -> Figures:
    found = {name: figure for name, figure in overall(scored, weights).items() if figure is not None}
    return found | _means(scored, weights, DETECTOR, unseen)


def _head_figures(scored: Scored, weights: np.ndarray, unseen: Collection[str]) -> Figures:
    """What the head achieves by itself: only figures of order, because it has no cut-offs of its own."""
    figures = rank_figures(scored.fake, scored.scores[HEAD], weights)
    return figures | _means(scored, weights, HEAD, unseen)


def _means(scored: Scored, weights: np.ndarray, scorer: str, unseen: Collection[str]) -> Figures:
    means = {
        MEAN: mean_over_generators(scored, weights, scorer),
        UNSEEN: mean_over_generators(scored, weights, scorer, unseen),
    }
    return {name: mean for name, mean in means.items() if mean is not None}


def _unseen(subject: Subject) -> tuple[str, ...]:
    """The generators that a run was trained without, by their own names."""
    left_out = LeaveOut.parse(subject.record.get("recipe", {}).get("leave_out", ""))
    return left_out.names if left_out.what == "generator" else ()


def ablations(
    bench: Bench, folder: Path, split: str, conditions: list[str], protocol: str = "ablations"
) -> dict[str, Any]:
    """Every finished run of a folder on one split, one row each, with paired differences to its counterpart.

    protocol: one of COMPARED. Of the ablations the row 'no-language-in-the-decision' is not a run: it is the head alone
    of 'full'. Raises ValueError if there is no run, CheckpointError if one cannot be read.
    """
    runs = [path.name for path in runs_in(folder)]
    against, listed = counterparts(folder, runs), _listed(folder)
    rows: dict[str, dict[str, Any]] = {}
    for condition in conditions:
        held_out = HeldOut(bench.faces, split, touched=CONDITIONS[condition])
        sampled: dict[str, Figures] = {}
        for run in runs:
            subject = Subject.of(read_checkpoint(folder / run))
            scored = bench.score(subject, held_out, None, recompress=False)
            weights = group_weights(scored.fake, scored.group)
            unseen = _unseen(subject)
            sampled[run] = _figures(scored, weights, unseen)
            if protocol == "ablations":
                sampled[run][REWORDINGS] = rewordings_auc(subject.model, bench.faces)
            changed = listed.get(run, {}).get("says", "")
            rows.setdefault(
                run, facts(subject) | {"against": against[run], "changed": changed, "conditions": {}}
            )
            rows[run]["conditions"][condition] = {**said(sampled[run]), "reals": real_sources(scored)}
            if row_name(run) == FULL and protocol == "ablations":
                name = run.replace(FULL, NO_LANGUAGE, 1)
                against[name], sampled[name] = run, _head_figures(scored, weights, unseen)
                rows.setdefault(name, facts(subject) | {"against": run, "changed": HEAD, "conditions": {}})
                rows[name]["conditions"][condition] = said(sampled[name])
            logger.info("%s, %s: AUC %.3f", run, condition, sampled[run]["auc"].value)
        for run, figures in sampled.items():
            other = against[run]
            if other is not None:
                differences = {
                    n: told(f.minus(sampled[other][n])) for n, f in figures.items() if n in sampled[other]
                }
                rows[run]["conditions"][condition]["difference"] = differences
    return {"runs": rows, "rows": {name: over_seeds(rows, name, conditions) for name in names(rows)}}


def names(runs: dict[str, Any]) -> list[str]:
    """The rows of the table, 'full' first."""
    return sorted({row_name(run) for run in runs}, key=lambda name: (name != FULL, name))


def facts(subject: Subject) -> dict[str, Any]:
    """What tells a run from the others."""
    config, recipe = subject.model.config, subject.record.get("recipe", {})
    return {
        **training_of(subject),
        "noise": config.noise.kind,
        "alignment": config.alignment.kind,
        "levels": config.text.levels,
        "patch": recipe.get("patch"),
        "histories": recipe.get("histories"),
        "left_out": recipe.get("leave_out", ""),
    }


def over_seeds(runs: dict[str, Any], name: str, conditions: list[str]) -> dict[str, Any]:
    """By condition and figure, the mean over a row's seeds, the smallest and the largest, and how many there are.

    `difference` holds the same of the differences, each to the counterpart of its own seed.
    """
    seeds = [run for key, run in runs.items() if row_name(key) == name]
    found: dict[str, Any] = {}
    for condition in conditions:
        tables = [run["conditions"][condition] for run in seeds]
        found[condition] = _spreads(tables)
        differences = _spreads([table["difference"] for table in tables if "difference" in table])
        if differences:
            found[condition]["difference"] = differences
    return found


def _spreads(tables: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    found = {}
    for metric in (key for key, cell in (tables or [{}])[0].items() if "value" in cell):
        values = [table[metric]["value"] for table in tables if metric in table]
        spread = {"mean": float(np.mean(values)), "smallest": min(values), "largest": max(values)}
        found[metric] = {**spread, "seeds": len(values)}
    return found
