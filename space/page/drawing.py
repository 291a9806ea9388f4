"""The page as it looks at first: all sections, an example already judged and explained."""

import gradio as gr

from mfclip.rates import rates_of
from space.components import descriptions
from space.components.about_card import about_card
from space.components.cause import cause_card
from space.components.headings import header
from space.explained import WHERE, Explained
from space.handlers import learn as learning
from space.handlers import trust as trusting
from space.handlers.explaining import Explaining
from space.handlers.verdict import Judging
from space.handlers.working import Visit
from space.judging import tokens
from space.session import Session, unopened
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
from space.text import DEFAULT, speaking, words


def draw(judging: Judging, explaining: Explaining, session: Session, explained: Explained, done: str) -> Tabs:
    """Draw all sections in the language of the session. done: how long the explanations took, as HTML.

    The example is drawn, and no visitor's yet: what gradio gives to one whom it let go of must hold no verdict.
    """
    first = session.rows[0]
    now = dict(zip(Judging.verdict_names, judging.verdict(session, first.key), strict=True))
    face, patch, _ = judging.views(session, None)
    # What a component begins with is a value, and no update of one.
    reasons = {
        place: [value.get("value") if isinstance(value, dict) else value for value in values]
        for place, values in explaining.show(session, explained).items()
    }
    layers = explaining.layers(session.now) if session.now else ()
    unknown = unopened(judging.detector.hierarchy, words.FORGOTTEN, session.language)
    state, kept, visit = gr.State(unknown), gr.State(Explained()), gr.State(Visit())
    theme = gr.Textbox(session.theme, visible=False)
    with speaking(DEFAULT):
        gr.Navbar(main_page_name=words.LANGUAGE)  # type: ignore[attr-defined]
    header()
    photo_tab = photo.draw(judging.shown, now["card"], cause_card(explained, explaining.temperature), done)
    with gr.Tabs(elem_id="mf-tabs", overflow_behavior="wrap"):
        with gr.Tab(words.TABS["ledger"], id="ledger"):
            ledger_tab = ledger.draw(now["readouts"], now["tree"], now["branches"], reasons["ledger"])
        with gr.Tab(words.TABS["where"], id="where"):
            where_tab = where.draw(layers, reasons[WHERE])
        with gr.Tab(words.TABS["words"], id="words"):
            token_line = descriptions.token_line(tokens(first.sentences))
            lab = language.draw(now["rows"], first, token_line, now["change"], now["bars"], reasons["words"])
        with gr.Tab(words.TABS["noise"], id="noise"):
            noise_tab = noise.draw(face, patch, reasons["noise"])
        with gr.Tab(words.TABS["trust"], id="trust"):
            checkpoint = judging.detector.checkpoint
            rates = None if checkpoint is None else rates_of(checkpoint)
            trust_tab = trust.draw(
                rates, trusting.expected(session, explained, WHERE, trusting.pace_of(explained))
            )
        with gr.Tab(words.TABS["pairs"], id="pairs"):
            pairs_tab = pairs.draw()
        with gr.Tab(words.TABS["compare"], id="compare"):
            compare_tab = compare.draw()
        with gr.Tab(words.TABS["learn"], id="learn"):
            learn_tab = learn.draw(learning.show(judging.detector, session, 1))
        with gr.Tab(words.TABS["about"], id="about"):
            about_tab = about.draw(about_card(judging.detector.checkpoint))
    report_tab = report.draw()
    return Tabs(
        state,
        visit,
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
