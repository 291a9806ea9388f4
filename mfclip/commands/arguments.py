"""Arguments that several commands take, and the checks of them; imports nothing heavy."""

import argparse
from collections.abc import Callable
from pathlib import Path


def add_checkpoint(parser: argparse.ArgumentParser) -> None:
    """--checkpoint: the weights to judge with."""
    parser.add_argument(
        "--checkpoint", metavar="NAME", help="a folder or owner/name@<40 hex>; default: the bundled one"
    )


def add_cropped(parser: argparse.ArgumentParser, crops: str) -> None:
    """--cropped: no face is looked for. crops: the beginning of its help, such as 'the photos are face crops'."""
    parser.add_argument("--cropped", action="store_true", help=f"{crops} already: look for no face")


def whole(low: int, high: int | None = None) -> Callable[[str], int]:
    """The type of an argument that is a whole number from `low` to `high`, or from `low` on."""

    def read(text: str) -> int:
        if text.isdecimal() and int(text) >= low and (high is None or int(text) <= high):
            return int(text)
        allowed = f"{low} on" if high is None else f"{low} to {high}"
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {allowed}")

    return read


def check_face(chosen: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    """End with a sentence where --face and --cropped were both given."""
    if chosen.cropped and chosen.face != 1:
        parser.error(
            "--face chooses among the faces of a photo, --cropped says that there is one: drop one of them"
        )


def check_file(option: str, path: Path | None, parser: argparse.ArgumentParser) -> None:
    """End with a sentence where an option names what cannot become a file; None is not looked at."""
    if path is not None and (not path.parent.is_dir() or path.is_dir()):
        parser.error(f"{option} {path}: it must name a file in a folder that exists")
