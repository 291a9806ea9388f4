"""The sweep's curve: numbers where they belong, the band, the photo as given, and words that can be replaced."""

import numpy as np
import pytest

from explain import figures
from explain.figures.palette import INKS
from explain.sweep import KINDS, Sweep


def made_up(kind: str, done: int | None = None) -> Sweep:
    strengths = np.array(KINDS[kind].strengths[:done])
    words = ("little", "uncertain", "substantial")
    return Sweep(
        kind=kind,
        strengths=strengths,
        probabilities=np.linspace(0.1, 0.9, len(strengths)),
        evidence=tuple(words[number % 3] for number in range(len(strengths))),
        reference=0.25,
        reference_evidence="little",
        of=len(KINDS[kind].strengths),
    )


def points(figure, name):
    trace = next(trace for trace in figure.data if trace.name == name)
    return list(zip(trace.x, trace.y, strict=True))


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_strength_is_a_point_with_the_mark_of_its_word(kind, theme):
    found = made_up(kind)
    figure = figures.draw_sweep(found, 0.3, 0.6, theme)
    scale = 100 if kind == "crop" else 1
    drawn = {point for word in ("little", "uncertain", "substantial") for point in points(figure, word)}
    wanted = {
        (scale * x, 100 * y)
        for x, y in zip(found.strengths.tolist(), found.probabilities.tolist(), strict=True)
    }
    assert drawn == wanted
    marks = [
        trace.marker.symbol for trace in figure.data if trace.name in ("little", "uncertain", "substantial")
    ]
    assert len(set(marks)) == 3
    assert figure.layout.font.color == INKS[theme].letters
    assert figure.layout.paper_bgcolor == figure.layout.plot_bgcolor == "rgba(0,0,0,0)"


def test_the_band_and_the_photo_as_given():
    figure = figures.draw_sweep(made_up("blur"), 0.3, 0.6)
    assert {y for _, y in points(figure, "band of uncertainty")} == {30, 60}
    assert {y for _, y in points(figure, "photo as given")} == {25}
    stars = [trace for trace in figure.data if trace.marker.symbol == "star"]
    assert [(star.x[0], star.y[0]) for star in stars] == [(0, 25)]
    saved = figures.draw_sweep(made_up("jpeg"), 0.3, 0.6)
    assert not [trace for trace in saved.data if trace.marker.symbol == "star"]


def test_damage_grows_to_the_right_and_a_sweep_under_way_keeps_its_axis():
    for kind in KINDS:
        first, last = figures.draw_sweep(made_up(kind), 0.3, 0.6).layout.xaxis.range
        assert (first > last) is (kind in ("jpeg", "resize"))
        under_way = figures.draw_sweep(made_up(kind, 2), 0.3, 0.6)
        assert tuple(under_way.layout.xaxis.range) == (first, last)


def test_the_words_are_the_pages():
    words = figures.SweepWords(
        axes={"blur": "<b>σ"}, evidence={"little": "A", "uncertain": "B", "substantial": "C"}
    )
    figure = figures.draw_sweep(made_up("blur"), 0.3, 0.6, words=words)
    assert figure.layout.xaxis.title.text == "&lt;b&gt;σ" and points(figure, "A")


@pytest.mark.parametrize(("low", "high"), [(0.6, 0.3), (-0.1, 0.5), (0.2, 1.5)])
def test_a_band_that_is_none_is_refused(low, high):
    with pytest.raises(ValueError, match=f"The band runs from {low} to {high}"):
        figures.draw_sweep(made_up("blur"), low, high)
