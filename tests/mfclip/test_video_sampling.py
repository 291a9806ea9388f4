import os
import subprocess
import sys

import pytest

from mfclip.video.sampling import DEFAULT_FRAMES, MAX_FRAMES, MAX_SECONDS, is_video, moments

TS = (b"G" + bytes(187)) * 3


@pytest.mark.parametrize(
    ("name", "head", "expected"),
    [
        ("a", b"\0\0\0\x18ftypisom\0\0\2\0", True),
        ("a.jpg", b"\0\0\0\x18ftypqt  \0\0\2\0", True),
        ("a", b"\0\0\0\x18ftypavif\0\0\0\0", False),
        ("a", b"\0\0\0\x18ftypheic\0\0\0\0", False),
        ("a", b"\x1aE\xdf\xa3\x9fB\x86\x81", True),
        ("a", b"RIFF\0\0\0\0AVI LIST", True),
        ("a.mp4", b"RIFF\0\0\0\0WEBPVP8 ", False),
        ("a.mp4", b"\xff\xd8\xff\xe0\0\x10JFIF", False),
        ("a.avi", b"\x89PNG\r\n\x1a\n", False),
        ("a", b"FLV\1\1\0", True),
        ("a", b"\0\0\1\xba!\0", True),
        ("a", TS, True),
        ("a", b"G" + bytes(1000), False),
        ("a.MOV", b"broken", True),
        ("a.jpg", b"broken", False),
        ("a.mkv", b"", True),
    ],
)
def test_a_file_is_a_video_by_its_bytes_then_by_its_name(tmp_path, name, head, expected):
    path = tmp_path / name
    path.write_bytes(head)
    assert is_video(path) is expected


def test_what_cannot_be_opened_is_judged_by_its_name(tmp_path):
    assert is_video(tmp_path / "none.mp4") and not is_video(tmp_path / "none.png")
    os.mkfifo(tmp_path / "pipe.mp4")
    os.mkfifo(tmp_path / "pipe.jpg")
    assert is_video(tmp_path / "pipe.mp4") and not is_video(tmp_path / "pipe.jpg")
    assert is_video("nul\0.webm") and not is_video(tmp_path)


def test_frames_lie_in_the_middle_of_equal_parts():
    assert moments(10, frames=4) == (1.25, 3.75, 6.25, 8.75)
    assert len(moments(10)) == DEFAULT_FRAMES and moments(0, frames=2) == (0, 0)


def test_frames_lie_at_even_distances_from_the_start_on():
    assert moments(2, every=0.5) == (0, 0.5, 1.0, 1.5)
    assert moments(2.01, every=0.5) == (0, 0.5, 1.0, 1.5, 2.0)
    assert moments(2, every=100) == moments(0, every=1) == (0,)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"frames": 3, "every": 1.0}, "drop one"),
        ({"frames": 2.5}, "frames is 2.5; a whole number"),
        ({"frames": float("nan")}, "frames is nan"),
        ({"frames": 0}, f"from 1 to {MAX_FRAMES}"),
        ({"frames": MAX_FRAMES + 1}, f"frames is {MAX_FRAMES + 1}"),
        ({"every": 0.0}, "above 0"),
        ({"every": -1.0}, "every is -1"),
        ({"every": float("nan")}, "above 0"),
        ({"every": float("inf")}, "above 0"),
        ({"every": 0.01}, "at least 0.06 seconds"),
    ],
)
def test_what_is_not_allowed_is_named_with_what_is(settings, words):
    with pytest.raises(ValueError, match=words):
        moments(60, **settings)


def test_the_remedy_for_too_many_frames_works():
    assert len(moments(60, every=0.06)) == MAX_FRAMES


def test_a_clip_has_a_longest_length():
    assert moments(MAX_SECONDS, frames=1)
    with pytest.raises(ValueError, match="4.5 hours long, more than the 4 hours"):
        moments(4.5 * 3600)


def test_sampling_alone_loads_nothing_heavy():
    program = (
        "import sys, mfclip.video.sampling; "
        "sys.stdout.write(' '.join(name for name in ('av', 'torch', 'numpy', 'PIL') if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == ""
