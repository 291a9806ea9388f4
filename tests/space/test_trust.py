"""Trust: receipts in plain words, the sweep on the visitor's photo, and what an alarm is worth."""

import json
import re
import threading
import time
from concurrent.futures import CancelledError
from dataclasses import replace
from html import unescape

import gradio as gr
import numpy as np
import pytest

import explain
from explain import METRICS, Reading, Receipt
from explain.sweep import KINDS, Sweep
from mfclip.photo import read_photo
from mfclip.prompts import Hierarchy
from mfclip.rates import Rates, Share
from space.components import base_rate, receipt_card, sweep_card, work_line
from space.components.face_image import Refused
from space.explained import Explained
from space.handlers import trust
from space.handlers.working import Visit, Work
from space.judging import judge
from space.session import begin
from space.tabs import trust as tab
from space.text import LANGUAGES, trust_en, words
from tests.explain.conftest import make_small

RATES = Rates(Share(0.05, 0.02, 0.1, 200), Share(0.9, 0.8, 0.95, 300), "in-domain", "test", ("flux", "ddpm"))
HOSTILE = "<img src=x onerror=alert(1)> {{value}} ${1+1}"


@pytest.fixture(scope="module")
def small():
    return make_small()


@pytest.fixture
def photo(astronaut):
    return read_photo(astronaut)


@pytest.fixture
def session(small, photo):
    return judge(small, begin(small.hierarchy), photo)


@pytest.fixture
def explained(small, session):
    held = Explained(session.now)
    for place, method, knobs in (("ledger", "ledger", {}), ("where", "grid", {"steps": 1})):
        held = held.with_result(place, explain.explain(small, session.now, method, **knobs))
    return held


def plain(html: str) -> str:
    return unescape(re.sub(r"<[^>]*>", " ", html))


class TestReceipts:
    def test_a_receipt_is_tested_step_by_step_and_kept(self, small, session, explained):
        *steps, last = trust.check(small, Visit(session.now), session, explained, "where")
        record, line, card, curves = last
        assert steps[0][1] == "" and all("step" in values[1] for values in steps[1:]) and "done in" in line
        assert steps[0][2] == sweep_card.quiet(words.RECEIPT_EMPTY) and steps[0][3] is None
        found = record.receipts["where"]
        assert words.RECEIPT_VERDICTS[found.verdict] in card
        assert record.fails("where") is (found.verdict == "fails")
        assert {trace.name for trace in curves.data} >= {"this explanation's order"}
        whole = explain.explain(small, session.now, "grid", steps=1)
        assert [r.value for r in explain.receipt(small, whole, quick=True).readings] == [
            reading.value for reading in found.readings
        ]
        assert trust.shown(session, record, "where")[1] == card

    def test_a_sum_has_a_receipt_without_curves(self, small, session, explained):
        *_, (record, _, card, curves) = trust.check(small, Visit(session.now), session, explained, "ledger")
        assert record.receipts["ledger"].verdict == "holds" and curves is None
        assert words.RECEIPT_SUMS in plain(card)

    def test_the_full_test_reads_more_and_says_that_it_is_full(self, small, session, explained):
        visit = Visit(session.now)
        *_, (quick, _, card, _) = trust.check(small, visit, session, explained, "where")
        assert words.RECEIPT_QUICK in plain(card) and "where" not in quick.thorough
        steps = trust.check(small, visit, session, quick, "where", full=True, pace=100.0)
        lines = [values[1] for values in steps if values[0] == gr.skip()]
        told = [
            int(found[1]) for found in (re.search(r"about (\d+) s left", line) for line in lines) if found
        ]
        assert told[0] > 90_000  # what is expected is said before there is a pace
        *_, (full, line, card, _) = trust.check(small, visit, session, quick, "where", full=True)
        assert words.RECEIPT_NAME_FULL in line and words.RECEIPT_FULL in plain(card)
        assert len(full.receipts["where"].readings) > len(quick.receipts["where"].readings)
        assert trust.shown(session, full, "where")[1] == card
        assert "where" not in full.with_receipt("where", quick.receipts["where"]).thorough

    def test_the_time_of_a_full_test_is_said_before_it_is_run(self, small, session, explained):
        said = [plain(trust.expected(session, explained, "where", pace)) for pace in (0.001, 0.1, 1.0)]
        seconds = [int(re.search(r"about (\d+) s", one)[1]) for one in said]
        assert seconds == sorted(seconds) and seconds[-1] > 0.9 * trust.PASSES > seconds[0]
        assert trust.full_seconds(explained.results["ledger"], 1.0) < 10  # a sum has no cells to take away
        unknown = plain(trust.expected(session, Explained(), "where", 1.0))
        assert words.RECEIPT_FULL_IS in unknown and "about" not in unknown

    def test_copies_of_session_and_record_still_belong_together(self, small, session, explained):
        copied = replace(session, now=replace(session.now))
        *_, (record, *_) = trust.check(small, Visit(copied.now), copied, explained, "ledger")
        assert record.receipts["ledger"].verdict == "holds"

    def test_what_is_not_there_is_not_tested(self, small, session, explained, photo):
        ((record, line, _, curves),) = trust.check(small, Visit(session.now), session, explained, "words")
        assert words.RECEIPT_NOTHING in line and curves is None and record == gr.skip()
        ((_, line, *_),) = trust.check(
            small, Visit(begin(small.hierarchy).now), begin(small.hierarchy), explained, "ledger"
        )
        assert words.TRUST_NO_VERDICT in line
        other = judge(small, begin(small.hierarchy), photo, cropped=True)
        ((_, line, *_),) = trust.check(small, Visit(other.now), other, explained, "ledger")
        assert words.RECEIPT_NOTHING in line

    def test_what_nothing_can_test_is_said_in_a_sentence(self, small, session):
        audit = explain.explain(small, session.now, "audit")
        held = Explained(session.now).with_result("where", audit)
        *_, (_, line, _, _) = trust.check(small, Visit(session.now), session, held, "where")
        assert "no receipt" in plain(line) and "mf-notice" in line

    def test_every_metric_has_words_for_newcomers(self):
        assert set(METRICS) <= set(words.RECEIPT_METRICS)
        for name in words.RECEIPT_METRICS:
            title, value, sentence = receipt_card.said(Reading(name, 0.25, "a line", True))
            assert value in sentence and title and "{" not in sentence

    def test_the_card_says_what_passed_and_what_did_not(self):
        readings = (
            Reading("deletion", 0.6, "at least 95%", False),
            Reading("completeness", 0.001, "below 1%", True),
            Reading("infidelity", 0.93, "reported; to compare methods with", None),
        )
        card = receipt_card.receipt_card(Receipt("grid", "fails", f"It fails. {HOSTILE}", readings, 1.0, 1.0))
        told = plain(card)
        assert (
            "1 of 2 lines passed" in told and "drawn in grey" in told and "60\u2009% of random orders" in told
        )
        assert "by 0.1\u2009%" in told and "<img" not in card and "{{" not in card
        rows = re.findall(r'<tr class="mf-(\w+)">', card)
        assert rows == ["missed", "passed", "reported"] and "To pass: reported" not in told

    def test_an_unknown_metric_is_shown_by_its_name(self):
        assert receipt_card.said(Reading("new", 0.5, "", None)) == ("new", "+0.50", "new")


class TestWork:
    def test_steps_and_outcome(self):
        def task(progress):
            for done in range(3):
                progress(done, 3)
            return "done"

        work = Work(task)
        steps = list(work.steps())
        assert steps[0].done == 0 and steps[0].left is None and work.outcome() == "done"

    def test_what_the_task_raises_is_raised(self):
        def task(progress):
            raise ValueError("a sentence")

        work = Work(task)
        assert len(list(work.steps())) == 1
        with pytest.raises(ValueError, match="a sentence"):
            work.outcome()

    def test_leaving_ends_the_task_at_its_next_step(self):
        ended, problems = threading.Event(), []

        def task(progress):
            try:
                for done in range(1000):
                    progress(done, 1000)
                    time.sleep(0.01)
            except CancelledError as problem:
                problems.append(problem)
                ended.set()
                raise

        steps = Work(task).steps()
        next(steps), next(steps)
        steps.close()
        assert ended.wait(5) and len(problems) == 1

    def test_time_left_goes_by_the_pace(self):
        def task(progress):
            progress(1, 4)
            time.sleep(0.8)

        left = [step.left for step in Work(task).steps() if step.done == 1]
        assert left and all(1 < seconds < 6 for seconds in left)

    def test_a_line_counts_from_one_to_the_last(self):
        assert "step 2 of 4, about 3 s left" in work_line.work_line("Testing", 2, 4, 3.2)
        assert "step 4 of 4<" in work_line.work_line("Testing", 5, 4)
        assert "<img" not in work_line.work_line(HOSTILE, 1, 2)


class TestSweep:
    @pytest.mark.parametrize("kind", KINDS)
    def test_the_curve_grows_to_the_whole(self, small, session, photo, kind):
        first, *rest = trust.sweep(small, Visit(session.now), session, photo, kind)
        assert first[1] is None and words.SWEEP_EMPTY in first[2]
        rows = [values[2].count("<tr>") - 1 for values in rest]
        assert rows == sorted(rows) and rows[-1] == len(KINDS[kind].strengths)
        for values, count in zip(rest, rows, strict=True):
            assert (f"So far {count} of" in plain(values[2])) == (count < rows[-1])
        line, figure, said = rest[-1]
        assert "done in" in line and figure.layout.xaxis.title.text == words.SWEEP_AXES[kind]
        assert said.count("<tr>") == 1 + rows[-1]

    def test_it_is_the_judged_face_under_the_visitors_sentences(self, small, two_faces):
        given = read_photo(two_faces)
        session = judge(small, begin(small.hierarchy), given, face=1)
        session = session.revised(small.revise(session.start, Hierarchy(small.hierarchy.descriptions[:3])))
        *_, (_, figure, _) = trust.sweep(small, Visit(session.now), session, given, "blur")
        reference = next(trace for trace in figure.data if trace.name == words.SWEEP_GIVEN)
        assert reference.y[0] == 100 * session.now.probability != 100 * session.start.probability

    def test_a_face_crop_is_swept_as_one(self, small, astronaut):
        given = read_photo(np.ascontiguousarray(astronaut[30:220, 130:320]))
        session = judge(small, begin(small.hierarchy), given, cropped=True)
        *_, (line, figure, _) = trust.sweep(small, Visit(session.now), session, given, "noise")
        assert "done in" in line and figure is not None
        *_, (line, figure, _) = trust.sweep(small, Visit(session.now), session, given, "crop")
        assert "cannot be shifted" in line and figure is None

    def test_without_a_verdict_or_a_photo_there_is_a_sentence(self, small, session, photo):
        for given in (None, Refused("Broken.")):
            ((line, figure, _),) = trust.sweep(small, Visit(session.now), session, given, "jpeg")
            assert words.TRUST_PHOTO_GONE in line and figure is None
        ((line, *_),) = trust.sweep(
            small, Visit(begin(small.hierarchy).now), begin(small.hierarchy), photo, "jpeg"
        )
        assert words.TRUST_NO_VERDICT in line
        *_, (line, figure, _) = trust.sweep(small, Visit(session.now), session, photo, "<b>")
        assert "no sweep of" in line and "<b>" not in line and figure is None

    def test_it_says_where_the_words_change(self):
        found = Sweep(
            kind="crop",
            strengths=np.array([-0.08, 0.0, 0.08]),
            probabilities=np.array([0.2, 0.4, 0.9]),
            evidence=("little", "uncertain", "substantial"),
            reference=0.4,
            reference_evidence="uncertain",
            of=3,
        )
        said = " ".join(sweep_card.said(found))
        assert "differs at 2 of 3" in said and "first at shift −8 %" in said and words.SWEEP_TURNED in said
        assert "from 20\u2009% to 90\u2009%" in said and "given it is 40\u2009%" in said
        steady = replace(found, evidence=("uncertain",) * 3)
        assert "keeps its words" in " ".join(sweep_card.said(steady))

    def test_clearing_empties_every_output(self, session):
        with gr.Blocks():
            drawn = tab.draw(None, "")
        values = trust.cleared(session)
        assert len(values) == len(drawn.outputs)
        assert words.TRUST_STOPPED in trust.stopped("sweep", Visit(), session)


class TestBaseRate:
    def test_the_first_sentence_and_its_squares(self):
        html = base_rate.base_rate(RATES, forged=1)
        told = plain(html)
        assert "About 15 of 100 alarms would be right (between 7 and 32)" in told
        assert (
            html.count('<i class="mf-right"></i>') == 15 + 1
            and html.count('<i class="mf-wrong"></i>') == 85 + 1
        )
        assert (
            "Of 1,000 photos 10 are forged and 990 are not: 9 of the forged" in told
            and "50 of the genuine" in told
        )
        assert "5.0\u2009% of 200 genuine" in told and "90\u2009% of 300 forgeries by 2 generators" in told

    def test_the_script_has_the_rates_and_the_sentences(self):
        html = base_rate.base_rate(RATES)
        given = dict(re.findall(r'data-(\w+)="([^"]*)"', html))
        assert json.loads(given["hits"]) == [0.9, 0.8, 0.95] and json.loads(given["alarms"]) == [
            0.05,
            0.02,
            0.1,
        ]
        assert "&#123;right&#125;" in given["right"] and "${" not in html and "{{" not in html
        for name in given:
            assert f"dataset.{name}" in base_rate.SLIDE or f"box, '{name}'" in base_rate.SLIDE

    def test_no_alarm_and_nothing_measured(self):
        silent = Rates(Share(0, 0, 0.1, 9), Share(0.5, 0.4, 0.6, 9), "in-domain", "test", ())
        assert words.BASE_NO_ALARM in base_rate.base_rate(silent, forged=0)
        assert words.BASE_UNKNOWN in base_rate.base_rate(None)

    def test_the_slider_has_a_name_and_works_by_keyboard(self):
        html = base_rate.base_rate(RATES)
        label = re.search(r"<label[^>]*>(.*?)</label>", html, re.S).group(1)
        assert words.BASE_SLIDER in label and 'type="range"' in label and "tabindex" not in html
        assert 'role="status"' in html and re.search(r'role="img" aria-label="About', html)


def test_the_section_is_labelled_and_wires_nothing():
    with gr.Blocks() as blocks:
        drawn = tab.draw(RATES, "")
    parts = [part for part in vars(drawn).values() if isinstance(part, gr.components.Component)]
    assert len(parts) == 15 and all(part.elem_id.startswith("mf-trust-") for part in parts)
    assert all(part.label for part in parts if isinstance(part, gr.Radio | gr.Plot))
    assert not blocks.fns
    assert (
        {value for _, value in words.SWEEP_CHOICES}
        == set(KINDS)
        == set(words.SWEEP_AXES)
        == set(words.SWEEP_AT)
    )


def test_the_sentences_are_the_pages_and_take_no_name_that_is_taken():
    assert trust_en in LANGUAGES["en"]
    mine = {name for name in vars(trust_en) if name.isupper()}
    for module in LANGUAGES["en"]:
        assert module is trust_en or not mine & set(vars(module))
