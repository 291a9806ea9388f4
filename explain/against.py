"""The strongest evidence against a verdict, looked for first: what a reader who trusts too quickly should see."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from explain.result import Result
from mfclip.verdict import Verdict


@dataclass(frozen=True)
class Evidence:
    """One piece of evidence. method: who found it; what: in words; value: signed logits of what is explained."""

    method: str
    what: str
    value: float


def evidence_against(verdict: Verdict, results: Iterable[Result]) -> tuple[Evidence, ...]:
    """For each result that has signed shares, the strongest one that points away from the verdict's side.

    The verdict's side is fake from P(fake) 0.5 on. Results of 'contributions' come before maps, since their players
    are whole; a result with nothing against gives no entry.
    """
    side = 1.0 if verdict.probability >= 0.5 else -1.0
    found = [piece for result in results for piece in _pieces(result, side)]
    return tuple(sorted(found, key=lambda piece: piece.method != "ledger"))


def _pieces(result: Result, side: float) -> Iterator[Evidence]:
    if result.method == "ledger":
        names, shares = result.labels["contributions"], result.values["contributions"]
    elif "words" in result.labels and "words" in result.values:
        names, shares = tuple(f"the word “{word}”" for word in result.labels["words"]), result.values["words"]
    elif "map" in result.values and "logit" in result.unit and result.values["map"].ndim == 2:
        grid = result.values["map"]
        names = tuple(
            f"the cell in row {row + 1}, column {column + 1} of {grid.shape[0]} × {grid.shape[1]} on the face"
            for row, column in np.ndindex(*grid.shape)
        )
        shares = grid.ravel()
    else:
        return
    towards = side * np.nan_to_num(np.asarray(shares, dtype=np.float64).ravel())
    if towards.size and (worst := int(towards.argmin())) >= 0 and towards[worst] < 0:
        yield Evidence(result.method, names[worst], float(side * towards[worst]))
