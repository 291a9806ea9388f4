"""Measure a checkpoint: `python -m mfclip.evaluation CHECKPOINT in-domain --data FOLDER`."""

import argparse
import json
import logging
import sys
from pathlib import Path

import torch

from mfclip.data.cache import cache_photographs
from mfclip.data.held_out import HeldOut
from mfclip.data.sources import read_manifest
from mfclip.detector import build_model
from mfclip.errors import CheckpointError
from mfclip.evaluation.baseline import fit_baseline
from mfclip.evaluation.card import write_card
from mfclip.evaluation.protocols import in_domain
from mfclip.hub import read_checkpoint

RESULTS = "results.json"
EXIT_USAGE, EXIT_CHECKPOINT = 2, 3

logger = logging.getLogger(__name__)


def parser() -> argparse.ArgumentParser:
    """Command line."""
    told = argparse.ArgumentParser(prog="python -m mfclip.evaluation", description=__doc__)
    told.add_argument("checkpoint", help="folder or owner/name@commit")
    told.add_argument("protocol", nargs="?", choices=["in-domain"], default="in-domain")
    told.add_argument(
        "--data", type=Path, required=True, help="folder with manifest.csv (columns: mfclip/data/sources.py)"
    )
    told.add_argument("--cache", type=Path, default=Path(".cache"), help="where cut faces are kept")
    told.add_argument("--split", choices=["validation", "test"], default="test")
    told.add_argument(
        "--out", type=Path, default=None, help="folder for results.json (default: the checkpoint's)"
    )
    told.add_argument("--card", action="store_true", help="also write the model card of a checkpoint folder")
    return told


def main(arguments: list[str] | None = None) -> int:
    """Score, write results.json and, if asked for, the card. Exit codes: 0 done, 2 usage, 3 checkpoint."""
    told = parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    try:
        checkpoint = read_checkpoint(told.checkpoint)
        model = build_model(checkpoint).eval()
        faces = cache_photographs(told.cache / "faces", read_manifest(told.data), told.data)
    except CheckpointError as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_CHECKPOINT
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_USAGE
    baselines = {touched: fit_baseline(HeldOut(faces, "train", touched=touched)) for touched in (True, False)}
    logger.info("baseline fitted")
    results = {
        "protocol": told.protocol,
        "split": told.split,
        "command": " ".join(["python -m mfclip.evaluation", *map(str, arguments or sys.argv[1:])]),
        "checkpoint": {"name": checkpoint.name, "weights_sha256": checkpoint.sha256},
        "torch": torch.__version__,
        "conditions": in_domain(model, faces, baselines, told.split),
    }
    folder = told.out or checkpoint.folder
    (folder / RESULTS).write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    if told.card:
        write_card(checkpoint.folder, results)
    table = results["conditions"]["re-saved"]["generators"]
    for name, row in table.items():
        logger.info(
            "%-22s detector %.3f  baseline %.3f", name, row["detector"]["value"], row["baseline"]["value"]
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
