"""The strongest evidence against a verdict, looked for first: what a reader who trusts too quickly should see."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from explain.result import Receipt, Result
from mfclip.verdict import Verdict

LEAST = 0.02
"""Logits below which a share, or a difference of two, is not worth a sentence; P(fake) moves by about a point."""


@dataclass(frozen=True)
class Evidence:
    """One piece of evidence. method: who found it; what: in words; value: signed logits of what is explained."""

    method: str
    what: str
    value: float


def evidence_against(
    verdict: Verdict, results: Iterable[Result], receipts: Mapping[str, Receipt]
) -> tuple[Evidence, ...]:
    """For each result that has signed shares, the strongest one that points away from the verdict's side.

    The verdict's side is fake from P(fake) 0.5 on. The ledger comes first, since its players are whole. A result whose
    receipt fails is no witness and gives no entry, nor does one whose strongest is below LEAST.
    """
    side = 1.0 if verdict.probability >= 0.5 else -1.0
    refuted = {name for name, receipt in receipts.items() if receipt.verdict == "fails"}
    found = [piece for one in results if one.method not in refuted for piece in _strongest(one, side)]
    return tuple(sorted(found, key=lambda piece: piece.method != "ledger"))


def _strongest(result: Result, side: float) -> Iterator[Evidence]:
    names, shares = _shares(result)
    towards = side * np.nan_to_num(np.asarray(shares, dtype=np.float64).ravel())
    if towards.size and towards.min() <= -LEAST:
        worst = int(towards.argmin())
        yield Evidence(result.method, names[worst], float(side * towards[worst]))


def _shares(result: Result) -> tuple[tuple[str, ...], np.ndarray]:
    """What a result gives shares to, in words, and the shares; none of results that share nothing out."""
    if result.method == "ledger":
        return result.labels["contributions"], result.values["contributions"]
    if result.method == "words":
        sentences = result.labels["agreement"]
        owners = [sentences[int(number)] for number in result.values["sentence"]]
        words = result.labels["contributions"]
        named = tuple(f"the word “{word}” of “{owner}”" for word, owner in zip(words, owners, strict=True))
        return named, result.values["contributions"]
    # A table of pairs has a map too, but of a similarity and not of the decision.
    if "map" not in result.values or result.method == "pairs":
        return (), np.zeros(0)
    grid = result.values["map"]
    of_patch = result.method == "noise" or result.knobs.get("stream") == "noise"
    place = f"of {grid.shape[0]} × {grid.shape[1]} on the {'noise window' if of_patch else 'face'}"
    cells = tuple(
        f"the cell in row {row + 1}, column {column + 1} {place}" for row, column in np.ndindex(*grid.shape)
    )
    return cells, grid.ravel()
