"""The commands of `python -m mfclip`, one module each, and what they share.

A command has a NAME and a HELP line; `add(parser)` gives a parser its arguments and imports nothing heavy, so that
the help does not wait for torch; `run(chosen, parser)` does the work and returns the exit code.
"""

import sys
from collections.abc import Callable

from mfclip.errors import CheckpointError

SCORED, SOME_NOT_SCORED, USAGE, CHECKPOINT, INTERRUPTED = 0, 1, 2, 3, 130
EXIT_CODES = """exit codes:
  0  every photo was scored
  1  at least one photo could not be scored (the others were; the reason is on stderr)
  2  wrong usage
  3  the checkpoint could not be used"""


def write(text: str) -> None:
    """Put `text` on stdout now, so that a reader at the other end of a pipe need not wait."""
    sys.stdout.write(text)
    sys.stdout.flush()


def say(sentence: str, code: int) -> int:
    """Put one sentence on stderr; gives back the exit code that goes with it."""
    sys.stderr.write(sentence + "\n")
    return code


def refusals_said(work: Callable[[], int]) -> int:
    """Exit code of a command's work; what it refuses is its sentence on stderr, not a trace."""
    try:
        return work()
    except CheckpointError as error:
        return say(str(error), CHECKPOINT)
    except ValueError as error:
        return say(str(error), USAGE)
