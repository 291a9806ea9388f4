"""The timeline: every frame where it belongs, in its word's shape; gaps stay gaps; the band and the middle half."""

import numpy as np
import pytest

from explain.figures.palette import INKS
from explain.figures.timeline import Passage, draw_timeline

WORDS = ("little", "uncertain", "substantial")


def passage(label="Face 1", seconds=(0, 1, 2, 3, 8, 9), evidence=None) -> Passage:
    chances = np.linspace(0.1, 0.9, len(seconds)).tolist()
    said = [WORDS[number % 3] for number in range(len(seconds))] if evidence is None else evidence
    return Passage(label, seconds, chances, said, 0.2, 0.5, 0.8)


def traces(figure, name, row=1):
    axis = "x" if row == 1 else f"x{row}"
    return [trace for trace in figure.data if trace.name == name and trace.xaxis in (axis, None)]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_frame_is_a_mark_in_its_words_shape(theme):
    made = passage()
    figure = draw_timeline([made], 10, 0.3, 0.6, theme)
    drawn = {
        point
        for word in WORDS
        for trace in traces(figure, word)
        for point in zip(trace.x, trace.y, strict=True)
    }
    assert drawn == {
        (second, 100 * chance) for second, chance in zip(made.seconds, made.probabilities, strict=True)
    }
    assert len({traces(figure, word)[0].marker.symbol for word in WORDS}) == 3
    assert figure.layout.font.color == INKS[theme].letters
    assert figure.layout.paper_bgcolor == figure.layout.plot_bgcolor == "rgba(0,0,0,0)"


def test_a_line_is_broken_where_the_face_was_missed():
    figure = draw_timeline([passage()], 10, 0.3, 0.6)
    line = next(trace for trace in figure.data if trace.mode == "lines" and trace.connectgaps is False)
    assert list(line.x) == [0, 1, 2, 3, None, 8, 9] and line.y[4] is None


def test_band_middle_and_median_lie_where_they_were_said():
    figure = draw_timeline([passage()], 10, 0.3, 0.6)
    assert set(traces(figure, "band of uncertainty")[0].y) == {30, 60}
    assert set(traces(figure, "middle half of the frames")[0].y) == {20, 80}
    assert set(traces(figure, "median")[0].y) == {50}


def test_each_face_has_a_panel_on_one_axis_and_the_legend_is_whole():
    figure = draw_timeline([passage(evidence=["little"] * 6), passage("a <b>bold</b> face")], 10, 0.3, 0.6)
    assert len({trace.yaxis for trace in figure.data}) == 2
    assert figure.layout.xaxis.range == figure.layout.xaxis2.range
    assert [note.text for note in figure.layout.annotations] == ["Face 1", "a &lt;b&gt;bold&lt;/b&gt; face"]
    shown = {trace.name: len(trace.x) for trace in figure.data if trace.showlegend}
    # All three shapes are explained, though the first face shows one of them.
    assert set(WORDS) <= set(shown) and all(shown.values())
    taller = figure.layout.height - draw_timeline([passage()], 10, 0.3, 0.6).layout.height
    assert taller > 100


def test_long_clips_are_read_by_the_clock():
    short, long = (draw_timeline([passage()], seconds, 0.3, 0.6).layout.xaxis for seconds in (100, 400))
    assert short.tickvals is None and "seconds" in short.title.text
    assert long.ticktext[:3] == ("0:00", "1:00", "2:00") and long.tickvals[1] == 60
    assert "minutes" in long.title.text


def test_one_frame_of_no_length_is_drawn():
    figure = draw_timeline([passage(seconds=(0.0,))], 0, 0.3, 0.6)
    low, high = figure.layout.xaxis.range
    assert low < 0 < high


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(ValueError, match="0 passages"):
        draw_timeline([], 1, 0.3, 0.6)
    with pytest.raises(ValueError, match="band runs from 0.7 to 0.3"):
        draw_timeline([passage()], 1, 0.7, 0.3)
    with pytest.raises(ValueError, match="theme is 'blue'"):
        draw_timeline([passage()], 1, 0.3, 0.7, "blue")
