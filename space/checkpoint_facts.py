"""What the files beside a checkpoint's weights say of them: licence and limits of the model card, figures measured."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mfclip.hub import CARD, RESULTS, Checkpoint
from mfclip.rates import CONDITION

_LICENCE = re.compile(r"^license:\s*([\w.+-]+)\s*$", re.MULTILINE)
_BULLET = re.compile(r"^- (.+(?:\n  .+)*)", re.MULTILINE)
_SECTION = re.compile(r"^## (.+)\n((?:(?!## ).*\n?)*)", re.MULTILINE)
_NAMES_IT = re.compile(r"^weights .+?\. (?=\S)")  # the licence's name once more, before the reason for it
DETAILS, LIMITS = "Model details", "Bias, risks and limits"
"""Sections of a model card as `mfclip.evaluation` writes it."""

DECIMALS = 9  # bootstrap ends may miss 0 and 1 by float64's rounding


@dataclass(frozen=True)
class Figure:
    """A measured number with the ends of its 95 % interval; pictures: how many it was measured on."""

    value: float
    low: float
    high: float
    pictures: int

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> "Figure":
        """From {"value", "low", "high", "n"}; raises KeyError, TypeError or ValueError for anything else."""
        value, low, high = (round(float(told[end]), DECIMALS) for end in ("value", "low", "high"))
        return cls(value, low, high, int(told["n"]))


@dataclass(frozen=True)
class Measured:
    """What an evaluation of these very weights found, every photo re-saved alike.

    alarms: reals called "substantial evidence"; by_source: the same by source of the reals; misses: forgeries called
    "little evidence"; uncertain: of all; right: of those not uncertain; auc: over all; by_generator: AUC of each
    generator's forgeries. same_sources: the photos come from the sources of training.
    """

    alarms: Figure
    by_source: dict[str, Figure]
    misses: Figure
    uncertain: Figure
    right: Figure
    auc: Figure
    by_generator: dict[str, Figure]
    protocol: str
    split: str
    same_sources: bool


@dataclass(frozen=True)
class Card:
    """A model card: the identifier of its licence ("" if it names none), why that licence, and the limits it states."""

    licence: str
    why: str
    limits: tuple[str, ...]


def card_of(checkpoint: Checkpoint) -> Card | None:
    """The model card beside the weights; None where there is none."""
    path = checkpoint.folder / CARD
    try:
        said = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    licence = _LICENCE.search(said.split("\n---\n")[0])
    sections = {name.strip(): _bullets(content) for name, content in _SECTION.findall(said)}
    why = next((line for line in sections.get(DETAILS, ()) if line.startswith("Licence:")), "")
    reason = _NAMES_IT.sub("", why.removeprefix("Licence:").strip())
    return Card(licence[1] if licence else "", reason, tuple(sections.get(LIMITS, ())))


def measured_of(checkpoint: Checkpoint) -> Measured | None:
    """The evaluation beside the weights; None where there is none, it cannot be read, or it is of other weights."""
    path = checkpoint.folder / RESULTS
    try:
        results = json.loads(path.read_text(encoding="utf-8"))
        if results["checkpoint"]["weights_sha256"] != checkpoint.sha256:
            return None
        return _measured(results, results["conditions"][CONDITION])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _measured(results: Mapping[str, Any], found: Mapping[str, Any]) -> Measured:
    said = found["words"]
    return Measured(
        alarms=Figure.of(said["reals_called_substantial"]),
        by_source={name: Figure.of(row["verdict_substantial"]) for name, row in found["reals"].items()},
        misses=Figure.of(said["forgeries_called_little"]),
        uncertain=Figure.of(said["uncertain"]),
        right=Figure.of(said["right_of_the_rest"]),
        auc=Figure.of(found["overall"]["auc"]),
        by_generator={name: Figure.of(row["detector"]) for name, row in found["generators"].items()},
        protocol=str(results["protocol"]),
        split=str(results["split"]),
        same_sources=bool(results["same_pictures_as_trained_on"]),
    )


def _bullets(content: str) -> tuple[str, ...]:
    """The bullets of a Markdown section on one line each, without the marks of emphasis and code."""
    found = (" ".join(line.split()) for line in _BULLET.findall(content))
    return tuple(re.sub(r"\*\*|[`*]", "", line) for line in found)
