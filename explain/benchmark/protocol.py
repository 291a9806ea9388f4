"""One face through the protocol: every method, every control, and what their receipts read."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from explain import METHODS, METRICS
from explain.benchmark.controls import CONTROLS, FORGOTTEN, control
from explain.methods import Method, ignore_progress
from explain.metrics import Settings
from explain.receipts import receipt
from explain.result import Receipt, Result
from explain.subject import Subject
from mfclip.detector import Detector
from mfclip.verdict import Verdict

STANDARD = Settings(steps=5)
"""The receipts' own settings with half the points: every tenth of the cells to one half, every fifth beyond."""

ON_CONTROLS = ("deletion", "insertion", "agreement", "saco", "polarity", "flip")
DEFAULT = ("pixels", "occlusion:side=14", "grid", "attention", "words", "ledger")


@dataclass(frozen=True)
class Entry:
    """A method with its knobs, as the table names it."""

    name: str
    method: Method
    knobs: dict[str, Any]

    @classmethod
    def parse(cls, text: str) -> "Entry":
        """From 'METHOD' or 'METHOD:KNOB=VALUE,KNOB=VALUE'. Raises ValueError for a method or knob that is not there."""
        name, _, told = text.partition(":")
        if name not in METHODS:
            raise ValueError(f"There is no method {name!r}; choose from {', '.join(METHODS)}.")
        method = METHODS[name]
        if not any(method.kind in metric.kinds for metric in METRICS.values()):
            raise ValueError(
                f"{name} has no receipt, since it is no claim that could be tested; leave it out."
            )
        known = {knob.name: knob for knob in method.knobs}
        knobs = {}
        for part in filter(None, told.split(",")):
            key, equals, value = part.partition("=")
            if not equals or key not in known:
                raise ValueError(f"{text!r}: write KNOB=VALUE; {name} has {', '.join(known) or 'no knob'}.")
            knobs[key] = known[key].check(_value(value))
        return cls(text, method, knobs)


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def _row(
    name: str, kind: str, result: Result, proof: Receipt, seconds: tuple[float, float]
) -> dict[str, Any]:
    """What is kept of one method on one face: numbers, and no cell of a map.

    seconds: of the method and of its receipt, of the processor and not of the clock, so that a busy machine changes
    them little.
    """
    readings = {}
    for reading in proof.readings:
        kept: dict[str, Any] = {"value": reading.value, "passed": reading.passed}
        fills = reading.detail.get("fills")
        if fills:
            kept["deviations"] = min(of["half"]["deviations"] for of in fills.values())
            kept["beaten by fill"] = {fill: of["half"]["beaten"] for fill, of in fills.items()}
        readings[reading.metric] = kept
    return {
        "method": name,
        "kind": kind,
        "verdict": proof.verdict,
        "cost": result.cost,
        "cpu seconds": seconds[0],
        "receipt cost": proof.cost,
        "receipt cpu seconds": seconds[1],
        "readings": readings,
    }


def _metrics(entry: Entry, result: Result, sane: bool) -> list[str]:
    """The readings to take: those that run the method again only where `sane` asks for them, and never ten times."""
    subject = result.subject
    language = subject is not None and subject.model.config.decision.b != 0 and subject.target.of != "head"
    return [
        metric.name
        for metric in METRICS.values()
        if entry.method.kind in metric.kinds
        and (metric.name != "completeness" or result.gap is not None)
        and (not metric.reruns or (sane and metric.reruns <= 2))
        and (metric.name != "prompt" or (entry.method.kind == "map" and language))
    ]


def face_rows(
    detector: Detector,
    verdict: Verdict,
    entries: Sequence[Entry],
    target: str = "margin",
    sane: bool = False,
    settings: Settings = STANDARD,
) -> list[dict[str, Any]]:
    """Rows of one face: every method, then every control.

    sane: also read what runs a method again (randomisation, prompt). A method that refuses this face or checkpoint
    gives a row with the reason. The random orders of a face are shared by all rows of the same grid.
    """
    subject = Subject.of(detector, verdict, target)
    rows, forgotten = [], None
    for entry in entries:
        times = [time.process_time()]
        try:
            result = entry.method.run(subject, ignore_progress, **entry.knobs)
        except ValueError as error:
            rows.append({"method": entry.name, "kind": entry.method.kind, "refused": str(error)})
            continue
        times.append(time.process_time())
        proof = receipt(detector, result, _metrics(entry, result, sane), settings=settings)
        times.append(time.process_time())
        rows.append(_row(entry.name, entry.method.kind, result, proof, _between(times)))
        if forgotten is None:
            forgotten = _forgotten_map(proof)
    maps = {name: (make(subject, settings.seed), kind) for name, (make, kind) in CONTROLS.items()}
    if forgotten is not None:
        maps[FORGOTTEN] = (forgotten, "map")
    for name, (cells, kind) in maps.items():
        times = [time.process_time()]
        result = control(subject, name, cells)
        times.append(time.process_time())
        proof = receipt(detector, result, ON_CONTROLS, kind=kind, settings=settings)
        times.append(time.process_time())
        rows.append(_row(name, kind, result, proof, _between(times)))
    return rows


def _between(times: Sequence[float]) -> tuple[float, float]:
    start, middle, end = times
    return middle - start, end - middle


def _forgotten_map(proof: Receipt) -> np.ndarray | None:
    for reading in proof.readings:
        if reading.metric == "randomisation":
            return np.array(reading.detail["map"])
    return None
