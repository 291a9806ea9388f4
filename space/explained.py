"""What has been explained of a visitor's verdict so far: a frozen record, without gradio and without torch."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from explain import Receipt, Result
    from mfclip.verdict import Verdict

DEFAULT = ("ledger", "occlusion", "words", "noise")
"""What every verdict is explained by at once, in the order in which the sections fill. The map is the one whose
receipts were the best over many faces (benchmarks/receipts/benchmark.md)."""

SETTINGS: Mapping[str, Mapping[str, Any]] = {
    "occlusion": {"side": 14, "batch": 7},
    "noise": {"batch": 4},
    "pixels": {"batch": 4},
}
"""What a method begins with on the page where that is not its own default: as fine a map as was measured, and batches
that take half the memory (pixels: 144 MB for 276) and on a CPU no longer."""

PLACES = {"ledger": "ledger", "words": "words", "noise": "noise"}
"""Section of a method by name; every other method of the page gives a map and goes to `where`."""

WHERE = "where"

ORDER = ("ledger", WHERE, "words", "noise")
"""Sections that every verdict fills, in the order in which their outputs are written."""

COLOURED = (WHERE, "noise")
"""Those of them that are drawn in colours on the scale of all results: it grows with every one. Bars need none."""


def place_of(method: str) -> str:
    """The section that shows a method's result."""
    return PLACES.get(method, WHERE)


REMADE = frozenset({"residuals"})
"""Arrays of results that are not kept for a visitor: half of all that would be (0.6 MB), and read only where a report
shows the face, which makes them anew from the verdict."""


@dataclass(frozen=True, eq=False)
class Explained:
    """Explanations of one verdict.

    verdict: which one; explanations of another are never shown beside it. results: by section, without the arrays of
    REMADE and without the subject (which holds the detector, and gradio copies what it keeps for a visitor). receipts:
    by section, as far as they were asked for. problems: one sentence why a section has nothing to show. thorough:
    sections whose receipt is of the full test.
    """

    verdict: "Verdict | None" = None
    results: Mapping[str, "Result"] = field(default_factory=dict)
    receipts: Mapping[str, "Receipt"] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)
    thorough: frozenset[str] = frozenset()

    def is_of(self, verdict: "Verdict | None") -> bool:
        """Whether this explains that verdict. Not by identity: gradio copies what it keeps for a visitor apart."""
        return self.verdict is not None and verdict is not None and same(self.verdict, verdict)

    def has(self, place: str) -> bool:
        """Whether a section has its result, or the sentence why there is none."""
        return place in self.results or place in self.problems

    @property
    def whole(self) -> bool:
        """Whether every section has what a verdict is explained by."""
        return all(self.has(place) for place in ORDER)

    def with_result(self, place: str, result: "Result") -> "Explained":
        """One more result, or another in the same section, whose receipt and problem then go."""
        values = {name: array for name, array in result.values.items() if name not in REMADE}
        return replace(
            self,
            results={**self.results, place: replace(result, values=values, subject=None)},
            receipts=_without(self.receipts, place),
            problems=_without(self.problems, place),
        )

    def with_receipt(self, place: str, receipt: "Receipt", full: bool = False) -> "Explained":
        """The receipt of a section's result. full: of the full test, not of the quick one."""
        thorough = self.thorough | {place} if full else self.thorough - {place}
        return replace(self, receipts={**self.receipts, place: receipt}, thorough=thorough)

    def refused(self, place: str, problem: str) -> "Explained":
        """There is nothing to show in a section, for that reason."""
        return replace(
            self,
            results=_without(self.results, place),
            receipts=_without(self.receipts, place),
            problems={**self.problems, place: problem},
        )

    def fails(self, place: str) -> bool:
        """Whether a section's result has a receipt that it fails: its map is then drawn in grey."""
        return place in self.receipts and self.receipts[place].verdict == "fails"


def _without(held: Mapping, place: str) -> dict:
    return {key: value for key, value in held.items() if key != place}


def same(one: "Verdict", other: "Verdict") -> bool:
    """Whether two verdicts are of the same face under the same descriptions and weights."""
    return _marks(one) == _marks(other)


def _marks(verdict: "Verdict") -> tuple[Any, ...]:
    return verdict.checkpoint, verdict.margin, verdict.face.crop.region, verdict.hierarchy
