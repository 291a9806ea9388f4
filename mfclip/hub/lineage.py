"""The runs that led to a checkpoint, as its training.json tells them."""

from collections.abc import Iterator
from typing import Any


def records_of(record: dict[str, Any] | None) -> Iterator[dict[str, Any] | None]:
    """A training.json and those of the runs that it began from, the latest first; None where one is unknown."""
    yield record
    origin = record and record.get("started_from")
    if origin:
        yield from records_of(origin.get("record"))


def steps_in_all(record: dict[str, Any]) -> int | None:
    """Optimiser steps of a run and of those that it began from, None if not all of them are known."""
    steps = [(before or {}).get("steps") for before in records_of(record)]
    return None if None in steps else sum(filter(None, steps))


def steps_drawn_alike(record: dict[str, Any]) -> int:
    """Steps of a run, and of those that it began from, in which generators and sets of reals were drawn alike."""
    known = [before for before in records_of(record) if before]
    return sum(before.get("steps", 0) for before in known if before.get("recipe", {}).get("evenness") == 1)


def begun_anew(record: dict[str, Any]) -> list[str]:
    """The parts of the model that some run on the way did not take over from the one it began from, sorted."""
    origins = ((before or {}).get("started_from") or {} for before in records_of(record))
    return sorted({part for origin in origins for part in origin.get("fresh", [])})
