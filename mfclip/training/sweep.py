"""Train a table of runs: `python -m mfclip.training.sweep SWEEP --data FOLDER --out runs/NAME`.

Every row is a run folder of its own under --out, trained by the very functions of `python -m mfclip.training`, one
after the other. A finished row is skipped and a broken-off one is continued, so the same command goes on where it
stopped. Takes every option of `python -m mfclip.training`; a row's own settings go before them. Writes sweep.json,
which says what each row changes and which other row it is to be compared with.

No row is needed for "no language in the decision": it is the row `full` with the head alone, which the evaluation
reads off (mfclip/evaluation/ablations.py).
"""

import argparse
import dataclasses
import json
import logging
import os
import re
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from mfclip.commands import refusals_said
from mfclip.config import CONFIGURATIONS
from mfclip.data.seen import read_record, seen_before
from mfclip.data.sources import read_photographs
from mfclip.hub import CONFIG, RECORD, Checkpoint, read_checkpoint
from mfclip.training.__main__ import EXIT_STOPPED, main, parser, recipe_of
from mfclip.training.recipes import INGREDIENTS, Recipe, as_recorded
from mfclip.training.variants import FULL, PUBLISHED_SLOTS, fit_batch, variant, with_made_share

logger = logging.getLogger(__name__)

SUMMARY = "sweep.json"
LEAVE_OUTS = {
    "leave-one-generator-out": "generator",
    "leave-one-forgery-kind-out": "kind",
    "leave-one-real-source-out": "real",
}
ABLATIONS, INGREDIENTS_SWEEP = "ablations", "ingredients"
SWEEPS = (ABLATIONS, *LEAVE_OUTS, INGREDIENTS_SWEEP)
DEFAULT_RECIPE = {INGREDIENTS_SWEEP: "pairs"}
"""What an ingredient adds shows where nothing else was seen; every other sweep is of the shipped recipe."""


@dataclass(frozen=True)
class Row:
    """One line of the table.

    changes: fields of the recipe by name. batch: pictures of a batch, 0 for the recipe's own. against: the row that
    differs from this one in one thing; '' for none. made: share of the forgeries that is made from the batch's reals,
    0 for the recipe's own. says: what is changed, in a few words.
    """

    name: str
    says: str
    against: str = FULL
    variant: str = FULL
    changes: dict[str, Any] = field(default_factory=dict)
    batch: int = 0
    made: float = 0.0

    def recipe(self, base: Recipe, seed: int) -> Recipe:
        """The recipe of this row. Raises ValueError for settings that do not go together."""
        recipe = dataclasses.replace(base, **{"seed": seed, **self.changes})
        recipe = fit_batch(recipe, self.batch) if self.batch else recipe
        return with_made_share(recipe, self.made) if self.made else recipe


ABLATION_ROWS = (
    Row(FULL, "the whole model and recipe", against=""),
    Row("no-noise", "no noise stream", variant="no-noise"),
    Row("plain-stem", "plain convolutions from scratch instead of ImageNet's trunk", variant="plain-stem"),
    Row(
        "random-patch", "the noise stream trained on any patch, not the richest", changes={"patch": "random"}
    ),
    Row("no-gate", "no sample pair attention", variant="no-gate"),
    Row("batch-24", "batches of 24, what free-gate is to be compared with", batch=PUBLISHED_SLOTS),
    Row(
        "free-gate",
        "sample pair attention as published: a free 24×24 table of batch places, its mean not held",
        against="batch-24",
        variant="free-gate",
        changes={"gate_hold": 0.0},
        batch=PUBLISHED_SLOTS,
    ),
    Row(
        "trained-text",
        "the text tower trained along, what joint-text is to be compared with",
        changes={"text": "trained"},
    ),
    Row(
        "joint-text",
        "four sentences read together at the last end token, not level by level",
        against="trained-text",
        variant="joint-text",
        changes={"text": "trained"},
    ),
    Row(
        "more-made",
        "three forgeries of four made from the batch's own reals, not two",
        made=0.75,
    ),
    Row(
        "fewer-made",
        "one forgery of four made from the batch's own reals, not two",
        made=0.25,
    ),
    Row("no-histories", "no rescaling and re-JPEG in training", changes={"histories": False}),
)


def ingredient_rows(recipe: Recipe) -> list[Row]:
    """All the recipe's ingredients, and each one left out. Raises ValueError if there are fewer than two."""
    used = recipe.ingredients
    if len(used) < 2 or not recipe.pairs:
        raise ValueError(
            f"The recipe has ingredients {used} and {recipe.pairs} pairs; to leave each one out, at least two "
            "ingredients and one pair are needed: raise --pairs or give more --ingredients."
        )
    rows = [Row(FULL, f"made forgeries: {', '.join(used)}", against="")]
    for name in used:
        rest = tuple(other for other in used if other != name)
        rows.append(Row(_row_name(name), f"no forgeries made by {name}", changes={"ingredients": rest}))
    return rows


def leave_out_rows(what: str, data: Path) -> list[Row]:
    """One row for every generator, kind or real source (`what`) among the photographs of `data`.

    Raises ValueError if there are fewer than two, or two whose folders would be called the same.
    """
    sources = read_photographs(data)
    if what == "real":
        names = sorted({source.generator for source in sources if not source.fake})
    else:
        names = sorted({getattr(source, what) for source in sources if source.fake})
    if len(names) < 2:
        raise ValueError(
            f"{data} has {len(names)} {what} to leave out ({', '.join(names) or 'none'}); at least two are needed, "
            "or nothing is left to train on."
        )
    rows = [
        Row(_row_name(n), f"{what} {n} left out", against="", changes={"leave_out": f"{what}={n}"})
        for n in names
    ]
    if len({row.name for row in rows}) < len(rows):
        raise ValueError(f"Two of {names} give a folder of the same name; rename one in the data.")
    return rows


def _row_name(left_out: str) -> str:
    return "without-" + re.sub(r"[^\w.-]+", "-", left_out)


def rows_of(sweep: str, recipe: Recipe, data: Path) -> list[Row]:
    """The rows of a sweep. Raises ValueError as those who make them do."""
    if sweep in LEAVE_OUTS:
        if recipe.leave_out:
            raise ValueError(
                f"leave_out is {recipe.leave_out!r} and the sweep {sweep} sets it row by row; give one of the two."
            )
        return leave_out_rows(LEAVE_OUTS[sweep], data)
    return ingredient_rows(recipe) if sweep == INGREDIENTS_SWEEP else list(ABLATION_ROWS)


@dataclass(frozen=True)
class Job:
    """A row under one seed, with its folder, its whole recipe, its configuration's name and what it begins with."""

    row: Row
    folder: Path
    recipe: Recipe
    variant: str
    configuration: str
    pretrained: str | None = None

    def finished(self, start: Checkpoint | None) -> dict[str, Any] | None:
        """The record of this very run if it has been finished, None if it has not.

        Raises ValueError where a run with other settings lies in the folder.
        """
        path = self.folder / RECORD
        if not path.is_file():
            return None
        record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        wanted: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(self.recipe)))
        found = as_recorded(record.get("recipe", {}))
        differing = sorted(key for key in {*wanted, *found} if wanted.get(key) != found.get(key))
        if record.get("variant") != self.variant:
            differing.append("variant")
        origin = record.get("started_from") or {}
        if origin.get("weights_sha256") != (start and start.sha256):
            differing.append("start_from")
        if json.loads((self.folder / CONFIG).read_text(encoding="utf-8")).get("name") != self.configuration:
            differing.append("configuration")
        if (record.get("pretrained") or {}).get("asked") != self.pretrained:
            differing.append("pretrained")
        if differing:
            raise ValueError(
                f"{self.folder} holds a finished run with other settings (different: {differing}); "
                "give the same ones, or another --out."
            )
        return record


def jobs_of(told: argparse.Namespace, base: Recipe) -> list[Job]:
    """What is to be trained, row by row and seed by seed; seeds go outside, so that a first table is done early.

    Raises ValueError for an unknown row, or settings that do not go together.
    """
    if told.sweep == ABLATIONS and told.variant != FULL:
        raise ValueError(
            f"--variant is {told.variant!r} and the ablations set it row by row; leave it out, or use --only."
        )
    rows = rows_of(told.sweep, base, told.data)
    unknown = sorted(set(told.only or ()) - {row.name for row in rows})
    if unknown:
        raise ValueError(f"There are no rows {unknown}; there are {', '.join(row.name for row in rows)}.")
    jobs = []
    for seed in told.seeds or [base.seed]:
        suffix = f"-seed{seed}" if told.seeds else ""
        for row in rows:
            if not told.only or row.name in told.only:
                name = row.variant if told.sweep == ABLATIONS else told.variant
                recipe = row.recipe(base, seed)
                folder = told.out / f"{row.name}{suffix}"
                configuration = variant(name, CONFIGURATIONS[told.configuration]).name
                jobs.append(Job(row, folder, recipe, name, configuration, told.pretrained))
    return jobs


def arguments_of(told: argparse.Namespace, job: Job) -> list[str]:
    """The command line of `python -m mfclip.training` for a job: as it was told, the whole recipe spelt out."""
    given = ["--data", told.data, "--out", job.folder, "--cache", told.cache, "--recipe", told.recipe]
    given += ["--configuration", told.configuration, "--variant", job.variant, "--workers", told.workers]
    given += ["--save-every", told.save_every]
    for option in ("splits", "start_from", "pretrained", "threads"):
        if getattr(told, option) is not None:
            given += [f"--{option.replace('_', '-')}", getattr(told, option)]
    return [*map(str, given), *_options(job.recipe)]


def _options(recipe: Recipe) -> Iterator[str]:
    for name, value in dataclasses.asdict(recipe).items():
        option = name.replace("_", "-")
        if name == "name":
            continue
        if isinstance(value, bool):
            yield f"--{option}" if value else f"--no-{option}"
        elif isinstance(value, tuple):
            yield from (f"--{option}", *map(str, value))
        else:
            yield f"--{option}={value}"


def summarise(told: argparse.Namespace, jobs: Sequence[Job], start: Checkpoint | None) -> None:
    """Write sweep.json: the rows of this command and of earlier ones with the same --out, finished or not.

    Raises ValueError if the folder is another sweep's, or if rows were trained on different photographs.
    """
    path = told.out / SUMMARY
    known = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    if known.get("sweep", told.sweep) != told.sweep:
        raise ValueError(
            f"{told.out} holds the sweep {known['sweep']!r} and this one is {told.sweep!r}; give another --out."
        )
    rows = {row["folder"]: row for row in known.get("rows", ())}
    for job in jobs:
        record = job.finished(start) or {}
        rows[job.folder.name] = {
            "row": job.row.name,
            "seed": job.recipe.seed,
            "folder": job.folder.name,
            "says": job.row.says,
            "against": job.row.against or None,
            "variant": job.variant,
            "changes": {
                **job.row.changes,
                **({"batch": job.row.batch} if job.row.batch else {}),
                **({"made": job.row.made} if job.row.made else {}),
            },
            "finished": bool(record),
            "seconds": record.get("seconds"),
            "validation_auc": record.get("validation", {}).get("auc", {}).get("mean"),
            "photographs": record.get("data", {}).get("faces"),
        }
    if first_process():
        told.out.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        partial.write_text(json.dumps({"sweep": told.sweep, "rows": list(rows.values())}, indent=2) + "\n")
        partial.replace(path)
    prints = {row["photographs"] for row in rows.values() if row["finished"]}
    if len(prints) > 1:
        told_apart = {row["folder"]: row["photographs"][:12] for row in rows.values() if row["finished"]}
        raise ValueError(
            f"The rows of {told.out} were trained on different photographs ({told_apart}) and cannot be compared; "
            "train all of them on the same --data, in another --out."
        )


def first_process() -> bool:
    """Whether this is the process that writes, of those that `accelerate launch` or torchrun started."""
    return os.environ.get("RANK", "0") == "0"


def left(jobs: Sequence[Job], seconds: Sequence[float]) -> str:
    """How many runs are still to do and when they will be done, from the length of those that are (s each)."""
    if not jobs:
        return "nothing is left"
    names = f"{len(jobs)} left: {', '.join(job.folder.name for job in jobs)}"
    if not seconds:
        return names
    rest = timedelta(seconds=round(len(jobs) * sum(seconds) / len(seconds)))
    return f"{names}; about {rest} more, done at {datetime.now() + rest:%a %H:%M}"


def run_sweep(told: argparse.Namespace) -> int:
    """Train what is not finished. A row that fails is named at the end and the others are still trained.

    Returns 0, or the exit code of the first row that failed; a stop by a signal ends the sweep at once. Raises
    ValueError or CheckpointError for settings that are wrong, before anything is trained.
    """
    start = read_checkpoint(told.start_from) if told.start_from else None
    jobs = jobs_of(told, recipe_of(told))
    if start is not None:
        check_start(told.sweep, jobs, start)
    summarise(told, jobs, start)
    records = [job.finished(start) for job in jobs]
    seconds = [float(record["seconds"]) for record in records if record]
    waiting = [job for job, record in zip(jobs, records, strict=True) if not record]
    logger.info("%s: %d of %d finished, %s", told.sweep, len(seconds), len(jobs), left(waiting, seconds))
    measured: list[float] = []
    failed: dict[str, int] = {}
    for place, job in enumerate(waiting, 1):
        logger.info("%s: %s", job.folder.name, job.row.says)
        began = time.monotonic()
        code = main(arguments_of(told, job))
        if code == EXIT_STOPPED:
            return code
        if code:
            failed[job.folder.name] = code
            continue
        measured.append(time.monotonic() - began)
        summarise(told, jobs, start)
        logger.info("%s is done, %s", job.folder.name, left(waiting[place:], measured))
    if failed:
        sys.stderr.write(
            f"{len(failed)} of {len(jobs)} rows failed: {', '.join(failed)}; what they said is above.\n"
        )
    return next(iter(failed.values()), 0)


def check_start(sweep: str, jobs: Sequence[Job], start: Checkpoint) -> None:
    """Refuse a checkpoint that was trained on what a row leaves out; warn where an ablation begins trained.

    Raises ValueError naming the row and what to begin with instead.
    """
    record = read_record(start.folder)
    for job in jobs:
        kept = job.row.changes.get("ingredients", INGREDIENTS)
        reason = seen_before(record, job.recipe.leave_out, set(INGREDIENTS) - set(kept))
        if reason:
            raise ValueError(
                f"The row {job.folder.name} cannot start from {start.name}: {reason}. Start from a checkpoint that "
                "never saw it, or from fresh weights."
            )
    if sweep == ABLATIONS:
        logger.warning(
            "the ablations start from trained weights: what a row takes away has left its traces in them; the table "
            "is cleaner without --start-from"
        )


def sweep_parser() -> argparse.ArgumentParser:
    """The options of `python -m mfclip.training`, and those of a sweep."""
    told = parser()
    told.prog, told.description = "python -m mfclip.training.sweep", __doc__
    told.add_argument("sweep", choices=SWEEPS, help="which table")
    told.add_argument("--seeds", type=int, nargs="+", default=None, help="train every row once with each")
    told.add_argument("--only", nargs="+", metavar="ROW", default=None, help="rows to train, by name")
    return told


def command(arguments: list[str] | None = None) -> int:
    """Train a sweep. Exit codes: 0 done, 2 usage, 3 checkpoint, 130 stopped by a signal and saved."""
    told = sweep_parser().parse_args(arguments)
    told.recipe = told.recipe or DEFAULT_RECIPE.get(told.sweep, told.configuration)
    level = logging.INFO if first_process() else logging.ERROR
    logging.basicConfig(level=level, format="%(asctime)s %(message)s", stream=sys.stderr)
    return refusals_said(lambda: run_sweep(told))


if __name__ == "__main__":
    sys.exit(command())
