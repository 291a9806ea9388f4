"""The prompt laboratory: what its handlers answer, what leaves the page and comes back, and what may be pasted."""

import base64
import json
import re
import string
import zlib
from types import SimpleNamespace

import gradio as gr
import pytest

from mfclip.prompts import Hierarchy, describe_forgery
from space.components import descriptions
from space.components.control import control_card
from space.components.example_strip import examples
from space.components.presets import everyday, nonsense, unrelated
from space.exchange import MAX_BYTES, MAX_CODE, from_code, from_json, to_code, to_json
from space.handlers.lab import Lab
from space.handlers.verdict import Judging
from space.judging import settle
from space.session import Choice, Session
from space.text import lab_en, lab_zh, words

HOSTILE = (
    "<img src=x onerror=alert(1)> {{value}} ${1+1}",
    "<script>alert('b')</script>",
    "😀🧑🏽‍🚒 face of a fireman 火",
    "\u202eצילום של פנים\u202c صورة وجه",
)


@pytest.fixture(scope="module")
def lab(detector):
    return Lab(Judging(detector, examples()))


@pytest.fixture
def branch(judged):
    """The choice of a family of several forgeries, and its rows."""
    for row in judged.rows:
        choice = Choice(row.key, 3)
        if row.fake and len(judged.members(choice)) > 1:
            return choice
    raise AssertionError("The bundled hierarchy has no family of several forgeries.")


def edited(lab, session, code, sentences, side="fake") -> Session:
    return lab.edit(session, code, side, *sentences)[0]


def chosen(key) -> SimpleNamespace:
    return SimpleNamespace(key=key)


def shown(values) -> str:
    """All HTML among a handler's values."""
    return " ".join(value for value in values if isinstance(value, str))


# Tree


def test_the_tree_holds_every_row_once_below_its_branches(judged):
    html = descriptions.description_list(judged, 1)
    codes = [int(code) for code in re.findall(r'(?:data-code|value)="(-?\d+)"', html)]
    rows = [code for code in codes if code >= 0]
    assert sorted(rows) == [row.key for row in judged.rows]
    for place, code in enumerate(codes):
        choice = Choice.of(code)
        if choice.level:
            members = {row.key for row in judged.members(choice)}
            below = [key for key in codes[place + 1 :] if key >= 0][: len(members)]
            assert set(below) == members
    levels = {Choice.of(code).level for code in codes}
    assert levels == {0, 1, 2, 3} and html.count(" checked") == 1


def test_shares_of_a_branch_are_those_of_its_rows(judged, branch):
    html = descriptions.description_list(judged, branch.code)
    said = re.search(rf'data-code="{branch.code}" aria-pressed="true".*?mf-number">([\d.]+)', html)
    views = zip(judged.rows, judged.now.descriptions, strict=True)
    keys = {row.key for row in judged.members(branch)}
    share = sum(view.probability for row, view in views if row.key in keys)
    assert float(said[1]) == pytest.approx(100 * share, abs=0.051)


def test_choosing_a_branch_shows_its_own_sentence_and_how_far_an_edit_reaches(lab, judged, branch):
    values = lab.choose(judged, chosen(branch.code))
    key, side, *boxes, scope, tokens, remove = values[1:]
    count = len(judged.members(branch))
    assert key == branch.code and side["visible"] is False and str(count) in scope
    assert [box["visible"] for box in boxes] == [False, False, True, False]
    assert boxes[2]["value"] == judged.members(branch)[0].sentences[2]
    assert tokens.count("<span") == 1 and str(count) in remove["value"]
    back = lab.choose(judged, chosen(0))
    assert back[2]["visible"] is True and all(box["visible"] for box in back[3:7])


def test_editing_a_branch_changes_all_its_rows_and_undo_brings_them_back(lab, judged, branch):
    sentences = ["", "", "a photo made of fog", ""]
    session = edited(lab, judged, branch.code, sentences)
    keys = {row.key for row in judged.members(branch)}
    assert set(session.edited) == keys and len(keys) > 1
    assert session.now is not judged.now and session.change.margin != 0
    undone = lab.undo(session, branch.code)[0]
    assert undone.rows == judged.rows and undone.now is judged.start
    redone = lab.redo(undone, branch.code)[0]
    assert redone.rows == session.rows and redone.now.margin == pytest.approx(session.now.margin)


def test_undo_and_redo_are_offered_where_there_is_something(lab, judged):
    values = lab.edit(judged, 1, "fake", "a", "b", "c", "d")
    assert [button["interactive"] for button in values[-3:-1]] == [True, False]
    values = lab.undo(values[0], 1)
    assert [button["interactive"] for button in values[-3:-1]] == [False, True]


def test_removing_a_branch_and_what_comes_into_the_editor(lab, judged, branch):
    values = lab.remove(judged, branch.code)
    session, key = values[0], values[1 + len(Judging.verdict_names)]
    assert len(session.rows) == len(judged.rows) - len(judged.members(branch))
    assert session.row(key) is not None


@pytest.mark.parametrize("code", [None, "x", float("inf"), float("nan"), -1e9, 10**6, [1], {"a": 1}])
def test_a_choice_that_is_none_is_the_first_row(lab, judged, code):
    assert lab.choose(judged, chosen(code))[1] == judged.rows[0].key
    assert edited(lab, judged, code, ["a", "b", "c", "d"], "real").edited == (judged.rows[0].key,)


def test_every_handler_answers_as_many_values_as_it_says(lab, judged):
    assert len(lab.add(judged)) == len(lab.reset(judged)) == len(lab.everyday(judged)) == lab.outputs
    assert len(lab.open_file(judged, None)) == lab.outputs
    assert len(lab.open_link(judged, "")) == len(lab.open_link(judged, to_code(judged.rows))) == lab.outputs
    unchanged = lab.edit(judged, 0, "real", *judged.rows[0].sentences)
    assert len(unchanged) == len(lab.edit(judged, 1, "fake", "a", "b", "c", "d"))
    assert unchanged == [gr.skip()] * len(unchanged)


# Control


def test_the_control_puts_unrelated_sentences_in_the_edited_places(detector, judged):
    sentences = list(judged.rows[1].sentences)
    for number, other in enumerate(words.UNRELATED):
        rows = [("fake" if row.fake else "real", *row.sentences) for row in judged.rows]
        rows[1] = ("fake", *sentences[:3], other)
        expected = detector.revise(judged.start, Hierarchy.from_rows(rows)).margin - judged.start.margin
        session = settle(detector, judged.with_text(1, True, [*sentences[:3], "a photo of fog"]))
        assert session.control.changes[number] == pytest.approx(expected, abs=1e-6)
    assert session.control.places == 1
    own = settle(detector, judged.with_text(1, True, [*sentences[:3], words.UNRELATED[3]]))
    assert own.control.covers(own.change.margin)
    assert own.control.changes[3] == pytest.approx(own.change.margin, abs=1e-6)


def test_without_an_edit_or_with_too_many_there_is_no_control(detector, judged, lab):
    assert judged.control is None
    removed = settle(detector, judged.without(Choice(1))[0])
    assert removed.control is None and removed.change.margin != 0
    assert lab.nonsense(judged)[0].control is None
    assert lab.reset(settle(detector, judged.with_text(1, True, "abcd")))[0].control is None


def test_the_card_tells_the_edit_beside_its_control(detector, judged):
    session = settle(detector, judged.with_text(1, True, ["a", "b", "c", "a photo of fog"]))
    html = control_card(session.control, session.change)
    assert html in descriptions.change_card(session, detector.config.decision)
    places = [float(place) for place in re.findall(r"left:([\d.]+)%", html)]
    assert len(places) == len(words.UNRELATED) + 2 and all(0 <= place <= 100 for place in places)
    covered = session.control.covers(session.change.margin)
    assert ("lies within" in html) == covered and ("lies outside" in html) != covered


# Unseen words


def test_unseen_words_are_marked_in_the_list_and_below_the_editor(detector, judged, lab):
    new = [*judged.rows[1].sentences[:3], "the source generative model of this photo is Zorgblatt"]
    assert "mf-unseen" not in descriptions.description_list(judged, 1)
    values = lab.edit(judged, 1, "fake", *new)
    assert values[0].unseen == {"zorgblatt"}
    drawn = descriptions.description_list(values[0], 1)
    assert '<span class="mf-unseen">Zorgblatt</span>' in drawn and words.UNSEEN_LEGEND in drawn
    assert "zorgblatt" in shown(values[-4:-3]) and "Never seen in training" in shown(values[-4:-3])


def test_marking_keeps_the_text_and_its_escaping():
    sentence = "a <b>Zork</b> & zork_zork's “Zork”"
    html = descriptions.marked(sentence, frozenset({"zork"}))
    assert html.count('<span class="mf-unseen">') == 4 and "<b>" not in html
    plain = re.sub(r"</?(?:bdi|span)[^>]*>", "", html)
    assert plain == descriptions.text(sentence)


# Presets


@pytest.mark.parametrize("wording", [everyday, nonsense])
def test_presets_keep_the_shape_of_the_tree(judged, wording):
    rows = wording(judged.rows)
    assert [row.fake for row in rows] == [row.fake for row in judged.rows]
    old = [sentence for row in judged.rows for sentence in row.sentences]
    new = [sentence for row in rows for sentence in row.sentences]
    for one in range(len(old)):
        for other in range(one):
            # The real row says the same four times as published and four things in everyday words.
            if old[one] != old[other] or wording is nonsense:
                assert (old[one] == old[other]) == (new[one] == new[other])
    assert not set(old) & set(new)
    assert from_json(to_json([*judged.with_rows(rows).rows]).encode()) == rows


def test_presets_know_rows_that_nobody_published(begun):
    session, key = begun.with_new(describe_forgery("melting", "clay", "Zork 3"))
    plain = everyday(session.rows)[-1]
    assert plain.sentences[3] == "it was made with Zork 3" and "melting" in plain.sentences[1]
    assert len({unrelated(number) for number in range(512)}) == 512


def test_a_preset_answers_and_can_be_undone(lab, judged):
    for handler in (lab.everyday, lab.nonsense):
        values = handler(judged)
        session = values[0]
        assert session.now.margin != judged.now.margin and len(session.edited) == len(judged.rows)
        assert [row.key for row in session.rows] == [row.key for row in judged.rows]
        assert lab.undo(session, 0)[0].rows == judged.rows


# File and link


def test_descriptions_come_back_from_file_and_link(lab, judged, tmp_path):
    session = edited(lab, judged, 2, HOSTILE)
    path = tmp_path / "mine.json"
    path.write_text(lab.export(session), encoding="utf-8")
    assert Hierarchy.from_json(path.read_text(encoding="utf-8")) == session.hierarchy()
    values = lab.open_file(judged, str(path))
    assert values[0].rows == session.rows and str(len(session.rows)) in values[-1]
    code, _ = lab.link(session)
    assert re.fullmatch(r"[\w-]+", code) and from_code(code) == tuple(session.hierarchy())
    values = lab.open_link(judged, code)
    assert values[0].rows == session.rows
    assert lab.open_link(judged, "") == [gr.skip()] * lab.outputs


def entry(fake: bool = True, first: object = "a") -> dict:
    return {"fake": fake, "sentences": [first, "b", "c", "d"]}


BOTH = [entry(False), entry()]
BROKEN = {
    "empty": (b"", "not valid JSON"),
    "no json": (b'[{"fake": true,', "not valid JSON (line 1"),
    "binary": (b"\x89PNG\xff\xfe\x00", "not text in UTF-8"),
    "large": (b" " * (MAX_BYTES + 1), "at most 200000 are read"),
    "deep": (b"[" * 100_000, "nested too deeply"),
    "number": (b"1" * 5000, "is needed"),
    "a number": (b"7", "expected a list"),
    "an object": (json.dumps(entry()).encode(), "expected a list"),
    "strings": (b'["a", "b"]', "Description 1 is 'a'"),
    "long strings": (json.dumps(["x" * 150_000]).encode(), "expected a list"),
    "three": (json.dumps([entry(False), {"fake": True, "sentences": ["a", "b", "c"]}]).encode(), "needs 4"),
    "not text": (json.dumps([entry(False), entry(first=5)]).encode(), "sentence is empty"),
    "blank": (json.dumps([entry(False), entry(first="  ")]).encode(), "Description 2: The authenticity"),
    "fake as text": (json.dumps([{**entry(), "fake": "yes"}]).encode(), "wrong type"),
    "one side": (json.dumps([entry()]).encode(), "no real description"),
    "nothing": (b"[]", "no real description"),
    "65 rows": (json.dumps(BOTH * 33).encode(), "at most 64"),
    "tokens": (json.dumps([entry(False), entry(first="word " * 90)]).encode(), "at most 77"),
    "characters": (json.dumps([entry(False), entry(first="x" * 1001)]).encode(), "at most 1000"),
    "half a character": (
        b'[{"fake":true,"sentences":["\\ud800","b","c","d"]},%s]' % json.dumps(entry(False)).encode(),
        "half a character",
    ),
    "a key more": (json.dumps([{**entry(), "name": "x"}]).encode(), "Description 1 is"),
}


@pytest.mark.parametrize(("content", "said"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_file_gets_a_sentence_and_nothing_is_lost(lab, judged, tmp_path, content, said):
    path = tmp_path / "broken.json"
    path.write_bytes(content)
    values = lab.open_file(judged, str(path))
    assert values[:-1] == [gr.skip()] * (lab.outputs - 1)
    assert said in values[-1].replace("&#x27;", "'") and "your descriptions are as they were" in values[-1]
    assert len(values[-1]) < 700 and "Traceback" not in values[-1] and str(tmp_path) not in values[-1]


def test_no_file_and_a_file_that_is_gone_get_a_sentence(lab, judged, tmp_path):
    assert words.IMPORT_NONE in lab.open_file(judged, None)[-1]
    assert "no longer on the server" in lab.open_file(judged, str(tmp_path / "gone.json"))[-1]


def packed(content: bytes) -> str:
    return base64.urlsafe_b64encode(zlib.compress(content)).decode().rstrip("=")


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("abc", "damaged or cut off"),
        ("!!!!", "damaged or cut off"),
        ("ü" * 8, "damaged or cut off"),
        (packed(json.dumps(BOTH).encode())[:-6], "damaged or cut off"),
        (packed(b" " * (MAX_BYTES + 1)), "more than 200000 bytes"),
        ("A" * (MAX_CODE + 1), "are the most"),
        (packed(b"[]"), "no real description"),
        (packed(b"\xff\xfe"), "not text in UTF-8"),
    ],
)
def test_a_broken_link_gets_a_sentence_and_the_default_rows(lab, judged, monkeypatch, code, said):
    toasts = []
    monkeypatch.setattr(gr, "Warning", toasts.append)
    values = lab.open_link(judged, code)
    assert values[0].rows == judged.original
    assert said in values[-1] and said in toasts[0]


def test_descriptions_too_long_for_a_link_are_told_so(lab, judged):
    letters = string.ascii_letters + string.digits
    noise = ["".join(letters[(n * n * 31 + n * k) % 62] for n in range(900)) for k in range(40)]
    session = judged
    for place, row in enumerate(judged.rows[:10]):
        session = session.with_text(row.key, row.fake, noise[4 * place : 4 * place + 4])
    code, note = lab.link(session)
    if code:
        assert len(code) <= MAX_CODE
    else:
        assert "save the descriptions as JSON" in note


# What may be pasted


@pytest.mark.parametrize("sentences", [HOSTILE, HOSTILE[::-1]])
def test_strange_text_is_judged_and_stays_text(lab, judged, sentences):
    values = lab.edit(judged, 1, "fake", *sentences)
    session = values[0]
    assert session.now is not None and session.row(1).sentences == tuple(sentences)
    drawn = shown([*values, *lab.choose(session, chosen(1))])
    for piece in ("<img src=x", "<script", "{{", "${"):
        assert piece not in drawn
    assert "<bdi>" in drawn


def test_fifty_thousand_characters_get_a_sentence_and_stay(lab, judged):
    pasted = "a" * 50_000
    for code, place in ((1, 1), (Choice(1, 2).code, 1)):
        sentences = [*judged.rows[1].sentences]
        sentences[place] = pasted
        values = lab.edit(judged, code, "fake", *sentences)
        session = values[0]
        assert session.now is None and "at most 1000 are allowed" in session.problem
        assert session.row(1).sentences[1] == pasted and session.start is judged.start
        assert "over 1000 characters" in values[-4]
        assert all(len(value) < 200_000 for value in values if isinstance(value, str))
        assert lab.undo(session, code)[0].now is judged.start


def test_empty_and_missing_sentences_and_half_characters(lab, judged):
    for sentences in (("", "b", "c", "d"), (None, "b", "c", "d"), ("\u200b \n", "b", "c", "d")):
        session = edited(lab, judged, 1, sentences)
        assert session.place == "descriptions" or session.now is not None
    assert "authenticity sentence is empty" in edited(lab, judged, 1, ("", "b", "c", "d")).problem
    session = edited(lab, judged, 1, ("\ud800 a", "b", "c", "d"))
    assert session.row(1).sentences[0] == "? a" and session.now is not None


def test_descriptions_can_be_edited_without_a_photo(lab, begun):
    session = edited(lab, begun, 1, ("a", "b", "c", "d"))
    assert session.now is None and session.problem == "" and session.edited == (1,)
    assert lab.everyday(session)[0].problem == ""


# Languages


def test_chinese_says_the_same_things():
    def fields(value) -> list[str]:
        parts = value.values() if isinstance(value, dict) else [value] if isinstance(value, str) else value
        letters = re.compile(r"[A-Z]{3,}")
        named = [name for part in parts for _, name, _, _ in string.Formatter().parse(part) if name]
        return sorted(named + [word for part in parts for word in letters.findall(part) if word not in KEPT])

    KEPT = {"JSON", "UTF"}
    english = {name: value for name, value in vars(lab_en).items() if name.isupper()}
    chinese = {name: value for name, value in vars(lab_zh).items() if name.isupper()}
    assert set(english) == set(chinese)
    for name in english:
        if name != "EXPECTED":  # holds braces of JSON, and is never formatted
            assert fields(english[name]) == fields(chinese[name]), name
        assert type(english[name]) is type(chinese[name]) and len(english[name]) > 0
