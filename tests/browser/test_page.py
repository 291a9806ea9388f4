"""What a visitor does and sees, in Chromium."""

import re

import numpy as np
import pytest
from PIL import Image

from space.text import words
from tests.browser.conftest import content

pytestmark = pytest.mark.browser

LONG = "word " * 90
DARK = {"color_scheme": "dark"}
PHONE = {"viewport": {"width": 390, "height": 844}}


def test_first_paint_is_an_example_already_judged(visit):
    page = visit.page
    assert any(said in visit.text("#mf-verdict") for said in words.EVIDENCE.values())
    assert words.CAUTION in visit.text("#mf-verdict")
    assert words.CAUSE_TITLE in visit.text("#mf-cause") and "logits" in visit.text("#mf-cause")
    page.wait_for_selector("#mf-tree-figure .js-plotly-plot .barlayer .point")
    page.wait_for_selector("#mf-ledger-figure .js-plotly-plot .waterfalllayer .point")
    visit.open("words")
    page.wait_for_selector("#mf-bars .js-plotly-plot .barlayer .point")
    page.wait_for_selector("#mf-words-figure .js-plotly-plot .barlayer .point")
    visit.open("noise")
    page.wait_for_selector("#mf-noise-figure .js-plotly-plot .heatmaplayer")
    assert page.locator("#mf-face-view svg rect.mf-light").count() == 4
    assert page.locator("#mf-patch-view img").count() == 4
    assert page.title() == words.TITLE
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.includes('run')).length") == 0


def test_upload_then_verdict_then_take_it_away(visit, save, astronaut):
    visit.open("noise")
    before = visit.text("#mf-face-view table")
    small = np.asarray(Image.fromarray(astronaut).resize((420, 420), Image.Resampling.BICUBIC))
    visit.give(save(small, "someone.png"))
    assert visit.wait_other("#mf-face-view table", before)
    visit.wait_text("#mf-verdict", words.CAUTION)
    assert visit.page.locator("#mf-verdict .mf-scale .mf-here").count() == 1
    visit.page.locator("#mf-photo button[aria-label='Remove Image']").click()
    visit.wait_text("#mf-verdict", words.NO_PHOTO)
    assert "%" not in visit.text("#mf-verdict") and visit.page.locator("#mf-face-view svg").count() == 0


def test_an_example_is_judged_when_it_is_picked(visit):
    visit.open("noise")
    before = visit.text("#mf-face-view table")
    visit.page.locator("#mf-example-strip button").nth(1).click()
    visit.wait_other("#mf-face-view table", before)
    visit.wait_text("#mf-verdict", words.CAUTION)


def test_the_photo_shown_is_framed_among_the_examples_and_named_on_the_card(visit, save, astronaut):
    strip = visit.page.locator("#mf-example-strip button")
    framed = """(t) => [...document.querySelectorAll('#mf-example-strip [aria-current=true]')]
      .map((button) => button.innerText).join() === t"""
    titles = [words.EXAMPLE_TEXTS[name][0] for name in ("astronaut", "redrawn")]
    assert words.EXAMPLE_SHOWN.format(title=titles[0]) in visit.text("#mf-verdict")
    visit.wait(framed, titles[0])
    strip.nth(2).click()
    visit.wait_text("#mf-verdict", words.EXAMPLE_SHOWN.format(title=titles[1]))
    visit.wait(framed, titles[1])
    assert strip.nth(2).evaluate("(b) => b === document.activeElement")
    visit.give(save(astronaut[:, ::-1], "redrawn.png"))  # the name is no proof
    visit.wait_text("#mf-verdict", words.YOUR_PHOTO)
    visit.wait(framed, "")


def test_an_edit_answers_at_once_and_reset_undoes_it(visit):
    card = visit.text("#mf-readouts")
    visit.open("words")
    change = visit.text("#mf-change")
    assert "No edits" in change
    visit.sentence(1).fill("a holiday in the mountains")
    visit.sentence(1).press("Enter")
    edited = visit.wait_other("#mf-change", change)
    delta = re.search(r"Margin\s+(\S+)\s+(\S+)\s+(\S+)", edited.split("Language margin")[1])
    assert delta and float(delta[3].replace("−", "-")) != 0
    visit.wait_text(".mf-list .mf-chip", words.EDITED)
    visit.open("ledger")
    assert visit.wait_other("#mf-readouts", card)
    visit.open("words")
    visit.page.locator("#mf-reset").click()
    visit.wait_text("#mf-change", "No edits")
    assert visit.text("#mf-change") == change
    visit.open("ledger")
    visit.wait("([s, t]) => document.querySelector(s).innerText === t", [content("#mf-readouts"), card])
    visit.open("words")
    assert visit.page.locator(".mf-list .mf-chip").count() == 0


def test_leaving_a_field_for_another_row_keeps_the_text(visit):
    visit.open("words")
    visit.choose_row(2)
    visit.sentence(3).fill("a photo of fog")
    visit.sentence(3).press("Tab")
    visit.wait_text(".mf-list", "fog")
    checked = visit.page.locator(".mf-list input[type=radio]:checked")
    wanted = visit.page.locator(".mf-list label input").nth(3).input_value()
    visit.choose_row(4)
    visit.wait("(w) => document.querySelector('.mf-list input:checked').value === w", wanted)
    assert "fog" in visit.text(".mf-list")
    checked.focus()
    visit.page.keyboard.press("ArrowDown")
    visit.wait("(w) => document.querySelector('.mf-list input:checked').value !== w", wanted)
    visit.wait("() => document.activeElement === document.querySelector('.mf-list input:checked')")
    visit.page.keyboard.press("ArrowUp")
    visit.wait("(w) => document.activeElement.value === w", wanted)


def test_the_answer_to_an_edit_does_not_move_the_choice(visit):
    """Leaving the edited field for another row sends the edit with the row that is left, and then the new choice."""
    visit.open("words")
    visit.choose_row(2)
    visit.page.evaluate("""() => {
      window.marks = [];
      const look = () => {
        const marked = document.querySelector('.mf-list input:checked')?.value;
        if (window.marks.at(-1) !== marked) window.marks.push(marked);
        requestAnimationFrame(look);
      };
      look();
    }""")
    keys = [visit.page.locator(".mf-list label input").nth(place).input_value() for place in (1, 4)]
    visit.sentence(3).fill("a photo of mist")
    visit.choose_row(5)
    visit.wait_text(".mf-list", "mist")
    visit.wait("(w) => document.querySelector('.mf-list input:checked').value === w", keys[1])
    assert visit.page.evaluate("window.marks") == keys
    visit.page.locator("#mf-add").click()
    visit.wait("(w) => document.querySelector('.mf-list input:checked').value !== w", keys[1])
    visit.page.locator("#mf-reset").click()
    visit.wait("() => !document.querySelector('.mf-list .mf-chip')")


def test_a_long_sentence_gets_one_sentence_and_clears_the_result(visit):
    visit.open("words")
    visit.choose_row(2)
    visit.sentence(2).fill(LONG)
    visit.page.locator("#mf-apply").click()
    visit.wait_text("#mf-change", "has 92 tokens; at most 77 are allowed. Shorten it.")
    assert visit.page.locator("[role=alert]:visible").count() == 1
    assert "%" not in visit.text("#mf-verdict") and words.DESCRIPTIONS_WRONG in visit.text("#mf-verdict")
    visit.wait("() => !document.querySelector('#mf-bars .js-plotly-plot')")
    visit.open("ledger")
    assert visit.text("#mf-readouts") == visit.text("#mf-tree-list") == words.NOTHING
    visit.wait("() => !document.querySelector('#mf-tree-figure .js-plotly-plot')")
    ledger = visit.page.locator("#mf-ledger-figure")
    assert not ledger.is_visible() and not ledger.evaluate("(figure) => figure.offsetHeight")
    assert visit.text("#mf-cause") == ""
    visit.open("words")
    assert "%" not in visit.text(".mf-list") and visit.sentence(2).input_value() == LONG
    assert "forgery kind 92" in visit.text("#mf-tokens")
    visit.sentence(2).fill("")
    visit.sentence(2).press("Enter")
    visit.wait_text("#mf-change", "Row 2: The forgery kind sentence is empty")
    visit.sentence(2).fill("a photo of a face")
    visit.sentence(2).press("Enter")
    visit.wait_text("#mf-verdict", words.CAUTION)


def test_add_and_remove_until_a_side_is_missing(visit):
    visit.open("words")
    rows = visit.page.locator(".mf-list label")
    count = rows.count()
    visit.page.locator("#mf-add").click()
    visit.wait("(n) => document.querySelectorAll('.mf-list label').length === n", count + 1)
    visit.wait_text("#mf-descriptions", words.NEW_GENERATOR)
    visit.page.locator("#mf-remove").click()
    visit.wait("(n) => document.querySelectorAll('.mf-list label').length === n", count)
    visit.wait_text("#mf-change", "No edits")
    for left in range(count - 1, 0, -1):
        if left == count - 1:
            visit.choose_row(2)
        visit.page.locator("#mf-remove").click()
        visit.wait("(n) => document.querySelectorAll('.mf-list label').length === n", left)
    visit.wait_text("#mf-change", "The hierarchy has no fake description")
    assert "%" not in visit.text("#mf-verdict") and visit.page.locator("[role=alert]:visible").count() == 1
    visit.page.locator("#mf-side label", has_text="fake").click()
    visit.wait_text("#mf-change", "The hierarchy has no real description")
    visit.page.locator("#mf-reset").click()
    visit.wait_text("#mf-verdict", words.CAUTION)
    assert rows.count() == count


def test_a_landscape_gets_the_no_face_sentence_and_no_score(visit, save, landscape):
    visit.give(save(landscape, "hills.png"))
    visit.wait_text("#mf-verdict", "No face was found in hills.png")
    places = {"ledger": ("#mf-readouts", "#mf-tree-list"), "words": (".mf-list", "#mf-change"), "noise": ()}
    for tab, parts in places.items():
        visit.open(tab)
        for part in ("#mf-verdict", *parts):
            assert not re.search(r"\d\s*%", visit.text(part)), part
    assert visit.page.locator("#mf-face-view svg").count() == 0
    visit.page.locator("#mf-cropped input").check()
    visit.wait_text("#mf-verdict", words.CAUTION)
    visit.wait_text("#mf-face-view", words.PRECROPPED)


def test_a_file_that_is_no_picture_gets_a_sentence(visit, tmp_path):
    path = tmp_path / "fake.png"
    path.write_bytes(b"not a picture at all")
    visit.give(path)
    visit.wait_text("#mf-verdict", "not a picture this detector can read")


def test_several_faces_can_be_chosen(visit, save, two_faces):
    visit.open("noise")
    visit.give(save(two_faces, "two.png"))
    visit.page.wait_for_selector("#mf-faces svg")
    choices = visit.page.locator("#mf-face-choice label")
    assert choices.count() == visit.page.locator("#mf-faces svg g").count() >= 2
    before = visit.text("#mf-face-view table")
    choices.nth(1).click()
    visit.wait_other("#mf-face-view table", before)
    visit.wait_text("#mf-verdict", words.CAUTION)
    visit.wait("() => document.querySelector('#mf-faces g.mf-chosen text').textContent === '2'")


def test_the_json_is_that_of_the_photo_shown(visit):
    visit.open("about")
    visit.page.locator("#mf-json-open button").first.click()
    visit.page.locator("#mf-json-button").click()
    visit.wait_text("#mf-json", "probability")


@pytest.mark.parametrize(
    "visit", [PHONE, {**PHONE, **DARK}, DARK], indirect=True, ids=["phone", "phone dark", "dark"]
)
def test_narrow_and_dark(visit):
    visit.open("words")
    page = visit.page
    page.wait_for_selector("#mf-bars .js-plotly-plot .barlayer .point")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    small = page.evaluate(
        "() => [...document.querySelectorAll('.gradio-container *')].filter((e) => e.children.length === 0 && "
        "e.textContent.trim() && e.getBoundingClientRect().width > 1 && !e.closest('footer, .js-plotly-plot, svg') && "
        "parseFloat(getComputedStyle(e).fontSize) < 12).map((e) => e.textContent.trim().slice(0, 40))"
    )
    assert small == []
    ink = page.evaluate(
        "() => [document.body, document.querySelector('.mf-card')].map((e) => getComputedStyle(e).backgroundColor)"
    )
    dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    for colour in ink:
        red = int(re.findall(r"\d+", colour)[0])
        assert red < 60 if dark else red > 230, ink
    figure = page.evaluate(
        "() => getComputedStyle(document.querySelector('#mf-bars .main-svg')).backgroundColor"
    )
    assert figure in ("rgba(0, 0, 0, 0)", "transparent")


def test_the_map_is_read_by_pointer_and_by_keyboard(visit):
    visit.open("where")
    face = visit.page.locator("#mf-where-view .mf-map").first
    face.hover(position={"x": 5, "y": 5})
    visit.wait_text(".mf-cell-said", "Row 1, column 1:")
    face.focus()
    visit.page.keyboard.press("ArrowDown")
    visit.wait_text(".mf-cell-said", "Row 2, column 1:")
    slider = visit.page.locator(".mf-opacity")
    slider.focus()
    visit.page.keyboard.press("Home")
    visit.wait("() => getComputedStyle(document.querySelector('.mf-over')).opacity === '0'")
    visit.page.keyboard.press("End")
    visit.wait("() => getComputedStyle(document.querySelector('.mf-over')).opacity === '1'")


def test_another_map_is_drawn_and_its_knobs_are_its_own(visit):
    visit.open("where")
    assert visit.page.locator("#mf-knobs-occlusion").is_visible()
    visit.page.locator("#mf-map-method label").nth(2).click()
    visit.page.wait_for_selector("#mf-knobs-grid", state="visible")
    visit.page.wait_for_selector("#mf-knobs-occlusion", state="hidden")
    before = visit.page.locator("#mf-where-view .mf-map").get_attribute("data-values")
    visit.page.locator("#mf-map-run").click()
    visit.wait("(v) => document.querySelector('#mf-where-view .mf-map').dataset.values !== v", before)
    visit.wait_text("#mf-where-progress", "Explained in")
    visit.page.locator("#mf-own-scale input").check()
    visit.wait("() => document.querySelector('#mf-where-view .mf-legend') !== null")


def test_a_picked_example_is_explained_anew(visit):
    before = visit.text("#mf-cause")
    visit.page.locator("#mf-example-strip button").nth(2).click()
    visit.wait_other("#mf-cause", before)
    visit.wait_text("#mf-progress", "Explained in")
