"""Fit a finished run's decision anew: `python -m mfclip.training.recalibrate RUN --data FOLDER [--head-share SHARE]`.

The weights stay as they are; only the share of each readout, the probability and the band of uncertainty are fitted
again, on the validation split of FOLDER: the photographs of the training, or others whose cameras the cut-offs are to
hold for. Results that were measured with the old decision are to be measured again.
"""

import argparse
import dataclasses
import json
import logging
import sys
from pathlib import Path
from typing import Any

from mfclip.commands import refusals_said, write
from mfclip.data.cache import RegionCache
from mfclip.data.readouts import read_out
from mfclip.data.splits import SPLITS_FILE
from mfclip.detector import build_model
from mfclip.hub import CARD, RECORD, Checkpoint, read_checkpoint, write_checkpoint
from mfclip.training.loop import validation_split
from mfclip.training.prepare import cut_faces
from mfclip.training.record import commit, fitted_decision, validation_figures
from mfclip.training.settings import read_recipe


def parser() -> argparse.ArgumentParser:
    """Command line."""
    told = argparse.ArgumentParser(prog="python -m mfclip.training.recalibrate", description=__doc__)
    told.add_argument("run", type=Path, help="folder of a finished run; it is written to")
    told.add_argument("--data", type=Path, required=True, help="folder of photographs, as for training")
    told.add_argument("--cache", type=Path, default=Path(".cache"), help="where cut faces are kept")
    told.add_argument(
        "--head-share", type=float, default=None, help="of the margin (default: what the run's recipe says)"
    )
    return told


def recalibrate(
    checkpoint: Checkpoint, faces: RegionCache, head_share: float | None = None
) -> dict[str, Any]:
    """Fit and write the decision; returns the record as it now stands in training.json.

    Raises ValueError where the run has no record, its recipe is unknown, or validation lacks one of the two classes;
    then nothing is written.
    """
    folder = checkpoint.folder
    if not (folder / RECORD).is_file():
        raise ValueError(f"{folder} has no {RECORD}: only what mfclip.training made can be fitted again.")
    record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    recipe = read_recipe(folder / RECORD)
    if head_share is not None:
        recipe = dataclasses.replace(recipe, head_share=head_share)
    model = build_model(checkpoint)
    readouts = read_out(model, validation_split(faces, recipe), patch=recipe.patch)
    decision, calibration = fitted_decision(readouts, recipe)
    if calibration is None:
        raise ValueError(f"The decision was {decision.origin}; {folder} stays as it was.")
    config = dataclasses.replace(model.config, decision=decision)
    card = (folder / CARD).read_text(encoding="utf-8") if (folder / CARD).is_file() else ""
    write_checkpoint(folder, config.to_dict(), checkpoint.state, card)
    record |= {
        "recipe": dataclasses.asdict(recipe),
        "calibration": calibration,
        "calibrated": {"commit": commit(), "faces": faces.fingerprint},
        "validation": {**record.get("validation", {}), **validation_figures(readouts)},
    }
    written = json.dumps(record, indent=2)
    (folder / RECORD).write_text(written + "\n", encoding="utf-8")
    return json.loads(written)


def main(arguments: list[str] | None = None) -> int:
    """Exit codes: 0 done, 2 usage, 3 checkpoint."""
    told = parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)

    def work() -> int:
        checkpoint = read_checkpoint(str(told.run))
        splits = told.run / SPLITS_FILE
        faces = cut_faces(told.data, told.cache, splits if splits.is_file() else None)
        found = recalibrate(checkpoint, faces, told.head_share)["calibration"]
        write(
            f"{told.run}: the head has {found['head_share']:.0%} of the margin, uncertain from {found['low']:.3f} to "
            f"{found['high']:.3f}\n"
        )
        return 0

    return refusals_said(work)


if __name__ == "__main__":
    sys.exit(main())
