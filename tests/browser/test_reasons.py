"""The sections below the verdict, as a visitor uses them in Chromium."""

import json
import re
from pathlib import Path

import pytest

from space.text import speaking, words

pytestmark = pytest.mark.browser

PHONE_DARK = {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"}
TABS = tuple(words.TABS)


def test_a_map_is_tested_and_its_receipt_read(visit):
    visit.open("trust")
    visit.page.locator("#mf-trust-check").click()
    visit.page.wait_for_selector("#mf-trust-receipt .mf-receipt", timeout=180_000)
    said = visit.text("#mf-trust-receipt")
    assert any(verdict in said.lower() for verdict in ("holds", "weak", "fails"))
    assert visit.page.locator("#mf-trust-receipt table tbody tr").count() >= 4
    failed = visit.page.locator("#mf-trust-receipt .mf-fails").count()
    visit.open("where")
    visit.wait(
        "(failed) => !!document.querySelector('#mf-where-view .mf-notice') === !!failed",
        failed,
    )


def test_a_full_test_says_how_long_it_takes_and_can_be_stopped(visit):
    visit.open("trust")
    assert re.search(r"about \d+ s", visit.text("#mf-trust-expected"))
    visit.page.locator("#mf-trust-check-full").click()
    visit.wait_text("#mf-trust-check-progress", words.RECEIPT_NAME_FULL)
    visit.wait_text("#mf-trust-check-progress", "s left")
    visit.page.locator("#mf-trust-check-stop").click()
    visit.wait_text("#mf-trust-check-progress", words.TRUST_STOPPED)
    assert visit.text("#mf-trust-receipt").strip() == words.RECEIPT_EMPTY


def test_the_audit_and_the_pairs_are_stopped_or_shown_with_how_to_read_them(visit):
    visit.page.locator("#mf-audit-run").click()  # over too soon for anybody to stop it here
    visit.wait_text("#mf-audit-guide", words.AUDIT_READ)
    visit.page.locator("#mf-audit-figure .main-svg").first.wait_for(state="visible")
    visit.open("pairs")
    visit.page.locator("#mf-pairs-run").click()
    visit.wait_text("#mf-pairs-progress", "Explaining")
    visit.page.locator("#mf-pairs-stop").click()
    visit.wait_text("#mf-pairs-progress", words.STOPPED)


def test_a_map_is_stopped_and_the_one_before_stays(visit):
    visit.open("where")
    before = visit.page.locator("#mf-where-view .mf-map").get_attribute("data-values")
    visit.page.locator("#mf-map-method label").nth(1).click()
    steps = visit.page.locator("#mf-knob-pixels-steps input[type=number]")
    steps.fill("256")
    steps.press("Tab")
    visit.page.locator("#mf-map-run").click()
    visit.wait_text("#mf-where-progress", "step 1")
    visit.page.locator("#mf-map-stop").click()
    visit.wait_text("#mf-where-progress", words.STOPPED)
    visit.page.wait_for_timeout(2000)  # whatever is still on its way
    assert visit.text("#mf-where-progress") == words.STOPPED
    assert visit.page.locator("#mf-where-view .mf-map").get_attribute("data-values") == before


def test_an_example_picked_meanwhile_is_the_one_that_is_explained(visit):
    def explained() -> list[str]:
        visit.wait_text("#mf-progress", "Explained in")
        values = visit.page.locator("#mf-where-view .mf-map").first.get_attribute("data-values")
        return [visit.text("#mf-verdict"), visit.text("#mf-cause"), values]

    strip = visit.page.locator("#mf-example-strip button")
    visit.open("where")
    first = visit.text("#mf-cause")
    strip.nth(2).click()
    visit.wait_other("#mf-cause", first)
    alone = explained()
    strip.nth(1).click()
    visit.wait_text("#mf-progress", "step 2")
    strip.nth(2).click()
    visit.wait("() => document.querySelector('.mf-pending')")
    visit.wait("() => !document.querySelector('.mf-pending')")
    assert explained() == alone
    visit.page.wait_for_timeout(2000)
    assert explained() == alone


def test_a_photo_is_swept_and_the_sweep_can_be_stopped(visit):
    visit.open("trust")
    visit.page.locator("#mf-trust-sweep").click()
    visit.wait_text("#mf-trust-swept", "%")
    visit.wait("() => /done in/.test(document.querySelector('#mf-trust-sweep-progress').innerText)")
    visit.page.wait_for_selector("#mf-trust-curve .js-plotly-plot, #mf-trust-swept .js-plotly-plot")


def test_the_base_rate_answers_to_the_keyboard(visit):
    visit.open("trust")
    slider = visit.page.locator("#mf-trust-base-rate input[type=range]")
    slider.focus()
    visit.page.keyboard.press("Home")
    few = visit.text("#mf-trust-base-rate")
    visit.page.keyboard.press("End")
    visit.wait("(t) => document.querySelector('#mf-trust-base-rate').innerText !== t", few)
    alarms = [
        int(re.search(r"(\d+) of 100 alarms", text)[1]) for text in (few, visit.text("#mf-trust-base-rate"))
    ]
    assert alarms[0] < alarms[1]


def test_a_copy_of_the_photo_is_compared_under_one_scale(visit):
    visit.open("compare")
    visit.page.locator("#mf-compare-run").click()
    visit.wait("() => /done in/.test(document.querySelector('#mf-compare-progress').innerText)")
    assert visit.page.locator("#mf-compare-maps img").count() >= 2
    assert "%" in visit.text("#mf-compare-cards") and visit.text("#mf-compare-said")
    visit.page.locator("#mf-example-strip button").nth(1).click()
    visit.wait_text("#mf-compare-cards", words.COMPARE_EMPTY)


def test_the_lesson_asks_first_and_every_step_is_reached(visit):
    visit.open("learn")
    for step in range(1, 7):
        card = visit.page.locator(f"#mf-learn .mf-lesson[data-step='{step}']")
        card.wait_for(timeout=120_000)
        reveal = card.locator("[data-reveal]")
        assert reveal.is_hidden()
        card.locator(".mf-lesson-choice input").first.check()
        card.locator("[data-check]").click()
        reveal.wait_for(state="visible")
        assert card.locator(".mf-lesson-hit").count() >= 1
        if step < 6:
            card.locator("[data-turn]", has_text="Next").last.click()


def test_the_reports_are_downloads_that_hold_the_verdict(visit, tmp_path):
    margin = re.search(r"Margin\s*([+−]?[\d.]+)", visit.text("#mf-readouts"))[1].replace("−", "-")
    for kind in ("html", "json"):
        with visit.page.expect_download() as told:
            visit.page.locator(f"#mf-report-{kind}").click()
        path = tmp_path / f"report.{kind}"
        told.value.save_as(path)
        assert told.value.suggested_filename == f"mfclip-report.{kind}"
        if kind == "json":
            report = json.loads(path.read_text(encoding="utf-8"))
            assert round(report["verdict"]["margin"], 3) == pytest.approx(float(margin), abs=2e-3)
            assert [result["method"] for result in report["results"]] == [
                "ledger",
                "occlusion",
                "words",
                "noise",
            ]
        else:
            assert "plotly" in path.read_text(encoding="utf-8")[:6_000_000]


def test_descriptions_travel_by_link_without_the_photo(visit, chromium):
    visit.open("words")
    visit.sentence(1).fill("a snapshot of somebody")
    visit.sentence(1).press("Enter")
    visit.wait_text(".mf-list .mf-chip", words.EDITED)
    visit.page.locator("#mf-share button").first.click()
    visit.page.locator("#mf-link-make").click()
    field = visit.page.locator("#mf-link textarea, #mf-link input").first
    visit.wait("() => document.querySelector('#mf-link textarea, #mf-link input').value.startsWith('http')")
    link = field.input_value()
    assert len(link) < 8000 and "astronaut" not in link
    page = chromium.new_context().new_page()
    page.goto(link)
    page.wait_for_selector("#mf-verdict .mf-card h3")
    page.get_by_role("tab", name=words.TABS["words"], exact=True).click()
    page.wait_for_function(
        "() => document.querySelector('.mf-list')?.innerText.includes('snapshot') || "
        "document.querySelector('#mf-sentence-1 textarea, #mf-sentence-1 input')?.value.includes('snapshot')"
    )
    page.context.close()


def test_hostile_text_is_shown_as_text(visit):
    visit.open("words")
    hostile = '<img src=x onerror="window.hurt=1"> ${7*7} {{7*7}} مرحبا 😀'
    visit.sentence(4).fill(hostile)
    visit.sentence(4).press("Enter")
    visit.wait_text(".mf-list", "onerror")
    assert visit.page.evaluate("window.hurt") is None
    assert "49" not in visit.page.locator(".mf-list label").first.inner_text()


@pytest.mark.parametrize("visit", [{}, PHONE_DARK], indirect=True, ids=["wide", "phone dark"])
def test_every_section_fits_and_can_be_reached_by_keyboard(visit):
    page = visit.page
    for key in TABS:
        if page.get_by_role("tab", name=words.TABS[key], exact=True).count() == 0:
            continue  # gradio folds tabs that do not fit into a menu
        visit.open(key)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), key
    page.get_by_role("tab").first.focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.getAttribute('role')") == "tab"


def test_nothing_of_the_photo_is_left_in_the_page_s_own_folder(visit, save, astronaut):
    before = set(Path("/tmp/gradio").glob("**/*")) if Path("/tmp/gradio").is_dir() else set()
    visit.give(save(astronaut, "someone.png"))
    visit.wait_text("#mf-progress", "Explained in")
    after = set(Path("/tmp/gradio").glob("**/*")) if Path("/tmp/gradio").is_dir() else set()
    assert after == before  # uploads go to GRADIO_TEMP_DIR, which is swept, and nowhere else


def test_the_page_speaks_chinese_and_so_do_its_answers(visit):
    with speaking("zh"):
        evidence, explained, edited = (
            list(words.EVIDENCE.values()),
            words.EXPLAINED.split("{")[0],
            words.EDITED,
        )
        tab = words.TABS["words"]
    visit.go(visit.address + "zh")
    assert any(said in visit.text("#mf-verdict") for said in evidence)
    visit.page.locator("#mf-example-strip button").nth(2).click()
    visit.wait_text("#mf-progress", explained)
    assert any(said in visit.text("#mf-verdict") for said in evidence)
    visit.page.get_by_role("tab", name=tab, exact=True).click()
    visit.sentence(1).fill("a holiday in the mountains")
    visit.sentence(1).press("Enter")
    visit.wait_text(".mf-list .mf-chip", edited)


def test_figures_of_a_new_photo_are_there_whichever_tab_was_open(visit):
    """A figure emptied and filled again out of sight once left gradio's sign for an empty one."""
    for number in (2, 1, 3):
        visit.page.locator("#mf-example-strip button").nth(number).click()
        visit.page.wait_for_timeout(400)
    visit.wait_text("#mf-progress", "Explained in")
    for place in ("ledger", "words", "noise"):
        visit.open(place)
        visit.page.locator(f"#mf-{place}-figure .main-svg").first.wait_for(state="visible")
