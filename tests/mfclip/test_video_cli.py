import csv
import json

import numpy as np
import pytest
from PIL import Image

import mfclip
from mfclip.__main__ import main
from mfclip.commands import SCORED, SOME_NOT_SCORED, USAGE
from tests.mfclip.clips import greys, pasted, write_clip
from tests.mfclip.conftest import make_tiny


@pytest.fixture(autouse=True)
def _quick(golden, monkeypatch):
    """A small detector with random weights: what is tested is what is told, not what is found."""
    detector = mfclip.Detector(make_tiny(golden["images_rgb"]), "random")
    monkeypatch.setattr(mfclip, "load", lambda name: detector, raising=False)


@pytest.fixture
def clip(tmp_path, astronaut):
    face = np.ascontiguousarray(astronaut[20:260, 110:330])
    return write_clip(tmp_path / "clip.mp4", pasted(face, [(10 + 9 * i, 20) for i in range(10)], 280, 360))


@pytest.fixture
def photo(tmp_path, astronaut):
    path = tmp_path / "photo.png"
    Image.fromarray(astronaut).save(path)
    return path


def test_a_clip_in_words(clip, capsys):
    assert main(["predict", str(clip), "--frames", "6"]) == SCORED
    out, err = capsys.readouterr()
    assert out.startswith(f"{clip}: 6 frames of 1.0 s looked at, 1 face followed\n  Face 1: ")
    assert "Frames of one clip are not independent" in out and err == ""


def test_a_clip_beside_a_photo_and_a_broken_one(clip, photo, tmp_path, capsys):
    broken = tmp_path / "broken.mkv"
    broken.write_bytes(b"\x1aE\xdf\xa3" + bytes(200))
    table = tmp_path / "table.csv"
    files = [str(clip), str(photo), str(broken)]
    assert main(["predict", *files, "--every", "0.5", "--json", "--csv", str(table)]) == SOME_NOT_SCORED
    out, err = capsys.readouterr()
    video, still, failed = json.loads(out)
    assert video["video"] == files[0] and len(video["tracks"][0]["frames"]) == 2
    assert still["photo"] == files[1] and failed["video"] == files[2]
    assert err.count("\n") == 1 and "get the file again" in err and failed["error"] in err
    rows = list(csv.DictReader(table.open(encoding="utf-8")))
    assert [row["seconds"] for row in rows] == ["0.0", "0.5", "", ""]
    assert [row["face"] for row in rows] == ["1", "1", "1", ""] and rows[3]["error"] == failed["error"]
    assert float(rows[1]["probability"]) == video["tracks"][0]["frames"][1]["probability"]
    assert float(rows[1]["x0"]) == pytest.approx(video["tracks"][0]["frames"][1]["box"][0], abs=0.05)


def test_a_table_of_photos_alone_has_no_column_for_moments(photo, tmp_path):
    table = tmp_path / "table.csv"
    assert main(["predict", str(photo), "--csv", str(table)]) == SCORED
    assert "seconds" not in table.read_text(encoding="utf-8").splitlines()[0]


def test_a_report_is_written_whole(clip, tmp_path, capsys):
    page = tmp_path / "report.html"
    assert main(["predict", str(clip), "--every", "0.5", "--report", str(page)]) == SCORED
    text = page.read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>") and "1 face in 2 frames of 1.0 s" in text
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clip.mp4", "report.html"]


def test_no_face_and_no_such_file_are_a_sentence_each(tmp_path, capsys):
    plain = write_clip(tmp_path / "plain.mp4", greys(3))
    assert main(["predict", str(plain), str(tmp_path / "none.mp4")]) == SOME_NOT_SCORED
    lines = capsys.readouterr().err.splitlines()
    assert (
        len(lines) == 2 and "No face was found in the 3 frames" in lines[0] and "There is no file" in lines[1]
    )


def test_a_missing_reader_is_a_sentence(clip, monkeypatch, capsys):
    monkeypatch.setitem(__import__("sys").modules, "av", None)
    assert main(["predict", str(clip)]) == SOME_NOT_SCORED
    assert capsys.readouterr().err.endswith(
        "run `pip install av`, or install this project with its extra `video`.\n"
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["photo.png", "--frames", "3"], "--frames concerns videos, and none is among the files"),
        (["photo.png", "--report", "a.html"], "--report concerns videos"),
        (["clip.mp4", "--frames", "3", "--every", "1"], "not allowed with argument"),
        (["clip.mp4", "--frames", "0"], "'0' is not a whole number from 1 to 1000"),
        (["clip.mp4", "--every", "nan"], "'nan' is not a number of seconds above 0"),
        (["clip.mp4", "--face", "all"], "of a video all are followed"),
        (["clip.mp4", "b.mkv", "--report", "a.html"], "one video, and 2 were given"),
        (["clip.mp4", "--report", "nowhere/a.html"], "must name a file in a folder that exists"),
    ],
)
def test_wrong_usage_is_said_before_anything_is_loaded(arguments, words, capsys, monkeypatch):
    monkeypatch.setattr(mfclip, "load", None)
    with pytest.raises(SystemExit) as stop:
        main(["predict", *arguments])
    assert stop.value.code == USAGE and words in " ".join(capsys.readouterr().err.split())
