"""A newer verdict: the work for the one before ends at its next step and shows nothing more."""

import copy
import time
from concurrent.futures import CancelledError
from dataclasses import replace
from functools import partial
from threading import Event

import gradio as gr
import pytest

import explain
from mfclip.photo import read_photo
from space.components.knobs import knobs_of
from space.explained import SETTINGS, WHERE, Explained
from space.handlers import compare, newer, trust
from space.handlers.explaining import PLAIN, Explaining
from space.handlers.linked import Linking
from space.handlers.working import TELL, Visit
from space.judging import judge
from space.session import begin
from space.text import words
from tests.explain.conftest import make_small

LONG = 20.0
"""Seconds after which a test gives up waiting: a bound for busy machines, many times what is needed."""


@pytest.fixture(scope="module")
def small():
    return make_small()


@pytest.fixture
def session(small, astronaut):
    return judge(small, begin(small.hierarchy), read_photo(astronaut))


@pytest.fixture
def other(small, astronaut):
    """The session after another photo."""
    return judge(small, begin(small.hierarchy), read_photo(astronaut[:, ::-1].copy()))


class Slow:
    """A method that goes on until its progress callback raises."""

    def __init__(self) -> None:
        self.begun, self.ended = Event(), Event()

    def __call__(self, *_, progress, **__):
        try:
            for done in range(100_000):
                self.begun.set()
                progress(done, 100_000)
                time.sleep(0.01)
        except CancelledError:
            self.ended.set()
            raise


@pytest.fixture
def slow(monkeypatch):
    method = Slow()
    monkeypatch.setattr(explain, "explain", method)
    monkeypatch.setattr("space.handlers.trust.receipt", method)
    monkeypatch.setattr("space.handlers.explaining.pair_attention", method)
    return method


def running(name, small, visit, session, explained, photo):
    """The values of a listener that takes long, as it yields them."""
    explaining = Explaining(small, ())
    values = {("occlusion", knob.name): knob.default for knob in knobs_of("occlusion")}
    return {
        "reasons": lambda: explaining.stages(visit, session, Explained(), PLAIN),
        "map": lambda: explaining.map(visit, session, explained, "occlusion", PLAIN, values),
        "audit": lambda: explaining.audit(visit, session),
        "pairs": lambda: explaining.pairs(visit, session),
        "linked": lambda: Linking(small).linked(visit, session, 0),
        "receipt": lambda: trust.check(small, visit, session, explained, "ledger"),
        "compare": lambda: compare.compare(
            small, visit, session, Explained(), photo, "mirror", None, False, 60
        ),
    }[name]()


NAMES = ("reasons", "map", "audit", "pairs", "linked", "receipt", "compare")


@pytest.fixture
def explained(small, session):
    return Explained(session.now).with_result("ledger", explain.explain(small, session.now, "ledger"))


@pytest.mark.parametrize("name", NAMES)
def test_another_photo_ends_what_runs_for_the_one_before(
    small, session, other, explained, astronaut, slow, name
):
    visit = Visit(session.now)
    steps = running(name, small, visit, session, explained, read_photo(astronaut))
    for _ in steps:
        if slow.begun.is_set():
            break
    assert not slow.ended.is_set()
    visit.shows(None)
    started = time.monotonic()
    assert list(steps) == []  # nothing of the older verdict is written any more
    assert time.monotonic() - started < TELL
    assert slow.ended.wait(LONG)
    visit.shows(other.now)
    assert visit.begin("reasons", other.now, lambda progress: None).left is False


@pytest.mark.parametrize("name", NAMES)
def test_a_cancelled_listener_ends_its_method(small, session, explained, astronaut, slow, name):
    visit = Visit(session.now)
    steps = running(name, small, visit, session, explained, read_photo(astronaut))
    for _ in steps:
        if slow.begun.is_set():
            break
    steps.close()  # what gradio does with a listener that is cancelled
    assert slow.ended.wait(LONG)


@pytest.mark.parametrize("name", ["map", "audit", "pairs", "linked", "receipt", "compare"])
def test_stop_says_so_at_last_and_takes_nothing_away(small, session, explained, astronaut, slow, name):
    visit = Visit(session.now)
    steps = running(name, small, visit, session, explained, read_photo(astronaut))
    for _ in steps:
        if slow.begun.is_set():
            break
    explaining = Explaining(small, ())
    stop = {
        "map": explaining.stopped,
        "audit": partial(explaining.stopped, name="audit"),
        "pairs": partial(explaining.stopped, name="pairs"),
        "linked": Linking(small).stopped,
    }
    said = stop.get(name, partial(trust.stopped, name))(visit, session)
    assert "Stopped" in said
    (last,) = steps
    assert said in last and all(value in (said, gr.skip()) for value in last)
    assert slow.ended.wait(LONG)


def test_a_map_that_runs_leaves_what_is_there(small, session, explained, astronaut, slow):
    values = next(running("map", small, Visit(session.now), session, explained, None))
    assert all(value == gr.skip() for value in (values[0], *values[2:]))
    tested = explained.with_receipt("ledger", explain.receipt(small, _whole(small, session)))
    kept = next(running("receipt", small, Visit(session.now), session, tested, None))
    assert kept[2:] == trust.shown(session, tested, "ledger")[1:]


def _whole(small, session):
    from explain import ledger

    return ledger.METHOD.run(explain.Subject.of(small, session.now))


def test_the_sweep_of_an_older_photo_ends(small, session, other, astronaut, monkeypatch):
    strengths, going_on = [], Event()

    def slowly(*_, **__):
        for strength in range(1000):
            strengths.append(strength)
            going_on.wait(0.02)
            yield replace(found, of=1000)

    found = explain.sweep.sweep(small, astronaut, "noise")
    monkeypatch.setattr(trust, "sweeping", slowly)
    visit = Visit(session.now)
    steps = trust.sweep(small, visit, session, read_photo(astronaut), "noise")
    seen = [next(steps), next(steps)]
    assert seen[-1][1] is not None
    visit.shows(other.now)
    assert list(steps) == []
    time.sleep(0.1)
    count = len(strengths)
    time.sleep(0.2)
    assert len(strengths) == count < 1000


def test_work_for_a_verdict_that_does_not_stand_is_not_begun(small, session, other, explained, slow):
    visit = Visit(other.now)
    for name in ("map", "linked", "receipt"):
        *_, last = running(name, small, visit, session, explained, None)
        assert words.EXPLAINED[:9] not in str(last) and not slow.begun.is_set()


def test_what_was_asked_for_about_an_older_verdict_goes(small, session, other):
    visit = Visit(session.now)
    kept = newer.settled(visit, session, None)
    assert all(value == gr.skip() for value in kept)
    gone = newer.settled(visit, other, session.now)
    assert len(gone) == len(kept) and gr.skip() not in gone and words.LINKED_STALE in gone[-2]
    assert all(value == gr.skip() for value in newer.settled(visit, other, session.now))


def test_every_visitor_has_a_visit_of_their_own(session, other):
    first = Visit(session.now)
    mine, theirs = copy.deepcopy(first), copy.deepcopy(first)
    task = partial(max, 1)
    work = [visit.begin("map", session.now, task) for visit in (mine, theirs)]
    assert mine.shows(other.now) and [one.left for one in work] == [True, False]
    assert not theirs.shows(replace(session.now))  # a copy of the same verdict
    assert theirs.begin("map", session.now, task).left is False and work[1].left


def test_the_page_s_map_is_the_one_that_is_compared():
    assert compare.MAP in SETTINGS and compare.STEPS[-1] == (compare.MAP, 1)
    assert WHERE == "where"
