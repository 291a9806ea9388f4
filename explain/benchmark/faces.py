"""Which photographs the protocol runs over: half real, the forgeries spread evenly over their generators."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mfclip.data.folders import pictures_in
from mfclip.data.sources import Source, read_photographs

REAL, FAKE, UNKNOWN = "real", "fake", "unknown"
ALL = "all"


@dataclass(frozen=True)
class Case:
    """One photograph. path: relative to its folder. label: 'real', 'fake' or 'unknown'. source: generator or set."""

    path: str
    label: str
    source: str

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {"photo": self.path, "label": self.label, "source": self.source}


def _drawn(path: str, seed: int) -> str:
    """A place in line that depends on the seed and the path alone, so that more faces keep those there were."""
    return hashlib.sha256(f"{seed} {path}".encode()).hexdigest()


def spread(cases: Sequence[Case], count: int, seed: int) -> list[Case]:
    """Up to `count` cases, drawn in turn from every source, so that no large set crowds out a small one."""
    lines: dict[str, list[Case]] = {}
    for case in sorted(cases, key=lambda case: _drawn(case.path, seed)):
        lines.setdefault(case.source, []).append(case)
    turns = [
        (place, _drawn(name, seed), case) for name, line in lines.items() for place, case in enumerate(line)
    ]
    return [case for _, _, case in sorted(turns, key=lambda turn: turn[:2])][:count]


def labelled(folder: Path, count: int, split: str, seed: int) -> list[Case]:
    """Half real, half fake, of one split or all. Raises ValueError if the folder cannot be read or a side is empty."""
    cases = [_case(source) for source in read_photographs(folder) if split in (ALL, source.split)]
    sides = [[case for case in cases if case.label == label] for label in (REAL, FAKE)]
    for label, side in zip((REAL, FAKE), sides, strict=True):
        if not side:
            raise ValueError(
                f"{folder} holds no {label} photograph in the split {split!r}; choose another --split, or pass plain "
                "photographs with --photos."
            )
    half = min(count // 2, *map(len, sides))
    chosen = [spread(side, half, seed) for side in sides]
    return [case for pair in zip(*chosen, strict=True) for case in pair]


def plain(folder: Path, count: int, seed: int) -> list[Case]:
    """Up to `count` pictures below a folder, their labels unknown. Raises ValueError if it holds none."""
    if not folder.is_dir():
        raise ValueError(f"There is no folder {str(folder)!r}; give one that holds photographs.")
    cases = [Case(path, UNKNOWN, UNKNOWN) for path in pictures_in(folder)]
    if not cases:
        raise ValueError(f"{folder} holds no picture; give a folder that holds photographs.")
    return spread(cases, count, seed)


def _case(source: Source) -> Case:
    return Case(source.path, FAKE if source.fake else REAL, source.generator)
