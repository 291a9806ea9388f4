"""`python -m mfclip checkpoints`: which checkpoints are on this machine, with their sizes and hashes."""

import argparse
import json
import os
from dataclasses import asdict
from typing import TYPE_CHECKING

from mfclip.commands import CHECKPOINT, SCORED, say, write

if TYPE_CHECKING:
    from mfclip.hub.shelf import Shelved

NAME = "checkpoints"
HELP = "list the checkpoints on this machine, with size and hash"


def add(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.description = (
        "List the bundled checkpoints and those in the cache of the Hub. Every one is compared with its hashes. "
        "The first line of each is the name that --checkpoint and MFCLIP_CHECKPOINT take."
    )
    parser.add_argument(
        "--json", action="store_true", help="one JSON array on stdout, an object a checkpoint"
    )


def run(chosen: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    """List them; exit code SCORED, whatever state they are in, or CHECKPOINT where the cache cannot be read."""
    from mfclip.errors import CheckpointError
    from mfclip.hub import ENVIRONMENT
    from mfclip.hub.shelf import shelved

    try:
        found = shelved()
    except CheckpointError as error:
        return say(f"mfclip: {error}", CHECKPOINT)
    if chosen.json:
        told = [{**asdict(one), "folder": str(one.folder)} for one in found]
        write(json.dumps(told, indent=2, ensure_ascii=False) + "\n")
        return SCORED
    write("".join(map(_words, found)) or "There is no checkpoint on this machine.\n")
    if os.environ.get(ENVIRONMENT):
        write(f"{ENVIRONMENT} names {os.environ[ENVIRONMENT]}.\n")
    return SCORED


def _words(one: "Shelved") -> str:
    known = f" ({', '.join(one.branches)})" if one.branches else ""
    state = f"  sha256 {one.sha256}\n" if one.fault is None else f"  cannot be used: {one.fault}\n"
    return f"{one.name}{known}\n  {one.place}, {one.size / 1e6:.1f} MB, {one.folder}\n{state}"
