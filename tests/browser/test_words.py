"""The section of words in Chromium: branches, undo, files, links, and words linked with the face."""

import json

import pytest

from space.text import words
from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser

CHIPS = "(n) => document.querySelectorAll('.mf-list .mf-chip').length === n"


@pytest.fixture
def lab(visit):
    visit.open("words")
    return visit


def edit_family(lab) -> int:
    """Change the first family's sentence; how many descriptions it stands in."""
    page = lab.page
    family = page.locator(".mf-branch.mf-level-3").first
    count = int(family.locator("small").inner_text().split()[0])
    family.click()
    lab.wait("() => !document.querySelector('#mf-sentence-1') && document.querySelector('#mf-sentence-3')")
    lab.sentence(3).fill("a photo made of zork")
    lab.sentence(3).press("Enter")
    lab.wait(CHIPS, count)
    return count


def test_a_branch_is_edited_in_all_its_descriptions_and_undone_by_keys(lab):
    count = edit_family(lab)
    assert count > 1 and str(count) in lab.page.locator("#mf-scope").inner_text()
    lab.wait_text("#mf-change", words.CONTROL_TITLE)
    lab.wait_text(".mf-branch .mf-unseen", "zork")
    # In a field the keys are the field's own.
    lab.sentence(3).press("Control+z")
    lab.sentence(3).fill("a photo made of zork")  # or leaving the field would be an edit, and redraw the list
    lab.page.locator(".mf-branch").first.focus()
    lab.page.keyboard.press("Control+z")
    lab.wait(CHIPS, 0)
    lab.page.keyboard.press("Control+Shift+Z")
    lab.wait(CHIPS, count)
    lab.page.locator("#mf-undo").click()
    lab.wait(CHIPS, 0)


def test_descriptions_leave_as_a_file_and_come_back(lab, tmp_path):
    page = lab.page
    count = edit_family(lab)
    page.locator("#mf-share button").first.click()
    with page.expect_download() as saved:
        page.locator("#mf-export").click()
    assert saved.value.suggested_filename == words.EXPORT_NAME
    saved.value.save_as(tmp_path / "mine.json")
    assert "zork" in json.dumps(json.loads((tmp_path / "mine.json").read_text(encoding="utf-8")))
    (tmp_path / "broken.json").write_text('[{"fake": tr', encoding="utf-8")
    given = page.locator("input[type=file][accept*=json]")
    given.set_input_files(str(tmp_path / "broken.json"))
    lab.wait_text("#mf-lab-note", "not valid JSON")
    lab.wait(CHIPS, count)
    page.locator("#mf-reset").click()
    lab.wait(CHIPS, 0)
    given.set_input_files(str(tmp_path / "mine.json"))
    lab.wait(CHIPS, count)


def test_a_link_brings_the_descriptions_and_a_broken_one_a_sentence(lab):
    page = lab.page
    count = edit_family(lab)
    page.locator("#mf-share button").first.click()
    page.locator("#mf-link-make").click()
    lab.wait("() => document.querySelector('#mf-link textarea, #mf-link input').value.includes('#prompts=')")
    link = page.locator("#mf-link textarea, #mf-link input").first.input_value()
    for address, said, chips in ((link, "came with the link", count), (link[:-9], "damaged or cut off", 0)):
        # In a page of its own: leaving this one would break off its explanations, which the console tells.
        other = Visit(page.context.new_page(), lab.address)
        other.page.on("pageerror", lambda error: lab.complaints.append(str(error)))
        other.page.goto(address)
        other.open("words")
        other.wait_text("#mf-lab-note", said)
        other.wait(CHIPS, chips)


def test_words_paint_the_face_and_cells_colour_the_words(lab):
    page = lab.page
    page.locator("#mf-linked-run").click()
    page.wait_for_selector("#mf-linked canvas")
    painted = "document.querySelector('#mf-linked canvas').toDataURL()"
    said = page.locator(".mf-linked-said")
    word = page.locator(".mf-linked-sentence:not([hidden]) .mf-word")
    word.nth(0).hover()
    first = page.evaluate(painted)
    word.nth(4).focus()
    assert page.evaluate(painted) != first and word.nth(4).get_attribute("aria-pressed") == "true"
    face = page.locator("#mf-linked .mf-map")
    face.focus()
    page.keyboard.press("ArrowDown")
    before = said.inner_text()
    page.keyboard.press("ArrowDown")
    assert said.inner_text() != before and page.locator(".mf-linked .mf-cursor").is_visible()
    assert all(number.strip() for number in word.locator("small").all_inner_texts())
    lab.choose_row(3)
    lab.sentence(4).fill("fog")
    lab.sentence(4).press("Enter")
    lab.wait_text("#mf-linked", words.LINKED_STALE)


def test_a_pasted_novel_gets_a_sentence_and_is_not_lost(lab):
    lab.choose_row(2)
    lab.sentence(2).fill("x" * 50_000)
    lab.sentence(2).press("Enter")
    lab.wait_text("#mf-change", "has 50000 characters; at most 1000 are allowed")
    assert len(lab.sentence(2).input_value()) == 50_000
    lab.page.locator("#mf-undo").click()
    lab.wait_text("#mf-verdict", words.CAUTION)
