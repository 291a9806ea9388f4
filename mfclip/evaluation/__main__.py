"""Measure a checkpoint: `python -m mfclip.evaluation CHECKPOINT PROTOCOL --data FOLDER`.

Protocols: in-domain (the test split of the training sources); leave-one-generator-out, leave-one-forgery-kind-out,
leave-one-real-source-out (CHECKPOINT is a folder of runs, each trained without one of them); cross-dataset (all
pictures of another folder); ablations, ingredients (CHECKPOINT is a folder of runs that differ in one thing each);
rewordings (does an edited prompt land on the right side).
"""

import argparse
import logging
import sys
from functools import partial
from pathlib import Path
from typing import Any

import torch

from mfclip.commands import refusals_said
from mfclip.data.cache import RegionCache, cache_photographs
from mfclip.data.sources import read_photographs
from mfclip.data.splits import check_splits, check_twins, read_splits, with_splits
from mfclip.evaluation.ablations import COMPARED, ablations
from mfclip.evaluation.card import read_beside, write_card
from mfclip.evaluation.plots import write_plots
from mfclip.evaluation.protocols import (
    CONDITIONS,
    LEFT_OUT,
    cross_dataset,
    in_domain,
    leave_one_out,
    made_forgeries,
    robustness,
)
from mfclip.evaluation.readme import write_readme
from mfclip.evaluation.report import write_results
from mfclip.evaluation.rewordings import rewordings
from mfclip.evaluation.scoring import Bench, Store, Subject
from mfclip.hub import read_checkpoint
from mfclip.words import seen_words

PROTOCOLS = ("in-domain", *LEFT_OUT, "cross-dataset", *COMPARED, "rewordings")
BOTH = ("in-domain", "cross-dataset")
"""Protocols scored under both conditions and re-compressed unless told otherwise; the others only re-saved."""

logger = logging.getLogger(__name__)


def parser() -> argparse.ArgumentParser:
    """Command line."""
    told = argparse.ArgumentParser(
        prog="python -m mfclip.evaluation",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    told.add_argument("checkpoint", help="folder or owner/name@commit; or, by protocol, a folder of runs")
    told.add_argument("protocol", nargs="?", choices=PROTOCOLS, default="in-domain")
    told.add_argument(
        "--data", type=Path, required=True, help="folder of photographs (mfclip/data/sources.py)"
    )
    told.add_argument(
        "--cache", type=Path, default=Path(".cache"), help="where cut faces and readouts are kept"
    )
    told.add_argument(
        "--splits", type=Path, help="splits.csv of the run, where the folder of photographs has grown since"
    )
    told.add_argument("--split", choices=["validation", "test"], default="test")
    told.add_argument(
        "--conditions", nargs="+", choices=list(CONDITIONS), help="both, or 're-saved' alone, by protocol"
    )
    told.add_argument(
        "--baseline-data", type=Path, help="cross-dataset: fit the baselines on this folder's training"
    )
    told.add_argument(
        "--made", type=Path, help="in-domain: cache of forgeries made from reals, scored by maker"
    )
    told.add_argument(
        "--robustness", action="store_true", help="in-domain: curves over JPEG, blur, resize, noise, crop"
    )
    told.add_argument(
        "--robustness-pictures", type=int, default=40, metavar="N", help="of each source, for the curves"
    )
    told.add_argument(
        "--recompress",
        action=argparse.BooleanOptionalAction,
        help="read each picture a second time as a JPEG, as the page does before it says a verdict "
        "(default: in-domain and cross-dataset do, folders of runs do not)",
    )
    told.add_argument("--out", type=Path, help="folder for the results (default: the checkpoint's)")
    told.add_argument("--card", action="store_true", help="also write the model card of a checkpoint folder")
    told.add_argument(
        "--readme", type=Path, help="in-domain: a README whose marked table of results is written too"
    )
    told.add_argument("--workers", type=int, default=0, help="processes that cut faces")
    told.add_argument("--threads", type=int, help="CPU threads of the model")
    return told


def bench_of(told: argparse.Namespace, photographs: Path, name: str = "faces") -> Bench:
    """Cut faces of a folder of photographs and everything found out of them.

    Raises ValueError if it cannot be read, or where the protocol goes by splits and they leak.
    """
    sources = read_photographs(photographs)
    if told.splits is not None and name == "faces":
        sources = with_splits(sources, read_splits(told.splits))
    if told.protocol != "cross-dataset":
        check_splits(sources)
    faces = cache_photographs(told.cache / name, sources, photographs)
    if told.protocol != "cross-dataset":
        check_twins(faces.entries)
    recompress = told.protocol in BOTH if told.recompress is None else told.recompress
    return Bench(faces, photographs, Store(told.cache / "readouts"), told.workers, recompress)


def made_cache(folder: Path) -> RegionCache:
    """The forgeries that training made from reals. Raises ValueError if the folder is no cache."""
    if not (folder / "index.json").is_file():
        raise ValueError(
            f"{folder} is no cache of made forgeries; give the folder made-… in the cache of training."
        )
    return RegionCache(folder)


def measured(told: argparse.Namespace) -> tuple[dict[str, Any], Path]:
    """Run a protocol; returns its results and the folder they belong to.

    Raises ValueError for wrong usage or data, CheckpointError for a checkpoint that cannot be used.
    """
    if (told.card or told.readme) and told.protocol != "in-domain":
        raise ValueError(
            f"{'--card' if told.card else '--readme'} was given with {told.protocol}; it is written by in-domain, "
            "from all results."
        )
    if (told.card or told.readme) and told.split != "test":
        raise ValueError(
            f"--split is {told.split}, on which the cut-offs are fitted; card and README are of the test split: leave "
            "--split out."
        )
    conditions = told.conditions or list(CONDITIONS)[: 2 if told.protocol in BOTH else 1]
    if told.protocol in (*LEFT_OUT, *COMPARED):
        folder = Path(told.checkpoint)
        if not folder.is_dir():
            raise ValueError(
                f"{told.checkpoint} is no folder; {told.protocol} needs the folder that holds the runs."
            )
        bench = bench_of(told, told.data)
        if told.protocol in COMPARED:
            return ablations(bench, folder, told.split, conditions, told.protocol), folder
        return leave_one_out(bench, folder, told.protocol, conditions), folder
    checkpoint = read_checkpoint(told.checkpoint)
    subject = Subject.of(checkpoint)
    results: dict[str, Any] = {
        "split": "all" if told.protocol == "cross-dataset" else told.split,
        "checkpoint": {"name": checkpoint.name, "weights_sha256": checkpoint.sha256},
    }
    if told.protocol == "cross-dataset":
        # Its own cache: the index of a cache lists the pictures of one folder.
        bench = bench_of(told, told.data, f"faces-{told.data.resolve().name}")
        if _trained_on(subject) == bench.faces.fingerprint:
            raise ValueError(
                f"{told.data} holds the photographs that {checkpoint.name} was trained on; cross-dataset needs others, "
                "and in-domain scores their held-out split."
            )
        fitted_on = bench_of(told, told.baseline_data) if told.baseline_data else None
        results["conditions"] = cross_dataset(bench, fitted_on, subject, conditions)
        return results, checkpoint.folder
    bench = bench_of(told, told.data)
    if told.protocol == "rewordings":
        results["split"] = "validation"
        results["rewordings"] = rewordings(subject.model, bench.faces, seen_words(checkpoint.folder))
        return results, checkpoint.folder
    results["same_pictures_as_trained_on"] = _check_pictures(told, subject, bench)
    results["conditions"] = in_domain(bench, subject, told.split, conditions)
    if told.made:
        results["made forgeries"] = made_forgeries(bench, subject, made_cache(told.made), told.split)
    if told.robustness:
        results["robustness"] = robustness(bench, subject, told.split, told.robustness_pictures)
    return results, checkpoint.folder


def _trained_on(subject: Subject) -> str | None:
    """The fingerprint of the photographs that a checkpoint was trained on, None where nobody wrote it down."""
    return subject.record.get("data", {}).get("faces")


def _check_pictures(told: argparse.Namespace, subject: Subject, bench: Bench) -> bool:
    """Whether the pictures are those of training, so that their test split is held out.

    Raises ValueError if others were to be reported as that split.
    """
    before, now = _trained_on(subject), bench.faces.fingerprint
    if before in (None, now):
        return before == now
    said = f"{told.data} holds other photographs than {subject.name} was trained on ({now[:12]}, then {before[:12]})"
    if told.card or told.readme:
        raise ValueError(
            f"{said}; the card and the README are of the held-out split of those: restore them, or use cross-dataset."
        )
    logger.warning("%s: nothing says that their %s split was held out", said, told.split)
    return False


def main(arguments: list[str] | None = None) -> int:
    """Score, write JSON, CSV, plots and, if asked for, the card. Exit codes: 0 done, 2 usage, 3 checkpoint."""
    told = parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    if told.threads:
        torch.set_num_threads(told.threads)

    def work() -> int:
        found, folder = measured(told)
        command = " ".join(["python -m mfclip.evaluation", *map(str, arguments or sys.argv[1:])])
        results = {"protocol": told.protocol, "command": command, "torch": torch.__version__, **found}
        path = write_results(told.out or folder, results)
        write_plots(told.out or folder, results)
        if told.card:
            write_card(folder, results)
        if told.readme:
            write_readme(told.readme, results, partial(read_beside, folder))
        logger.info("wrote %s", path)
        return 0

    return refusals_said(work)


if __name__ == "__main__":
    sys.exit(main())
