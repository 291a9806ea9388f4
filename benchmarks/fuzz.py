"""Damaged pictures, prompt hierarchies, configurations and weights through the public face (tests/fuzz), long version.

Every piece runs in a process of its own with limits on memory and on CPU time, so that a case which kills its process
is a finding with a name. Run one piece by hand with `python -m benchmarks.fuzz CAMPAIGN FIRST COUNT`. Before them the
largest picture of every kind is read, each in a process of its own, for the memory that it takes.
"""

import faulthandler
import json
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.report import Line
from tests.fuzz.largest import BOUND, KINDS, memory_of_reading
from tests.fuzz.watch import MIB, SLOWEST_CASE, Tally, Watch

CASES = {"pictures": 5_000, "hierarchies": 1_000, "imports": 1_000, "configurations": 1_000, "headers": 1_000}
PIECE = 1_000  # cases a process
ROOM = 3 * 1024 * MIB  # bytes of address space beyond what the imports take
STUCK = 30.0  # CPU seconds after which a case is stopped
MOST_GROWTH = 1024 * MIB  # of the memory of a process, over all cases of a piece

_RAISED = re.compile(r"^\w+(?:Error|Exception): .*", re.MULTILINE)


def piece(name: str, first: int, count: int, place: Path) -> Tally:
    """Run cases in this process; `place` always holds the name of the case that is running."""
    import torch

    from tests.fuzz.campaigns import CAMPAIGNS

    torch.set_num_threads(1)
    with place.open("wb", buffering=0) as running:

        def before(case: str) -> None:
            name_of_case = case.encode("utf-8", "replace")
            os.pwrite(running.fileno(), name_of_case, 0)
            running.truncate(len(name_of_case))
            signal.setitimer(signal.ITIMER_PROF, STUCK)

        # The first signal writes where every thread is, then ends the process as it would have without us.
        faulthandler.register(signal.SIGPROF, all_threads=True, chain=True)
        _limit_memory()
        watch = Watch(before)
        CAMPAIGNS[name](watch, first, count)
        signal.setitimer(signal.ITIMER_PROF, 0)
    return watch.tally


def _limit_memory() -> None:
    statistics = Path("/proc/self/statm")
    if statistics.exists():  # Linux; elsewhere growth is measured, not limited
        taken = int(statistics.read_text(encoding="ascii").split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (taken + ROOM, resource.getrlimit(resource.RLIMIT_AS)[1]))


def campaign(name: str, count: int) -> Tally:
    """All pieces of a campaign, one after the other."""
    total = Tally()
    for first in range(0, count, PIECE):
        total.add(_piece_apart(name, first, min(PIECE, count - first)))
    return total


def _piece_apart(name: str, first: int, count: int) -> Tally:
    with tempfile.NamedTemporaryFile(prefix="fuzz-") as running:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.fuzz", name, str(first), str(count), running.name],
            capture_output=True,
            text=True,
            cwd=Path(__file__).resolve().parents[1],
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            check=False,
        )
        case = Path(running.name).read_text(encoding="utf-8", errors="replace")
    if done.returncode == 0:
        return Tally.from_dict(json.loads(done.stdout))
    # What was raised, if anything: a crash leaves other words, and hypothesis writes all of a case behind an error.
    raised = _RAISED.findall(done.stderr)
    said = raised[-1] if raised else " ".join(done.stderr.split())
    return Tally(faults={f"the process ended with {done.returncode}: {said[-400:]}": case})


def run() -> list[Line]:
    """Memory of the largest pictures; of each campaign its cases, what ended otherwise than documented, its cost."""
    lines = []
    for kind in KINDS:
        taken = memory_of_reading(kind) / 1e6
        lines.append(Line(f"fuzz, reading 40 megapixels, {kind}", taken, "MB above idle", "≤", BOUND / 1e6))
    for name, count in CASES.items():
        start = time.perf_counter()
        total = campaign(name, count)
        lines += _lines(name, count, total, time.perf_counter() - start)
    return lines


def _lines(name: str, count: int, total: Tally, seconds: float) -> list[Line]:
    classes = ", ".join(f"{number:,} {kind}" for kind, number in total.raised.most_common())
    faults = "; ".join(f"{fault} ({case})" for fault, case in total.faults.items())
    warned = "; ".join(f"{number} × {said}" for said, number in total.warned.most_common())
    note = f"{total.accepted:,} accepted; refused in {len(total.refused)} ways: {classes or 'none'}"
    slowest = total.slowest_case[:80]
    return [
        Line(f"fuzz, {name}", total.cases, "cases", "≥", count, note),
        Line(f"fuzz, {name}, not as documented", len(total.faults), "kinds of fault", "≤", 0, faults[:600]),
        Line(f"fuzz, {name}, warnings let out", total.warned.total(), "warnings", "≤", 0, warned[:600]),
        Line(f"fuzz, {name}, time", seconds, "s, starts of processes included", "", None),
        Line(f"fuzz, {name}, slowest", total.slowest, "s of CPU", "≤", SLOWEST_CASE, slowest),
        Line(f"fuzz, {name}, growth of memory", total.growth / MIB, "MiB", "≤", MOST_GROWTH / MIB),
        Line(
            f"fuzz, {name}, peak of memory",
            total.peak / MIB,
            "MiB",
            "",
            None,
            "weights and libraries included",
        ),
    ]


if __name__ == "__main__":
    asked, first_case, cases, *file = sys.argv[1:]
    with tempfile.NamedTemporaryFile(prefix="fuzz-") as unasked:
        found = piece(asked, int(first_case), int(cases), Path(file[0] if file else unasked.name))
    sys.stdout.write(json.dumps(found.to_dict()) + "\n")
