"""`python -m mfclip publish FOLDER owner/name`: put a checkpoint on the Hub, with its card."""

import argparse
import re
import sys
from pathlib import Path

from mfclip.commands import CHECKPOINT, SCORED, USAGE, say, write

NAME = "publish"
HELP = "upload a checkpoint folder with its card to the Hub"
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
_EXIT_CODES = """exit codes:
  0  it is published, and its pinned name is on stdout
  2  wrong usage, or not confirmed
  3  the checkpoint or the login could not be used, or the Hub refused"""


def add(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.description = (
        "Verify a checkpoint folder as loading does, and that its card and figures are of these weights; show what\n"
        "would be uploaded, ask, and upload it as one commit.\n"
        "Only the checkpoint's own files leave this machine; what else a run has left in the folder stays."
    )
    parser.epilog = _EXIT_CODES
    parser.add_argument("folder", metavar="FOLDER", type=Path, help="a checkpoint folder")
    parser.add_argument(
        "repo", metavar="OWNER/NAME", type=_repository, help="where to; made if it is not there"
    )
    parser.add_argument("--private", action="store_true", help="readable by its owner only")
    parser.add_argument("--message", metavar="TEXT", help="of the commit")
    parser.add_argument("--yes", action="store_true", help="do not ask")


def run(chosen: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    """Publish; exit code SCORED, USAGE or CHECKPOINT. The pinned name goes to stdout, all else to stderr."""
    if not chosen.folder.is_dir():
        parser.error(f"{str(chosen.folder)!r} is no folder: give the folder of a checkpoint")
    if chosen.message is not None and not chosen.message.strip():
        parser.error("--message is empty: write what the commit is about, or leave it out")

    from mfclip.detector import build_model
    from mfclip.errors import CheckpointError
    from mfclip.hub import read_checkpoint
    from mfclip.hub.publishing import account, check_figures, files_to_publish, publish

    try:
        checkpoint = read_checkpoint(chosen.folder)
        sizes = files_to_publish(chosen.folder)
        check_figures(chosen.folder, checkpoint.sha256)
        build_model(checkpoint)
        who = account()
        say(_plan(chosen, sizes, checkpoint.sha256, who), SCORED)
        if not chosen.yes and not _agreed():
            return USAGE
        message = chosen.message or f"Weights {checkpoint.sha256[:12]}"
        commit = publish(chosen.folder, chosen.repo, chosen.private, message)
    except CheckpointError as error:
        return say(f"mfclip: {error}", CHECKPOINT)
    write(f"{chosen.repo}@{commit}\n")
    return SCORED


def _repository(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not owner/name")
    return text


def _plan(chosen: argparse.Namespace, sizes: dict[str, int], sha256: str, who: str) -> str:
    """What would leave this machine, and where to."""
    stays = sorted(path.name for path in chosen.folder.iterdir() if path.name not in sizes)
    kind = "private" if chosen.private else "readable by everybody unless its owner's settings say otherwise"
    lines = [f"To {chosen.repo} ({kind}), as {who}:"]
    lines += [f"  {size:>13,} bytes  {file}" for file, size in sizes.items()]
    lines += [f"  {sum(sizes.values()):>13,} bytes in all; weights {sha256}"]
    if stays:
        lines.append(f"Stays here: {', '.join(stays)}.")
    return "\n".join(lines)


def _agreed() -> bool:
    """Whether the person at the terminal says yes; without a terminal nobody can."""
    if not (sys.stdin and sys.stdin.isatty()):
        say("mfclip: nobody can be asked here, and nothing was uploaded: add --yes.", USAGE)
        return False
    sys.stderr.write("Upload? [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() in ("y", "yes"):
        return True
    say("Nothing was uploaded.", USAGE)
    return False
