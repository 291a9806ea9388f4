"""Compare: two verdicts under one scale, the same face re-saved or mirrored, and friendly refusals."""

import re
from html import unescape

import gradio as gr
import numpy as np
import pytest

import explain
from explain.figures import scale_of
from mfclip.photo import read_photo
from mfclip.preprocess import cut_square, re_encode
from mfclip.prompts import Hierarchy
from space.components import comparison
from space.components.comparison import Compared
from space.components.face_image import Refused
from space.explained import SETTINGS, Explained, place_of
from space.handlers import compare
from space.handlers.working import Visit
from space.judging import judge
from space.session import begin
from space.tabs import compare as tab
from space.text import words
from tests.explain.conftest import make_small
from tests.explain.figures import made_up


@pytest.fixture(scope="module")
def small():
    return make_small()


@pytest.fixture
def photo(astronaut):
    return read_photo(astronaut)


@pytest.fixture
def session(small, photo):
    return judge(small, begin(small.hierarchy), photo)


def plain(html: str) -> str:
    return unescape(re.sub(r"<[^>]*>", " ", html))


def numbers(html: str) -> list[list[float]]:
    rows = re.findall(r"<tr class=[^>]*>(.*?)</tr>", html, re.S)
    cells = [re.findall(r'<td class="mf-number[^"]*">([^<]*)</td>', row) for row in rows]
    return [[float(cell.replace("−", "-")) for cell in row] for row in cells]


def ledger(*shares: float):
    return made_up.result(
        "ledger",
        labels={"contributions": ("image stream", "noise stream")},
        contributions=list(shares),
        base=[0.25],
    )


def field(cells):
    return made_up.result("grid", map=np.asarray(cells, dtype=float))


class TestFlow:
    def test_a_copy_saved_again_as_it_comes(self, small, session, photo):
        steps = list(
            compare.compare(small, Visit(session.now), session, Explained(), photo, "jpeg", None, False, 60)
        )
        assert {len(values) for values in steps} == {5}
        assert words.COMPARE_EMPTY in steps[0][2] and all("step" in values[0] for values in steps[:-1])
        line, said, cards, table, maps = steps[-1]
        assert "done in" in line and "quality 60" in cards and maps.count("mf-over") == 2
        whole = re_encode(photo.rgb, quality=60, subsampling=2)
        other = small(np.ascontiguousarray(cut_square(whole, session.now.face.crop.region)), cropped=True)
        total = numbers(table)[-1]
        assert total == pytest.approx(
            [session.now.margin, other.margin, other.margin - session.now.margin], abs=0.003
        )
        assert "go together at" in plain(said) and "turned back" not in said

    def test_a_mirror_image_is_turned_back_before_maps_are_compared(self, small, session, photo):
        *_, (_, said, cards, _, _) = compare.compare(
            small, Visit(session.now), session, Explained(), photo, "mirror", None, False, 60
        )
        assert words.COMPARE_TURNED_BACK in plain(said) and words.COMPARE_B["mirror"] in cards

    def test_another_photo_under_the_visitors_sentences(self, small, session, photo, two_faces):
        session = session.revised(small.revise(session.start, Hierarchy(small.hierarchy.descriptions[:3])))
        second = read_photo(two_faces)
        *_, (_, said, cards, table, _) = compare.compare(
            small, Visit(session.now), session, Explained(), None, "photo", second, False, 60
        )
        other = small(second, hierarchy=session.now.hierarchy)
        assert numbers(table)[-1][:2] == pytest.approx([session.now.margin, other.margin], abs=0.003)
        assert "go together" not in said and words.COMPARE_B["photo"] in cards

    def test_the_same_photo_differs_in_nothing(self, small, session, photo):
        *_, (_, said, _, table, _) = compare.compare(
            small, Visit(session.now), session, Explained(), photo, "photo", photo, False, 60
        )
        assert words.COMPARE_NOTHING.format(least=comparison.LEAST) in plain(said)
        assert all(row[2] == 0 for row in numbers(table)) and "mf-most" not in table

    def test_what_the_page_knows_of_the_photo_is_not_asked_again(self, small, session, photo, monkeypatch):
        known = Explained(session.now)
        for method, settings in (("ledger", {}), ("occlusion", SETTINGS["occlusion"])):
            known = known.with_result(
                place_of(method), explain.explain(small, session.now, method, **settings)
            )
        asked, run = [], explain.explain
        monkeypatch.setattr(
            explain,
            "explain",
            lambda *given, **told: asked.append((given[2], given[1] is session.now)) or run(*given, **told),
        )
        *_, values = compare.compare(
            small, Visit(session.now), session, known, photo, "mirror", None, False, 60
        )
        assert asked == [("ledger", False), ("occlusion", False)]
        asked.clear()
        *_, again = compare.compare(
            small, Visit(session.now), session, Explained(), photo, "mirror", None, False, 60
        )
        assert asked == [("ledger", True), ("ledger", False), ("occlusion", True), ("occlusion", False)]
        assert again[1:] == values[1:]
        other = known.with_result("where", run(small, session.now, "occlusion", side=7))
        asked.clear()
        list(compare.compare(small, Visit(session.now), session, other, photo, "mirror", None, False, 60))
        assert ("occlusion", True) in asked and ("ledger", True) not in asked

    def test_a_detector_without_maps_keeps_its_verdicts(self, small, session, photo, monkeypatch):
        run = explain.explain

        def without_maps(detector, verdict, method, **told):
            if method == compare.MAP:
                raise ValueError("This model has <b>no</b> map.")
            return run(detector, verdict, method, **told)

        monkeypatch.setattr(explain, "explain", without_maps)
        *_, (line, said, cards, table, maps) = compare.compare(
            small, Visit(session.now), session, Explained(), photo, "jpeg", None, False, 60
        )
        assert "done in" in line and said and cards.count("<figure") == 2 and table
        assert "mf-notice" in maps and "&lt;b&gt;no" in maps and "<figure" not in maps

    def test_refusals_leave_nothing_standing(self, small, session, photo, landscape):
        cases = [
            (session, photo, "photo", None, words.COMPARE_NO_SECOND),
            (
                session,
                photo,
                "photo",
                Refused("It is <b>broken</b>."),
                "The other photo: It is &lt;b&gt;broken",
            ),
            (session, photo, "photo", read_photo(landscape), "The other photo: No face was found"),
            (session, None, "jpeg", None, words.TRUST_PHOTO_GONE),
            (session, photo, "colour", None, "choose one of jpeg, mirror, photo"),
            (begin(small.hierarchy), photo, "jpeg", None, words.TRUST_NO_VERDICT),
        ]
        for given, first, kind, second, sentence in cases:
            *_, values = compare.compare(
                small, Visit(given.now), given, Explained(), first, kind, second, False, 60
            )
            assert sentence in values[0] and values[1:] == compare.cleared(given)[1:]


class TestComparison:
    def compared(self, session, kind="jpeg", ledgers=None, maps=None):
        return Compared(kind, "B · <b>", (session.now, session.now), ledgers, maps)

    def test_the_sentence_names_what_differs_most(self, session):
        said = comparison.sentences(self.compared(session, ledgers=(ledger(0.5, 0.1), ledger(0.4, -0.3))))
        player = words.PLAYER_NAMES["noise stream"]
        assert f"What differs most is {player}: +0.10 for A, −0.30 for B." in said
        same = comparison.sentences(self.compared(session, ledgers=(ledger(0.5, 0.1), ledger(0.49, 0.1))))
        assert words.COMPARE_NOTHING.format(least=0.02) in same

    def test_columns_and_rows_add_up_as_shown(self, session):
        table = comparison.ledger_table(
            self.compared(session, ledgers=(ledger(0.5004, 0.1004), ledger(0.4, -0.3)))
        )
        rows = numbers(table)
        for column in range(2):
            assert sum(row[column] for row in rows[:-1]) == pytest.approx(rows[-1][column], abs=1e-9)
        assert all(b - a == pytest.approx(difference, abs=1e-9) for a, b, difference in rows)
        assert re.findall(r'<tr class="mf-most"><th scope="row">([^<]*)', table) == [
            words.PLAYER_NAMES["noise stream"]
        ]

    def test_maps_go_together(self, session):
        cells = np.arange(16.0).reshape(4, 4)
        again = self.compared(session, maps=(field(cells), field(2 * cells + 1)))
        assert again.alike == pytest.approx(1)
        mirrored = (field(cells), field(cells[:, ::-1]))
        assert self.compared(session, "mirror", maps=mirrored).alike == pytest.approx(1)
        assert self.compared(session, maps=mirrored).alike < 1
        assert self.compared(session, "photo", maps=mirrored).alike is None
        assert self.compared(session, maps=(field(cells), field(np.zeros((4, 4))))).alike is None

    def test_both_maps_are_drawn_on_the_scale_of_both(self, session):
        maps = (field([[0.1, -0.1], [0, 0]]), field([[0.8, 0], [0, 0]]))
        html = comparison.map_pair(self.compared(session, maps=maps), "dark")
        top = scale_of(maps)
        assert f"+{top:.2f}" in html and f"−{top:.2f}" in html
        alone = comparison.map_pair(self.compared(session, maps=(maps[0], maps[0])), "dark")
        pictures = re.findall(r'class="mf-over" src="([^"]*)"', html)
        assert pictures[0] != re.findall(r'class="mf-over" src="([^"]*)"', alone)[0]

    def test_titles_are_text(self, session):
        for html in (
            comparison.verdict_cards(self.compared(session)),
            comparison.map_pair(self.compared(session, maps=(field([[1.0]]), field([[1.0]]))), "light"),
        ):
            assert "<b>" not in html and "&lt;b&gt;" in html


def test_the_section_is_labelled_and_wires_nothing(small, session):
    with gr.Blocks() as blocks:
        drawn = tab.draw()
    parts = [part for part in vars(drawn).values() if isinstance(part, gr.components.Component)]
    assert len(parts) == 11 and all(part.elem_id.startswith("mf-compare-") for part in parts)
    assert all(
        part.label for part in parts if isinstance(part, gr.Radio | gr.Slider | gr.Image | gr.Checkbox)
    )
    assert drawn.photo.format == "png" and not blocks.fns
    assert len(compare.cleared(session)) == len(drawn.outputs)
    assert {value for _, value in words.COMPARE_CHOICES} == set(words.COMPARE_B)


def test_controls_follow_the_kind():
    seen = {kind: [update["visible"] for update in compare.controls(kind)] for kind in words.COMPARE_B}
    assert seen == {
        "jpeg": [False, False, True],
        "mirror": [False, False, False],
        "photo": [True, True, False],
    }


def test_maps_and_shares_are_the_toolkits_own(small, session, photo):
    *_, (_, _, _, table, _) = compare.compare(
        small, Visit(session.now), session, Explained(), photo, "mirror", None, False, 60
    )
    shares = explain.explain(small, session.now, "ledger").values["contributions"]
    assert [row[0] for row in numbers(table)[1:-1]] == pytest.approx(shares.tolist(), abs=0.0011)
