"""Words and the face, linked: the table that is sent, what is drawn around it, and work that can be stopped."""

import base64
import json
import re
from html import unescape
from types import SimpleNamespace

import numpy as np
import pytest

import explain
from space.components.linked import TOP, linked_view
from space.handlers.linked import SETTINGS, Linking, cleared
from space.handlers.working import Visit
from space.session import Row
from space.text import words

QUICK = {"cells": 7, "steps": 4, "limit": 4}


@pytest.fixture(scope="module")
def few():
    """Two descriptions, so that the table is small and quickly made."""
    return (
        Row(0, False, ("A photo of a real face",) * 4),
        Row(5, True, ("A photo of a fake face", "a <b>zork</b> face", "A photo of a real face", "مرحبا 😀")),
    )


@pytest.fixture(scope="module")
def held(detector, few):
    """A verdict under those descriptions, and its result."""
    from skimage import data

    from mfclip.prompts import Hierarchy

    rows = [("fake" if row.fake else "real", *row.sentences) for row in few]
    verdict = detector(data.astronaut(), hierarchy=Hierarchy.from_rows(rows))
    return verdict, explain.explain(detector, verdict, "pairs", **QUICK)


@pytest.fixture(scope="module")
def html(held, few):
    verdict, result = held
    return linked_view(result, verdict, few, 5, "light")


def sent_as(html: str, name: str) -> str:
    return re.search(rf'data-{name}="([^"]*)"', html)[1]


def test_the_table_arrives_as_it_was(held, html):
    table = held[1].values["pairs"]
    sent = np.frombuffer(base64.b64decode(sent_as(html, "table")), "<i2") * float(sent_as(html, "unit"))
    assert sent.reshape(table.shape) == pytest.approx(table, abs=np.abs(table).max() / TOP)
    assert int(sent_as(html, "side")) ** 2 == table.shape[1]
    assert float(sent_as(html, "scale")) == pytest.approx(np.abs(table).max(), rel=1e-6)


def test_every_word_is_a_button_in_the_sentence_it_stands_in(held, html):
    result = held[1]
    names = result.labels["pairs"]
    buttons = re.findall(r'data-word="(\d+)"[^>]*><bdi>([^<]*)</bdi>', html)
    assert [int(number) for number, _ in buttons] == sorted(range(len(names)))
    assert [unescape(name) for _, name in buttons] == list(names)
    assert html.count("mf-linked-sentence") - html.count("mf-linked-sentences") == len(
        result.labels["sentences"]
    )
    places = [json.loads(unescape(found)) for found in re.findall(r'data-places="([^"]*)"', html)]
    assert places[0] == {"0": [1, 2, 3, 4], "1": [3]}
    assert {level for place in places for level in place.get("1", [])} == {1, 2, 3, 4}


def test_what_was_never_trained_with_is_marked_and_markup_stays_text(held, html):
    result = held[1]
    assert html.count("mf-unseen-word") == int(result.values["unseen"].sum()) > 0
    assert "<b>" not in html and "<script" not in html and "${" not in html


def test_the_chosen_description_is_shown_first_and_forms_hold_their_places(html, few):
    assert re.findall(r'<option value="(\d)" selected>', html) == ["1"]
    assert html.count("<option") == len(few)
    forms = json.loads(unescape(sent_as(html, "forms")))
    assert forms["word"] == words.LINKED_WORD and forms["cell"] == words.LINKED_CELL
    assert "LEVELS" in forms["level"]


def test_dark_pages_have_their_own_inks(held, few, html):
    verdict, result = held
    dark = linked_view(result, verdict, few, 0, "dark")
    assert sent_as(dark, "fake") != sent_as(html, "fake") and sent_as(dark, "table") == sent_as(html, "table")


def test_a_table_of_nothing_is_said_to_be_nothing(held, few):
    verdict, _ = held
    empty = SimpleNamespace(values={"pairs": np.zeros((3, 49))})
    assert words.LINKED_MUTE in linked_view(empty, verdict, few, 0, "light")


def test_linking_tells_how_far_it_is_and_ends_with_the_view(detector, judged, monkeypatch):
    asked = {}

    def quick(detector, verdict, method, progress, **settings):
        asked.update(settings, method=method)
        progress(1, 2)
        return explain.Result(
            values={
                "pairs": np.ones((1, 49)),
                "unseen": np.zeros(1),
                "sentence": np.zeros(1, int),
                "places": np.zeros((1, 3), int),
            },
            labels={"pairs": ("face",), "sentences": ("face",)},
            site="",
            sign="",
            unit="",
            gap=None,
            cost=0.0,
            caveat="",
        )

    monkeypatch.setattr("space.handlers.linked.explain.explain", quick)
    steps = list(Linking(detector).linked(Visit(judged.now), judged, 1))
    assert asked == {"method": "pairs", **SETTINGS}
    assert all("mf-meter" in step[0] for step in steps[1:-1]) and len(steps) >= 3
    line, view, shown = steps[-1]
    assert shown is judged.now and "mf-linked" in view and "Linked in" in line


def test_leaving_stops_the_work_at_its_next_step(detector, judged, monkeypatch):
    from threading import Event

    reached, ended = Event(), Event()

    def endless(detector, verdict, method, progress, **settings):
        try:
            for done in range(10_000):
                progress(done, 10_000)
                reached.set()
                ended.wait(0.01)
        finally:
            ended.set()

    monkeypatch.setattr("space.handlers.linked.explain.explain", endless)
    running = Linking(detector).linked(Visit(judged.now), judged, 1)
    next(running)
    next(running)
    assert reached.wait(10)
    running.close()
    assert ended.wait(10)


def test_a_view_of_another_verdict_goes(judged):
    line, view, shown = cleared(judged.judged(None), judged.now)
    assert line == "" and shown is None and words.LINKED_STALE in view
    assert words.LINKED_EMPTY in cleared(judged, None)[1]


def test_without_a_verdict_or_with_a_refusal_there_is_a_sentence(detector, begun, judged, monkeypatch):
    assert words.NOT_EXPLAINED in next(Linking(detector).linked(Visit(), begun, 0))[0]

    def refusing(*_, **__):
        raise ValueError("There is no grid.")

    monkeypatch.setattr("space.handlers.linked.explain.explain", refusing)
    assert "There is no grid." in list(Linking(detector).linked(Visit(judged.now), judged, None))[-1][0]
