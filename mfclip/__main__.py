"""The command line: `python -m mfclip COMMAND`, with a module of mfclip/commands for each command."""

import argparse
import io
import os
import sys
import warnings
from collections.abc import Sequence
from types import ModuleType

from mfclip.commands import EXIT_CODES, INTERRUPTED, SCORED, checkpoints, explain, predict, publish, score

COMMANDS: tuple[ModuleType, ...] = (predict, explain, score, publish, checkpoints)


def run() -> None:
    """Entry point of the console script."""
    sys.exit(main())


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code of the command line given as `arguments` (default: those of the process)."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    parser, parsers = _parsers()
    if given[:1] == [explain.NAME]:
        return explain.run(argparse.Namespace(rest=given[1:]), parsers[explain.NAME])
    chosen = parser.parse_args(given)
    for stream in (sys.stdout, sys.stderr):
        # A terminal that knows no "–" must not end the run.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    # Pillow warns of broken metadata that is dropped anyhow.
    warnings.filterwarnings("ignore", module="PIL")
    try:
        command = next(module for module in COMMANDS if module.NAME == chosen.command)
        return int(command.run(chosen, parsers[chosen.command]))
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader has seen enough; what Python still holds back must not complain again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return SCORED


def _parsers() -> tuple[argparse.ArgumentParser, dict[str, argparse.ArgumentParser]]:
    """The parser of the whole line, and each command's own by its name."""
    parser = argparse.ArgumentParser(
        prog="python -m mfclip",
        description="How much evidence of forgery a face shows, and why.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    lines = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    parsers = {}
    for module in COMMANDS:
        parsers[module.NAME] = lines.add_parser(
            module.NAME, help=module.HELP, formatter_class=argparse.RawDescriptionHelpFormatter
        )
        module.add(parsers[module.NAME])
    return parser, parsers


if __name__ == "__main__":
    run()
