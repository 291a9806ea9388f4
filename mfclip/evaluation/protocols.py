"""Protocols: which pictures are scored by which checkpoint, and against what."""

import json
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from mfclip.data.cache import Entry, RegionCache
from mfclip.data.held_out import HeldOut
from mfclip.data.leave_out import LeaveOut
from mfclip.data.seen import seen_before
from mfclip.data.shares import nearest_to_equal, picture_weights, share_aucs
from mfclip.evaluation.scores import Sampled, group_weights, said, told
from mfclip.evaluation.scoring import BASELINE, DETECTOR, Bench, Keep, Scored, Subject, with_partners
from mfclip.evaluation.tables import ALIKE, measure, overall
from mfclip.evaluation.treatments import CURVES
from mfclip.hub import CONFIG, RECORD, read_checkpoint
from mfclip.hub.lineage import steps_drawn_alike, steps_in_all

CONDITIONS = {"re-saved": True, "as given": False}
"""By name, whether both classes pass through one distribution of histories (resizing, JPEG) before they are scored."""

MAKERS_QUALITY = "quality.json"
"""Written by training beside forgeries: how near their makers' copies of unseen faces are."""

LEFT_OUT = {
    "leave-one-generator-out": "generator",
    "leave-one-forgery-kind-out": "kind",
    "leave-one-real-source-out": "real",
}
"""Protocols whose checkpoint is a folder of runs, and what each run was trained without."""

logger = logging.getLogger(__name__)


def in_domain(bench: Bench, subject: Subject, split: str, conditions: list[str]) -> dict[str, Any]:
    """A split of the training sources, whole groups kept apart, by condition."""
    found = {}
    for name in conditions:
        touched = CONDITIONS[name]
        scored = bench.score(subject, HeldOut(bench.faces, split, touched=touched), bench.baselines(touched))
        found[name] = measure(scored)
        logger.info("%s: %s", name, headline(found[name]))
    return found


def headline(measured: dict[str, Any]) -> str:
    """One line of a condition: AUC of detector and baseline, false alarms."""
    told = {name: measured["all"][name]["value"] for name in (DETECTOR, BASELINE) if name in measured["all"]}
    alarms = measured["overall"].get("reals_called_substantial")
    parts = [f"AUC of {name} {value:.3f}" for name, value in told.items()]
    return ", ".join([*parts, *([f"reals called substantial {alarms['value']:.1%}"] if alarms else [])])


def made_forgeries(bench: Bench, subject: Subject, made: RegionCache, split: str) -> dict[str, Any]:
    """Forgeries made from the reals of a split against those very reals, both under one history, by maker."""
    held_out = HeldOut(made, split)
    on_made = replace(bench, faces=made, photographs=None)
    scored = with_partners(bench_score(on_made, bench, subject, held_out), held_out)
    found = measure(scored)
    quality = made.folder / MAKERS_QUALITY
    if quality.is_file():
        found["quality"] = json.loads(quality.read_text(encoding="utf-8"))
    logger.info("made forgeries: %s", headline(found))
    return found


def bench_score(on: Bench, fitted_on: Bench, subject: Subject, held_out: HeldOut) -> Any:
    """Score pictures of one cache with baselines fitted on another's training split."""
    return on.score(subject, held_out, fitted_on.baselines(held_out.touched))


def robustness(bench: Bench, subject: Subject, split: str, per_source: int) -> dict[str, Any]:
    """The detector under each treatment of CURVES at each strength, at most `per_source` pictures a source.

    Every treatment comes after the history of the condition 're-saved' and is applied to both classes alike;
    `difference` is that of the AUC to the same pictures without one.
    """
    kept: set[str] = set()
    by_source: dict[str, list[str]] = {}
    for entry in HeldOut(bench.faces, split).entries:
        by_source.setdefault(entry.generator, []).append(entry.path)
    for name, paths in by_source.items():
        # A draw by name: neighbouring file names are often one group.
        order = np.random.default_rng(list(name.encode())).permutation(len(paths))
        kept |= {sorted(paths)[place] for place in order[:per_source]}

    def figures(treatment: Any) -> dict[str, Sampled]:
        held_out = HeldOut(bench.faces, split, keep=lambda entry: entry.path in kept, treatment=treatment)
        scored = bench.score(subject, held_out, None, recompress=False)
        found = overall(scored, group_weights(scored.fake, scored.group))
        names = ("auc", "reals_called_substantial", "forgeries_called_little", "in_the_band")
        return {name: figure for name in names if (figure := found.get(name)) is not None}

    unchanged = figures(None)

    def changed(found: dict[str, Sampled]) -> dict[str, Any]:
        if "auc" not in found:
            return said(found)
        return {**said(found), "difference": told(found["auc"].minus(unchanged["auc"]))}

    curves = {}
    for name, steps in CURVES.items():
        curves[name] = [
            {"strength": strength, **changed(figures(treatment))} for strength, treatment in steps
        ]
        logger.info("robustness, %s: %s", name, [round(step["auc"]["value"], 3) for step in curves[name]])
    return {"pictures": len(kept), "per_source": per_source, "unchanged": said(unchanged), "curves": curves}


def runs_in(folder: Path) -> list[Path]:
    """The finished runs of a folder, by name. Raises ValueError if there is none."""
    found = [
        path for path in sorted(folder.iterdir()) if (path / CONFIG).is_file() and (path / RECORD).is_file()
    ]
    if not found:
        raise ValueError(
            f"{folder} holds no finished run (a folder with {CONFIG} and {RECORD}); train them with "
            "python -m mfclip.training.sweep."
        )
    return found


def trained_groups(faces: RegionCache, left_out: LeaveOut) -> set[str]:
    """Groups that a run without the left-out pictures trained on."""
    return {entry.group for entry in faces.entries if entry.split == "train" and not left_out.excludes(entry)}


def left_out_pictures(faces: RegionCache, left_out: LeaveOut) -> Keep:
    """Which pictures a run is scored on: what it left out, and the other class of the test split.

    Of the left-out ones those of all splits whose group has no picture in that run's training.
    """
    trained = trained_groups(faces, left_out)
    of_reals = left_out.what == "real"

    def keep(entry: Entry) -> bool:
        if left_out.excludes(entry):
            return entry.group not in trained
        return entry.split == "test" and entry.fake == of_reals

    return keep


def training_of(subject: Subject) -> dict[str, Any]:
    """What a table of runs says of how each was trained. steps: None where some run on the way is unknown; head_share:
    of its margin, None where its decision was not fitted."""
    return {
        "weights_sha256": subject.sha256,
        "seed": subject.record.get("recipe", {}).get("seed"),
        "steps": steps_in_all(subject.record),
        "drawn_alike": steps_drawn_alike(subject.record),
        "image": subject.model.config.image.kind,
        "head_share": (subject.record.get("calibration") or {}).get("head_share"),
    }


def leave_one_out(bench: Bench, folder: Path, protocol: str, conditions: list[str]) -> dict[str, Any]:
    """Each run of a folder on what it was trained without; baselines are fitted without it too.

    Raises ValueError if no run of the folder left such a thing out, CheckpointError if one cannot be read.
    """
    found: dict[str, Any] = {}
    for run in runs_in(folder):
        record = json.loads((run / RECORD).read_text(encoding="utf-8"))
        left_out = LeaveOut.parse(record["recipe"].get("leave_out", ""))
        if left_out.what != LEFT_OUT[protocol]:
            continue
        left_out.check(bench.faces.entries)
        reason = seen_before(record, str(left_out), ())
        if reason:
            raise ValueError(
                f"{run} was to leave out {left_out}, but {reason}, in it or in a run that it began from: its figures "
                "would not be of what it never saw. Take the run out of the folder, or train it anew."
            )
        subject = Subject.of(read_checkpoint(run))
        keep = left_out_pictures(bench.faces, left_out)
        excluded = [entry for entry in bench.faces.entries if left_out.excludes(entry)]
        found[run.name] = {
            "left_out": ", ".join(left_out.names),
            **training_of(subject),
            "pictures_left_out": len(excluded),
            "with_kin_in_training": sum(not keep(entry) for entry in excluded),
            "conditions": {},
        }
        for name in conditions:
            touched = CONDITIONS[name]
            baselines = bench.baselines(touched, lambda entry, rule=left_out: not rule.excludes(entry))  # type: ignore[misc]
            held_out = HeldOut(bench.faces, None, touched=touched, keep=keep)
            scored = bench.score(subject, held_out, baselines)
            measured = {**measure(scored), "auc_by_head_share": _by_share(scored, subject)}
            found[run.name]["conditions"][name] = measured
            logger.info("%s, %s: %s", run.name, name, headline(measured))
    if not found:
        raise ValueError(
            f"No run in {folder} was trained with leave_out '{LEFT_OUT[protocol]}=NAME'; train them with "
            f"python -m mfclip.training.sweep {protocol}."
        )
    return {"runs": found, "summary": {name: left_out_summary(found, name) for name in conditions}}


def _by_share(scored: Scored, subject: Subject) -> dict[str, float]:
    """AUC of a run by the head's share of its margin, readouts standardised as its own validation has them."""
    share, decision = (subject.record.get("calibration") or {}).get("head_share"), scored.decision
    spread = (share / decision.a, (1 - share) / decision.b) if share else None
    aucs = share_aucs(scored.readouts, picture_weights(scored.readouts), spread)
    return {f"{share:g}": auc for share, auc in aucs.items()}


def left_out_summary(runs: dict[str, Any], condition: str) -> dict[str, Any]:
    """Over how many runs the detector's AUC is above the baseline's, and surely so (interval of the difference).

    auc_by_head_share, head_share: mean over the runs whose results have it, and the share that it speaks for.
    """
    measured = [run["conditions"][condition] for run in runs.values()]
    rows = [one["all"] for one in measured if "difference" in one["all"]]
    by_share = [one["auc_by_head_share"] for one in measured if "auc_by_head_share" in one]
    aucs = {share: float(np.mean([one[share] for one in by_share])) for share in (by_share or [{}])[0]}
    found = {
        "runs": len(rows),
        "above_baseline": sum(row["difference"]["value"] > 0 for row in rows),
        "surely_above_baseline": sum(row["difference"]["low"] > 0 for row in rows),
    }
    alike = [one[ALIKE]["difference"] for one in measured if "difference" in one.get(ALIKE, {})]
    if alike:
        found["above_baseline_sources_alike"] = sum(difference["value"] > 0 for difference in alike)
    if not aucs:
        return found
    best = nearest_to_equal({float(share): auc for share, auc in aucs.items()})
    return {**found, "auc_by_head_share": aucs, "head_share": best}


def cross_dataset(
    bench: Bench, fitted_on: Bench | None, subject: Subject, conditions: list[str]
) -> dict[str, Any]:
    """All pictures of a folder that the detector was not trained on; baselines come from another folder, or none."""
    found = {}
    for name in conditions:
        touched = CONDITIONS[name]
        baselines = None if fitted_on is None else fitted_on.baselines(touched)
        found[name] = measure(bench.score(subject, HeldOut(bench.faces, None, touched=touched), baselines))
        logger.info("%s: %s", name, headline(found[name]))
    return found
