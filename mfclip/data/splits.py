"""Splits written down, read back, and refused where they leak."""

import csv
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from mfclip.data.cache import Entry
from mfclip.data.labels import SPLITS, Source

SPLITS_FILE = "splits.csv"
_HEADER = ["path", "group", "split"]


def check_splits(sources: Sequence[Source]) -> None:
    """Refuse a split that leaks a group or lacks a class, naming it, with a ValueError."""
    seen: dict[str, Source] = {}
    for source in sources:
        first = seen.setdefault(source.group, source)
        if first.split != source.split:
            raise ValueError(
                f"The group {source.group!r} lies in the splits {first.split} ({first.path}) and {source.split} "
                f"({source.path}); a picture of it would be tested on its own sibling. Give the group one split."
            )
    for split in SPLITS:
        for fake in (False, True):
            if not any(s.split == split and s.fake is fake for s in sources):
                side = "forged" if fake else "real"
                raise ValueError(f"The split {split} has no {side} photograph; add more groups.")


def check_twins(entries: Sequence[Entry]) -> None:
    """Refuse a photograph that is stored twice, in two splits or with two labels, with a ValueError naming both.

    entries: of the cache of photographs, where files of the same content share one region.
    """
    seen: dict[int, Entry] = {}
    for entry in entries:
        first = seen.setdefault(entry.offset, entry)
        for what, values in (
            ("splits", (first.split, entry.split)),
            ("labels", (_side(first), _side(entry))),
        ):
            if values[0] != values[1]:
                raise ValueError(
                    f"{first.path} and {entry.path} are the same photograph in the {what} {values[0]} and {values[1]}; "
                    "take one of them out, or give both one group."
                )


def _side(entry: Entry) -> str:
    return "fake" if entry.fake else "real"


def write_splits(path: Path, sources: Sequence[Source] | Sequence[Entry]) -> None:
    """Write path, group and split of every photograph as CSV."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(_HEADER)
        writer.writerows([source.path, source.group, source.split] for source in sources)


def read_splits(path: Path) -> dict[str, tuple[str, str]]:
    """Group and split by path, as `write_splits` wrote them.

    Raises ValueError if the file is missing or not of that form, or if it gives a path twice and differently.
    """
    if not path.is_file():
        raise ValueError(f"{path} does not exist; give the splits.csv that a training run wrote.")
    table: dict[str, tuple[str, str]] = {}
    with path.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.reader(file)
        if next(reader, None) != _HEADER:
            raise ValueError(
                f"{path} does not begin with the columns {','.join(_HEADER)}; give a splits.csv."
            )
        for row in reader:
            if len(row) != len(_HEADER) or row[2] not in SPLITS:
                raise ValueError(
                    f"{path}, line {reader.line_num}: {row} is not a path, a group and one of {', '.join(SPLITS)}."
                )
            name, group, split = row
            if table.setdefault(name, (group, split)) != (group, split):
                raise ValueError(
                    f"{path}, line {reader.line_num}: {name!r} is listed twice, with {table[name]} and "
                    f"{(group, split)}; keep one."
                )
    return table


def with_splits(sources: Sequence[Source], table: dict[str, tuple[str, str]]) -> list[Source]:
    """The same sources with the groups and splits of a table that `read_splits` gave, also where the folder has grown.

    A photograph that is not listed goes with those that it is tied to, if they are, and else where its own group's
    name puts it. Raises ValueError if it ties together what the table has in two splits.
    """
    kin: dict[str, set[tuple[str, str]]] = {}
    for source in sources:
        if source.path in table:
            kin.setdefault(source.group, set()).add(table[source.path])
    placed = []
    for source in sources:
        known = {table[source.path]} if source.path in table else kin.get(source.group, set())
        splits = sorted({split for _, split in known})
        if len(splits) > 1:
            raise ValueError(
                f"{source.path} ties together groups that lie in the splits {' and '.join(splits)} of the table; leave "
                "it out, or train without the table."
            )
        group, split = min(known, default=(source.group, source.split))
        placed.append(replace(source, group=group, split=split))
    return placed
