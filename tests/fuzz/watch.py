"""What every case of a campaign is held to: the documented errors and no others, in bounded time and memory."""

import os
import re
import resource
import sys
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mfclip import CheckpointError, NoFace

DOCUMENTED = (ValueError, NoFace, CheckpointError)
LONGEST_SENTENCE = 1_000  # characters
SLOWEST_CASE = 5.0  # CPU seconds
MIB = 2**20

_REMEDY = re.compile(
    r"(?<!cannot )\b(give|get|use|save|set|write|copy|choose|take|check|open|cut|shorten|remove|add|change|convert"
    r"|expected|needed|allowed|must)\b",
    re.IGNORECASE,
)
_LEAKS = ("Traceback", " object at 0x", 'File "')


def fault_of(error: BaseException) -> str:
    """Why an error is not one of the documented ones, "" where it is. The types are compared exactly: a
    UnicodeDecodeError is a ValueError, but a library's, without a remedy."""
    if type(error) not in DOCUMENTED:
        frames = traceback.extract_tb(error.__traceback__)
        return (
            f"{type(error).__name__} in {os.path.basename(frames[-1].filename)}:{frames[-1].lineno}: {error}"[
                :500
            ]
        )
    sentence = str(error)
    flaws = {
        f"of {len(sentence)} characters": len(sentence) > LONGEST_SENTENCE,
        "over several lines": any(letter in sentence for letter in "\n\r\u2028"),
        "that does not end": not sentence.rstrip("”’\"'").endswith((".", "].")),
        "without a remedy": not _REMEDY.search(sentence),
        "with what only programmers read": any(leak in sentence for leak in _LEAKS),
        "that cannot be written": sentence != sentence.encode("utf-8", "replace").decode(),
    }
    found = [flaw for flaw, holds in flaws.items() if holds]
    return f"a sentence {', '.join(found)}: {sentence[:200]!a}" if found else ""


def peak_memory(process: int | None = None) -> int:
    """The most memory that this process ever held, in bytes; on Linux also that of another one, by its number.

    Raises ValueError for another process elsewhere.
    """
    status = Path(f"/proc/{process or 'self'}/status")
    if status.exists():
        # Not getrusage, which on Linux counts what the parent held when it forked.
        line = next(line for line in status.read_text("ascii").splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    if process:
        raise ValueError(f"process is {process}; only Linux tells the peak of another process, leave it out.")
    unit = 1 if sys.platform == "darwin" else 1024  # getrusage(2)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


@dataclass
class Tally:
    """What became of the cases of a campaign.

    refused: openings of the sentences; raised: names of the errors' classes. faults: what went wrong → the first case
    it went wrong in. growth: of the memory over all cases; peak: of the process, both in bytes.
    """

    cases: int = 0
    accepted: int = 0
    refused: Counter = field(default_factory=Counter)
    raised: Counter = field(default_factory=Counter)
    warned: Counter = field(default_factory=Counter)
    faults: dict[str, str] = field(default_factory=dict)
    slowest: float = 0.0
    slowest_case: str = ""
    growth: int = 0
    peak: int = 0

    def add(self, other: "Tally") -> None:
        """Take in another piece of the same campaign."""
        self.cases += other.cases
        self.accepted += other.accepted
        self.refused += other.refused
        self.raised += other.raised
        self.warned += other.warned
        self.faults = other.faults | self.faults
        if other.slowest > self.slowest:
            self.slowest, self.slowest_case = other.slowest, other.slowest_case
        self.growth = max(self.growth, other.growth)
        self.peak = max(self.peak, other.peak)

    def to_dict(self) -> dict[str, Any]:
        # Not dataclasses.asdict, which makes pairs the keys of a Counter.
        return {name: dict(value) if isinstance(value, dict) else value for name, value in vars(self).items()}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "Tally":
        counters = {name: Counter(values[name]) for name in ("refused", "raised", "warned")}
        return cls(**{**values, **counters})


class Watch:
    """Runs cases and keeps the tally. before: called with the name of a case, for whoever must know if it kills us."""

    def __init__(self, before: Callable[[str], None] | None = None, slowest: float = SLOWEST_CASE) -> None:
        self.tally, self._before, self._slowest = Tally(), before, slowest
        self._memory = peak_memory()

    def case(self, name: str, work: Callable[[], object]) -> None:
        """Do the work of one case. Whatever it raises is judged and kept, not passed on."""
        if self._before:
            self._before(name)
        fault = ""
        start = time.process_time()
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            try:
                work()
                self.tally.accepted += 1
            except Exception as error:  # noqa: BLE001  the very question is which exceptions come
                self.tally.raised[type(error).__name__] += 1
                fault = fault_of(error)
                if not fault:
                    self.tally.refused[_opening(str(error))] += 1
        seconds = time.process_time() - start
        tally = self.tally
        tally.cases += 1
        tally.peak = peak_memory()
        tally.growth = max(tally.growth, tally.peak - self._memory)
        tally.warned.update(f"{warning.category.__name__}: {str(warning.message)[:60]}" for warning in said)
        if seconds > tally.slowest:
            tally.slowest, tally.slowest_case = seconds, name
        if not fault and seconds > self._slowest:
            fault = f"{seconds:.1f} s of CPU time"
        if fault:
            tally.faults.setdefault(fault, name)


def _opening(sentence: str) -> str:
    """The words of a sentence without what it quotes and counts, so that like refusals are counted together."""
    plain = re.sub(r"'[^']*'|“[^”]*”|[\[({].*|\d+", "…", sentence)
    return plain[:60]
