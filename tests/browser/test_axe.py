"""axe-core finds nothing serious on any tab, in either language and theme."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from space.text import DEFAULT, LANGUAGES, speaking, words

pytestmark = pytest.mark.browser

GRAVE = ("serious", "critical")
THEMES = ("light", "dark")


def told(violation: dict) -> str:
    """One violation: rule, how many elements, and the first of them."""
    nodes = violation["nodes"]
    return f"{violation['id']} ({violation['impact']}) × {len(nodes)}: {nodes[0]['html'][:200]}"


@pytest.mark.parametrize(
    "visit", [{"color_scheme": theme} for theme in THEMES], indirect=True, ids=list(THEMES)
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_tab_has_a_serious_violation(visit, language):
    if language != DEFAULT:
        visit.go(visit.address + language)
    axe, found = Axe(), []
    with speaking(language):
        for tab in words.TABS:
            visit.open(tab)
            answer = axe.run(visit.page, options={"resultTypes": ["violations"]}).response
            assert answer["passes"], "axe looked at nothing"
            found += [f"{tab}: {told(one)}" for one in answer["violations"] if one["impact"] in GRAVE]
    assert not found, "\n".join(found)


def test_figures_that_are_on_their_way_are_no_violation(visit):
    visit.page.route("**/PlotlyPlot*", lambda route: None)  # never answered: plotly is loaded by itself
    visit.go(visit.address)
    visit.page.wait_for_selector("#mf-ledger-figure [aria-label='Empty value']", state="attached")
    answer = (
        Axe().run(visit.page, context="#mf-ledger-figure", options={"resultTypes": ["violations"]}).response
    )
    assert not [told(one) for one in answer["violations"] if one["impact"] in GRAVE]


def test_axe_sees_what_is_wrong(visit):
    visit.page.evaluate("document.querySelector('#mf-verdict').innerHTML += '<img src=\"data:,\">'")
    found = Axe().run(visit.page, context="#mf-verdict").response["violations"]
    assert [one["id"] for one in found if one["impact"] in GRAVE] == ["image-alt"]
