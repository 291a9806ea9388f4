"""The command line: `python -m mfclip explain PHOTO --out report.html`, or `python -m explain` with the same."""

import argparse
import io
import os
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

import mfclip
from explain import METHODS
from explain.report import Report, make_report
from explain.report_html import to_html
from explain.targets import Target
from mfclip.commands.arguments import add_checkpoint, add_cropped, check_face, check_file, whole
from mfclip.drafts import write_whole
from mfclip.errors import CheckpointError, NoFace

EXPLAINED, NOT_EXPLAINED, USAGE, CHECKPOINT, INTERRUPTED = 0, 1, 2, 3, 130
_EXIT_CODES = """exit codes:
  0  the report was written
  1  the photo could not be explained (the reason is on stderr)
  2  wrong usage
  3  the checkpoint could not be used"""
_STDOUT = "-"


def run() -> None:
    """Entry point of the module."""
    sys.exit(main())


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code of the command line given as `arguments` (default: those of the process)."""
    parser = _parser()
    chosen = parser.parse_args(arguments)
    _check(chosen, parser)
    for stream in (sys.stdout, sys.stderr):
        # A terminal that knows no "–" must not end the run.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    # Pillow warns of broken metadata that is dropped anyhow.
    warnings.filterwarnings("ignore", module="PIL")
    try:
        return _explain(chosen, parser)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader has seen enough; what Python still holds back must not complain again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXPLAINED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m mfclip explain",
        description="Judge the largest face of a photo and write down why, with the proof of every explanation.",
        epilog=_EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("photo", metavar="PHOTO", help="a JPEG, PNG or WebP file")
    parser.add_argument(
        "--out",
        metavar="FILE",
        type=Path,
        help="write an HTML report that needs no network and prints to PDF",
    )
    parser.add_argument(
        "--json", metavar="FILE|-", help="write the same as JSON to a file, or to stdout as -"
    )
    parser.add_argument(
        "--methods",
        metavar="NAME,…",
        help="names with commas between them, or all; default: the ledger, one map, words, noise and audit",
    )
    parser.add_argument(
        "--with-face", action="store_true", help="show the face in the HTML report (it is left out otherwise)"
    )
    add_checkpoint(parser)
    parser.add_argument(
        "--target",
        metavar="TARGET",
        default="margin",
        help="what is explained: margin (default), head, language or description:ROW",
    )
    parser.add_argument(
        "--seed", metavar="N", type=whole(0), default=0, help="of what is drawn at random; default 0"
    )
    parser.add_argument(
        "--quick", action="store_true", help="shorter receipts: a tenth of the work and a weaker proof"
    )
    add_cropped(parser, "the photo is a face crop")
    parser.add_argument(
        "--face", metavar="N", type=whole(1), default=1, help="which face, 1 is the largest (default)"
    )
    return parser


def _check(chosen: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    if chosen.out is None and chosen.json is None:
        parser.error("say where to write: --out report.html, --json FILE, or --json - for stdout")
    check_face(chosen, parser)
    if chosen.with_face and chosen.out is None:
        parser.error("--with-face concerns the HTML report: add --out report.html, or drop it")
    written = {"--out": chosen.out, "--json": None if chosen.json in (None, _STDOUT) else Path(chosen.json)}
    for option, path in written.items():
        check_file(option, path, parser)


def _explain(chosen: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    try:
        methods = _methods(chosen.methods, list(METHODS))
        target = Target.parse(chosen.target)
    except ValueError as error:
        parser.error(str(error))
    try:
        detector = mfclip.load(chosen.checkpoint)
    except (CheckpointError, ValueError) as error:
        return _say(f"mfclip: {error}", CHECKPOINT)
    try:
        report = make_report(
            detector,
            chosen.photo,
            methods,
            target,
            chosen.seed,
            chosen.with_face,
            chosen.quick,
            chosen.cropped,
            chosen.face - 1,
            _progress,
        )
    except (NoFace, ValueError) as error:
        return _say(f"{os.fsencode(chosen.photo).decode('utf-8', 'replace')}: {error}", NOT_EXPLAINED)
    return _write(report, chosen)


def _methods(text: str | None, known: list[str]) -> list[str] | None:
    if text is None:
        return None
    if text == "all":
        return known
    names = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in known]
    if unknown or not names:
        raise ValueError(
            f"--methods {text!r}: choose among {', '.join(known)}, with commas between them, or all"
        )
    return names


def _write(report: Report, chosen: argparse.Namespace) -> int:
    texts: list[tuple[Path, str]] = []
    if chosen.json not in (None, _STDOUT):
        texts.append((Path(chosen.json), report.to_json()))
    if chosen.out is not None:
        texts.append((chosen.out, to_html(report)))
    for path, text in texts:
        try:
            write_whole(path, text)
        except OSError as error:
            return _say(f"mfclip: {path} was not written ({error.strerror}): choose another file.", USAGE)
    if chosen.json == _STDOUT:
        sys.stdout.write(report.to_json())
    else:
        sys.stdout.write(f"{report.verdict.name}: {report.verdict.sentence}\n")
    sys.stdout.flush()
    return EXPLAINED


def _progress(line: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"explaining: {line}\n")
        sys.stderr.flush()


def _say(sentence: str, code: int) -> int:
    sys.stderr.write(sentence + "\n")
    return code


if __name__ == "__main__":
    run()
