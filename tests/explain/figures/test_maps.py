import numpy as np
import pytest

from explain import figures
from tests.explain.figures.made_up import attention, corner, result


def test_values_are_drawn_as_they_are_on_a_symmetric_scale():
    cells = corner(14, 0.02)
    figure = figures.draw(result(map=cells), scale=0.5)
    assert np.allclose(figure.data[0].z, cells)
    assert (figure.layout.coloraxis.cmin, figure.layout.coloraxis.cmax) == (-0.5, 0.5)
    assert list(figure.layout.coloraxis.colorbar.tickvals) == [-0.5, 0.0, 0.5]


def test_rows_run_downwards_and_cells_cover_the_face():
    figure = figures.draw(result(map=corner(14)))
    heat = figure.data[0]
    assert tuple(figure.layout.yaxis.range) == (224, 0) and tuple(figure.layout.xaxis.range) == (0, 224)
    assert (heat.x0, heat.dx, heat.y0, heat.dy) == (8, 16, 8, 16)
    assert figure.layout.yaxis.scaleanchor == "x" and heat.zsmooth is False
    assert figures.draw(result(map=corner(14)), smooth=True).data[0].zsmooth == "best"


def test_zero_is_transparent_and_the_ends_have_the_sides_colours():
    scale = figures.draw(result(map=corner(2))).layout.coloraxis.colorscale
    colours = {round(place, 3): colour for place, colour in scale}
    assert colours[0.5].endswith(", 0)")
    assert colours[0.0] == "rgba(11, 103, 172, 1)" and colours[1.0] == "rgba(191, 74, 0, 1)"


def test_the_patch_has_a_panel_and_the_face_lies_under_the_face_alone():
    face = np.full((224, 224, 3), 9, dtype=np.uint8)
    both = result(map=corner(14), residual_map=corner(7, -0.4))
    figure = figures.draw(both, face=face)
    assert len(figure.data) == 2 and figure.data[1].dx == 16 and tuple(figure.layout.yaxis2.range) == (112, 0)
    assert [image.xref for image in figure.layout.images] == ["x"]
    assert [note.text for note in figure.layout.annotations] == [
        "face, all cells: +1.00",
        "patch, all cells: −0.40",
    ]
    assert not figures.draw(both).layout.images


def test_a_map_that_need_not_add_up_shows_no_sum():
    assert figures.draw(result(map=corner(14), gap=None)).layout.annotations[0].text == "face"


def test_a_map_of_the_noise_stream_lies_on_the_patch():
    face = np.zeros((224, 224, 3), dtype=np.uint8)
    figure = figures.draw(result("grid", map=corner(7), knobs={"stream": "noise"}), face=face)
    assert tuple(figure.layout.xaxis.range) == (0, 112) and not figure.layout.images


def test_attention_has_a_scale_of_its_own_without_a_sign():
    figure = figures.draw(attention(), scale=0.001)
    axis = figure.layout.coloraxis
    assert (axis.cmin, axis.cmax) == (0.0, 0.7) and "not why" in axis.colorbar.title.text
    assert [heat.z.shape for heat in figure.data] == [(3, 3)] * 5
    assert [note.text for note in figure.layout.annotations][:2] == ["rollout", "block 0·1"]
    for _, colour in axis.colorscale:
        assert "191, 74, 0" not in colour and "11, 103, 172" not in colour


def test_many_heads_are_drawn_as_their_mean():
    figure = figures.draw(attention(layers=3, heads=8))
    assert len(figure.data) == 4 and figure.data[1].z[0][2] == pytest.approx((0.7 + 7 * 0.1) / 8)


@pytest.mark.parametrize("scale", [0.0, -1.0, float("nan"), float("inf")])
def test_a_scale_that_would_turn_the_colours_over_is_refused(scale):
    with pytest.raises(ValueError, match="a number of logits above 0 is needed"):
        figures.draw(result(map=np.eye(2)), scale)


@pytest.mark.parametrize("face", ["face.jpg", np.zeros((224, 224, 3)), np.zeros((224, 224), dtype=np.uint8)])
def test_a_face_that_is_no_picture_is_refused(face):
    with pytest.raises(ValueError, match="uint8 RGB .* is needed, as verdict.face.crop.face holds it"):
        figures.draw(result(map=np.eye(2)), 1.0, face=face)


def test_what_has_no_figure_is_said():
    with pytest.raises(ValueError, match="no figure for other; there are figures for ledger"):
        figures.draw(result("other", thing=[1.0]))
    with pytest.raises(ValueError, match="theme is 'sepia'"):
        figures.draw(result(map=corner(2)), theme="sepia")
