"""What goes wrong at a page without anybody meaning it: two tabs, double clicks, a lost connection, odd letters."""

import json

import pytest

from space.text import guard_en, words
from tests.browser.conftest import Visit, served

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


def test_a_photo_that_the_queue_refuses_leaves_a_verdict_marked_as_the_one_before_s(visit):
    page = visit.page
    busy = json.dumps({"detail": guard_en.BUSY.format(waiting=60)})
    page.route("**/queue/join*", lambda route: route.fulfill(status=429, body=busy))
    page.locator("#mf-example-strip button").nth(2).click()
    visit.wait_text("body", "so this one was not taken")
    visit.wait_text("#mf-verdict", words.EARLIER)
    assert page.locator("#mf-example-strip button[aria-current]").get_attribute("data-index") == "0"
    visit.complaints.clear()  # of the refusal, which the browser counts as a failed request
    page.unroute("**/queue/join*")
    page.locator("#mf-example-strip button").nth(1).click()
    visit.wait_text("#mf-verdict", words.EXAMPLE_TEXTS["copied"][0])
    page.wait_for_timeout(1000)  # longer than it takes to mark what was not answered
    assert words.EARLIER not in visit.text("#mf-verdict")


FORGETFUL = "import sys, space.start as start; start.SESSIONS = 1; sys.exit(start.start())"
"""The app, which remembers one visitor."""


def test_a_visitor_whom_the_server_let_go_of_is_told_so_and_hears_nothing_about_another_s_photo(
    chromium, tmp_path
):
    with served(tmp_path, "-c", FORGETFUL) as address:
        first, second = (Visit(chromium.new_context().new_page(), address) for _ in range(2))
        first.page.goto(address)
        first.page.wait_for_selector("#mf-verdict .mf-card h3")
        first.page.locator("#mf-example-strip button").nth(2).click()
        first.wait_text("#mf-verdict", words.EXAMPLE_TEXTS["redrawn"][0])
        first.wait_text("#mf-progress", "Explained in")
        second.page.goto(address)
        second.page.wait_for_selector("#mf-verdict .mf-card h3")
        second.open("words")
        second.sentence(1).fill("a photo made of zork")
        second.sentence(1).press("Enter")
        second.wait_text("#mf-change", words.CONTROL_TITLE)  # the first is forgotten now
        first.open("trust")
        first.page.locator("#mf-trust-check").click()
        first.wait_text("#mf-trust-check-progress", words.FORGOTTEN)
        first.open("words")
        first.sentence(1).fill("a photo of fog")
        first.sentence(1).press("Enter")
        first.wait_text("#mf-verdict", words.FORGOTTEN)
        assert "%" not in first.text("#mf-verdict")
        first.wait("() => document.querySelector('#mf-cause .prose').innerText === ''")
        first.page.locator("#mf-example-strip button").nth(1).click()
        first.wait_text("#mf-verdict", words.EXAMPLE_TEXTS["copied"][0])
        for visitor in (first, second):
            visitor.page.context.close()
