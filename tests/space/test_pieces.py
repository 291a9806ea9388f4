"""What is drawn: escaping, numbers that add up, outlines in the right place, figures that read on any background."""

import base64
import io
import itertools
import re

import numpy as np
import pytest
from PIL import Image

from explain.figures import FAKE, REAL, Bar, Branch, cells, draw_similarities, draw_tree
from explain.figures.palette import mixed
from mfclip.photo import read_photo
from mfclip.preprocess import FACE_SIZE, WINDOW
from space.components import descriptions, face_views, tree_view, verdict_card
from space.components.example_strip import examples
from space.components.markup import png, rounded_parts, signed, text
from space.judging import judge, settle
from space.text import LANGUAGES, words

HOSTILE = "<img src=x onerror=alert(1)> {{value}} ${1+1} `b` \"q\" 'p'"


def test_text_leaves_nothing_to_a_browser_or_a_template():
    assert not set("<>{}$`\"'") & set(text(HOSTILE))


def test_a_hostile_sentence_stays_text_everywhere(detector, judged):
    session = settle(detector, judged.with_text(1, True, (HOSTILE, HOSTILE, HOSTILE, HOSTILE)))
    decision = detector.config.decision
    for drawn in (
        descriptions.description_list(session, 1),
        descriptions.change_card(session, decision),
        tree_view.tree_list(session),
        verdict_card.verdict_card(session, decision),
        descriptions.change_card(session.refused(HOSTILE, "descriptions"), decision),
        verdict_card.verdict_card(session.refused(HOSTILE, "photo"), decision),
    ):
        assert "<img" not in drawn and "{{" not in drawn and "${" not in drawn
    assert "onerror" in descriptions.description_list(session, 1)


@pytest.mark.parametrize(
    "parts", [(0.125, 0.125, 0.125), (-1.005, 2.004, 0.333), (0.0, 0.0, 0.0), (-0.004, -0.004, 0)]
)
def test_displayed_parts_add_up_to_the_displayed_sum(parts):
    shown = rounded_parts(parts)
    assert sum(shown) == pytest.approx(round(sum(parts), 2), abs=1e-9)
    assert all(abs(a - b) < 0.01 for a, b in zip(parts, shown, strict=True))


def test_a_part_that_is_kept_reads_the_same_beside_any_others():
    for head, language in itertools.product(np.linspace(-1, 1, 37), repeat=2):
        parts = (float(head), float(language), -0.5244)
        shown = rounded_parts(parts, 3, kept=1)
        assert shown[2] == -0.524 and sum(shown) == pytest.approx(round(sum(parts), 3), abs=1e-9)
        assert all(abs(a - b) < 0.0015 for a, b in zip(parts, shown, strict=True))


def test_signed_numbers_have_a_true_minus_and_no_sign_at_zero():
    assert [signed(x) for x in (0.254, -1.3, -0.001)] == ["+0.25", "−1.30", "0.00"]


def test_the_sum_on_the_page_adds_up(detector, judged):
    html = verdict_card.readouts_card(judged, detector.config.decision)
    numbers = [
        float(n.replace("−", "-")) for n in re.findall(r'<td class="mf-number">([+−]?[\d.]+)</td>', html)
    ]
    assert len(numbers) == 4 and sum(numbers[:3]) == pytest.approx(numbers[3], abs=1e-9)
    decision, now = detector.config.decision, judged.now
    assert signed(numbers[1] + numbers[2], 3) in html.split("</table>")[1]
    assert decision.a * now.head + decision.b * now.language + decision.c == pytest.approx(
        now.margin, abs=1e-5
    )


def test_the_card_holds_the_words_the_chance_the_doubts_and_the_caution(detector, judged):
    html = verdict_card.verdict_card(judged, detector.config.decision)
    assert words.EVIDENCE[judged.now.evidence] in html and words.CAUTION in html
    assert f"{100 * judged.now.probability:.0f}" in html
    assert html.count("<li>") == len(judged.now.doubts)


def test_pictures_are_png_without_loss():
    pixels = np.random.default_rng(1).integers(0, 256, (30, 40, 3), dtype=np.uint8)
    content = base64.b64decode(png(pixels).removeprefix("data:image/png;base64,"))
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(content))), pixels)


def test_the_residual_is_signed_centred_and_on_a_fixed_scale():
    drawn = face_views.diverging(np.array([[-3.0, -1.5, 0.0, 1.5, 3.0]]))
    assert drawn[0, :, 3].tolist() == [255, 128, 0, 128, 255]
    assert (drawn[0, 0, :3] == drawn[0, 1, :3]).all() and (drawn[0, 3, :3] == drawn[0, 4, :3]).all()
    assert drawn[0, 0, 0] > drawn[0, 0, 1] and drawn[0, 4, 1] > drawn[0, 4, 0]


@pytest.mark.parametrize("factor", [1, 3])
def test_window_outlines_lie_where_the_windows_were_cut(detector, begun, astronaut, factor):
    photo = np.asarray(
        Image.fromarray(astronaut).resize((512 * factor, 512 * factor), Image.Resampling.BICUBIC)
    )
    session = judge(detector, begun, read_photo(photo))
    crop = session.start.face.crop
    html = face_views.face_view(session)
    side = WINDOW / (crop.region[2] - crop.region[0]) * FACE_SIZE
    drawn = re.findall(r'class="mf-light" x="([-\d.]+)" y="([-\d.]+)" width="([\d.]+)"', html)
    assert len(drawn) == 4
    for x, y, width in drawn:
        assert float(width) == pytest.approx(side, abs=0.02)
        assert -0.02 <= float(x) and float(x) + side <= FACE_SIZE + 0.02 and -0.02 <= float(y)
    richest = crop.window_frames[session.start.patch.index]
    x, y = crop.frame.from_photo(np.array([richest.x, richest.y]))
    assert f'<g class="mf-chosen"><rect class="mf-dark" x="{x:.2f}" y="{y:.2f}"' in html


def test_the_note_tells_whose_pixels_the_patch_has(detector, begun, astronaut):
    def noted(photo):
        return face_views.face_view(judge(detector, begun, read_photo(photo), cropped=True))

    face = Image.fromarray(astronaut[30:190, 146:306])
    assert "photo&#x27;s own pixels, from" in noted(np.asarray(face))
    assert "partly that of resizing" in noted(np.asarray(face.resize((90, 90))))
    assert "was reduced" in noted(np.asarray(face.resize((800, 800))))


def test_several_faces_are_numbered_and_the_judged_one_stands_out(detector, begun, two_faces):
    photo = read_photo(two_faces)
    for face in (0, 1):
        session = judge(detector, begun, photo, face=face)
        html = face_views.faces_map(session, photo)
        assert html.count("mf-tag") == len(session.start.faces) >= 2
        assert html.count("mf-chosen") == 1 and f'<g class="{"mf-chosen" if face == 0 else ""}">' in html


def test_every_level_of_the_tree_adds_up_and_fills_the_figure():
    leaves = tuple(Branch(str(n), 0.1, True) for n in range(3))
    kind = Branch("kind", 0.3, True, (Branch("family", 0.3, True, leaves),))
    root = Branch("photo", 1.0, None, (Branch("real", 0.7, False), Branch("fake", 0.3, True, (kind,))))
    drawn = cells(root)
    for x in (0.05, 0.3, 0.6, 0.9):
        assert sum(cell.y1 - cell.y0 for cell in drawn if cell.x0 <= x < cell.x1) == pytest.approx(1)
    for cell in drawn:
        inner = [c for c in drawn if len(c.path) == len(cell.path) + 1 and c.path[:-1] == cell.path]
        assert all(cell.y0 - 1e-9 <= c.y0 and c.y1 <= cell.y1 + 1e-9 for c in inner)


def test_the_tree_of_a_verdict_is_drawn_with_its_numbers(judged):
    figure = draw_tree(tree_view.branches(judged.now.tree))
    drawn = {name: share for name, share in figure.data[0].customdata}
    assert drawn[words.SIDES["fake"]] == pytest.approx(judged.now.probability)
    assert drawn[words.SIDES["real"]] == pytest.approx(1 - judged.now.probability)
    assert f"{100 * judged.now.probability:.1f}" in tree_view.tree_list(judged)


def test_figures_are_transparent_and_colours_keep_their_meaning():
    bars = [Bar("1 real", False, -0.2, -0.1), Bar("2 made up", True, 0.4, None)]
    figure = draw_similarities(bars, "axis", ("real", "fake", "before"))
    assert figure.layout.paper_bgcolor == figure.layout.plot_bgcolor == "rgba(0,0,0,0)"
    assert [trace.marker.color for trace in figure.data[:2]] == [REAL, FAKE]
    assert list(figure.data[2].x) == [-0.1]
    unedited = draw_similarities(
        [Bar("1", False, 0.1, 0.1), Bar("2", True, 0.4, 0.4)], "axis", ("a", "b", "c")
    )
    assert len(unedited.data) == 2
    with pytest.raises(ValueError, match="from 0 to 1"):
        mixed(REAL, 1.2)


def test_tokens_over_the_limit_stand_out():
    line = descriptions.token_line((8, 78, 77, 10))
    assert re.findall(r'<span class="mf-over">([^<]*)</span>', line) == ["forgery kind 78"]


def test_examples_exist_and_are_credited():
    shown = examples()
    credits = (shown[0].path.parent / "CREDITS.md").read_text(encoding="utf-8")
    assert len(shown) >= 3
    for example in shown:
        assert (
            example.path.is_file()
            and example.path.stat().st_size < 200_000
            and example.title
            and example.about
        )
        assert example.path.name in credits


def test_every_language_has_the_same_sentences():
    names = {
        language: {name for module in modules for name in vars(module) if name.isupper()}
        for language, modules in LANGUAGES.items()
    }
    assert all(found == names["en"] for found in names.values()) and "TITLE" in names["en"]
