import io

import numpy as np
import pytest
from PIL import Image

from explain import figures
from explain.figures.palette import channels
from explain.figures.raster import painted
from tests.explain.figures.made_up import corner, result


def opened(data: bytes) -> tuple[Image.Image, np.ndarray]:
    image = Image.open(io.BytesIO(data))
    return image, np.asarray(image).astype(int)


def test_cells_are_blocks_with_sharp_edges_at_their_place():
    image, pixels = opened(figures.png(result(map=corner()), scale=1.0, side=448))
    assert image.mode == "RGBA" and image.size == (448, 448) and not image.info
    alpha = pixels[..., 3]
    assert (alpha[:32, -32:] == 255).all() and alpha.sum() == 255 * 32 * 32


def test_colour_says_the_sign_and_opacity_the_size():
    _, pixels = opened(figures.png(result(map=[[0.5, -0.5], [0.0, 2.0]]), scale=1.0, side=4))
    assert tuple(pixels[0, 0]) == (*channels(figures.FAKE), 128)
    assert tuple(pixels[0, 3]) == (*channels(figures.REAL), 128)
    assert pixels[3, 0, 3] == 0 and pixels[3, 3, 3] == 255


def test_the_same_value_has_the_same_colour_in_any_company():
    pale, strong = result(map=[[0.1, 0.2]]), result(map=[[0.1, 9.0]])
    scale = figures.scale_of([pale, strong])
    first, second = (opened(figures.png(one, scale=scale, side=2))[1][0, 0] for one in (pale, strong))
    assert (first == second).all() and first[3] < 10


def test_over_a_face_zero_shows_the_face_in_grey():
    face = np.zeros((224, 224, 3), dtype=np.uint8)
    face[..., 1] = 100
    image, pixels = opened(figures.png(result(map=corner(2, 0.5)), scale=0.5, face=face, side=224))
    assert image.mode == "RGB"
    assert tuple(pixels[200, 20]) == (59, 59, 59)
    red, _, blue = pixels[20, 200]
    assert red > 150 > blue


def test_smoothing_is_asked_for_and_keeps_the_cells_centres():
    plain, smooth = (painted(corner(2), 1.0, smooth=how, side=8)[..., 3].astype(int) for how in (False, True))
    assert set(np.unique(plain)) == {0, 255} and len(np.unique(smooth)) > 2
    assert smooth[0, -1] == 255 and smooth[-1, 0] == 0


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda: figures.png(result(map=[[1.0]]), "pixels"), r"no map 'pixels'; it has \['map'\]"),
        (lambda: figures.png(result(contributions=[1.0])), "it has none"),
        (lambda: figures.png(result(map=[[1.0]]), theme="pink"), "allowed: 'light', 'dark'"),
        (lambda: painted(np.ones((2, 2)), 0.0), "above 0 is needed"),
        (lambda: figures.png(result(map=[[1.0]]), face=np.zeros((4, 4))), "uint8 RGB"),
    ],
)
def test_what_cannot_be_painted_is_said(wrong, said):
    with pytest.raises(ValueError, match=said):
        wrong()
