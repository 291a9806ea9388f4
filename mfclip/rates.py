"""How often a checkpoint calls reals and forgeries "substantial", as its own evaluation has measured it.

results.json in a checkpoint folder is what `python -m mfclip.evaluation` wrote of these very weights. Of it only what a
base rate needs is read: the shares of the test split's reals and forgeries whose verdict says "substantial evidence",
both re-saved with one history, by the detector's whole rule.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mfclip.errors import CheckpointError
from mfclip.hub import RESULTS, Checkpoint

CONDITION = "re-saved"
"""Of the evaluation's conditions the one in which reals and forgeries were stored alike."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Share:
    """A share of pictures, 0..1, with the ends of its 95 % interval; pictures: how many it was measured on."""

    value: float
    low: float
    high: float
    pictures: int

    def __post_init__(self) -> None:
        # The value may lie outside of an interval by resampling, if hardly ever: only what cannot be is refused.
        if not all(0 <= number <= 1 for number in (self.value, self.low, self.high)) or self.low > self.high:
            raise ValueError(
                f"The share {self.value} with the interval {self.low} to {self.high} is none; numbers from 0 to 1, "
                "the lower end first, are needed."
            )
        if self.pictures < 1:
            raise ValueError(f"The share was measured on {self.pictures} pictures; at least 1 is needed.")


@dataclass(frozen=True)
class Rates:
    """What an alarm, the verdict "substantial evidence", was measured to be worth.

    false_alarms: share of the reals that raise one; hits: share of the forgeries that do. protocol, split: of the
    evaluation ("in-domain", "test"); generators: whose forgeries were among them.
    """

    false_alarms: Share
    hits: Share
    protocol: str
    split: str
    generators: tuple[str, ...]

    def right_of_alarms(self, forged: float) -> tuple[float, float, float] | None:
        """Share of the alarms that are right where a share `forged` of all photos is forged, and its two ends, 0..1.

        Bayes' rule, value first: forged·hits / (forged·hits + (1 − forged)·false alarms). The ends take both rates at
        the worse and at the better end of their intervals, so they hold more than 95 %. None where no photo raises an
        alarm. Raises ValueError for a share outside 0..1.
        """
        if not 0 <= forged <= 1:
            raise ValueError(f"The share of forged photos is {forged}; a number from 0 to 1 is needed.")
        alarms, hits = self.false_alarms, self.hits
        value = _right(forged, hits.value, alarms.value)
        if value is None:
            return None
        low = _right(forged, hits.low, alarms.high)
        high = _right(forged, hits.high, alarms.low)
        return value, value if low is None else low, value if high is None else high

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {
            "false_alarms": vars(self.false_alarms),
            "hits": vars(self.hits),
            "protocol": self.protocol,
            "split": self.split,
            "generators": list(self.generators),
        }


def _right(forged: float, hits: float, false_alarms: float) -> float | None:
    right, wrong = forged * hits, (1 - forged) * false_alarms
    return right / (right + wrong) if right + wrong else None


def rates_of(checkpoint: Checkpoint | None) -> Rates | None:
    """The rates kept with a checkpoint; None where it has none, or only those of other weights.

    Raises CheckpointError if results.json is there and cannot be used.
    """
    path = checkpoint.folder / RESULTS if checkpoint else None
    if checkpoint is None or path is None or not path.is_file():
        return None
    try:
        results = json.loads(path.read_text(encoding="utf-8"))
        measured = str(results["checkpoint"]["weights_sha256"])
        if measured != checkpoint.sha256:
            _log.warning(
                "%s was measured on other weights (%s…) than those beside it (%s…) and is not used: evaluate again",
                *(path, measured[:12], checkpoint.sha256[:12]),
            )
            return None
        return _read(results)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CheckpointError(
            f"{path} cannot be used ({type(error).__name__}: {error}): copy it anew or remove it."
        ) from None


def _read(results: Mapping[str, Any]) -> Rates | None:
    condition = results["conditions"].get(CONDITION)
    if condition is None:
        return None
    words = condition["words"]
    alarms, hits = _share(words.get("reals_called_substantial")), _hits(words)
    if alarms is None or hits is None:
        return None
    return Rates(
        alarms,
        hits,
        str(results["protocol"]),
        str(results["split"]),
        tuple(map(str, condition["generators"])),
    )


def _hits(words: Mapping[str, Any]) -> Share | None:
    """The share of forgeries called substantial, or, in results that do not hold it, what the two other words leave.

    The ends are then those that both other intervals allow, which is wider than the share's own interval.
    """
    if "forgeries_called_substantial" in words:
        return _share(words["forgeries_called_substantial"])
    little, uncertain = (
        _share(words.get("forgeries_called_little")),
        _share(words.get("uncertain_of_forgeries")),
    )
    if little is None or uncertain is None:
        return None
    value, low, high = (
        min(1.0, max(0.0, 1 - getattr(little, end) - getattr(uncertain, end)))
        for end in ("value", "high", "low")
    )
    return Share(value, low, high, little.pictures)


def _share(figure: Mapping[str, Any] | None) -> Share | None:
    """A figure of the evaluation; None where it had no picture to measure it on."""
    if figure is None:
        return None
    value, low, high = (min(1.0, max(0.0, round(float(figure[end]), 9))) for end in ("value", "low", "high"))
    return Share(value, low, high, int(figure["n"]))
