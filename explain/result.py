"""What a method gives: one frozen result that says what it explains, where, in what unit, and what it cannot say."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Self
from zipfile import BadZipFile

import numpy as np

from explain.subject import Subject

ARRAYS, RECORD = "values.npz", "result.json"

_UNREADABLE = (OSError, EOFError, BadZipFile, ValueError, TypeError, KeyError, AttributeError)
"""What files that `Result.save` did not write make of reading them."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Result:
    """One explanation. A method's function gives what it found; `Method.run` fills in the rest.

    method: its name in explain.METHODS. target: what is explained, as `Target` writes it; explained: its value here,
    in logits. values: arrays by name; what each holds is said in the method's docstring. Names with a meaning for
    everybody: 'map', signed cells over the face or over the patch, (side, side), row-major, positive towards fake;
    'contributions', signed shares of named players (N,). labels: names along an axis of an array, by array name. site:
    where the values lie, in words. sign, unit: how to read them. gap: the method's own numerical error, as a share of
    what it had to add up to (None where nothing has to add up). cost: forward-equivalents (one forward pass of both
    streams = 1); seconds: on this machine. caveat: what it cannot say. notes: what was noticed on the way, such as
    flips of the richest patch. knobs: the settings it ran with. subject: what it ran on, kept for receipts, never
    saved.
    """

    values: Mapping[str, np.ndarray]
    site: str
    sign: str
    unit: str
    gap: float | None
    cost: float
    caveat: str
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    method: str = ""
    target: str = ""
    explained: float = 0.0
    seconds: float = 0.0
    knobs: Mapping[str, Any] = field(default_factory=dict)
    checkpoint: str = ""
    subject: Subject | None = field(default=None, repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Everything but arrays and subject, JSON-able; shapes of the arrays by name under 'values'."""
        told = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in ("values", "subject")}
        told["labels"] = {name: list(labels) for name, labels in self.labels.items()}
        told["notes"] = list(self.notes)
        told["knobs"] = dict(self.knobs)
        return {**told, "values": {name: list(array.shape) for name, array in self.values.items()}}

    def __repr__(self) -> str:
        """In one line, with the shapes of the arrays and not what is in them."""
        arrays = ", ".join(f"{name} {array.shape}" for name, array in self.values.items())
        return f"Result({self.method or 'no method'} of {self.target or 'nothing'} {self.explained:+.3g}: {arrays})"

    def ranked(self, array: str = "contributions") -> list[tuple[str, float]]:
        """A labelled array (N,) as (label, value), the largest in size first.

        Raises ValueError for an array that the result lacks, or that has no label for each of its numbers.
        """
        lists = [name for name, labels in self.labels.items() if self._is_list(name, labels)]
        if array not in lists:
            raise ValueError(
                f"{array!r} is no labelled list of the {self.method or 'given'} result; it has "
                f"{', '.join(map(repr, lists)) or 'none: read its values'}."
            )
        told = zip(self.labels[array], np.asarray(self.values[array], dtype=np.float64).tolist(), strict=True)
        return sorted(told, key=lambda pair: -abs(np.nan_to_num(pair[1])))

    def _is_list(self, name: str, labels: tuple[str, ...]) -> bool:
        return name in self.values and self.values[name].shape == (len(labels),)

    def save(self, folder: Path | str) -> None:
        """Write result.json and values.npz into a folder; no picture of the face is among them."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / RECORD).write_text(json.dumps(self.to_dict(), indent=2) + "\n", encoding="utf-8")
        with (folder / ARRAYS).open("wb") as file:
            np.savez_compressed(file, **dict(self.values))  # type: ignore[arg-type]

    @classmethod
    def load(cls, folder: Path | str) -> Self:
        """Read what `save` wrote; the subject is None. Raises ValueError for a folder that holds no result."""
        folder = Path(folder)
        try:
            told = json.loads((folder / RECORD).read_text(encoding="utf-8"))
            with np.load(folder / ARRAYS, allow_pickle=False) as arrays:
                values = {name: arrays[name] for name in told["values"]}
            told["labels"] = {name: tuple(labels) for name, labels in told["labels"].items()}
            return cls(**{**told, "values": values, "notes": tuple(told["notes"])})
        except _UNREADABLE as error:
            raise ValueError(
                f"{folder} holds no saved explanation ({error}); pass a folder that Result.save wrote."
            ) from None


@dataclass(frozen=True)
class Reading:
    """One number of a receipt: what was measured, its value, the line it had to pass, and whether it did.

    passed is None where the number is reported without a line. detail: numbers behind it, JSON-able.
    """

    metric: str
    value: float
    line: str
    passed: bool | None
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Receipt:
    """The proof beside an explanation. verdict: 'holds', 'weak' or 'fails'; reason: in a sentence."""

    method: str
    verdict: str
    reason: str
    readings: tuple[Reading, ...]
    cost: float
    seconds: float

    def __repr__(self) -> str:
        """In one line: the verdict and every number, without what stands behind them."""
        read = ", ".join(f"{reading.metric} {reading.value:.3g}" for reading in self.readings)
        return f"Receipt({self.method or 'no method'} {self.verdict}: {read})"

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return asdict(self)
