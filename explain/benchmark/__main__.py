"""Run the receipts' protocol over a set of faces: `python -m explain.benchmark --data FOLDER --out FOLDER`.

Writes benchmark.json, benchmark.csv and benchmark.md. Every face that is done is kept in OUT/faces.jsonl, so a run
that was ended goes on where it stopped. Nothing that is written holds a pixel or a map of a face.
"""

import argparse
import logging
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from tqdm import tqdm

from explain.benchmark.faces import ALL, labelled, plain
from explain.benchmark.protocol import DEFAULT, STANDARD, Entry
from explain.benchmark.run import Plan, run
from explain.benchmark.table import write_tables
from explain.targets import Target
from mfclip.commands import INTERRUPTED, refusals_said, say
from mfclip.data.labels import SPLITS
from mfclip.hub import read_checkpoint

logger = logging.getLogger(__name__)


def parser() -> argparse.ArgumentParser:
    """Command line."""
    told = argparse.ArgumentParser(
        prog="python -m explain.benchmark",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    where = told.add_mutually_exclusive_group(required=True)
    where.add_argument("--data", type=Path, help="folder of labelled photographs (mfclip/data/sources.py)")
    where.add_argument("--photos", type=Path, help="folder of plain photographs, their labels unknown")
    told.add_argument("--out", type=Path, required=True, help="folder for the tables; an earlier run goes on")
    told.add_argument("--checkpoint", help="folder or owner/name@commit (default: the bundled one)")
    told.add_argument("--faces", type=int, default=200, metavar="N", help="photographs, half of them real")
    told.add_argument("--split", choices=[*SPLITS, ALL], default="test", help="of labelled photographs")
    told.add_argument(
        "--methods",
        nargs="+",
        default=list(DEFAULT),
        metavar="METHOD[:KNOB=VALUE,…]",
        help=f"default: {' '.join(DEFAULT)}",
    )
    told.add_argument("--target", default="margin", help="margin, head, language or description:ROW")
    told.add_argument(
        "--sane",
        type=int,
        default=40,
        metavar="N",
        help="faces on which methods also run on the mixed-up model and on unrelated sentences",
    )
    told.add_argument("--orders", type=int, default=STANDARD.orders, help="random orders to compare with")
    told.add_argument("--seed", type=int, default=0, help="of every random choice")
    told.add_argument("--workers", type=int, default=1, help="processes that share the cores")
    return told


def _checked(told: argparse.Namespace) -> None:
    for name, low, high in (("faces", 2, 100_000), ("orders", 2, 1000), ("workers", 1, 256)):
        if not low <= getattr(told, name) <= high:
            raise ValueError(f"--{name} is {getattr(told, name)}; {low} to {high} is allowed.")
    Target.parse(told.target)
    for text in told.methods:
        Entry.parse(text)


def benchmark(told: argparse.Namespace) -> dict[str, Any]:
    """Run and write the tables; returns the content of benchmark.json.

    Raises ValueError for wrong usage or data, CheckpointError for a checkpoint that cannot be used.
    """
    _checked(told)
    checkpoint = read_checkpoint(told.checkpoint)
    settings = replace(STANDARD, orders=told.orders, seed=told.seed)
    methods = tuple(told.methods)
    plan = Plan(told.checkpoint, checkpoint.sha256, methods, told.target, told.sane, settings)
    if told.data:
        cases = labelled(told.data, told.faces, told.split, told.seed)
    else:
        cases = plain(told.photos, told.faces, told.seed)
    with tqdm(total=len(cases), desc="faces", unit="face") as bar:

        def tell(done: int, of: int) -> None:
            bar.update(done - bar.n)

        lines = run(plan, told.data or told.photos, cases, told.out, told.workers, tell)
    faces = [line for line in lines if "rows" in line]
    skipped = {line["photo"]: line["skipped"] for line in lines if "skipped" in line}
    if not faces:
        raise ValueError(f"None of the {len(lines)} photographs shows a face that could be judged.")
    count = Counter(face["label"] for face in faces)
    about = {
        "faces": len(faces),
        "labels": ", ".join(f"{number} {label}" for label, number in sorted(count.items())),
        "sources": dict(sorted(Counter(face["source"] for face in faces).items())),
        "skipped": skipped,
        "split": told.split if told.data else None,
        "checkpoint": checkpoint.name,
        "weights": checkpoint.sha256,
        "target": told.target,
        "sane": told.sane,
        "settings": asdict(settings),
    }
    if skipped:
        logger.warning(
            "%d of %d photographs were left out; benchmark.json names them", len(skipped), len(lines)
        )
    return write_tables(told.out, about, faces, told.seed)


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit codes: 0 done, 2 usage, 3 checkpoint, 130 interrupted (the next run goes on)."""
    told = parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)

    def work() -> int:
        benchmark(told)
        logger.info("wrote %s", told.out / "benchmark.md")
        return 0

    try:
        return refusals_said(work)
    except KeyboardInterrupt:
        return say(
            f"Stopped; the faces that are done are in {told.out}, and the same command goes on.", INTERRUPTED
        )


if __name__ == "__main__":
    sys.exit(main())
