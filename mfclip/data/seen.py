"""What weights have been trained on, over every run that led to them, and whether a run may begin with them."""

import json
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from mfclip.data.leave_out import LeaveOut
from mfclip.hub import RECORD
from mfclip.hub.lineage import records_of


def read_record(folder: Path) -> dict[str, Any] | None:
    """The training.json of a checkpoint folder, None where there is none."""
    path = folder / RECORD
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def recipes_before(record: dict[str, Any]) -> Iterator[dict[str, Any] | None]:
    """The recipes of a training.json and of the runs that it began from, the latest first; None where unknown."""
    return (before and before.get("recipe") for before in records_of(record))


def seen_before(record: dict[str, Any] | None, leave_out: str, without: Collection[str]) -> str:
    """Why weights may not begin a run that leaves something out, because they have seen it; '' if they have not.

    record: content of the weights' training.json, None where there is none: they may have seen anything. leave_out:
    as in a recipe, '' for nothing. without: ingredients of made forgeries that the run is to do without.
    """
    wanted = LeaveOut.parse(leave_out)
    if not wanted.what and not without:
        return ""
    for before in [None] if record is None else recipes_before(record):
        if before is None:
            return "there is no record of all that its weights were trained on"
        # A run without pictures of other people's generators saw none of theirs; kinds and faces come by pairs, too.
        no_generator = wanted.what == "generator" and before.get("forgeries") == 0
        had_left_out = LeaveOut.parse(before.get("leave_out") or "")
        spared = had_left_out.names if had_left_out.what == wanted.what else ()
        seen = [name for name in wanted.names if name not in spared and not no_generator]
        if seen:
            return f"it was trained with the {wanted.what} {', '.join(map(repr, seen))}"
        if before.get("pairs", 1):
            had = sorted(set(without) & set(before.get("ingredients", without)))
            if had:
                return f"it was trained on forgeries of the ingredient {', '.join(had)}"
    return ""
