"""A seeded share of every campaign; `python -m benchmarks fuzz` runs thousands of cases."""

import gc
import json
from collections import Counter

import pytest

from benchmarks.fuzz import CASES, piece
from tests.fuzz.campaigns import CAMPAIGNS, untouched
from tests.fuzz.corpus import seeds
from tests.fuzz.mutation import LONGEST, damaged_picture, put_together, take_apart
from tests.fuzz.watch import MIB, Tally, Watch, fault_of

SHARE = {"pictures": 150, "hierarchies": 80, "imports": 60, "configurations": 40, "headers": 40}
START = 1_000_000  # no number or seed of the long version


@pytest.mark.parametrize("name", CAMPAIGNS)
def test_damaged_input_ends_in_an_answer_or_a_documented_sentence(name):
    gc.collect()  # what other tests of this process left open is not to be told of here
    watch = Watch()
    CAMPAIGNS[name](watch, START, SHARE[name])
    tally = watch.tally
    assert not tally.faults, "\n".join(f"{fault}\n  in {case}" for fault, case in tally.faults.items())
    assert tally.cases >= SHARE[name] - 5, "hypothesis ran out of documents"
    assert tally.accepted and sum(tally.refused.values()), "only one side of the border was visited"
    assert len(tally.refused) >= 3, tally.refused
    assert tally.growth < 512 * MIB
    assert not tally.warned


def test_the_corpus_is_judged_or_refused_and_its_sound_pictures_are_judged():
    watch = Watch()
    untouched(watch)
    assert not watch.tally.faults and watch.tally.cases == len(seeds())
    assert watch.tally.accepted > 30, watch.tally.refused


def test_every_campaign_has_a_long_version():
    assert set(CASES) == set(CAMPAIGNS) == set(SHARE)
    assert CASES["pictures"] >= 5_000 and min(CASES.values()) >= 1_000


def test_a_number_gives_the_same_picture_and_pictures_differ():
    pictures = [damaged_picture(number) for number in range(60)]
    assert pictures[:5] == [damaged_picture(number) for number in range(5)]
    assert len(set(pictures)) > 50 and max(map(len, pictures)) <= LONGEST


@pytest.mark.parametrize("name", ["png", "png animated", "jpeg profile, comment", "webp exif, profile"])
def test_a_file_taken_apart_comes_together_again(name):
    data = seeds()[name]
    parts = take_apart(data)
    assert len(parts) > 2 and put_together(data, parts) == data


def raised(work) -> BaseException:
    with pytest.raises(Exception) as caught:
        work()
    return caught.value


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (raised(lambda: b"\xff".decode()), "UnicodeDecodeError"),
        (raised(lambda: [][0]), "IndexError"),
        (ValueError("cannot convert float NaN to integer."), "without a remedy"),
        (ValueError("Give another file"), "does not end"),
        (ValueError("Give another file,\nor none."), "several lines"),
        (ValueError("Give another file. " + "x" * 2_000 + "."), "characters"),
        (ValueError("Give another file than <object object at 0x7f00>."), "programmers"),
        (ValueError("Give another file than \ud800."), "cannot be written"),
    ],
)
def test_the_judge_of_sentences_can_fail(error, why):
    assert why in fault_of(error)


def test_a_case_that_is_slow_or_wrong_is_kept_with_its_name():
    watch = Watch(slowest=-1.0)
    watch.case("a slow one", lambda: None)
    watch.case("a wrong one", lambda: 1 / 0)
    watch.case("a refusal", lambda: (_ for _ in ()).throw(ValueError("Give another file.")))
    cases = set(watch.tally.faults.values())
    assert {"a slow one", "a wrong one"} <= cases and watch.tally.refused == Counter(
        {"Give another file.": 1}
    )
    again = Tally.from_dict(json.loads(json.dumps(watch.tally.to_dict())))
    assert again == watch.tally
    again.add(watch.tally)
    assert again.cases == 6 and again.refused.total() == 2 and again.faults == watch.tally.faults
    assert again.raised == {"ValueError": 2, "ZeroDivisionError": 2} and again.peak == watch.tally.peak > 0


def test_a_piece_of_the_long_version_says_where_it_is(tmp_path, monkeypatch):
    monkeypatch.setattr("benchmarks.fuzz._limit_memory", lambda: None)  # this process has other tests to run
    tally = piece("imports", START, 4, tmp_path / "running")
    assert tally.cases == 4 and (tmp_path / "running").read_text().startswith(f"seed {START}:")
