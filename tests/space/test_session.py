"""The page's memory, without a browser, a detector or a picture."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from mfclip.prompts import describe_forgery, describe_real, published_hierarchy
from space.session import DEPTH, Choice, Control, begin, short, short_labels

START = SimpleNamespace(language=0.5, margin=1.0, probability=0.7, evidence="substantial")
NOW = SimpleNamespace(language=-0.25, margin=0.25, probability=0.5, evidence="uncertain")
NEW = describe_forgery("face_swap", "gan", "a new model")


@pytest.fixture
def fresh():
    return begin(published_hierarchy())


def test_a_new_session_is_unedited_and_empty(fresh):
    assert fresh.edited == () and fresh.removed == 0 and fresh.change is None and fresh.problem == ""
    assert fresh.hierarchy() == published_hierarchy()


def test_typed_text_is_kept_row_by_row(fresh):
    typed = fresh.with_text(3, False, ["one", "two", "three", "four"])
    assert typed.edited == (3,)
    assert typed.row(3).sentences == ("one", "two", "three", "four") and typed.row(3).fake is False
    assert [row for row in typed.rows if row.key != 3] == [row for row in fresh.rows if row.key != 3]
    assert fresh.edited == ()


def test_typing_the_same_text_is_no_edit(fresh):
    row = fresh.row(2)
    assert fresh.with_text(2, row.fake, list(row.sentences)) is fresh
    back = fresh.with_text(2, row.fake, ["x", "y", "z", "w"]).with_text(2, row.fake, list(row.sentences))
    assert back.edited == () and back.hierarchy() == fresh.hierarchy()


def test_late_text_for_a_removed_row_changes_nothing(fresh):
    gone, _ = fresh.without(Choice(2))
    assert gone.with_text(2, True, ["a", "b", "c", "d"]) is gone


def test_rows_keep_their_keys_when_others_go(fresh):
    shorter, neighbour = fresh.without(Choice(1))
    assert (
        neighbour == 2 and shorter.row(1) is None and shorter.row(2) == fresh.row(2) and shorter.removed == 1
    )
    longer, key = shorter.with_new(NEW)
    assert key not in {row.key for row in fresh.rows} and longer.row(key).sentences == NEW.sentences
    assert longer.edited == (key,)
    again, other = longer.without(Choice(key))
    assert other == again.rows[-1].key
    assert again.with_new(NEW)[1] != key


def test_the_last_row_stays(fresh):
    session = fresh
    for row in fresh.rows:
        session, _ = session.without(Choice(row.key))
    assert len(session.rows) == 1


def test_the_change_is_now_minus_the_pinned_start(fresh):
    change = replace(fresh, start=START, now=NOW).change
    assert (change.language, change.margin) == (-0.75, -0.75)
    assert change.probability == pytest.approx(-0.2)
    assert (change.before, change.after, change.words) == ("substantial", "uncertain", True)
    assert replace(fresh, start=START, now=START).change.words is False


def test_a_fault_in_the_rows_clears_the_verdict_and_keeps_the_pin_and_the_text(fresh):
    typed = replace(fresh, start=START, now=NOW).with_text(1, True, ["", "b", "c", "d"])
    refused = typed.refused("Row 2: …", "descriptions")
    assert refused.now is None and refused.change is None and refused.start is START
    assert refused.row(1).sentences == ("", "b", "c", "d")


def test_a_refused_photo_takes_the_pin_with_it(fresh):
    refused = replace(fresh, start=START, now=NOW).refused("No face.", "photo")
    assert refused.start is None and refused.now is None and refused.problem == "No face."
    assert refused.reset().problem == "No face."


def test_reset_undoes_text_additions_and_removals(fresh):
    session = replace(fresh, start=START, now=NOW).with_text(0, True, ["a", "b", "c", "d"])
    session = session.with_new(NEW)[0].without(Choice(4))[0].refused("wrong", "descriptions").reset()
    assert session.rows == session.original and session.now is START and session.problem == ""
    assert session.change.margin == 0


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([("real", ("a", "b", "c", "d"))], "no fake description"),
        ([("fake", ("a", "b", "c", "d"))], "no real description"),
        (
            [("real", ("a", "b", "c", "d")), ("fake", ("a", " ", "c", "d"))],
            "Row 2: The forgery kind sentence is empty",
        ),
    ],
)
def test_rows_at_fault_are_named(fresh, rows, said):
    kept = tuple(
        replace(fresh.rows[key], fake=side == "fake", sentences=sentences)
        for key, (side, sentences) in enumerate(rows)
    )
    with pytest.raises(ValueError, match=said):
        replace(fresh, rows=kept).hierarchy()


def test_short_labels_say_what_tells_rows_apart():
    assert short_labels(NEW)[1:] == ("identity swapped", "GAN-based", "a new model")
    assert short_labels(describe_real()) == ("real",) * 4
    assert short("A photo ") == "A photo" and short("my own words") == "my own words"
    blank = replace(begin(published_hierarchy()).rows[1], sentences=("", "x" * 5000, "c", "d"))
    assert len(short_labels(blank)[1]) < 300 and all(short_labels(blank))


def test_a_choice_is_one_number_and_comes_back_from_it():
    choices = [Choice(key, level) for key in (0, 1, 7, 63) for level in range(4)]
    codes = [choice.code for choice in choices]
    assert len(set(codes)) == len(codes) and [Choice.of(code) for code in codes] == choices
    assert Choice(5).code == 5 and all(Choice(5, level).code < 0 for level in (1, 2, 3))


def test_a_branch_is_what_is_alike_down_to_its_level(fresh):
    diffusion = next(row for row in fresh.rows if "DDPM" in row.sentences[3])
    everything, kind, family, one = (fresh.members(Choice(diffusion.key, level)) for level in (1, 2, 3, 0))
    assert one == (diffusion,) and set(one) < set(family) <= set(kind) < set(everything)
    assert everything == tuple(row for row in fresh.rows if row.fake)
    assert {row.sentences[:3] for row in family} == {diffusion.sentences[:3]}
    assert fresh.members(Choice(99, 2)) == ()


def test_a_branch_sentence_changes_in_all_its_rows_and_nowhere_else(fresh):
    choice = Choice(next(row.key for row in fresh.rows if "DDPM" in row.sentences[3]), 2)
    keys = {row.key for row in fresh.members(choice)}
    edited = fresh.with_branch(choice, "a drawing")
    assert set(edited.edited) == keys and len(keys) > 1
    for row in edited.rows:
        old = fresh.row(row.key).sentences
        assert row.sentences == ((old[0], "a drawing", *old[2:]) if row.key in keys else old)
    assert [row.key for row in edited.members(choice)] == [row.key for row in fresh.members(choice)]
    assert {(row.key, level) for row, level in edited.edited_places} == {(key, 1) for key in keys}
    assert edited.undone().rows == fresh.rows


def test_a_branch_is_removed_whole_unless_nothing_would_be_left(fresh):
    choice = Choice(next(row.key for row in fresh.rows if row.fake), 1)
    less, neighbour = fresh.without(choice)
    assert less.rows and not any(row.fake for row in less.rows) and less.row(neighbour)
    assert less.without(Choice(neighbour, 1)) == (less, neighbour)


def test_edits_are_undone_and_redone_in_order(fresh):
    first = fresh.with_text(1, True, ["a", "b", "c", "d"])
    second, key = first.with_new(NEW)
    third, _ = second.without(Choice(2))
    fourth = third.reset()
    states, session = [fourth, third, second, first, fresh], fourth
    for expected in states:
        assert session.rows == expected.rows
        session = session.undone()
    assert session.rows == fresh.rows and session.undone() is session
    for expected in reversed(states):
        assert session.rows == expected.rows
        session = session.redone()
    assert session.redone() is session
    other = third.undone().with_text(1, True, ["e", "f", "g", "h"])
    assert other.future == () and other.redone() is other
    assert other.with_new(NEW)[1] > key


def test_undoing_is_bounded(fresh):
    session = fresh
    for number in range(DEPTH + 10):
        session = session.with_text(1, True, [str(number), "b", "c", "d"])
    assert len(session.past) == DEPTH
    for _ in range(DEPTH + 10):
        session = session.undone()
    assert session.row(1).sentences[0] == "9" and len(session.future) == DEPTH


def test_other_descriptions_keep_the_rows_they_stand_for(fresh):
    same = fresh.with_rows(fresh.hierarchy())
    assert same is fresh
    rows = list(fresh.hierarchy())
    moved = fresh.with_rows([rows[3], rows[0], NEW])
    assert [row.key for row in moved.rows[:2]] == [3, 0] and moved.edited == (moved.rows[2].key,)
    assert moved.undone().rows == fresh.rows
    many = fresh.with_rows([*rows, NEW, NEW])
    assert len({row.key for row in many.rows}) == len(rows) + 2
    assert many.next_key > max(row.key for row in many.rows)
    swapped = fresh.with_rows([describe_forgery("x", "y", "z") if row.fake else row for row in rows])
    assert set(swapped.edited) == {row.key for row in fresh.rows if row.fake} and swapped.removed == 0


def test_an_edit_is_covered_by_its_control_or_not():
    control = Control((-0.2, 0.1, 0.4), 2)
    assert control.mean == pytest.approx(0.1)
    assert [control.covers(change) for change in (-0.21, -0.2, 0.0, 0.4, 0.41)] == [
        False,
        True,
        True,
        True,
        False,
    ]
