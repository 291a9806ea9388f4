"""The videos among the files of `python -m mfclip predict`: their options, their words, their rows, their report."""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

from mfclip.commands.arguments import check_file, whole
from mfclip.commands.told import Told, cells_of
from mfclip.video.sampling import DEFAULT_FRAMES, MAX_FRAMES, is_video

REPORT = "explain.video_report:to_html"


def add(parser: argparse.ArgumentParser) -> None:
    """Arguments that concern videos only."""
    group = parser.add_argument_group(
        "videos", "Every face of a video is followed and scored frame by frame."
    )
    sampling = group.add_mutually_exclusive_group()
    sampling.add_argument(
        "--frames",
        metavar="N",
        type=whole(1, MAX_FRAMES),
        help=f"look at N frames, evenly over the clip (default {DEFAULT_FRAMES}, at most {MAX_FRAMES})",
    )
    sampling.add_argument(
        "--every", metavar="SECONDS", type=_seconds, help="look at a frame each so many seconds instead"
    )
    group.add_argument(
        "--report", metavar="FILE", type=Path, help="write an HTML report of one video, with a plot over time"
    )


def among(chosen: argparse.Namespace, parser: argparse.ArgumentParser) -> frozenset[str]:
    """The files that are videos; wrong usage ends the run with a sentence."""
    videos = frozenset(photo for photo in chosen.photos if is_video(photo))
    options = {"--frames": chosen.frames, "--every": chosen.every, "--report": chosen.report}
    given = [option for option, value in options.items() if value is not None]
    if given and not videos:
        parser.error(f"{given[0]} concerns videos, and none is among the files: drop it, or give a video")
    if videos and chosen.face != 1:
        parser.error("--face chooses among the faces of a photo, and of a video all are followed: drop it")
    if chosen.report is None:
        return videos
    if len(videos) > 1:
        parser.error(f"--report tells of one video, and {len(videos)} were given: run them one by one")
    check_file("--report", chosen.report, parser)
    return videos


def told(detector: Any, path: str, name: str, chosen: argparse.Namespace) -> Iterator[Told]:
    """The one verdict on a video, with its report if that is asked for.

    Raises as `mfclip.predict_video` does, and ValueError where PyAV is missing too.
    """
    try:
        verdict = judge(detector, path, chosen)
    except ImportError as error:
        raise ValueError(str(error)) from None
    page = None if chosen.report is None else report(detector, verdict)
    yield Told({**verdict.to_dict(), "video": name}, list(rows(name, verdict)), words(name, verdict), page)


def judge(detector: Any, path: str, chosen: argparse.Namespace) -> Any:
    """The `mfclip.VideoVerdict` on one file, with a bar on a terminal. Raises as `mfclip.predict_video` does."""
    from tqdm import tqdm

    import mfclip

    name = os.fsencode(Path(path).name).decode("utf-8", "replace")
    with tqdm(desc=name, unit="frame", leave=False, disable=not sys.stderr.isatty()) as bar:

        def progress(done: int, of: int) -> None:
            bar.total = of
            bar.update(done - bar.n)

        return mfclip.predict_video(
            detector, path, chosen.frames, chosen.every, cropped=chosen.cropped, progress=progress
        )


def words(name: str, verdict: Any) -> str:
    """A verdict on a video as lines for a terminal."""
    from mfclip.video.summary import CAUTION

    looked, followed = len(verdict.moments), len(verdict.tracks)
    lines = [
        f"{name}: {looked} frame{'s' * (looked != 1)} of {verdict.seconds:.1f} s looked at, "
        f"{followed} face{'s' * (followed != 1)} followed",
        *(f"  {sentence}" for sentence in verdict.sentences),
        *(f"  {note}" for note in verdict.notes),
        f"  {CAUTION}",
    ]
    return "\n".join(lines) + "\n"


def rows(name: str, verdict: Any) -> Iterator[dict[str, Any]]:
    """Rows of the table, one a face and frame: `face` is the number of its track, `seconds` the moment."""
    judged = [(face.seconds, track.number, face) for track in verdict.tracks for face in track.faces]
    for seconds, number, face in sorted(judged, key=lambda row: row[:2]):
        yield {
            "photo": name,
            "face": number,
            "faces": face.faces,
            "probability": face.probability,
            "margin": face.margin,
            "evidence": face.evidence,
            **cells_of(face.box),
            "seconds": round(seconds, 6),
            "error": "",
        }


def report(detector: Any, verdict: Any) -> str:
    """The HTML report as text.

    By name and not by import: reports know the detector, and the detector nothing of them.
    """
    return str(resolve_name(REPORT)(verdict, detector))


def columns(plain: Sequence[str], videos: frozenset[str]) -> list[str]:
    """Columns of a table that may hold videos: those of photos, and the moment where there are any."""
    return [*plain, "seconds"] if videos else list(plain)


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if 0 < value < float("inf"):
        return value
    raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds above 0, such as 0.5")
