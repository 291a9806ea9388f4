"""The lesson: answers follow from what was measured, reveals stay hidden, nothing depends on the weights' numbers."""

import re
import string
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import torch

import explain
from mfclip.photo import read_photo
from mfclip.prompts import LEVELS, Hierarchy
from space import lesson
from space.components.lesson_card import LEARN, lesson_card
from space.handlers import learn
from space.judging import judge, settle
from space.lesson_facts import Map, Maps, Pair, Pairs, Probe, Published, Shares, Sight
from space.session import begin
from space.text import LANGUAGES, lesson_en, lesson_zh, speaking, words
from tests.explain.conftest import make_small

NUMBERS = range(1, lesson.COUNT + 1)


@pytest.fixture(scope="module", autouse=True)
def both_languages():
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(LANGUAGES, "en", (*LANGUAGES["en"], lesson_en))
        patch.setitem(LANGUAGES, "zh", (lesson_zh, *LANGUAGES.get("zh", LANGUAGES["en"])))
        yield


@pytest.fixture(scope="module")
def small():
    """A detector of a few thousand random weights."""
    return make_small()


@pytest.fixture(scope="module")
def session(small):
    from skimage import data

    photo = read_photo(np.ascontiguousarray(data.astronaut()[..., :3]))
    return judge(small, begin(small.hierarchy), photo)


@pytest.fixture(scope="module")
def steps(small, session):
    return {number: learn.step(small, session, number) for number in NUMBERS}


def fields(value) -> list:
    """Names of the format fields of a sentence, or of each of several."""
    if isinstance(value, tuple):
        return [fields(part) for part in value]
    return sorted({name for _, name, _, _ in string.Formatter().parse(value) if name is not None})


def names(module) -> set[str]:
    return {name for name in vars(module) if name.isupper()}


def test_both_languages_have_the_same_sentences_and_fields():
    assert names(lesson_en) == names(lesson_zh) and len(names(lesson_en)) > 50
    for name in names(lesson_en):
        assert fields(getattr(lesson_en, name)) == fields(getattr(lesson_zh, name)), name
        assert getattr(lesson_en, name) != getattr(lesson_zh, name), name


def test_no_figure_is_typed_into_a_reveal():
    """What is measured is filled in: a reveal names steps, 0 and 1, and no other number of its own."""
    for module in (lesson_en, lesson_zh):
        for name in (name for name in names(module) if name.endswith(("_REVEAL", "_DEAD", "_ABSENT"))):
            value = getattr(module, name)
            said = re.sub(
                r"\{\w+\}|[Ss]tep \d|第 \d 步", "", " ".join((value,) if isinstance(value, str) else value)
            )
            assert set(re.findall(r"[\d.,]*\d", said)) <= {"0", "1"}, (name, said)


def test_every_step_asks_about_the_face_and_knows_the_answer(steps):
    assert len(steps) == len(words.LESSON_STEPS) == 6
    for number, step in steps.items():
        assert step.number == number and not step.problem
        assert any(f"“{name}”" in step.look for name in words.TABS.values()) and "{" not in step.look
        assert step.question and len(step.choices) >= 3 and step.right and step.reveal and step.table
        assert len(set(step.choices)) == len(step.choices)


def test_the_nearest_description_is_the_nearest(steps, session):
    similarities = [view.similarity for view in session.now.descriptions]
    offered = [int(choice.split(".")[0]) - 1 for choice in steps[1].choices]
    assert max(similarities) == pytest.approx(max(similarities[row] for row in offered))
    for place, row in enumerate(offered):
        assert (place in steps[1].right) == (similarities[row] > max(similarities) - 1e-4)


def test_alike_descriptions_are_all_right():
    facts = Sight(("a", "b", "c"), (False, True, True), (0.5, 0.5, -0.5), 10.0, 0.0, 8)
    step = lesson.sight(facts)
    assert step.right == (0, 1) and len(step.choices) == 3
    assert "+0.500" in step.reveal[0] and "−0.500" in step.reveal[0]
    assert step.table.rows[0][2] == "+5.00"


def test_the_lesson_follows_the_edits(small, session):
    edited = session
    for row in session.rows:
        edited = edited.with_text(row.key, row.fake, (f"a teapot of kind {row.key}",) * 4)
    before, after = (learn.step(small, given, 1) for given in (session, settle(small, edited)))
    assert all("a teapot of kind" in choice for choice in after.choices)
    assert before.table != after.table


def test_the_richest_patch_has_the_lowest_homogeneity(steps, session):
    scores = session.now.patch.homogeneity
    assert steps[2].right == (int(np.argmin(scores)),)
    assert len(steps[2].pictures) == len(steps[2].choices) == len(scores) == 4
    assert [float(row[1]) for row in steps[2].table.rows] == pytest.approx(scores, abs=1e-4)


def test_without_noise_is_what_the_model_says_without_noise(steps, small, session):
    subject = explain.Subject.of(small, session.now)
    with torch.no_grad():
        without = float(subject.value(subject.image)[0])
    assert lesson.signed(without, 3) in steps[2].reveal[1]


def test_the_shares_add_up_as_shown(steps, small, session):
    shown = [float(row[2].replace("−", "-")) for row in steps[3].table.rows]
    assert sum(shown[:-1]) == pytest.approx(shown[-1], abs=1e-9)
    assert shown[-1] == pytest.approx(session.now.margin, abs=2e-3)
    ledger = explain.explain(small, session.now, "ledger").values["contributions"][2:]
    assert steps[3].right == (int(np.abs(ledger).argmax()),)


def test_where_no_level_has_a_share_none_is_the_answer():
    facts = Shares(levels=(0.0,) * 4, streams=(0.7, -0.2), base=0.1, margin=0.6, weights=())
    step = lesson.shares(facts)
    assert step.choices[step.right[0]] == words.LESSON_LEVELS_NONE
    assert step.table.rows[-1][2] == "+0.600"


def test_pair_attention_taken_out_changes_nothing_exactly(steps, small):
    assert steps[4].right == (0,) and words.LESSON_EXACTLY_ZERO in steps[4].reveal[0]
    bare = learn.ungated(small)
    faces = torch.nn.functional.normalize(torch.randn(3, 16), dim=-1)
    assert (bare.model.alignment(faces, faces) == 1).all()
    assert type(small.model.alignment).__name__ == "ContentGate"
    ours, theirs = dict(small.model.named_parameters()), dict(bare.model.named_parameters())
    assert all(ours[name].data_ptr() == weight.data_ptr() for name, weight in theirs.items())
    assert set(ours) - set(theirs) == {name for name in ours if name.startswith("alignment.")}


@pytest.mark.parametrize(("without", "right"), [(0.5, 0), (0.46, 1), (0.4999999, 1), (-0.5, 2)])
def test_a_verdict_that_read_the_gate_would_be_told(without, right):
    pair = Pair("a", 2.0, 0.25, 0.4)
    step = lesson.pairs(Pairs((pair,), 0.5, without, absent=False, slots=24, floor=0.25))
    assert step.right == (right,)
    assert (words.LESSON_EXACTLY_ZERO in step.reveal[0]) == (right == 0)
    assert step.table.rows == (("a", "+2.000", "0.25", "+0.500", "0.40"),)


def test_the_published_prompts_are_found_dead(steps):
    step = steps[5]
    assert step.choices[step.right[0]] == words.LESSON_PUBLISHED_CHOICES[0]
    assert (
        step.reveal[0].startswith("0 of 4")
        and "1 of 4" in step.reveal[1]
        and " 2 different" in step.reveal[1]
    )
    zero = words.LESSON_EXACTLY_ZERO
    rows = {row[0]: row[1:] for row in step.table.rows}
    face, residual = (rows[name] for name in words.LESSON_PUBLISHED_INPUTS)
    first, *others = (rows[name] for name in words.LESSON_LEVELS)
    assert zero not in face[:2] and zero not in residual[:2]
    assert first[:2] == (zero, zero) and zero not in first[2:]
    assert all(row == (zero,) * 4 for row in others)


def test_reading_all_tokens_gives_what_the_port_reads_of_level_one():
    authors = learn.published_detector()
    rows = [list(row.sentences) for row in authors.hierarchy]
    whole = learn.read_whole(authors.model, rows)
    with torch.no_grad():
        assert torch.allclose(whole, authors.model.encode_descriptions(rows), atol=1e-5)
    changes = learn.feature_changes(authors)
    assert changes[0] > 0 and changes[1:] == (0.0, 0.0, 0.0)


def test_a_level_that_moved_the_verdict_would_be_told():
    probe = Probe("x", 0.5, -0.2, 0.1, 0.3)
    for moving, right in ((0, 0), (1, 1), (2, 2), (3, 2), (4, 3)):
        step = lesson.published(Published((probe,) * 4, (probe,), moving, 4, 8, 8, 308, 1000))
        assert step.right == (right,) and step.reveal[0].startswith(f"{moving} of 4")


def test_the_narrow_copy_is_small_and_made_once(monkeypatch):
    monkeypatch.setattr(learn, "_published", [])
    before = torch.get_rng_state()
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: learn.published_detector(), range(4)))
    assert len({id(detector) for detector in made}) == 1
    assert torch.equal(before, torch.get_rng_state())
    assert 4 * learn.parameters() < 50e6
    config = made[0].config
    assert config.text.levels == "first" and config.text.context == 308 and config.decision.b == 0
    assert (config.text.layers, config.image.layers, config.noise.layers) == (12, 6, 3)


def test_one_of_three_maps_is_the_detectors(steps, small, session):
    assert len(steps[6].right) == 1 and len(steps[6].pictures) == 3
    assert len({picture.url for picture in (*steps[6].pictures, *steps[6].revealed)}) == 4
    again = learn.step(small, session, 6)
    assert again == steps[6]


def test_the_maps_stand_in_the_order_shown():
    shown = tuple(
        Map(name, name, (1, 2), peak) for name, peak in (("edges", None), ("trained", 0.5), ("forgotten", 2))
    )
    facts = Maps(shown, {("trained", "edges"): -0.5}, 0.31, 0.3, 14, "c")
    step = lesson.maps(facts)
    assert step.right == (1,) and [picture.url for picture in step.pictures] == [
        "edges",
        "trained",
        "forgotten",
    ]
    assert step.reveal[0].startswith("Map B") and "map A shows edges" in step.reveal[0]
    assert words.LESSON_MAPS_FAILS in step.reveal[2]
    assert words.LESSON_MAPS_PASSES in lesson.maps(replace(facts, signed=-0.1)).reveal[2]


def test_a_step_that_no_answer_fits_is_refused():
    with pytest.raises(ValueError, match="has to be right"):
        lesson.Step(1, "t", (), "", "q", ("a", "b"), (2,))
    with pytest.raises(ValueError, match="at least 2"):
        lesson.Step(1, "t", (), "", "q", ("a",), (0,))
    with pytest.raises(ValueError, match="1 to 6"):
        lesson.Step(7, "t", (), "")


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_without_a_face_the_step_tells_and_does_not_ask(small, number, language):
    with speaking(language):
        step = learn.step(small, begin(small.hierarchy), number)
        html = lesson_card(step)
        assert step.problem == words.LESSON_NO_FACE and step.problem in html
    assert (
        not step.choices
        and "<fieldset" not in html
        and "data-reveal" not in html
        and "data-check" not in html
    )
    assert "{" not in "".join(step.text)


def test_what_a_detector_has_not_is_one_sentence(session):
    authors = make_small("authors")
    photo = session.now.face.crop.face
    judged = judge(authors, begin(authors.hierarchy), read_photo(photo), cropped=True)
    step = learn.step(authors, judged, 6)
    assert step.problem and not step.choices and "mf-notice" in lesson_card(step)
    assert learn.step(authors, judged, 3).choices


@pytest.mark.parametrize("number", NUMBERS)
def test_the_card_hides_the_answer_and_names_everything(steps, number):
    html = lesson_card(steps[number])
    assert re.search(r'<div class="mf-lesson-reveal" data-reveal hidden>', html)
    before, after = html.split("data-reveal", 1)
    assert words.LESSON_REVEAL in after and words.LESSON_REVEAL not in before
    assert html.count("<fieldset") == html.count("<legend>") == 1 and html.count(' role="status"') == 1
    assert len(re.findall('type="radio"', html)) == len(steps[number].choices)
    assert len(set(re.findall(r'name="(mf-lesson-\d)"', html))) == 1
    assert words.LESSON_PROGRESS.format(number=number, count=6) in html
    assert html.count('aria-current="step"') == 1
    for tag in re.findall(r"<img [^>]*>", html):
        assert re.search(r'alt="[^"]+"', tag) and "data:image/png;base64," in tag
    turns = [int(turn) for turn in re.findall(r'data-turn="(\d)"', html.split("mf-lesson-turns")[1])]
    assert turns == [turn for turn in (number - 1, number + 1) if 1 <= turn <= 6]
    right = re.search(r'data-right="([\d ]+)"', html)[1]
    assert tuple(map(int, right.split())) == steps[number].right
    assert "{" not in html and "$" not in html and "`" not in html


def test_a_card_names_the_verdict_that_it_was_measured_on(small, session):
    def on(given):
        return re.search(r'data-on="(\w*)"', learn.show(small, given, 3))[1]

    edited = session.with_text(session.rows[1].key, True, ("a photo of a teapot",) * 4)
    assert on(session) == on(session) != on(settle(small, edited))
    assert on(begin(small.hierarchy)) == "" and len(on(session)) == 16


def test_the_script_raises_the_event_and_keeps_to_the_card():
    assert "trigger('turn', {step:" in LEARN
    assert (
        "input.checked = input === guess" in LEARN.split("watch('value'")[1]
    )  # gradio keeps pressed buttons
    assert "innerHTML" not in LEARN and "document." not in LEARN and "fetch" not in LEARN


def test_a_hostile_sentence_stays_text(small, session):
    hostile = "<img src=x onerror=alert(1)> {{value}} ${1} `b` \"q\" 'p'"
    rows = [(row.fake, *[hostile + str(level) for level in range(4)]) for row in session.now.hierarchy]
    hierarchy = Hierarchy.from_rows([("fake" if fake else "real", *said) for fake, *said in rows])
    edited = judge(small, begin(hierarchy), read_photo(session.now.face.crop.face), cropped=True)
    revised = replace(edited, now=small.revise(edited.start, hierarchy))
    for number in (1, 4):
        html = lesson_card(learn.step(small, revised, number))
        assert "onerror" in html and "<img src=x" not in html and "{{" not in html and "${" not in html


@pytest.mark.parametrize(
    ("sent", "number"), [(3, 3), (6.0, 6), (0, 1), (7, 1), ("2", 1), (None, 1), (True, 1), (float("nan"), 1)]
)
def test_a_step_sent_by_the_page_is_checked(sent, number):
    assert learn.number_of(sent) == number


def test_every_step_speaks_chinese(small, session):
    with speaking("zh"):
        for number in NUMBERS:
            step = learn.step(small, session, number)
            assert step.title in (getattr(lesson_zh, f"{name}_TITLE") for name in lesson.NAMES)
            assert step.choices and "{" not in "".join((*step.text, *step.choices, *step.reveal, step.look))
    assert len(lesson_zh.LESSON_LEVELS) == len(LEVELS)
