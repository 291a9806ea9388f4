import pytest

from mfclip.hub.lineage import begun_anew, records_of, steps_in_all

FIRST = {"steps": 500, "started_from": None}
SECOND = {"steps": 300, "started_from": {"record": FIRST}}
ORPHAN = {"steps": 300, "started_from": {"weights_sha256": "0" * 64, "record": None}}


def test_the_latest_run_comes_first_and_the_unknown_is_none():
    assert list(records_of(SECOND)) == [SECOND, FIRST]
    assert list(records_of(ORPHAN)) == [ORPHAN, None]
    assert list(records_of(None)) == [None]


@pytest.mark.parametrize(("record", "steps"), [(FIRST, 500), (SECOND, 800), (ORPHAN, None), ({}, None)])
def test_steps_are_those_of_all_runs_or_unknown(record, steps):
    assert steps_in_all(record) == steps


def test_what_some_run_on_the_way_began_anew_is_known():
    second = {**SECOND, "started_from": {"record": FIRST, "fresh": ["language"]}}
    third = {"steps": 9, "started_from": {"record": second, "fresh": ["image"]}}
    assert begun_anew(third) == ["image", "language"]
    assert begun_anew(FIRST) == begun_anew(ORPHAN) == []
