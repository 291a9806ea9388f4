"""One run of `python -m mfclip score`: threads that each take a batch from file to rows, a journal, a table.

On the CPU every thread computes on one core: decoding, face finding and both streams of several batches then run side
by side, which wastes less than sharing the cores inside each operation, and gives the same numbers on any machine. On a
GPU the threads decode and find faces while it computes.
"""

import hashlib
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from mfclip.detector import Detector
from mfclip.preprocess import resampler
from mfclip.scoring.figures import evaluation_table, why_no_table
from mfclip.scoring.journal import Journal, Plan, discard, parts_of
from mfclip.scoring.judging import Options, Row, hash_of, judge
from mfclip.scoring.listing import Item, fingerprint
from mfclip.scoring.tables import write_table
from mfclip.threads import one_thread

PATIENCE = 2.0  # seconds between two looks at what other processes have done


@dataclass(frozen=True)
class Share:
    """Which of several processes this is, as `accelerate launch` and torchrun tell it; index 0 writes the table.

    local, local_count: the same among the processes of this machine.
    """

    index: int = 0
    count: int = 1
    local: int = 0
    local_count: int = 1

    @classmethod
    def of_environment(cls) -> "Share":
        """From RANK, WORLD_SIZE, LOCAL_RANK and LOCAL_WORLD_SIZE; alone where no launcher has set all it should."""
        names = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE")
        told = [os.environ.get(name, "") for name in names]
        # A WORLD_SIZE that another program left behind must not have this one wait for processes that never come.
        if not all(value.isdecimal() for value in told):
            return cls()
        index, count, local, local_count = map(int, told)
        return cls(index, count, local, max(1, local_count))

    def device(self) -> str | None:
        """The accelerator of this process, None where there is none or only one process to choose for."""
        devices = torch.cuda.device_count() if torch.cuda.is_available() else 0
        return f"cuda:{self.local % devices}" if devices and self.count > 1 else None

    def workers(self) -> int:
        """Threads of this process: its part of the cores that it may use."""
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        return max(1, cores // self.local_count)


@dataclass(frozen=True)
class Outcome:
    """What came of a run. scored, failed: photos of the table; seconds, judged: of this process alone, without what an
    earlier run had done; table: the evaluation table, None without labels."""

    scored: int
    failed: int
    seconds: float
    judged: int
    table: str | None = None


def plan_of(detector: Detector, items: Sequence[Item], options: Options, batch: int) -> Plan:
    """Everything that a row depends on, but the contents of the photos, which each row carries the hash of."""
    configuration = json.dumps(detector.config.to_dict(), sort_keys=True, default=str)
    return {
        "photos": fingerprint(items),
        "checkpoint": detector.name,
        "weights": detector.checkpoint.sha256 if detector.checkpoint else None,
        "configuration": hashlib.sha256(configuration.encode()).hexdigest(),
        "resampler": resampler(),
        "precision": str(detector.precision).removeprefix("torch."),
        "cropped": options.cropped,
        "count_faces": options.count_faces,
        "batch": batch,
    }


def score(
    detector: Detector,
    items: Sequence[Item],
    out: Path,
    options: Options,
    batch: int,
    workers: int,
    share: Share,
) -> Outcome | None:
    """Judge every photo of this process's share, wait for the others, and write the table (None for the others).

    What is finished is kept beside `out` at once; a run that was ended goes on where it stopped. Raises ValueError
    where what is kept belongs to another checkpoint, other options, other photos or another run, OSError where
    nothing can be written.
    """
    plan = plan_of(detector, items, options, batch)
    batches = [items[start : start + batch] for start in range(0, len(items), batch)]
    with Journal(parts_of(out), plan, share.index) as journal:
        mine = range(share.index, len(batches), share.count)
        done = journal.done()
        _check_contents(journal, items, batch, set(mine) & set(done), workers)
        wanted = [number for number in mine if number not in done]
        photos = sum(len(batches[number]) for number in mine)
        judged = sum(len(batches[number]) for number in wanted)
        start = time.monotonic()
        with one_thread(), _bar(photos, photos - judged, share) as bar:
            # Once and here, so that no two threads share the sentences out between them in another way each time.
            detector.language_features(detector.hierarchy)
            for number, rows in _finished(detector, batches, wanted, options, workers):
                journal.add(number, rows)
                for row in rows:
                    if row["error"]:
                        bar.write(f"{row['path']}: {row['error']}", file=sys.stderr)
                bar.update(len(rows))
        seconds = time.monotonic() - start
        if share.index:
            return None
        _wait_for_others(journal, len(batches))
        write_table(out, journal.rows(), {**plan, "rows": len(items)})
        failed = sum(bool(row["error"]) for row in journal.rows())
        table = _evaluated(items, journal, detector.config.decision.high)
    discard(parts_of(out))
    return Outcome(len(items) - failed, failed, seconds, judged, table)


def _finished(
    detector: Detector,
    batches: Sequence[Sequence[Item]],
    wanted: Sequence[int],
    options: Options,
    workers: int,
) -> Iterator[tuple[int, list[Row]]]:
    """Number and rows of every batch that is wanted, as they are finished."""
    with ThreadPoolExecutor(workers, thread_name_prefix="score") as pool:
        left = iter(wanted)
        running: dict[Future[list[Row]], int] = {}
        try:
            while True:
                # No more than the threads can take soon: a million futures would only take memory.
                while len(running) < 2 * workers and (number := next(left, None)) is not None:
                    running[pool.submit(judge, detector, batches[number], options)] = number
                if not running:
                    return
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    yield running.pop(future), future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _bar(total: int, initial: int, share: Share) -> "tqdm[Any]":
    name = "photos" if share.count == 1 else f"photos of process {share.index + 1} of {share.count}"
    # A log file is told twice a minute, a terminal all the time.
    pause = 0.2 if sys.stderr.isatty() else 30.0
    return tqdm(total=total, initial=initial, desc=name, unit=" photos", mininterval=pause, smoothing=0.1)


def _check_contents(
    journal: Journal, items: Sequence[Item], batch: int, done: set[int], workers: int
) -> None:
    """Raises ValueError if a photo that has a row already is not the one that was judged."""
    if not done:
        return
    known = {row: line["sha256"] for row, line in _numbered(journal, batch, done)}
    with ThreadPoolExecutor(workers) as pool:
        hashes = pool.map(lambda row: _hash_now(items[row]), known)
        changed = [
            items[row].path
            for row, before, now in zip(known, known.values(), hashes, strict=True)
            if before != now
        ]
    if changed:
        raise ValueError(
            f"{len(changed)} of the photos that {journal.folder} has rows of changed since, the first of them "
            f"{changed[0]}: put them back, or add --restart to throw the unfinished run away."
        )


def _numbered(journal: Journal, batch: int, done: set[int]) -> Iterator[tuple[int, Row]]:
    for number, rows in journal.batches():
        if number in done:
            yield from enumerate(rows, start=number * batch)


def _hash_now(item: Item) -> str | None:
    try:
        return hash_of(item.file)
    except OSError:
        return None


def _wait_for_others(journal: Journal, count: int) -> None:
    """Until every batch is there, whoever does it."""
    missing = count - len(journal.done())
    if not missing:
        return
    with tqdm(total=missing, desc="batches of the other processes", unit=" batches") as bar:
        while missing:
            time.sleep(PATIENCE)
            left = count - len(journal.done())
            bar.update(missing - left)
            missing = left


def _evaluated(items: Sequence[Item], journal: Journal, cut_off: float) -> str | None:
    if not any(item.label for item in items) or why_no_table():
        return None
    return evaluation_table(items, journal.rows(), cut_off)
