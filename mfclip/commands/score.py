"""`python -m mfclip score FOLDER|MANIFEST.csv --out scores.parquet`: a table of many photos, resumable, in parallel."""

import argparse
import os
from pathlib import Path

from mfclip.commands import CHECKPOINT, INTERRUPTED, SCORED, SOME_NOT_SCORED, USAGE, say, write
from mfclip.commands.arguments import add_checkpoint, add_cropped, whole

NAME = "score"
HELP = "score many photos into a table"
BATCH, LARGEST_BATCH, MOST_WORKERS = 8, 256, 256
_MORE = """Broken photos are rows with an error and end nothing. A run that was ended goes on when the same command is
given again; it keeps what it has done in OUT.parts. Several processes or machines share the work if they share the
folder of OUT, with or without GPUs: accelerate launch --multi_gpu --num_processes N -m mfclip score ..., or
torchrun --nproc-per-node N -m mfclip score ... (accelerate launch --cpu starts one process, whatever N is).

exit codes:
  0  every photo was scored (by several processes: the table was written)
  1  at least one photo could not be scored (the others were; the reason is in its row and on stderr)
  2  wrong usage
  3  the checkpoint could not be used"""


def add(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.description = (
        "Score the largest face of every photo of a folder or manifest, with a table of figures."
    )
    parser.epilog = _MORE
    parser.add_argument(
        "photos",
        metavar="FOLDER|MANIFEST.csv",
        type=Path,
        help="a folder, its pictures labelled if they lie below real/ and fake/; or a CSV file with the column path, "
        "and label (real or fake) where it is known",
    )
    parser.add_argument(
        "--out", metavar="FILE", type=Path, required=True, help="the table: its name ends in .csv or .parquet"
    )
    add_checkpoint(parser)
    add_cropped(parser, "the photos are face crops")
    parser.add_argument(
        "--count-faces",
        action="store_true",
        help="fill the column faces for every photo: small faces beside a large one are looked for too, which takes "
        "twice as long and changes no verdict",
    )
    parser.add_argument(
        "--batch",
        metavar="N",
        type=whole(1, LARGEST_BATCH),
        default=BATCH,
        help=f"photos that are judged together (default {BATCH}; more on a GPU)",
    )
    parser.add_argument(
        "--workers",
        metavar="N",
        type=whole(1, MOST_WORKERS),
        help="threads that read, find and judge side by side (default: one a core)",
    )
    parser.add_argument("--limit", metavar="N", type=whole(1), help="the first N photos only")
    parser.add_argument(
        "--restart", action="store_true", help="throw away an earlier table or unfinished run of this name"
    )


def run(chosen: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    """Score the photos; exit code SCORED, SOME_NOT_SCORED, USAGE, CHECKPOINT or INTERRUPTED."""
    # Only now: the help must not wait for torch.
    import mfclip
    from mfclip.errors import CheckpointError
    from mfclip.scoring.figures import why_no_table
    from mfclip.scoring.journal import discard, parts_of
    from mfclip.scoring.judging import Options
    from mfclip.scoring.listing import list_photos
    from mfclip.scoring.run import Share, score
    from mfclip.scoring.tables import check_out

    share, out = Share.of_environment(), chosen.out
    try:
        check_out(out)
        if chosen.restart and share.count > 1:
            raise ValueError(
                f"--restart cannot be given to {share.count} processes at once: delete {out} and {parts_of(out)} first."
            )
        if chosen.restart:
            discard(parts_of(out))
        elif out.exists() and not parts_of(out).exists():
            if share.index:
                return SCORED  # the others have finished before this process began
            raise ValueError(f"{out} is there already: name another file, or add --restart to replace it.")
        items = list_photos(chosen.photos, chosen.limit)
        reason = why_no_table() if any(item.label for item in items) else None
        if reason and not share.index:
            say(f"mfclip: {reason}", SCORED)
        detector = mfclip.load(chosen.checkpoint, share.device())
        options = Options(chosen.cropped, chosen.count_faces)
        workers = chosen.workers or share.workers()
        outcome = score(detector, items, out, options, chosen.batch, workers, share)
    except CheckpointError as error:
        return say(f"mfclip: {error}", CHECKPOINT)
    except ValueError as error:
        return say(f"mfclip: {error}", USAGE)
    except OSError as error:
        return say(
            f"mfclip: {out} or {parts_of(out)} was not written ({error.strerror}): what is done is kept; make room, "
            "or choose another place.",
            USAGE,
        )
    except KeyboardInterrupt:
        return say(
            f"mfclip: stopped; what is done is kept in {parts_of(out)}, and the same command goes on.",
            INTERRUPTED,
        )
    if outcome is None:
        return SCORED
    if outcome.table:
        write(outcome.table)
    rate = outcome.judged / max(outcome.seconds, 1e-9)
    failed = f"; {outcome.failed} could not be scored" if outcome.failed else ""
    say(
        f"{outcome.scored} of {outcome.scored + outcome.failed} photos scored{failed}; {outcome.judged} of them in "
        f"{outcome.seconds:.1f} s ({rate:.1f} a second). Table: {os.fspath(out)}",
        SCORED,
    )
    # A launcher takes any other code for a crash, and says so on many lines.
    return SOME_NOT_SCORED if outcome.failed and share.count == 1 else SCORED
