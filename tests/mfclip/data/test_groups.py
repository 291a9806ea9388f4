"""Pictures that belong together share a group, whatever order they come in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfclip.data.groups import known_ties, name_groups


def same(first: str, second: str) -> bool:
    ties = [known_ties(path) or (path,) for path in (first, second)]
    groups = name_groups(ties)
    return groups[0] == groups[1]


@pytest.mark.parametrize(
    "first, second",
    [
        ("fake/a/SFHQ_sample_2x4_r0c03.jpg", "fake/a/SFHQ_sample_2x4_r1c00.jpg"),
        ("fake/b/easy_103_1111.jpg", "fake/b/hard_103_0001.jpg"),
        ("fake/c/SDXL_image_0000123.jpg", "fake/d/FLUX1_dev_image_0000123.jpg"),
        ("fake/Deepfakes/123_456_frame7.png", "fake/FaceSwap/123_456_frame90.png"),
        ("fake/Deepfakes/123_456_frame7.png", "fake/FaceSwap/456_123_frame7.png"),
        ("fake/Deepfakes/123_456_frame7.png", "real/youtube/456_frame0.png"),
        ("fake/Deepfakes/c23/frames/123_456/0007.png", "real/youtube/c23/frames/123/0001.png"),
        ("fake/NeuralTextures/123_456/0007.png", "fake/NeuralTextures/123_456_frame1.png"),
        ("real/mine/walk_frame_001.jpg", "real/mine/walk-frame2.jpg"),
        ("real/mine/walk/frame_001.jpg", "real/mine/walk/frame_002.jpg"),
    ],
)
def test_siblings_share_a_group(first, second):
    assert same(first, second)


@pytest.mark.parametrize(
    "first, second",
    [
        ("a/SFHQ_sample_2x4_r0c03.jpg", "a/SFHQ_sample_3x6_r0c03.jpg"),
        ("fake/Deepfakes/123_456_frame7.png", "fake/Deepfakes/124_457_frame7.png"),
        ("real/mine/walk_frame_001.jpg", "real/yours/walk_frame_002.jpg"),
        ("real/123/0001.png", "real/123/0002.png"),
        ("real/a/0001.png", "real/b/0001.png"),
    ],
)
def test_strangers_do_not_share_a_group(first, second):
    assert not same(first, second)


def test_a_swap_joins_both_its_videos():
    paths = ["real/y/001_frame1.png", "real/y/002_frame1.png", "real/y/003_frame1.png"]
    ties = [known_ties(path) for path in paths]
    assert len(set(name_groups(ties))) == 3
    groups = name_groups([*ties, known_ties("fake/s/001_002_frame5.png")])
    assert groups[0] == groups[1] == groups[3] == "video 001" and groups[2] == "video 003"


names = st.lists(
    st.lists(st.sampled_from("abcdefghij"), min_size=1, max_size=3).map(tuple), min_size=1, max_size=12
)


@given(names, st.randoms(use_true_random=False))
def test_groups_hold_what_shares_a_tie_and_no_more_and_do_not_depend_on_order(ties, random):
    groups = name_groups(ties)
    for mine, group in zip(ties, groups, strict=True):
        for other, another in zip(ties, groups, strict=True):
            assert not set(mine) & set(other) or group == another
    # No more than that: the members of a group can be walked through by shared ties.
    for group in set(groups):
        members = [set(tie) for tie, name in zip(ties, groups, strict=True) if name == group]
        reached, rest = members[0], members[1:]
        while met := [member for member in rest if member & reached]:
            rest = [member for member in rest if not member & reached]
            reached = reached.union(*met)
        assert not rest and min(reached) == group
    order = list(range(len(ties)))
    random.shuffle(order)
    assert name_groups([ties[i][::-1] for i in order]) == [groups[i] for i in order]
