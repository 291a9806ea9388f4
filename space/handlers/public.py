"""What other programs may ask: `/verdict`, `/explain` and `/prompts`, as the server's named endpoints and MCP tools."""

import json
from typing import Any

import gradio as gr

import explain
from explain import Result
from explain.report import plain, with_values
from mfclip import Detector, NoFace, Verdict
from mfclip.prompts import Hierarchy
from space.gpu import on_gpu
from space.judging import Given, ask, photo_of, verdict_json
from space.memory import give_back_much
from space.text import words

MOST_LETTERS = 200_000
"""Characters of a hierarchy or of settings that are read at all."""


@on_gpu
def explained_by(detector: Detector, verdict: Verdict, method: str, settings: dict[str, Any]) -> Result:
    """One explanation. Raises ValueError with the sentence to answer."""
    return explain.explain(detector, verdict, method, **settings)


class Public:
    """The handlers of the named endpoints. Whatever goes wrong is one sentence, as gr.Error."""

    def __init__(self, detector: Detector) -> None:
        self.detector = detector

    def verdict(self, photo: Given, cropped: bool = False) -> dict[str, Any]:
        """Judge the largest face of a photo: how much evidence of forgery it holds.

        Args:
            photo: A JPEG, PNG or WebP picture with a face, at most 20 MB and 40 megapixels.
            cropped: True if the picture is a face crop already; no face is then looked for.

        Returns:
            Evidence in words (little, uncertain or substantial), probability of forgery (0 to 1), margin in logits
            (positive towards fake) with its readouts, face, patch, descriptions and the tree of kinds and generators.
        """
        return _answered(lambda: verdict_json(self.detector, photo, bool(cropped)))

    def explain(
        self,
        photo: Given,
        method: str = "ledger",
        target: str = "margin",
        settings: str = "{}",
        receipt: bool = False,
    ) -> dict[str, Any]:
        """Explain the verdict on the largest face of a photo.

        Args:
            photo: A JPEG, PNG or WebP picture with a face.
            method: A name of explain.METHODS, such as ledger, grid, pixels, words, noise, pairs or audit.
            target: What is explained: margin, head, language or description:ROW (counted from 0).
            settings: The method's own settings as a JSON object, for example {"layer": "0"}.
            receipt: True to also test the explanation, which takes many times longer.

        Returns:
            The verdict's probability and margin, the result (values in logits, positive towards fake; what it cannot
            say; its numerical gap and cost) and, if asked for, its receipt: holds, weak or fails, with the readings.
        """

        def answer() -> dict[str, Any]:
            knobs = _read(settings, "settings")
            if not isinstance(knobs, dict):
                raise ValueError(f"settings is {settings[:60]!r}; a JSON object such as {{}} is needed.")
            _check(method, knobs)
            judged = ask(self.detector, photo_of(photo), False, 0)
            result = explained_by(self.detector, judged, method, {**knobs, "target": target})
            told: dict[str, Any] = {
                "probability": judged.probability,
                "margin": judged.margin,
                "evidence": judged.evidence,
                "result": with_values(result),
            }
            if receipt:
                told["receipt"] = explain.receipt(self.detector, result, quick=True).to_dict()
            return plain(told)

        return _answered(answer)

    def prompts(self, photo: Given, descriptions: str) -> dict[str, Any]:
        """Judge a photo under other descriptions, and say what they changed.

        Args:
            photo: A JPEG, PNG or WebP picture with a face.
            descriptions: A JSON list of rows ["real" or "fake", authenticity, forgery kind, family, generator]; at
                least one of each side, at most 77 tokens a sentence.

        Returns:
            The verdict under these descriptions, and under "change" the difference of margin and probability from
            the verdict under the checkpoint's own ones.
        """

        def answer() -> dict[str, Any]:
            rows = _read(descriptions, "descriptions")
            if not isinstance(rows, list) or not all(
                isinstance(row, list) and len(row) == 5 and all(isinstance(cell, str) for cell in row)
                for row in rows
            ):
                raise ValueError(words.API_ROWS)
            hierarchy = Hierarchy.from_rows([tuple(row) for row in rows])
            start = ask(self.detector, photo_of(photo), False, 0)
            now = self.detector.revise(start, hierarchy)
            change = {"margin": now.margin - start.margin, "probability": now.probability - start.probability}
            return {**now.to_dict(), "change": change}

        return _answered(answer)


def _check(method: str, knobs: dict[str, Any]) -> None:
    """Refuse what would reach Python as an argument of another name, before a face is looked for."""
    if method not in explain.METHODS:
        raise ValueError(f"There is no method {method!r}; choose one of {', '.join(explain.METHODS)}.")
    known = {knob.name: knob for knob in explain.METHODS[method].knobs}
    unknown = sorted(set(knobs) - set(known))
    if unknown:
        raise ValueError(f"{method} has no settings {unknown}; it has {', '.join(known) or 'none'}.")
    for name, value in knobs.items():
        known[name].check(value)


def _read(text: str, name: str) -> Any:
    if len(text) > MOST_LETTERS:
        raise ValueError(words.API_LONG.format(name=name, found=len(text), limit=MOST_LETTERS))
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError(words.API_JSON.format(name=name)) from None


def _answered(answer: Any) -> dict[str, Any]:
    try:
        return answer()
    except (NoFace, ValueError) as error:
        raise gr.Error(str(error), print_exception=False) from None
    finally:
        give_back_much()
