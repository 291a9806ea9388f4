"""What goes wrong at a page without anybody meaning it: two tabs, double clicks, a lost connection, odd letters."""

import pytest

from space.text import words
from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser

ODD = (
    "a photo of a 🙂 👩🏽‍🚀 face",
    "صورة وجه حقيقي",
    "וידוי \u202eecaf a\u202c",
    "a\u0301\u0301\u0301 face",
)


def test_two_tabs_of_one_browser_keep_their_own_descriptions(visit):
    other = Visit(visit.page.context.new_page(), visit.address)
    other.page.goto(visit.address)
    other.page.wait_for_selector("#mf-verdict .mf-card h3")
    before = visit.text("#mf-verdict")
    other.open("words")
    other.sentence(1).fill("a photo made of zork")
    other.sentence(1).press("Enter")
    other.wait_text("#mf-change", words.CONTROL_TITLE)
    visit.open("words")
    assert visit.text("#mf-verdict") == before and visit.sentence(1).input_value() != "a photo made of zork"
    assert words.CONTROL_TITLE not in visit.text("#mf-change")


def test_a_double_click_judges_once_and_ends_with_that_example(visit):
    strip = visit.page.locator("#mf-example-strip button")
    before = visit.text("#mf-verdict")
    strip.nth(2).click()
    alone = visit.wait_other("#mf-verdict", before)
    visit.wait_text("#mf-progress", "Explained in")
    strip.nth(0).click()
    visit.wait_other("#mf-verdict", alone)
    strip.nth(2).dblclick()
    visit.wait("(t) => document.querySelector('#mf-verdict .prose').innerText === t", alone)
    visit.wait_text("#mf-progress", "Explained in")
    assert visit.text("#mf-verdict") == alone


def test_odd_letters_are_judged_or_refused_and_shown_as_they_are(visit):
    visit.open("words")
    for sentence in ODD:
        visit.sentence(1).fill(sentence)
        visit.sentence(1).press("Enter")
        visit.wait("(t) => document.querySelector('.mf-list label[title]').title.startsWith(t)", sentence)
        assert visit.page.locator("#mf-verdict .mf-card h3").count() == 1


def test_a_lost_connection_is_told_and_the_page_opens_anew(visit):
    page, before = visit.page, visit.text("#mf-verdict")
    page.context.set_offline(True)
    page.locator("#mf-example-strip button").nth(2).click()
    visit.wait_text("body", "Connection to the server was lost")
    assert visit.text("#mf-verdict") == before, "no verdict of a photo that was never looked at"
    with page.expect_navigation():  # gradio asks until the server answers, and opens the page again
        page.context.set_offline(False)
    page.wait_for_selector("#mf-verdict .mf-card h3")
    visit.complaints.clear()  # that the server was away is what the browser complained of
    page.locator("#mf-example-strip button").nth(1).click()
    visit.wait_other("#mf-verdict", before)
