"""The command line: `python -m mfclip COMMAND`, with a module of mfclip/commands for each command."""

import argparse
import importlib
import io
import os
import sys
import warnings
from collections.abc import Sequence
from importlib.util import find_spec
from types import ModuleType

from mfclip.commands import EXIT_CODES, INTERRUPTED, SCORED, explain

COMMANDS = ("predict", "explain", "score", "publish", "checkpoints")


def run() -> None:
    """Entry point of the console script."""
    sys.exit(main())


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code of the command line given as `arguments` (default: those of the process)."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    parser, parsers, modules = _parsers()
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
        return int(modules[chosen.command].run(chosen, parsers[chosen.command]))
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader has seen enough; what Python still holds back must not complain again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return SCORED


def _parsers() -> tuple[argparse.ArgumentParser, dict[str, argparse.ArgumentParser], dict[str, ModuleType]]:
    """The parser of the whole line, and by command its own parser and its module."""
    parser = argparse.ArgumentParser(
        prog="python -m mfclip",
        description="How much evidence of forgery a face shows, and why.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    lines = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    modules = {
        name: importlib.import_module(f"mfclip.commands.{name}")
        for name in COMMANDS
        if find_spec(f"mfclip.commands.{name}")
    }
    parsers = {}
    for name, module in modules.items():
        parsers[name] = lines.add_parser(
            name, help=module.HELP, formatter_class=argparse.RawDescriptionHelpFormatter
        )
        module.add(parsers[name])
    return parser, parsers, modules


if __name__ == "__main__":
    run()
