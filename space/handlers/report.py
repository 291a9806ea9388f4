"""The report of what is on the page, as one HTML file or as JSON; nothing of it is written to the server's disk."""

from dataclasses import replace
from typing import Any

import gradio as gr

from explain.report import Report
from explain.report_html import to_html
from explain.subject import Subject
from explain.targets import MARGIN
from mfclip import Detector
from space.components.download import HAND_OVER
from space.explained import Explained
from space.session import Session
from space.text import words

SAVE = f"""(content, name, kind) => {{
  {HAND_OVER}
  return ['', name, kind];
}}"""
"""Downloads what the fields hold, and empties them."""

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
        results=tuple(replace(result, subject=subject) for result in shown.results.values()),
        receipts={methods[place]: proof for place, proof in shown.receipts.items()},
        refused=dict(shown.problems),
        unproven={
            method: words.REPORT_UNPROVEN for place, method in methods.items() if place not in shown.receipts
        },
        conditions=None,
        seed=0,
        with_face=with_face,
    )


class Reporting:
    """The handlers of the downloads: text of the file, its name and its media type."""

    def __init__(self, detector: Detector) -> None:
        self.detector = detector

    def _file(self, session: Session, explained: Explained, with_face: bool, kind: str) -> list[Any]:
        try:
            report = report_of(self.detector, session, explained, with_face)
        except ValueError as error:
            raise gr.Error(str(error), print_exception=False) from None
        content = to_html(report) if kind == "html" else report.to_json()
        return [content, f"mfclip-report.{kind}", KINDS[kind]]

    def html(self, session: Session, explained: Explained, with_face: bool) -> list[Any]:
        """One HTML file that works offline."""
        return self._file(session, explained, bool(with_face), "html")

    def json(self, session: Session, explained: Explained, with_face: bool) -> list[Any]:
        """The same numbers as JSON."""
        return self._file(session, explained, bool(with_face), "json")
