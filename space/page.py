"""The page: photo and verdict on top, the reasons in tabs below, and every listener."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import gradio as gr

from mfclip import Detector
from mfclip.photo import read_photo
from mfclip.rates import rates_of
from space.components import descriptions
from space.components.about_card import about_card
from space.components.cause import cause_card, done_line
from space.components.example_strip import examples
from space.components.headings import header
from space.explained import ORDER, WHERE, Explained
from space.handlers import compare as comparing
from space.handlers import learn as learning
from space.handlers import trust as trusting
from space.handlers.explaining import PLAIN, Explaining
from space.handlers.lab import Lab
from space.handlers.linked import Linking
from space.handlers.public import Public
from space.handlers.report import SAVE, Reporting
from space.handlers.verdict import Judging
from space.judging import judge, tokens
from space.session import Session, begin
from space.tabs import (
    Tabs,
    about,
    compare,
    language,
    learn,
    ledger,
    noise,
    pairs,
    photo,
    report,
    trust,
    where,
)
from space.text import DEFAULT, LANGUAGES, speaking, words

SWEEP, KEEP = 60, 600
"""Seconds between two sweeps of the upload folder, and the age at which a file in it goes."""

ONE_AT_A_TIME: dict[str, Any] = {"concurrency_id": "session", "concurrency_limit": 1}
"""Every listener that reads and writes a session waits its turn, or two answers could overwrite each other."""

EXPLAINING: dict[str, Any] = {"concurrency_id": "explain", "concurrency_limit": 1}
"""Explanations wait for each other and never keep a verdict waiting."""

PRIVATE: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}

LOOKS = """(session, theme, explained) =>
  [session, document.body.classList.contains('dark') ? 'dark' : 'light', explained]"""
"""What the browser shows, asked once when the page opens."""


def build(detector: Detector) -> gr.Blocks:
    """The page of a detector, its first example already judged and explained."""
    shown = examples()
    judging = Judging(detector, shown)
    session = judge(detector, begin(detector.hierarchy), read_photo(shown[0].path))
    explaining = Explaining(detector, shown)
    known = explaining.whole(session)
    with gr.Blocks(
        title=words.TITLE, analytics_enabled=False, delete_cache=(SWEEP, KEEP), elem_id="mf-page"
    ) as blocks:
        tabs = _speak(blocks, judging, explaining, session, known)
        _wire_public(tabs, Public(detector))
    for spoken in LANGUAGES:
        if spoken != DEFAULT:
            with speaking(spoken), blocks.route(words.LANGUAGE, f"/{spoken}"):
                tabs = _speak(blocks, judging, explaining, replace(session, language=spoken), known)
                _wire_json(tabs, Public(detector), PRIVATE)
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
    tabs = _draw(judging, explaining, session, explained, done)
    _wire_verdict(tabs, judging, explaining)
    _wire_lab(blocks, tabs, Lab(judging), Linking(detector), explaining)
    _wire_reasons(blocks, tabs, explaining)
    _wire_trust(tabs, detector, explaining)
    _wire_report(tabs, Reporting(detector))
    return tabs


def _draw(
    judging: Judging, explaining: Explaining, session: Session, explained: Explained, done: str
) -> Tabs:
    """Draw all sections as they look at first."""
    first = session.rows[0]
    now = dict(zip(Judging.verdict_names, judging.verdict(session, first.key), strict=True))
    face, patch, _ = judging.views(session, None)
    reasons = explaining.show(session, explained)
    layers = explaining.layers(session.now) if session.now else ()
    state, kept = gr.State(session), gr.State(explained)
    theme = gr.Textbox(session.theme, visible=False)
    with speaking(DEFAULT):
        gr.Navbar(main_page_name=words.LANGUAGE)  # type: ignore[attr-defined]
    header()
    photo_tab = photo.draw(judging.shown, now["card"], cause_card(explained), done)
    with gr.Tabs(elem_id="mf-tabs"):
        with gr.Tab(words.TABS["ledger"], id="ledger"):
            ledger_tab = ledger.draw(now["readouts"], now["tree"], now["branches"], reasons["ledger"])
        with gr.Tab(words.TABS["where"], id="where"):
            where_tab = where.draw(layers, reasons[WHERE])
        with gr.Tab(words.TABS["words"], id="words"):
            token_line = descriptions.token_line(tokens(first.sentences))
            lab = language.draw(now["rows"], first, token_line, now["change"], now["bars"], reasons["words"])
        with gr.Tab(words.TABS["noise"], id="noise"):
            noise_tab = noise.draw(face, patch, reasons["noise"])
        with gr.Tab(words.TABS["pairs"], id="pairs"):
            pairs_tab = pairs.draw()
        with gr.Tab(words.TABS["trust"], id="trust"):
            checkpoint = judging.detector.checkpoint
            trust_tab = trust.draw(None if checkpoint is None else rates_of(checkpoint))
        with gr.Tab(words.TABS["compare"], id="compare"):
            compare_tab = compare.draw()
        with gr.Tab(words.TABS["learn"], id="learn"):
            learn_tab = learn.draw(learning.show(judging.detector, session, 1))
        with gr.Tab(words.TABS["about"], id="about"):
            about_tab = about.draw(about_card(judging.detector.checkpoint))
    report_tab = report.draw()
    return Tabs(
        state,
        kept,
        theme,
        photo_tab,
        ledger_tab,
        where_tab,
        lab,
        noise_tab,
        pairs_tab,
        trust_tab,
        compare_tab,
        learn_tab,
        about_tab,
        report_tab,
    )


def _explain(tabs: Tabs, explaining: Explaining, event: Any) -> None:
    """After an event: the reasons of the verdict it led to, as they come."""

    def reasons(session: Session, smooth: bool, own: bool) -> Iterator[list[Any]]:
        yield from explaining.stages(session, (smooth, own), ORDER)

    def lesson(session: Session) -> str:
        with speaking(session.language):
            return learning.show(explaining.detector, session, 1)

    event.then(lesson, tabs.state, tabs.learn.card, queue=False, **PRIVATE)
    event.then(
        reasons,
        [tabs.state, *tabs.where.looks],
        tabs.reasons,
        trigger_mode="always_last",
        **PRIVATE,
        **EXPLAINING,
    )


def _wire_verdict(tabs: Tabs, judging: Judging, explaining: Explaining) -> None:
    shown = tabs.photo
    looked = [tabs.state, *tabs.verdict, tabs.noise.face, tabs.noise.patch, shown.faces, shown.face]
    looked += [*tabs.reasons, *tabs.trust.outputs, *tabs.compare.outputs]
    given = [tabs.state, shown.photo, shown.cropped, tabs.lab.key]
    turn = {**PRIVATE, **ONE_AT_A_TIME}

    def look(session: Session, *told: Any) -> Iterator[list[Any]]:
        cleared = explaining.cleared(session)
        cleared += [*trusting.cleared(session), *comparing.cleared(session)]
        for values in judging.look(session, *told):
            yield [*values, *cleared]
            cleared = [gr.skip()] * len(cleared)

    shown.examples.pick(judging.pick, None, [shown.photo, shown.cropped], queue=False, **PRIVATE)
    for event in (
        shown.photo.change(look, given, looked, **turn),
        shown.cropped.input(look, given, looked, **turn),
        shown.face.input(look, [*given, shown.face], looked, **turn),
    ):
        _explain(tabs, explaining, event)


def _wire_lab(blocks: gr.Blocks, tabs: Tabs, handlers: Lab, linking: Linking, explaining: Explaining) -> None:
    lab, state, verdict = tabs.lab, tabs.state, tabs.verdict
    turn = {**PRIVATE, **ONE_AT_A_TIME}
    commits = [lab.apply.click, lab.side.input]
    commits += [event for box in lab.sentences for event in (box.submit, box.blur)]
    for commit in commits:
        # "multiple": leaving two fields in quick succession must not lose the second
        edited = commit(
            handlers.edit,
            [state, *lab.editor],
            [state, *verdict, lab.scope, lab.tokens, *lab.history],
            trigger_mode="multiple",
            **turn,
        )
        _explain(tabs, explaining, edited)
    lab.rows.choose(handlers.choose, state, [lab.rows, *lab.chosen], trigger_mode="always_last", **turn)
    changed = [state, *verdict, *lab.chosen, *lab.history]
    here = [state, lab.key]
    share, wordings = lab.sharing, lab.wordings
    for event in (
        lab.add.click(handlers.add, state, changed, **turn),
        lab.remove.click(handlers.remove, here, changed, **turn),
        wordings.reset.click(handlers.reset, state, changed, **turn),
        wordings.everyday.click(handlers.everyday, state, changed, **turn),
        wordings.nonsense.click(handlers.nonsense, state, changed, **turn),
        lab.undo.click(handlers.undo, here, changed, **turn),
        lab.redo.click(handlers.redo, here, changed, **turn),
        lab.rows.undo(handlers.undo, here, changed, **turn),
        lab.rows.redo(handlers.redo, here, changed, **turn),
        share.given.upload(handlers.open_file, [state, share.given], changed, **turn),
    ):
        _explain(tabs, explaining, event)
    saved = share.export.click(handlers.export, state, share.parcel, queue=False, **PRIVATE)
    saved.then(None, [share.parcel, share.name], None, js=language.SAVE, **PRIVATE)
    linked = share.make.click(handlers.link, state, [share.parcel, lab.note], queue=False, **PRIVATE)
    linked.then(None, share.parcel, share.link, js=language.SHARE, **PRIVATE)
    opened = blocks.load(
        handlers.open_link, [state, share.parcel], [*changed, share.opened], js=language.OPENED, **turn
    )

    def reasons(opened: bool, session: Session, smooth: bool, own: bool) -> Iterator[list[Any]]:
        if opened:
            yield from explaining.stages(session, (smooth, own), ORDER)
        else:  # a generator that gives nothing would empty what it is wired to
            yield [gr.skip()] * len(tabs.reasons)

    asked = [share.opened, state, *tabs.where.looks]
    opened.then(reasons, asked, tabs.reasons, **PRIVATE, **EXPLAINING)
    _wire_linked(tabs, linking)


def _wire_linked(tabs: Tabs, linking: Linking) -> None:
    view, state = tabs.lab.linked, tabs.state
    run = view.run.click(linking.linked, [state, tabs.lab.key], view.outputs, **PRIVATE, **EXPLAINING)
    view.stop.click(linking.stopped, state, view.progress, cancels=[run], queue=False, **PRIVATE)
    tabs.photo.card.change(
        linking.forget, [state, view.shown], view.outputs, cancels=[run], queue=False, **PRIVATE
    )


def _wire_reasons(blocks: gr.Blocks, tabs: Tabs, explaining: Explaining) -> None:
    view = tabs.where
    kept = [tabs.state, tabs.explained]
    names = list(view.controls)
    sections = tabs.sections

    def map_of(
        session: Session, explained: Explained, method: str, smooth: bool, own: bool, *values: Any
    ) -> Iterator[list[Any]]:
        settings = dict(zip(names, values, strict=True))
        yield from explaining.map(session, explained, method, (smooth, own), settings)

    def redraw(session: Session, explained: Explained, smooth: bool, own: bool) -> list[Any]:
        return explaining.redrawn(session, explained, (smooth, own), (WHERE,))

    def greet(session: Session, theme: str, explained: Explained) -> list[Any]:
        if theme == session.theme:  # everything was drawn for it already
            return [gr.skip()] * (1 + len(sections))
        session = replace(session, theme="dark" if theme == "dark" else "light")
        return [session, *explaining.redrawn(session, explained, PLAIN)]

    drawn = view.run.click(
        map_of,
        [*kept, *view.settings],
        [tabs.explained, view.progress, *view.outputs],
        **PRIVATE,
        **EXPLAINING,
    )
    view.stop.click(lambda: words.STOPPED, None, view.progress, cancels=[drawn], queue=False, **PRIVATE)
    for look in view.looks:
        look.input(redraw, [*kept, *view.looks], view.outputs, queue=False, **PRIVATE)
    view.method.change(
        lambda chosen: [gr.update(visible=name == chosen) for name in view.groups],
        view.method,
        list(view.groups.values()),
        queue=False,
        **PRIVATE,
    )
    tabs.ledger.audit_run.click(
        explaining.audit,
        tabs.state,
        tabs.ledger.audit,
        **{**PRIVATE, "show_progress": "minimal"},
        **EXPLAINING,
    )
    tabs.pairs.run.click(
        explaining.pairs,
        tabs.state,
        tabs.pairs.outputs,
        **{**PRIVATE, "show_progress": "minimal"},
        **EXPLAINING,
    )
    blocks.load(
        greet,
        [tabs.state, tabs.theme, tabs.explained],
        [tabs.state, *sections],
        js=LOOKS,
        **PRIVATE,
        **ONE_AT_A_TIME,
    )


def _wire_trust(tabs: Tabs, detector: Detector, explaining: Explaining) -> None:
    """Receipts, the sweep, the comparison, and the lesson."""
    view, other, state = tabs.trust, tabs.compare, tabs.state
    checked = view.check.click(
        partial(trusting.check, detector),
        [state, tabs.explained, view.place],
        [tabs.explained, *view.checked],
        **PRIVATE,
        **EXPLAINING,
    )
    checked.then(  # a map whose receipt fails is grey from now on
        lambda session, explained, *looks: explaining.redrawn(session, explained, looks),
        [state, tabs.explained, *tabs.where.looks],
        tabs.sections,
        **PRIVATE,
    )
    view.place.input(
        trusting.shown, [state, tabs.explained, view.place], view.checked, queue=False, **PRIVATE
    )
    swept = view.sweep.click(
        partial(trusting.sweep, detector),
        [state, tabs.photo.photo, view.kind],
        view.swept,
        **PRIVATE,
        **EXPLAINING,
    )
    compared = other.run.click(
        partial(comparing.compare, detector),
        [state, tabs.explained, tabs.photo.photo, *other.settings],
        other.outputs,
        **PRIVATE,
        **EXPLAINING,
    )
    other.kind.change(comparing.controls, other.kind, other.controls, queue=False, **PRIVATE)
    for button, line, event in (
        (view.check_stop, view.check_progress, checked),
        (view.sweep_stop, view.sweep_progress, swept),
        (other.stop, other.progress, compared),
    ):
        button.click(trusting.stopped, state, line, cancels=[event], queue=False, **PRIVATE)

    def turn(session: Session, event: gr.EventData) -> str:
        with speaking(session.language):
            return learning.show(detector, session, learning.number_of(event.step))

    tabs.learn.card.turn(turn, state, tabs.learn.card, **PRIVATE, **EXPLAINING)


def _wire_report(tabs: Tabs, reporting: Reporting) -> None:
    told = [tabs.state, tabs.explained, tabs.report.face]
    file = list(tabs.report.file)
    for button, handler in ((tabs.report.html, reporting.html), (tabs.report.json, reporting.json)):
        made = button.click(handler, told, file, **PRIVATE, **EXPLAINING)
        made.then(None, file, file, js=SAVE, **PRIVATE)


def _wire_json(tabs: Tabs, public: Public, named: dict[str, Any]) -> None:
    given = [tabs.photo.photo, tabs.photo.cropped]
    tabs.about.show.click(public.verdict, given, tabs.about.json, **named, **ONE_AT_A_TIME)


def _wire_public(tabs: Tabs, public: Public) -> None:
    """The named endpoints. Two of them have no button: they are for other programs, and so are their fields."""
    given = tabs.photo.photo
    _wire_json(tabs, public, {"api_name": "verdict"})
    method, target = gr.Textbox("ledger", visible=False), gr.Textbox("margin", visible=False)
    settings, rows = gr.Textbox("{}", visible=False), gr.Textbox("[]", visible=False)
    receipt, answer = gr.Checkbox(False, visible=False), gr.JSON(visible=False)
    for name, handler, inputs in (
        ("explain", public.explain, [given, method, target, settings, receipt]),
        ("prompts", public.prompts, [given, rows]),
    ):
        button = gr.Button(name, visible=False)
        button.click(handler, inputs, answer, api_name=name, **EXPLAINING)
