"""The report of a video: what was said, the numbers, the figure's data, and no way out of the file."""

import html
import json
import re

import pytest

from explain.video_report import DRAWN, to_html
from mfclip.faces import FaceBox
from mfclip.video.summary import CAUTION, RULE
from mfclip.video.verdict import FaceInFrame, Track, VideoVerdict
from tests.explain.conftest import make_small

HOSTILE = '<script>alert(1)</script> & "x".mp4'
LEVEL = {"l": ("little", 0.1, -2.2), "u": ("uncertain", 0.5, 0.0), "s": ("substantial", 0.95, 2.9)}


def track(number: int, letters: str, start: float = 0.0) -> Track:
    box = FaceBox(10, 20, 110, 150, 0.9)
    faces = []
    for index, letter in enumerate(letters):
        word, chance, margin = LEVEL[letter]
        doubts = ("made up",) if word == "uncertain" else ()
        faces.append(
            FaceInFrame(
                start + index / 2,
                2,
                box,
                probability=chance,
                margin=margin,
                head=margin,
                language=0.1,
                recompressed=chance,
                evidence=word,
                doubts=doubts,
            )
        )
    return Track(number, tuple(faces))


@pytest.fixture(scope="module")
def small():
    return make_small()


def verdict(detector, *tracks: Track, notes=()) -> VideoVerdict:
    return VideoVerdict(
        name=HOSTILE,
        seconds=10.0,
        width=640,
        height=360,
        rate=25.0,
        codec="h264",
        moments=tuple(number / 2 for number in range(20)),
        tracks=tracks,
        notes=notes,
        decision=detector.config.decision,
        checkpoint=detector.name,
    )


def text_of(page: str) -> str:
    bare = re.sub(r"<(script|style)[^>]*>.*?</\1>", " ", page, flags=re.S)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", bare)))


def figure_of(page: str) -> dict:
    found = re.search(r'<script type="application/json" data-for="time">(.*?)</script>', page, re.S)
    return json.loads(found.group(1))


def test_sentences_caution_rule_notes_and_numbers_are_told(small):
    made = verdict(small, track(1, "l" * 12), track(2, "lllllsssss"), track(3, "s"), notes=("A note.",))
    text = text_of(to_html(made, small))
    for said in (*made.sentences, CAUTION, RULE, "A note.", "3 faces in 20 frames of 10.0 s"):
        assert said in text
    assert "little 50 %, uncertain 0 %, substantial 50 %" in text
    assert "evidence is substantial from 2.5 to 4.5 s" in text
    assert "1 more face was judged in fewer than 5 frames each" in text
    assert "640×360 pixels, 10.00 s, 25 frames per second, h264" in text and "x 10–110, y 20–150" in text


def test_the_figure_holds_every_frame_in_both_themes(small):
    drawn = figure_of(to_html(verdict(small, track(1, "llusl"), track(2, "sss", 2.0)), small))
    assert set(drawn) == {"light", "dark"}
    for figure in drawn.values():
        marks = [trace for trace in figure["data"] if trace.get("mode") == "markers"]
        points = {
            (x, y) for trace in marks for x, y in zip(trace["x"], trace["y"], strict=True) if x is not None
        }
        assert len(points) == 8 and (2.0, 95.0) in points
        titles = [note["text"] for note in figure["layout"]["annotations"]]
        assert titles == ["Face 1: uncertain", "Face 2: uncertain"]


def test_a_crowd_is_drawn_in_part_and_listed_whole(small):
    tracks = [track(number, "l" * (2 + number)) for number in range(1, DRAWN + 3)]
    page = to_html(verdict(small, *tracks), small)
    titles = [note["text"] for note in figure_of(page)["light"]["layout"]["annotations"]]
    assert titles == [f"Face {number}: little" for number in range(3, DRAWN + 3)]
    text = text_of(page)
    assert f"the table below lists all {DRAWN + 2}" in text and f"Face {DRAWN + 2}:" in text


def test_a_hostile_name_stays_text_and_nothing_is_asked_for(small):
    page = to_html(verdict(small, track(1, "l")), small)
    assert "<script>alert" not in page and HOSTILE in text_of(page)
    assert "default-src 'none'" in html.unescape(page)
    ours = re.sub(r"<(script|style)>.*?</\1>", " ", page, flags=re.S)
    assert "data:image" not in ours and not re.search(r'(src|href)="(?!data:,)', ours)
