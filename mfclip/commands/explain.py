"""`python -m mfclip explain PHOTO --out report.html`: why a photo was judged as it was.

Its arguments are read where they are used, in explain/__main__.py: they come here unread as `chosen.rest`.
"""

import argparse
import runpy
import sys

from mfclip.commands import SCORED

NAME = "explain"
HELP = "write down why a photo was judged as it was, with proof"


def add(parser: argparse.ArgumentParser) -> None:
    """Nothing: the command is listed for the help alone."""


def run(chosen: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    """Exit code of `python -m explain` with the arguments `chosen.rest`, in this process.

    By name and not by import: explanations know the detector, and the detector nothing of them.
    """
    before = sys.argv
    sys.argv = [f"python -m mfclip {NAME}", *chosen.rest]
    try:
        runpy.run_module("explain", run_name="__main__")
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else SCORED
    finally:
        sys.argv = before
    return SCORED
