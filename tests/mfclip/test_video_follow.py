import itertools

import numpy as np
import pytest

from mfclip.faces import FaceBox
from mfclip.video.follow import CUT, PATIENCE, Follower, affinity, colours

GREY = np.full((90, 160, 3), 100, np.uint8)


def box(x: float, y: float = 0, side: float = 40) -> FaceBox:
    return FaceBox(x, y, x + side, y + side, 0.9)


def run(*stills, pictures=None):
    follower = Follower()
    scenes = itertools.repeat(GREY) if pictures is None else pictures
    return [follower.follow(rgb, boxes) for rgb, boxes in zip(scenes, stills, strict=False)]


def test_two_faces_keep_their_numbers_whatever_their_order():
    stills = [[box(0), box(100)], [box(95), box(8)], [box(16), box(90)], [box(85), box(24)]]
    assert run(*stills) == [(1, 2), (2, 1), (1, 2), (2, 1)]


def test_the_nearest_pair_goes_first():
    # Both are within reach of the first track; the one in its place takes it.
    assert run([box(0)], [box(25), box(2)]) == [(1,), (2, 1)]


def test_a_face_missed_for_a_while_comes_back_as_itself():
    gone = [[]] * PATIENCE
    assert run([box(0)], *gone, [box(3)])[-1] == (1,)
    assert run([box(0)], *gone, [], [box(3)])[-1] == (2,)


def test_a_face_elsewhere_or_of_another_size_is_another():
    assert run([box(0)], [box(90)]) == [(1,), (2,)]
    assert run([box(0, side=30)], [box(0, side=70)]) == [(1,), (2,)]
    assert run([box(0, side=40)], [box(0, side=70)]) == [(1,), (1,)]


def test_a_number_is_never_given_twice():
    stills = [[box(0)], [box(90)], [box(0), box(90), box(45)], [box(45), box(0)]]
    assert run(*stills) == [(1,), (2,), (1, 2, 3), (3, 1)]


def test_a_cut_ends_every_track(landscape):
    other = np.full_like(landscape, 30)
    follower = Follower()
    found = [follower.follow(rgb, [box(0)]) for rgb in (landscape, landscape, other, other, landscape)]
    assert found == [(1,), (1,), (2,), (2,), (3,)] and follower.cuts == 2


def test_a_face_that_moves_is_no_cut(two_faces):
    follower = Follower()
    for shift in (0, 40, 80):
        follower.follow(np.roll(two_faces, shift, axis=1), [box(shift)])
    assert follower.cuts == 0


def test_another_picture_size_is_a_cut():
    assert run([box(0)], [box(0)], pictures=[GREY, GREY[:80]]) == [(1,), (2,)]


def test_affinity_falls_with_distance_and_is_the_same_both_ways():
    values = [affinity(box(0), box(shift)) for shift in (0, 5, 10, 20, 39, 40)]
    assert values[0] == 1 and values[-1] == 0 and all(a > b for a, b in itertools.pairwise(values))
    assert affinity(box(0), box(9, 4, 60)) == pytest.approx(affinity(box(9, 4, 60), box(0)))
    # Overlap 30·40 of 2·1600 − 30·40 and a distance of 10 of 40: (0.6 + 0.75) / 2.
    assert affinity(box(0), box(10)) == pytest.approx(0.675)


def test_colours_are_shares_and_tell_scenes_apart(landscape):
    first, same = colours(landscape), colours(landscape[:, ::-1])
    assert first.shape == (64,) and first.sum() == pytest.approx(1)
    assert np.abs(first - same).sum() / 2 < 0.1 < CUT
    assert np.abs(first - colours(np.zeros_like(landscape))).sum() / 2 == pytest.approx(1)
