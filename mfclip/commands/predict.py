"""`python -m mfclip predict FILE…`: the verdict on each photo or video, in words, as JSON or as a table."""

import argparse
import csv
import io
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from mfclip.commands import CHECKPOINT, EXIT_CODES, SCORED, SOME_NOT_SCORED, USAGE, clips, say, write
from mfclip.commands.arguments import add_checkpoint, add_cropped, check_face, check_file
from mfclip.commands.told import Told, cells_of
from mfclip.drafts import write_whole

NAME = "predict"
HELP = "score the faces of photos and videos"
COLUMNS = (
    "photo face faces probability margin evidence x0 y0 x1 y1 face_score patch "
    "homogeneity_0 homogeneity_1 homogeneity_2 homogeneity_3 error"
).split()


def add(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.description = (
        "Score the largest face of each photo (JPEG, PNG or WebP), and every face of a video."
    )
    parser.epilog = EXIT_CODES
    parser.add_argument("photos", nargs="+", metavar="FILE", help="a JPEG, PNG or WebP file, or a video")
    parser.add_argument("--json", action="store_true", help="one JSON array on stdout, an object a verdict")
    parser.add_argument("--csv", metavar="FILE", type=Path, help="write a table, one row a verdict")
    add_checkpoint(parser)
    add_cropped(parser, "the files are face crops")
    parser.add_argument(
        "--face",
        metavar="N|all",
        type=_face,
        default=1,
        help="which face, 1 is the largest (default), or all",
    )
    clips.add(parser)


def run(chosen: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    """Score the photos; exit code SCORED, SOME_NOT_SCORED, USAGE or CHECKPOINT."""
    check_face(chosen, parser)
    check_file("--csv", chosen.csv, parser)
    videos = clips.among(chosen, parser)

    # Only now: the help must not wait for torch.
    import mfclip
    from mfclip.errors import CheckpointError, NoFace

    try:
        detector = mfclip.load(chosen.checkpoint)
    except (CheckpointError, ValueError) as error:
        return say(f"mfclip: {error}", CHECKPOINT)
    objects: list[dict[str, Any]] = []
    rows: list[dict[str, Any]] = []
    texts: dict[Path, str] = {}
    code = SCORED
    for file in chosen.photos:
        name = os.fsencode(file).decode("utf-8", "replace")
        tell = clips.told if file in videos else _told
        try:
            for told in tell(detector, file, name, chosen):
                objects.append(told.json)
                rows += told.rows
                if told.report is not None:
                    texts[chosen.report] = told.report
                if not chosen.json:
                    write(told.words)
        except (NoFace, ValueError) as error:
            objects.append({"video" if file in videos else "photo": name, "error": str(error)})
            rows.append({"photo": name, "error": str(error)})
            code = say(f"{name}: {error}", SOME_NOT_SCORED)
    if chosen.json:
        write(json.dumps(objects, indent=2, ensure_ascii=False) + "\n")
    if chosen.csv is not None:
        texts[chosen.csv] = table(rows, clips.columns(COLUMNS, videos))
    return _written(texts, code)


def _written(texts: dict[Path, str], code: int) -> int:
    """Write files; `code`, or USAGE where one cannot be written."""
    for path, text in texts.items():
        try:
            write_whole(path, text)
        except OSError as error:
            return say(f"mfclip: {path} was not written ({error.strerror}): choose another file.", USAGE)
    return code


def row(name: str, number: int, verdict: Any) -> dict[str, Any]:
    """One row of the table, by COLUMNS: corners in pixels of the photo, nothing where no face was looked for."""
    richness = {f"homogeneity_{index}": value for index, value in enumerate(verdict.patch.homogeneity)}
    return {
        "photo": name,
        "face": number,
        "faces": len(verdict.faces),
        "probability": verdict.probability,
        "margin": verdict.margin,
        "evidence": verdict.evidence,
        **cells_of(verdict.face.box),
        "patch": verdict.patch.index,
        **richness,
        "error": "",
    }


def table(rows: list[dict[str, Any]], columns: Sequence[str] = COLUMNS) -> str:
    """Rows as the text of a CSV file, with a line of names; what a row lacks is left empty."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, restval="", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _face(text: str) -> int | None:
    """Which face an argument means, counted from 1; None for all."""
    if text == "all":
        return None
    if text.isdecimal() and int(text) >= 1:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is neither a number from 1 on nor 'all'")


def _told(detector: Any, photo: str, name: str, chosen: argparse.Namespace) -> Iterator[Told]:
    """Each verdict on a photo. Raises as the detector does."""
    for number, verdict in _verdicts(detector, photo, chosen):
        told = {**verdict.to_dict(), "photo": name, "face_number": number}
        yield Told(told, [row(name, number, verdict)], _words(name, number, verdict))


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
