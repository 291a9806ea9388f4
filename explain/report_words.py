"""What a report says by itself, and how: in the toolkit's English, or in the words of whoever had it made."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from explain.result import Reading, Receipt
from mfclip.verdict import Verdict

TITLES: Mapping[str, str] = {
    "occlusion": "Covering",
    "grid": "Model's cells",
    "pairs": "Words × patches",
    "pair_attention": "Pair attention",
    "counterfactuals": "Other words",
}
"""Headings of methods whose names in programs are no words for a reader; of the others the name is one."""

WORDS: Mapping[str, str] = {
    "title": "why this verdict",
    "head": "MFCLIP Explainer · report on",
    "against": "Strongest evidence against this verdict",
    "against_none": (
        "Among what was explained and not refuted by its receipt, nothing points the other way. That is no proof: a "
        "detector can be wrong with one voice."
    ),
    "piece": "{what}: {value} logits ({method})",
    "logits": "logits",
    "failing": (
        "{methods}: the receipt fails; what is attributed there is drawn in grey and should not be relied on."
    ),
    "probability": "P(fake)",
    "band": "band of uncertainty",
    "again": "saved once more as JPEG",
    "margin": "margin",
    "explained": "explained here: {target}",
    "caution": (
        "A score is evidence, not truth. It can be wrong about real photos and blind to forgeries of kinds it was not "
        "trained on. Never use it to accuse, hire, report or publish."
    ),
    "face": "The face that was judged",
    "face_alt": "The 224 px face crop that the image stream saw",
    "no_face": (
        "The face is left out of this report, and with it every picture that could show it. To put it in, tick “With "
        "the face in it” on the page, or add --with-face on the command line."
    ),
    "badge_holds": "receipt holds",
    "badge_weak": "receipt weak",
    "badge_fails": "receipt fails",
    "pale": "Pale, because other panels of this page are larger: the same with colours {times} times as strong",
    "receipt": "Receipt: {count} readings",
    "receipt_one": "Receipt: one reading",
    "reading": "metric",
    "value": "value",
    "line": "line",
    "passed": "passed",
    "failed": "failed",
    "no_line": "no line",
    "curves": "Curves of the receipt",
    "no_receipt": "No receipt.",
    "cannot_say": "What it cannot say.",
    "sign": "Sign:",
    "unit": "Unit:",
    "gap": "Numerical gap {gap} %.",
    "cost": "Method: {method}, {cost} forward passes, {seconds} s.",
    "settings": "Settings: {settings}.",
    "refused": "Not explained: {reason}",
    "descriptions": "Descriptions compared",
    "side": "side",
    "sentences": "sentences",
    "similarity": "similarity",
    "share": "share of P",
    "real": "real",
    "fake": "fake",
    "record": "Record",
}
"""By name. A report in another language has the same names and slots."""


def _as_it_is(sentence: str) -> str:
    return sentence


def _sentence(verdict: Verdict) -> str:
    return verdict.sentence


def _title(method: str) -> str:
    return TITLES.get(method, method.replace("_", " ").capitalize())


def _question(method: str) -> str:
    from explain import METHODS

    return METHODS[method].question


def _reason(receipt: Receipt) -> str:
    return receipt.reason


def _figure(figure: Any, method: str) -> Any:
    return figure


def number(value: float) -> str:
    """Three digits with a true minus sign, a dash for what is not finite."""
    return "–" if not np.isfinite(value) else f"{value:.3g}".replace("-", "−")


def _reading(reading: Reading) -> tuple[str, str, str]:
    return reading.metric, number(reading.value), reading.line


@dataclass(frozen=True)
class Voice:
    """How a report speaks. The first values are the toolkit's own English.

    language: as HTML names it. words: the report's own sentences, the names and slots of WORDS. said: a sentence or a
    name of the toolkit in the reader's words. headline: of a verdict; title, question: of a method; reason: of a
    receipt; reading: (name, value, what it says). figure: a plotly figure of a method in the reader's words. spans:
    whether the words of the prompts are shown as running text too, whose hints are English.
    """

    language: str = "en"
    words: Mapping[str, str] = field(default_factory=lambda: WORDS)
    said: Callable[[str], str] = _as_it_is
    headline: Callable[[Verdict], str] = _sentence
    title: Callable[[str], str] = _title
    question: Callable[[str], str] = _question
    reason: Callable[[Receipt], str] = _reason
    reading: Callable[[Reading], tuple[str, str, str]] = _reading
    figure: Callable[[Any, str], Any] = _figure
    spans: bool = True

    def clause(self, text: str) -> str:
        """A clause of a result as a sentence: with a capital letter and a full stop, if it stays English."""
        told = self.said(text)
        return told if told != text else text[:1].upper() + text[1:].rstrip(".") + "."


ENGLISH = Voice()
