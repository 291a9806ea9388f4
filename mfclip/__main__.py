"""The command line: `python -m mfclip predict PHOTO...` and `python -m mfclip explain PHOTO --out report.html`."""

import argparse
import csv
import io
import json
import os
import runpy
import sys
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

SCORED, SOME_NOT_SCORED, USAGE, CHECKPOINT, INTERRUPTED = 0, 1, 2, 3, 130
COLUMNS = (
    "photo face faces probability margin evidence x0 y0 x1 y1 face_score patch "
    "homogeneity_0 homogeneity_1 homogeneity_2 homogeneity_3 error"
).split()
EXPLAIN = "explain"
_EXIT_CODES = """exit codes:
  0  every photo was scored
  1  at least one photo could not be scored (the others were; the reason is on stderr)
  2  wrong usage
  3  the checkpoint could not be used"""


def run() -> None:
    """Entry point of the console script."""
    sys.exit(main())


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code of the command line given as `arguments` (default: those of the process)."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    if given[:1] == [EXPLAIN]:
        return _run_explain(given[1:])
    parser = _parser()
    chosen = parser.parse_args(given)
    for stream in (sys.stdout, sys.stderr):
        # A terminal that knows no "–" must not end the run.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    # Pillow warns of broken metadata that is dropped anyhow.
    warnings.filterwarnings("ignore", module="PIL")
    try:
        return _predict(chosen, parser)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader has seen enough; what Python still holds back must not complain again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return SCORED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m mfclip",
        description="How much evidence of forgery a face shows, and why.",
        epilog=_EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    predict = commands.add_parser(
        "predict",
        help="score the faces of photos",
        description="Score the largest face of each photo (JPEG, PNG or WebP).",
        epilog=_EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    # Listed for the help alone: its arguments are read where they are used, in explain/__main__.py.
    commands.add_parser(
        EXPLAIN, help="write down why a photo was judged as it was, with proof", add_help=False
    )
    predict.add_argument("photos", nargs="+", metavar="PHOTO", help="a JPEG, PNG or WebP file")
    predict.add_argument("--json", action="store_true", help="one JSON array on stdout, an object a verdict")
    predict.add_argument("--csv", metavar="FILE", type=Path, help="write a table, one row a verdict")
    predict.add_argument(
        "--checkpoint", metavar="NAME", help="a folder or owner/name@<40 hex>; default: the bundled one"
    )
    predict.add_argument(
        "--cropped", action="store_true", help="the photos are face crops already: look for no face"
    )
    predict.add_argument(
        "--face",
        metavar="N|all",
        type=_face,
        default=1,
        help="which face, 1 is the largest (default), or all",
    )
    return parser


def _run_explain(arguments: Sequence[str]) -> int:
    """Exit code of `python -m explain` with these arguments, in this process.

    By name and not by import: explanations know the detector, and the detector nothing of them.
    """
    before = sys.argv
    sys.argv = [f"python -m mfclip {EXPLAIN}", *arguments]
    try:
        runpy.run_module("explain", run_name="__main__")
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else SCORED
    finally:
        sys.argv = before
    return SCORED


def _face(text: str) -> int | None:
    """Which face an argument means, counted from 1; None for all."""
    if text == "all":
        return None
    if text.isdecimal() and int(text) >= 1:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is neither a number from 1 on nor 'all'")


def _predict(chosen: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    if chosen.cropped and chosen.face != 1:
        parser.error(
            "--face chooses among the faces of a photo, --cropped says that there is one: drop one of them"
        )
    if chosen.csv is not None and (not chosen.csv.parent.is_dir() or chosen.csv.is_dir()):
        parser.error(f"--csv {chosen.csv}: it must name a file in a folder that exists")

    # Only now: the help must not wait for torch.
    import mfclip
    from mfclip.errors import CheckpointError, NoFace

    try:
        detector = mfclip.load(chosen.checkpoint)
    except (CheckpointError, ValueError) as error:
        return _say(f"mfclip: {error}", CHECKPOINT)
    objects: list[dict[str, Any]] = []
    rows: list[dict[str, Any]] = []
    code = SCORED
    for photo in chosen.photos:
        name = os.fsencode(photo).decode("utf-8", "replace")
        try:
            for number, verdict in _verdicts(detector, photo, chosen):
                objects.append({**verdict.to_dict(), "photo": name, "face_number": number})
                rows.append(_row(name, number, verdict))
                if not chosen.json:
                    _write(_words(name, number, verdict))
        except (NoFace, ValueError) as error:
            objects.append({"photo": name, "error": str(error)})
            rows.append({"photo": name, "error": str(error)})
            code = _say(f"{name}: {error}", SOME_NOT_SCORED)
    if chosen.json:
        _write(json.dumps(objects, indent=2, ensure_ascii=False) + "\n")
    if chosen.csv is not None:
        try:
            _write_table(chosen.csv, rows)
        except OSError as error:
            return _say(
                f"mfclip: {chosen.csv} was not written ({error.strerror}): choose another file.", USAGE
            )
    return code


def _verdicts(detector: Any, photo: str, chosen: argparse.Namespace) -> Iterator[tuple[int, Any]]:
    """(number of the face, verdict) of each face asked for."""
    if chosen.face == 1:
        yield 1, detector(photo, cropped=chosen.cropped)
    elif chosen.face is None:
        first = detector(photo)
        yield 1, first
        for index in range(1, len(first.faces)):
            yield index + 1, detector(photo, face=index)
    else:
        yield chosen.face, detector(photo, face=chosen.face - 1)


def _words(name: str, number: int, verdict: Any) -> str:
    box = verdict.face.box
    place = (
        "the whole picture" if box is None else f"x {box.x0:.0f}–{box.x1:.0f}, y {box.y0:.0f}–{box.y1:.0f}"
    )
    lines = [
        f"{name}: {verdict.sentence}",
        f"  probability of forgery {verdict.probability:.3f}, margin {verdict.margin:+.3f}",
        f"  face {number} of {max(1, len(verdict.faces))} at {place}; richest patch {verdict.patch.index}",
        *_branches(verdict.tree, 1),
    ]
    return "\n".join(lines) + "\n"


def _branches(node: Any, depth: int) -> Iterator[str]:
    for child in node.children:
        yield f"{'  ' * depth}{child.probability:.3f}  {child.label}"
        yield from _branches(child, depth + 1)


def _row(name: str, number: int, verdict: Any) -> dict[str, Any]:
    box = verdict.face.box
    corners = {} if box is None else {edge: round(getattr(box, edge), 1) for edge in ("x0", "y0", "x1", "y1")}
    richness = {f"homogeneity_{index}": value for index, value in enumerate(verdict.patch.homogeneity)}
    return {
        "photo": name,
        "face": number,
        "faces": len(verdict.faces),
        "probability": verdict.probability,
        "margin": verdict.margin,
        "evidence": verdict.evidence,
        **corners,
        "face_score": "" if box is None else round(box.score, 4),
        "patch": verdict.patch.index,
        **richness,
        "error": "",
    }


def _write_table(path: Path, rows: list[dict[str, Any]]) -> None:
    """All rows or none: written beside `path` and renamed."""
    handle, draft = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w", newline="", encoding="utf-8") as stream:
            table = csv.DictWriter(stream, COLUMNS, restval="", extrasaction="ignore")
            table.writeheader()
            table.writerows(rows)
        os.chmod(draft, 0o644)
        os.replace(draft, path)
    finally:
        Path(draft).unlink(missing_ok=True)


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _say(sentence: str, code: int) -> int:
    sys.stderr.write(sentence + "\n")
    return code


if __name__ == "__main__":
    run()
