"""The page: photo and verdict on top, the reasons in tabs below; every listener is wired in this package."""

from dataclasses import replace

import gradio as gr

from mfclip import Detector
from mfclip.photo import read_photo
from space.components.cause import done_line
from space.components.example_strip import examples
from space.explained import Explained
from space.handlers.explaining import Explaining
from space.handlers.lab import Lab
from space.handlers.linked import Linking
from space.handlers.public import Public
from space.handlers.report import Reporting
from space.handlers.trust import pace_of
from space.handlers.verdict import Judging
from space.judging import judge
from space.page.drawing import draw
from space.page.lab import wire_lab
from space.page.opening import wire_opening
from space.page.public import wire_json, wire_public, wire_report
from space.page.reasons import wire_reasons
from space.page.trust import wire_trust
from space.page.verdict import wire_verdict
from space.session import Session, begin
from space.tabs import Tabs
from space.text import DEFAULT, LANGUAGES, speaking, words

SWEEP, KEEP = 60, 600
"""Seconds between two sweeps of the upload folder, and the age at which a file in it goes."""


def build(detector: Detector) -> gr.Blocks:
    """The page of a detector, its first example already judged and explained."""
    shown = examples()
    judging = Judging(detector, shown)
    session = judge(detector, begin(detector.hierarchy), read_photo(shown[0].path))
    session = replace(session, example=shown[0].name)
    explaining = Explaining(detector, shown)
    known = explaining.whole(session)
    with gr.Blocks(
        title=words.TITLE, analytics_enabled=False, delete_cache=(SWEEP, KEEP), elem_id="mf-page"
    ) as blocks:
        tabs = _speak(blocks, judging, explaining, session, known)
        wire_json(tabs, Public(detector))
        wire_public(Public(detector))
    for spoken in LANGUAGES:
        if spoken != DEFAULT:
            with speaking(spoken), blocks.route(words.LANGUAGE, f"/{spoken}"):
                tabs = _speak(blocks, judging, explaining, replace(session, language=spoken), known)
                wire_json(tabs, Public(detector))
    return blocks


def _speak(
    blocks: gr.Blocks,
    judging: Judging,
    explaining: Explaining,
    session: Session,
    known: tuple[Explained, float],
) -> Tabs:
    """Draw and wire the page in the language of a session: every language is a page of its own.

    known: the explanations of the session's verdict, and the seconds that they took.
    """
    detector = judging.detector
    explained, seconds = known
    done = done_line(seconds)
    tabs = draw(judging, explaining, session, explained, done)
    opened = wire_opening(blocks, tabs, session, explained, explaining)
    wire_verdict(tabs, judging, explaining)
    wire_lab(opened, tabs, Lab(judging), Linking(detector), explaining)
    wire_reasons(tabs, explaining)
    wire_trust(tabs, detector, explaining, pace_of(explained))
    wire_report(tabs, Reporting(detector))
    return tabs
