"""The report in Chromium: it draws its figures, asks nobody, complains of nothing, and fits phone, dark and paper."""

import re
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from explain.report import make_report
from explain.report_html import to_html
from tests.explain.conftest import make_small
from tests.explain.figures.made_up import corner, receipt, result

pytestmark = pytest.mark.browser

HOSTILE = "<img src=x onerror=document.title='broken'>.png"
SCREENS = {
    "desk": {},
    "dark": {"color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}},
    "phone dark": {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"},
}
DRAWN = """() => [...document.querySelectorAll('[data-figure]')]
  .filter((place) => !place.closest('details:not([open])')).every((place) => place.querySelector('.main-svg'))"""


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Reports without and with the face, one map refuted and one pale beside a strong one."""
    from skimage import data

    folder = tmp_path_factory.mktemp("report")
    Image.fromarray(np.ascontiguousarray(data.astronaut()[..., :3])).save(folder / HOSTILE)
    made = make_report(make_small(), folder / HOSTILE, ["ledger", "words", "noise", "audit"], quick=True)
    maps = (result("grid", map=corner(14, 0.01)), result("occlusion", map=corner(7, 50.0)))
    proofs = {**made.receipts, "grid": replace(receipt("fails"), method="grid")}
    made = replace(made, results=(*made.results, *maps), receipts=proofs)
    pages = {}
    for name, with_face in (("plain", False), ("face", True)):
        pages[name] = folder / f"{name}.html"
        pages[name].write_text(to_html(replace(made, with_face=with_face)), encoding="utf-8")
    return pages


@pytest.fixture
def look(chromium):
    """A function that opens a file on a screen; a test fails on any complaint or request for anything else."""
    contexts, complaints, asked = [], [], []

    def open_page(path, **screen):
        contexts.append(chromium.new_context(**{"viewport": {"width": 1280, "height": 900}, **screen}))
        page = contexts[-1].new_page()
        page.on(
            "console",
            lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None,
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.as_uri())
        page.wait_for_function(DRAWN, timeout=60_000)
        return page

    yield open_page
    outside = [
        url for url in asked if not url.startswith(("data:", "blob:")) and not url.endswith((".html",))
    ]
    for context in contexts:
        context.close()
    assert not complaints, complaints
    assert not outside and all(url.startswith(("file:", "data:", "blob:")) for url in asked), asked


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("name", ["plain", "face"])
def test_it_draws_everything_and_fits(look, written, name, screen):
    page = look(written[name], **SCREENS[screen])
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    wide = page.evaluate(
        "() => [...document.querySelectorAll('.js-plotly-plot')].filter((p) => p.clientWidth && "
        "p.querySelector('.main-svg').clientWidth > p.clientWidth + 1).map((p) => p.dataset.figure)"
    )
    assert wide == []
    red = int(re.findall(r"\d+", page.evaluate("getComputedStyle(document.body).backgroundColor"))[0])
    assert red < 60 if "dark" in screen else red > 230
    letters = page.evaluate("getComputedStyle(document.querySelector('.js-plotly-plot .xtick text')).fill")
    bright = int(re.findall(r"\d+", letters)[0])
    assert bright > 200 if "dark" in screen else bright < 60


def test_a_hostile_name_is_text(look, written):
    page = look(written["plain"])
    assert HOSTILE in page.inner_text("header") and page.title().startswith(HOSTILE)
    assert page.locator("header img").count() == 0


def test_nothing_else_may_run_or_be_fetched(chromium, written):
    context = chromium.new_context()
    page = context.new_page()
    page.goto(written["plain"].as_uri())
    page.evaluate(
        "const s = document.createElement('script'); s.textContent = 'window.ran = 1'; document.body.append(s)"
    )
    assert page.evaluate("window.ran") is None
    fetched = page.evaluate("fetch('http://127.0.0.1:9/').then(() => 'sent', () => 'refused')")
    assert fetched == "refused"
    context.close()


def test_a_refuted_map_is_grey_and_another_is_not(look, written):
    page = look(written["plain"])
    ends = "(s) => document.querySelector(s).layout.coloraxis.colorscale.map((stop) => stop[1])"
    for name, grey in (("grid", True), ("occlusion", False)):
        colours = [
            re.findall(r"\d+", colour)[:3] for colour in page.evaluate(ends, f"[data-figure='{name}']")
        ]
        assert (len({tuple(colour) for colour in colours}) == 1) is grey, name


def test_what_is_folded_up_is_drawn_when_it_is_opened(look, written):
    page = look(written["plain"])
    pale = page.locator("[data-figure='grid-stronger']")
    assert pale.locator(".main-svg").count() == 0
    page.locator("#grid details.stronger summary").click()
    pale.locator(".main-svg").first.wait_for()
    assert pale.evaluate("(p) => p.clientWidth") > 300


def test_the_colours_follow_the_reader(look, written):
    page = look(written["plain"])
    ink = "() => getComputedStyle(document.querySelector('.js-plotly-plot .xtick text')).fill"
    light = page.evaluate(ink)
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(f"(before) => ({ink})() !== before", arg=light)


def test_it_prints_on_paper_in_light_colours(look, written):
    page = look(written["face"], **SCREENS["dark"])
    printed = page.pdf(format="A4", print_background=True)
    assert printed.startswith(b"%PDF") and len(printed) > 20_000
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(27, 36, 48)"
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    wide = page.evaluate(
        "Math.max(...[...document.querySelectorAll('.main-svg')].map((svg) => svg.clientWidth))"
    )
    assert 600 < wide <= 660
