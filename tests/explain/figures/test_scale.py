import numpy as np
import pytest

from explain import figures
from tests.explain.figures.made_up import corner, ledger, noise, result, words


def test_the_scale_is_the_largest_of_the_panels_own_percentiles():
    ramp = np.arange(1, 401).reshape(20, 20) / 400
    assert figures.scale_of([result(map=-ramp)]) == 399 / 400
    assert figures.scale_of([result(map=ramp), result(map=2 * ramp)]) == pytest.approx(
        2 * figures.scale_of([result(map=ramp)])
    )


def test_many_small_cells_drive_no_other_panel_into_saturation():
    crowd, few = result(map=np.full((200, 200), 1e-4)), result(map=np.full((7, 7), 0.5))
    assert figures.scale_of([crowd, few]) == pytest.approx(0.5)


def test_maps_of_the_patch_and_words_count_and_bars_do_not():
    assert figures.scale_of([result(map=np.full((2, 2), 0.1), residual_map=np.full((2, 2), 0.4))]) == 0.4
    assert figures.scale_of([words()]) == 0.2
    assert figures.scale_of([ledger()]) == figures.scale_of([]) == 1.0
    assert figures.scale_of([noise(leaning=0.3)]) == 0.3


def test_nothing_to_see_is_no_division_by_zero():
    assert figures.scale_of([result(map=np.zeros((3, 3)))]) == 1.0
    assert figures.own_scale(result(map=np.zeros((3, 3)))) == 0.0
    # one cell in many: the percentile is zero, the cell is not
    assert figures.scale_of([result(map=corner(40, -0.3))]) == 0.3
    assert figures.scale_of([result(map=[[np.nan, 0.5]])]) == pytest.approx(0.5)
