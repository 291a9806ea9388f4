"""The report of what is on the page, as one HTML file or as JSON; nothing of it is written to the server's disk."""

from dataclasses import replace
from typing import Any

import gradio as gr

from explain import Reading, Result
from explain.noise import residuals_of
from explain.report import Report
from explain.report_html import to_html
from explain.report_words import Voice
from explain.subject import Subject
from explain.targets import MARGIN
from mfclip import Detector, Verdict
from space.components.download import HAND_OVER
from space.components.figure_words import in_words
from space.components.markup import percent
from space.components.receipt_card import said, told
from space.explained import Explained
from space.session import Session
from space.text import DEFAULT, joined, language, speaking, words
from space.text.toolkit import spoken

SAVE = f"""(content, name, kind) => {{
  {HAND_OVER}
  return ['', name, kind];
}}"""
"""Downloads what the fields hold, and empties them."""

HTML_LANGUAGES = {"en": "en", "zh": "zh-CN"}
"""Languages of the page as a report in HTML names them."""

KINDS = {"html": "text/html", "json": "application/json"}


def report_of(detector: Detector, session: Session, explained: Explained, with_face: bool) -> Report:
    """The report of a verdict and of the explanations shown of it. Raises ValueError without a verdict."""
    verdict = session.now
    if verdict is None:
        raise ValueError(session.no_verdict(words.NOT_EXPLAINED))
    shown = explained if explained.is_of(verdict) else Explained(verdict)
    subject = Subject.of(detector, verdict)
    methods = {place: result.method for place, result in shown.results.items()}
    return Report(
        verdict=verdict,
        detector=detector,
        target=MARGIN,
        results=tuple(_whole(result, subject) for result in shown.results.values()),
        receipts={methods[place]: proof for place, proof in shown.receipts.items()},
        refused=dict(shown.problems),
        unproven={
            method: words.REPORT_UNPROVEN for place, method in methods.items() if place not in shown.receipts
        },
        conditions=None,
        seed=0,
        with_face=with_face,
    )


def _whole(result: Result, subject: Subject) -> Result:
    """A result as its method gave it, with what the page does not keep of it (space.explained.REMADE)."""
    values = dict(result.values)
    if result.method == "noise":
        values["residuals"] = residuals_of(subject)
    return replace(result, values=values, subject=subject)


def voice() -> Voice:
    """The page's words for a report, in the language that is spoken."""
    return Voice(
        language=HTML_LANGUAGES[language()],
        words=words.REPORT_WORDS,
        said=spoken,
        headline=_headline,
        title=_title,
        question=lambda method: words.REPORT_QUESTIONS[method],
        reason=told,
        reading=_reading,
        figure=in_words,
        spans=language() == DEFAULT,
    )


def _headline(verdict: Verdict) -> str:
    said = words.REPORT_HEADLINE.format(
        evidence=words.EVIDENCE[verdict.evidence], chance=percent(verdict.probability)
    )
    doubts = words.DOUBTS_JOIN.join(spoken(clause) for clause in verdict.doubts)
    return f"{said}{words.COLON}{words.CLAUSE.format(clause=doubts)}" if doubts else str(said)


def _title(method: str) -> str:
    """A method by the page's name for it; a section that has no result by its own."""
    name = words.METHOD_NAMES.get(method) or words.TABS.get(method, method)
    return name[:1].upper() + name[1:]


def _reading(reading: Reading) -> tuple[str, str, str]:
    name, value, sentence = said(reading)
    line = "" if reading.passed is None else words.RECEIPT_LINE.format(line=spoken(reading.line))
    return name, value, joined(sentence, line)


class Reporting:
    """The handlers of the downloads: text of the file, its name and its media type."""

    def __init__(self, detector: Detector) -> None:
        self.detector = detector

    def _file(self, session: Session, explained: Explained, with_face: bool, kind: str) -> list[Any]:
        try:
            with speaking(session.language):
                report = report_of(self.detector, session, explained, with_face)
        except ValueError as error:
            raise gr.Error(str(error), print_exception=False) from None
        with speaking(session.language):
            content = to_html(report, voice()) if kind == "html" else report.to_json()
        return [content, f"mfclip-report.{kind}", KINDS[kind]]

    def html(self, session: Session, explained: Explained, with_face: bool) -> list[Any]:
        """One HTML file that works offline."""
        return self._file(session, explained, bool(with_face), "html")

    def json(self, session: Session, explained: Explained, with_face: bool) -> list[Any]:
        """The same numbers as JSON."""
        return self._file(session, explained, bool(with_face), "json")
