"""What the sections below the verdict are filled with, and that it belongs to the verdict shown."""

import dataclasses
import json
import re
from html import unescape

import gradio as gr
import numpy as np
import pytest

from mfclip.photo import read_photo
from space.components.cause import cause, cause_card
from space.components.example_strip import examples
from space.components.knobs import HIDDEN, knobs_of, settings_of
from space.components.map_view import map_view
from space.components.markup import percent
from space.explained import DEFAULT, WHERE, Explained, place_of
from space.handlers.explaining import PLAIN, SIZES, Explaining
from space.handlers.report import KINDS, Reporting
from space.handlers.working import Visit
from space.judging import judge
from space.session import begin
from space.tabs.where import METHODS as MAPS
from space.text import words

ORDER = ("ledger", WHERE, "words", "noise")


@pytest.fixture(scope="module")
def session(detector):
    return judge(detector, begin(detector.hierarchy), read_photo(examples()[0].path))


@pytest.fixture(scope="module")
def explaining(detector, session):
    return Explaining(detector, examples()[:1])


@pytest.fixture(scope="module")
def explained(explaining, session):
    return explaining.whole(session)[0]


def test_the_default_set_comes_step_by_step_and_belongs_to_the_verdict(explaining, session):
    stages = list(explaining.default(Visit(session.now), session, Explained(session.now)))
    done = [stage for stage in stages if stage.place]
    assert tuple(stage.place for stage in done) == tuple(place_of(method) for method in DEFAULT)
    for number, stage in enumerate(done, start=1):
        assert stage.explained.verdict is session.now and len(stage.explained.results) == number
    assert all('role="status"' in stage.line for stage in stages)
    numbers = [re.search(r"step (\d) of 4", stage.line) for stage in stages[:-1]]
    assert [int(found[1]) for found in numbers] == sorted(int(found[1]) for found in numbers)
    assert "Explained in" in done[-1].line and done[-1].explained.whole
    assert not done[-1].explained.problems
    assert all(result.subject is None for result in done[-1].explained.results.values())


def test_without_a_verdict_nothing_is_explained_and_nothing_old_stands(explaining, session):
    empty = session.judged(None)
    assert list(explaining.default(Visit(), empty, Explained())) == []
    (only,) = explaining.stages(Visit(), empty, Explained(), PLAIN)
    assert not only[0].results and only[1:3] == ["", ""] and words.NOT_EXPLAINED in only[5]
    values = explaining.cleared(session)
    shown = explaining.show(session, Explained(session.now))
    assert len(values) == 3 + sum(len(shown[place]) for place in ORDER)
    assert values[1:3] == ["", ""] and words.NOT_EXPLAINED in values[5]


def test_the_cause_is_made_from_the_ledger_s_numbers(explained):
    said = cause(explained, 0.5)
    shares = np.asarray(explained.results["ledger"].values["contributions"])
    side = 1 if shares.sum() >= 0 else -1
    if np.abs(shares).max() >= 0.02:
        strongest = float(np.max(side * shares))
        assert f"{strongest:.2f}" in said
    assert "logits" in said and said in cause_card(explained, 0.5).replace("&#x27;", "'")


def cause_of(shares, base=0.0, temperature=1.0):
    from explain.ledger import PLAYERS
    from explain.result import Result

    result = Result(
        values={"contributions": np.array(shares), "base": np.array([base])},
        labels={"contributions": PLAYERS},
        site="",
        sign="",
        unit="logits",
        gap=0.0,
        cost=0.0,
        caveat="",
        method="ledger",
    )
    return cause(Explained().with_result("ledger", result), temperature)


def test_the_cause_names_the_largest_the_next_and_what_stood_against():
    said = cause_of([1.0, -0.5, 0.3, 0.0, 0.001, 0.0])
    image, level, noise = (
        words.PLAYER_NAMES[name] for name in ("image stream", "level 1: authenticity", "noise stream")
    )
    assert (
        f"The largest share came from {image}: it made the odds of fake 2.7 times as high (1.00 logits)."
        in said
    )
    assert f"Next came {level}: 1.3 times towards fake (0.30 logits)." in said
    assert f"Against it stood {noise}: 1.6 times towards real (0.50 logits)." in said
    assert "from 0.00 to +0.80" in said
    towards_real = cause_of([-1.0, -0.5, 0, 0, 0, 0])
    assert "the odds of real 2.7 times as high" in towards_real and words.CAUSE_ALONE in towards_real
    assert cause_of([0.001] * 6) == words.CAUSE_NOTHING.format(least=0.02, points="0.5")


def test_shares_that_do_not_outweigh_the_start_are_said_to():
    said = cause_of([0.3, 0, 0, 0, 0, 0], base=-0.5)
    assert "point towards fake and do not outweigh the start" in said and f"P(fake) {percent(0.3775)}" in said
    for base in (-0.2, 0.5):
        assert "outweigh" not in cause_of([0.3, 0, 0, 0, 0, 0], base=base)


@pytest.mark.parametrize("temperature", [0.4, 1.0, 2.5])
def test_the_cause_says_exactly_what_a_share_does_to_the_odds_and_all_to_the_probability(temperature):
    said = cause_of([1.2, 0, 0, 0, 0, 0], base=-0.4, temperature=temperature)
    odds = [np.exp(margin / temperature) for margin in (-0.4, 0.8)]
    before, after = (percent(odd / (1 + odd)) for odd in odds)
    assert f"{odds[1] / odds[0]:.2g} times as high" in said and f"P(fake) from {before} to {after}" in said
    doubling = float(re.search(r"([\d.]+) of them double the odds", said)[1])
    assert np.exp(doubling / temperature) == pytest.approx(2, abs=0.05)


def test_a_map_shows_its_numbers_and_a_refuted_one_says_so(session, explained):
    page = map_view(session.now, explained, "light")
    values = np.asarray(explained.results[WHERE].values["map"])
    told = json.loads(page.split('data-values="')[1].split('"')[0].replace("&quot;", '"'))
    assert np.allclose(told, values.ravel(), atol=1e-4)
    assert page.count('class="mf-map"') == 1 and 'tabindex="0"' in page
    louder = dataclasses.replace(
        explained.results["noise"], values={**explained.results["noise"].values, "map": np.full((7, 7), 50.0)}
    )
    page_scale = explained.with_result("noise", louder)
    own, whole = (map_view(session.now, page_scale, "light", own=own) for own in (True, False))
    assert "+50.00</span>" in whole and "+50.00</span>" not in own

    class Failed:
        verdict = "fails"

    refuted = explained.with_receipt(WHERE, Failed())
    assert refuted.fails(WHERE) and words.MAP_REFUTED in map_view(session.now, refuted, "light").replace(
        "&#x27;", "'"
    )
    again = refuted.with_result(WHERE, explained.results[WHERE])
    assert not again.fails(WHERE)
    assert "no such layer" in map_view(session.now, explained.refused(WHERE, "no such layer"), "light")


@pytest.mark.parametrize("method", MAPS)
def test_every_map_is_drawn_with_the_knobs_of_the_page(explaining, session, explained, method):
    values = {(name, knob.name): knob.default for name in MAPS for knob in knobs_of(name)}
    if ("pixels", "steps") in values:
        values["pixels", "steps"] = 8
    assert set(settings_of(method, values)) == {knob.name for knob in knobs_of(method)}
    assert not set(settings_of(method, values)) & set(HIDDEN)
    *steps, last = list(
        explaining.map(Visit(session.now), session, explained, method, (False, False), values)
    )
    assert words.METHOD_NAMES[method] in unescape(steps[-1][1]) and all(
        step[0] == gr.skip() for step in steps
    )
    assert last[0].results[WHERE].method == method and place_of(method) == WHERE
    assert ("mf-map" in last[2]) == (method != "attention") == (not last[3]["visible"])


def test_a_setting_the_model_lacks_gets_a_sentence_and_a_stale_verdict_is_not_explained(
    explaining, session, explained
):
    values = {(name, knob.name): knob.default for name in MAPS for knob in knobs_of(name)}
    values["grid", "layer"] = "9"
    *_, last = explaining.map(Visit(session.now), session, explained, "grid", (False, False), values)
    assert "layer is" in last[2] and WHERE not in last[0].results
    other = dataclasses.replace(explained, verdict=None)
    (only,) = list(explaining.map(Visit(session.now), session, other, "grid", (False, False), values))
    assert words.NOT_EXPLAINED in only[1]


def test_pairs_put_the_visitor_beside_the_examples(explaining, session):
    visit, empty = Visit(session.now), session.judged(None)
    *_, (done, gallery, figure, remarks) = explaining.pairs(visit, session)
    assert words.METHOD_NAMES["pair_attention"] in done
    assert gallery.count("<figure>") == 2 and words.PAIRS_YOURS in gallery
    assert figure["visible"] and figure["value"] is not None and "mf-remarks" in remarks
    assert not next(explaining.pairs(visit, empty))[2]["visible"]
    *_, (_, gallery, *_) = explaining.pairs(visit, dataclasses.replace(session, example="copied"))
    assert words.EXAMPLE_TEXTS["copied"][0] in gallery and words.PAIRS_YOURS not in gallery


def test_the_audit_comes_with_its_progress_and_how_to_read_it(explaining, session):
    begun, *_, (done, figure, guide) = explaining.audit(Visit(session.now), session)
    assert words.METHOD_NAMES["audit"] in done and words.AUDIT_READ in unescape(guide)
    assert figure["visible"] and len(figure["value"].data) >= 1
    assert begun == ["", gr.skip(), gr.skip()]
    (only,) = explaining.audit(Visit(), session.judged(None))
    assert words.NOT_EXPLAINED in only[0] and not only[1]["visible"] and only[2] == ""


def test_a_figure_is_drawn_anew_only_where_it_looks_different(explaining, session, explained, monkeypatch):
    drawn = []
    monkeypatch.setattr(explaining, "_section", lambda place, *_: drawn.append(place) or [""] * SIZES[place])
    visit = Visit(session.now)
    list(explaining.stages(visit, session, Explained(), PLAIN))
    assert drawn[:4] == list(ORDER) and drawn.count("ledger") == drawn.count("words") == 2
    drawn.clear()
    (only,) = explaining.stages(visit, session, explained, PLAIN)
    assert not drawn and only == [gr.skip()] * len(only)
    part = dataclasses.replace(explained, results={"ledger": explained.results["ledger"]})
    *_, last = explaining.stages(visit, session, part, PLAIN)
    assert last[0].whole and last[0].results["ledger"] is explained.results["ledger"]
    part = dataclasses.replace(explained.refused(WHERE, ""), problems={})
    *_, last = explaining.stages(visit, session, part, PLAIN)
    assert last[0].whole and "Explained in" in last[1]


@pytest.mark.parametrize("kind", KINDS)
def test_a_report_holds_what_is_shown_and_the_face_only_if_asked(detector, session, explained, kind):
    reporting = Reporting(detector)
    make = getattr(reporting, kind)
    content, name, media = make(session, explained, False)
    assert name.endswith(kind) and media == KINDS[kind]
    if kind == "json":
        told = json.loads(content)
        assert [result["method"] for result in told["results"]] == list(DEFAULT)
        assert told["verdict"]["probability"] == pytest.approx(session.now.probability)
    else:
        with_face = make(session, explained, True)[0]
        assert len(with_face) > len(content) and "data:image/png" in with_face
    other = dataclasses.replace(explained, verdict=None)
    assert len(make(session, other, False)[0]) < len(content)


def test_no_report_without_a_verdict(detector, session, explained):
    with pytest.raises(gr.Error, match="without a verdict"):
        Reporting(detector).json(session.judged(None), explained, False)
