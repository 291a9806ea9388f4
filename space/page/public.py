"""What leaves the page: reports, the verdict as JSON, and the named endpoints."""

import gradio as gr

from space.components.face_image import face_image
from space.handlers.public import Public
from space.handlers.report import SAVE, Reporting
from space.page.turns import EXPLAINING, ONE_AT_A_TIME, PRIVATE
from space.tabs import Tabs
from space.text import words


def wire_report(tabs: Tabs, reporting: Reporting) -> None:
    told = [tabs.state, tabs.explained, tabs.report.face]
    file = list(tabs.report.file)
    for button, handler in ((tabs.report.html, reporting.html), (tabs.report.json, reporting.json)):
        made = button.click(handler, told, file, **PRIVATE, **EXPLAINING)
        made.then(None, file, file, js=SAVE, **PRIVATE)


def wire_json(tabs: Tabs, public: Public) -> None:
    given = [tabs.photo.photo, tabs.photo.cropped]
    tabs.about.show.click(
        public.verdict, given, tabs.about.json, api_name="shown", **PRIVATE, **ONE_AT_A_TIME
    )


def wire_public(public: Public) -> None:
    """The named endpoints: for other programs, and so are their fields. No photo of the page is their default."""
    given = face_image(format="png", alt_text=words.PHOTO_ALT, visible=False)
    cropped = gr.Checkbox(False, visible=False)
    method, target = gr.Textbox("ledger", visible=False), gr.Textbox("margin", visible=False)
    settings, rows = gr.Textbox("{}", visible=False), gr.Textbox("[]", visible=False)
    receipt, answer = gr.Checkbox(False, visible=False), gr.JSON(visible=False)
    for name, handler, inputs in (
        ("verdict", public.verdict, [given, cropped]),
        ("explain", public.explain, [given, method, target, settings, receipt]),
        ("prompts", public.prompts, [given, rows]),
    ):
        button = gr.Button(name, visible=False)
        button.click(handler, inputs, answer, api_name=name, **EXPLAINING)
