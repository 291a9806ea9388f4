import re

import numpy as np
import pytest

from explain import figures
from explain.figures.frame import digits_for, escaped, signed, wrapped
from explain.figures.noise import residual_tile
from explain.figures.pairs import word_map
from explain.figures.palette import INKS
from explain.figures.raster import painted
from tests.explain.figures.made_up import ledger, noise, receipt, result, words


def test_the_waterfall_adds_up():
    bars = figures.draw(ledger()).data[0]
    assert list(bars.measure) == ["absolute", "relative", "relative", "relative", "total"]
    assert sum(bars.x[:-1]) == pytest.approx(bars.x[-1]) == pytest.approx(0.65)
    named = [label.split("<br>")[-1] for label in figures.draw(ledger()).layout.yaxis.ticktext]
    assert named == [f"<b>{number}</b>" for number in ("+0.25", "+0.50", "−0.20", "+0.10", "+0.65")]
    assert bars.increasing.marker.color == figures.FAKE and bars.decreasing.marker.color == figures.REAL


def test_ablation_and_bookkeeping_stand_beside_the_shares():
    drawn = {trace.name: trace for trace in figures.draw(ledger()).data[1:]}
    assert list(drawn["Shapley value, as above"].x) == [0.5, -0.2, 0.1]
    assert list(drawn["ablation: without it alone"].x) == [0.6, -0.1, 0.0]
    assert list(drawn["bookkeeping: ‖v‖ frozen"].x)[:2] == [0.4, -0.3]


def test_words_are_bars_beside_the_truth():
    figure = figures.draw(words())
    shares = {int(y): x for trace in figure.data[:2] for y, x in zip(trace.y, trace.x, strict=True)}
    assert shares == {0: 0.2, 1: -0.1}
    assert list(figure.data[2].x) == [0.4, 0.0] and "left out" in figure.data[2].name
    assert list(figure.layout.yaxis.ticktext) == ["fake", "a"]


def test_spans_have_the_maps_colours_and_escape_everything():
    html = figures.spans(words(unseen=1), scale=0.4)
    assert "<b>" not in html and "&lt;b&gt;" in html and "$" not in html and "{" not in html
    strength = dict(re.findall(r'title="([^"]*)">[^<]*<i[^>]*opacity:([\d.]+)', html))
    assert {float(value) for value in strength.values()} == {0.5, 0.25}
    assert f"background:var(--mf-fake,{figures.FAKE});opacity:0.500" in html
    assert f"background:var(--mf-real,{figures.REAL});opacity:0.250" in html
    assert "+0.20 logits; left out: +0.40; never seen in training" in html and "dashed currentColor" in html
    assert "level 2, 2 descriptions" in html


def test_many_sentences_are_folded_up_the_strongest_first():
    many = result(
        "words",
        labels={"contributions": tuple("abc"), "agreement": ("a", "b", "c")},
        contributions=[0.1, -0.9, 0.5],
        left_out=[0.0] * 3,
        sentence=[0, 1, 2],
        span=[(0, 1)] * 3,
    )
    shown, folded = figures.spans(many, most=2).split("<details>")
    assert shown.index(">b<i") < shown.index(">c<i") and "1 more" in folded and ">a<i" in folded


def test_a_receipts_curves_are_those_of_its_worst_fill():
    figure = figures.draw_receipt(receipt(blur=0.2))
    own = next(trace for trace in figure.data if trace.name == "this explanation's order")
    assert list(own.y) == [1.0, 0.5, 0.65] and "blur fill: beats 20%" in figure.layout.annotations[0].text
    assert figures.has_curves(receipt())
    bare = type(receipt())("ledger", "holds", "It does.", receipt().readings[:1], 0.0, 0.0)
    assert not figures.has_curves(bare)
    with pytest.raises(ValueError, match="holds no curves; it holds completeness"):
        figures.draw_receipt(bare)


def test_the_noise_panels_tell_chosen_from_not_and_show_the_residual_with_the_face_only():
    figure = figures.draw(noise(), scale=0.3)
    richness, otherwise = figure.data[:2]
    assert list(richness.x) == [0.4, 0.2, 0.3, 0.5] and richness.text[1].endswith("✓")
    assert (
        list(otherwise.text)[:2] == ["P 50%", "P 60% ✓"] and list(otherwise.marker.color)[2] == figures.REAL
    )
    assert not figure.layout.images
    face = np.zeros((224, 224, 3), dtype=np.uint8)
    assert len(figures.draw(noise(), face=face).layout.images) == 4


def test_the_spectrum_is_of_the_channel_that_told_apart_best_beside_training():
    drawn = figures.draw(noise())
    assert any("spectrum of line 1×3, window 2" in note.text for note in drawn.layout.annotations)
    bands = [trace for trace in drawn.data if trace.type == "scatter" and trace.fill == "toself"]
    assert [band.name for band in bands] == [
        "training, real: mean ± spread",
        "training, forged: mean ± spread",
    ]
    assert max(bands[1].y) == 3.0 and min(bands[0].y) == -1.0
    alone = figures.draw(noise(spectra=False))
    assert (
        not any("training" in (trace.name or "") for trace in alone.data) and alone.layout.showlegend is False
    )


def test_what_is_refuted_is_grey_and_what_was_measured_is_not():
    figure = figures.draw(noise(), refuted=True)
    assert figures.FAKE in figure.data[1].marker.color
    scale = str(figure.layout.coloraxis.colorscale)
    assert "191, 74, 0" not in scale and "11, 103, 172" not in scale
    shares, truth = figures.draw(words(), refuted=True).data[0], figures.draw(words(), refuted=True).data[2]
    assert shares.marker.color == INKS["light"].neutral and truth.marker.color == INKS["light"].letters
    assert figures.FAKE not in figures.spans(words(), refuted=True)
    grey = painted(np.array([[0.5, -0.5]]), 1.0, side=2, refuted=True)
    assert (grey[0, 0] == grey[0, 1]).all()


def test_a_residual_tile_is_signed_and_clear_at_zero():
    tile = residual_tile(np.array([[3.0, 0.0], [-1.5, 9.0]])).astype(int)
    assert tile[..., 3].tolist() == [[255, 0], [128, 255]]
    assert tile[0, 0, 1] > tile[0, 0, 0] and tile[1, 0, 0] > tile[1, 0, 1]


def test_a_words_map_is_its_row_of_the_table():
    pairs = result(
        "pairs", labels={"pairs": ("a", "b")}, pairs=np.arange(8).reshape(2, 4), map=[[1, 2], [3, 4]]
    )
    assert word_map(pairs, 1).tolist() == [[4, 5], [6, 7]]
    with pytest.raises(ValueError, match="there are 2; choose 0 to 1"):
        word_map(pairs, 2)
    assert list(figures.draw(pairs).data[-1].z[0]) == [4, 5, 6, 7]  # the stronger word comes first


def test_dead_inputs_are_said_in_words():
    audit = result(
        "audit",
        labels={
            "change": ("face", "level 2", "other patches"),
            "findings": ("moves it", "cannot move it", "moves it only through the choice of patch"),
        },
        change=[0.5, 0.0, -0.2],
        gradient=[1.0, 0.0, 0.0],
    )
    assert list(figures.draw(audit).data[0].text) == ["+0.50", "cannot move it", "−0.20 *"]
    assert "only through the choice of patch" in figures.draw(audit).layout.xaxis.title.text


@pytest.mark.parametrize(
    ("value", "digits", "said"), [(0.25, 2, "+0.25"), (-1.3, 1, "−1.3"), (-0.001, 2, "0.00"), (0, 0, "0")]
)
def test_numbers_have_a_true_minus_and_zero_no_sign(value, digits, said):
    assert signed(value, digits) == said


def test_labels_are_letters_and_not_tags():
    assert escaped("<b>&\n") == "&lt;b&gt;&amp; "
    assert wrapped("one two three four five six seven eight", 12).count("<br>") == 1
    assert wrapped("one two three four five six seven eight", 12).endswith("…") and wrapped("") == ""
    assert [digits_for(scale) for scale in (5, 0.1, 0.05, 0.001)] == [2, 2, 3, 4]
