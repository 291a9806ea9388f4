"""A report of one verdict: every explanation with its receipt, and the record of what it was made with.

One HTML file that asks nobody for anything, or one JSON object. The face is in neither unless it is asked for: without
it there are numbers and maps of cells only, no pixel, no residual and no map fine enough to show features.
"""

import json
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from explain import METHODS, receipt
from explain.against import Evidence, evidence_against
from explain.conditions import Conditions
from explain.result import Receipt, Result
from explain.subject import Subject
from explain.targets import MARGIN, Target
from mfclip.detector import Detector
from mfclip.verdict import Verdict

DEFAULT = ("ledger", "pixels", "words", "noise", "audit")
"""Methods of a report for which none are named; those of them that the register has."""

LARGEST = 2048
"""Numbers of an array that still go into JSON. Finer maps (pixels, residuals) could show whose face it is."""

PACKAGES = (
    "mfclip-explainer",
    "torch",
    "open_clip_torch",
    "captum",
    "numpy",
    "pillow",
    "plotly",
    "onnxruntime",
)

Say = Callable[[str], None]


def _nobody(line: str) -> None:
    """Where nobody wants to hear of progress."""


@dataclass(frozen=True, eq=False)
class Report:
    """What a report is made of.

    refused: why a method could not explain this face, by method; unproven: why a result has no receipt.
    """

    verdict: Verdict
    detector: Detector
    target: Target
    results: tuple[Result, ...]
    receipts: Mapping[str, Receipt]
    refused: Mapping[str, str]
    unproven: Mapping[str, str]
    conditions: Conditions | None
    seed: int
    with_face: bool
    made: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))

    @property
    def against(self) -> tuple[Evidence, ...]:
        """The strongest evidence against the verdict, method by method."""
        return evidence_against(self.verdict, self.results, self.receipts)

    @property
    def record(self) -> dict[str, Any]:
        """What another person needs to get the same numbers: weights, cut-offs, crop, file, seed and versions."""
        checkpoint, config = self.detector.checkpoint, self.detector.config
        decision = config.decision
        crop = self.verdict.face.crop
        return {
            "checkpoint": self.detector.name,
            "revision": checkpoint.revision if checkpoint else None,
            "weights_sha256": checkpoint.sha256 if checkpoint else None,
            "configuration": config.name,
            "decision": {
                "a": decision.a,
                "b": decision.b,
                "c": decision.c,
                "temperature": decision.temperature,
                "low": decision.low,
                "high": decision.high,
                "origin": decision.origin,
            },
            "crop": {
                "region": list(crop.region),
                "native_windows": crop.native,
                "window": self.verdict.patch.index,
                "window_origin": [self.verdict.patch.frame.x, self.verdict.patch.frame.y],
            },
            "file": self.conditions.to_dict() if self.conditions else None,
            "seed": self.seed,
            "made": self.made,
            "python": platform.python_version(),
            "device": str(self.detector.model.device),
            "versions": versions(),
        }

    def to_dict(self) -> dict[str, Any]:
        """JSON-able: verdict, evidence against it, results with arrays up to LARGEST numbers, receipts, record."""
        return {
            "verdict": self.verdict.to_dict(),
            "target": str(self.target),
            "against": [vars(piece) for piece in self.against],
            "results": [with_values(result) for result in self.results],
            "receipts": {name: receipt.to_dict() for name, receipt in self.receipts.items()},
            "refused": dict(self.refused),
            "unproven": dict(self.unproven),
            "record": self.record,
        }

    def to_json(self) -> str:
        """`to_dict` as text. What is no number in JSON (NaN, infinity) is null."""
        return json.dumps(plain(self.to_dict()), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def make_report(
    detector: Detector,
    photo: str | Path,
    methods: Sequence[str] | None = None,
    target: Target | str = MARGIN,
    seed: int = 0,
    with_face: bool = False,
    quick: bool = False,
    cropped: bool = False,
    face: int = 0,
    say: Say = _nobody,
) -> Report:
    """Judge a face of a photo, explain the verdict and prove the explanations.

    methods: names of explain.METHODS, DEFAULT if None. seed: of everything drawn at random. quick: receipts
    with one fill and half the points. face: counted from 0 by
    size. say: told in a line what is being done. Raises NoFace, or ValueError for an unreadable photo, an unknown
    method or target; a method that cannot explain this configuration is listed as refused instead.
    """
    chosen = (
        [name for name in DEFAULT if name in METHODS] if methods is None else list(dict.fromkeys(methods))
    )
    unknown = [name for name in chosen if name not in METHODS]
    if unknown:
        raise ValueError(f"There are no methods {unknown}; choose among {', '.join(METHODS)}.")
    verdict = detector(photo, cropped=cropped, face=face)
    subject = Subject.of(detector, verdict, target)
    results, refused = [], {}
    for name in chosen:
        say(name)
        try:
            results.append(METHODS[name].run(subject, **_settings(name, seed)))
        except ValueError as error:
            refused[name] = str(error)
    receipts, unproven = {}, {}
    for result in results:
        say(f"receipt of {result.method}")
        try:
            receipts[result.method] = receipt(detector, result, seed=seed, quick=quick)
        except ValueError as error:
            unproven[result.method] = str(error)
    return Report(
        verdict=verdict,
        detector=detector,
        target=subject.target,
        results=tuple(results),
        receipts=receipts,
        refused=refused,
        unproven=unproven,
        conditions=Conditions.of(photo),
        seed=seed,
        with_face=with_face,
    )


def _settings(name: str, seed: int) -> dict[str, Any]:
    return {knob.name: seed for knob in METHODS[name].knobs if knob.name == "seed"}


def versions() -> dict[str, str]:
    """Versions of what computed the numbers, by package; 'not installed as a package' where there is none."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed as a package"
    return found


def with_values(result: Result) -> dict[str, Any]:
    """A result as JSON-able data with its arrays; of larger ones than LARGEST the shape only, as 'omitted'."""
    told = result.to_dict()
    small = {name: array for name, array in result.values.items() if array.size <= LARGEST}
    told["values"] = {name: array.tolist() for name, array in small.items()}
    told["omitted"] = {name: list(array.shape) for name, array in result.values.items() if name not in small}
    return told


def plain(value: Any) -> Any:
    """The same data in types that JSON knows; numbers that are not finite become None."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value
