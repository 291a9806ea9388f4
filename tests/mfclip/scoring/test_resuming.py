"""A run that ends early: nothing is lost, repeated or mixed."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

from mfclip.scoring import run as running
from mfclip.scoring.journal import Journal, discard
from tests.mfclip.scoring.conftest import table_of

ROOT = Path(__file__).parents[3]
PATIENCE = 240  # seconds for a process on a busy machine


@pytest.fixture
def judged(monkeypatch) -> list[str]:
    """The paths of every photo that is judged, in order."""
    paths: list[str] = []
    judge = running.judge

    def noting(detector, items, options):
        rows = judge(detector, items, options)
        paths.extend(item.path for item in items)
        return rows

    monkeypatch.setattr(running, "judge", noting)
    return paths


@pytest.fixture
def broken_off(score, photos, tmp_path, monkeypatch):
    """A run of batches of two that was interrupted after two of six; gives the arguments that go on with it."""
    arguments = [photos, "--out", tmp_path / "scores.csv", "--cropped", "--batch", 2, "--workers", 1]
    add = Journal.add

    def twice(journal, number, rows):
        if number == 2:
            raise KeyboardInterrupt
        add(journal, number, rows)

    with monkeypatch.context() as patch:
        patch.setattr(Journal, "add", twice)
        assert score(*arguments) == 130
    assert not (tmp_path / "scores.csv").exists()
    return arguments


@pytest.fixture
def started():
    """Processes of a test, none of which outlives it."""
    processes: list[subprocess.Popen] = []
    yield processes
    for process in processes:
        process.kill()
        process.wait()


@pytest.fixture
def parts(tmp_path) -> Path:
    return tmp_path / "scores.csv.parts"


def test_an_interrupted_run_goes_on_and_ends_as_an_unbroken_one(
    score, broken_off, judged, tmp_path, parts, capsys
):
    with (parts / "part-00000.jsonl").open("ab") as file:
        file.write(b'{"batch": 2, "rows": [{"pa')  # what a kill in the middle of a line leaves
    assert score(*broken_off) == 1
    done = table_of(tmp_path / "scores.csv")
    assert judged == [row["path"] for row in done[4:]], "what was kept is not judged again"
    assert not parts.exists() and "7 of them in" in capsys.readouterr().err
    broken_off[2] = tmp_path / "unbroken.csv"
    score(*broken_off)
    assert (tmp_path / "scores.csv").read_bytes() == (tmp_path / "unbroken.csv").read_bytes()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (["--batch", 3], "batch was 2 and is 3"),
        (["--count-faces"], "count_faces was False and is True"),
        (["--limit", 10], "the list of photos changed"),
    ],
)
def test_other_options_are_refused(score, broken_off, parts, capsys, change, said):
    kept = sorted((path.name, path.read_bytes()) for path in parts.iterdir())
    assert score(*broken_off, *change) == 2
    err = capsys.readouterr().err
    assert said in err and "--restart" in err and err.count("mfclip:") == 1
    assert sorted((path.name, path.read_bytes()) for path in parts.iterdir()) == kept


def test_other_weights_are_refused(score, broken_off, parts, capsys):
    plan = json.loads((parts / "plan.json").read_text())
    (parts / "plan.json").write_text(json.dumps(plan | {"weights": "0" * 64, "checkpoint": "other"}))
    assert score(*broken_off) == 2
    assert "checkpoint was other and is random, the weights changed" in capsys.readouterr().err


def test_another_photo_under_the_same_name_is_refused(score, broken_off, photos, astronaut, tmp_path, capsys):
    """Same size, same time of change: the content decides."""
    first = photos / "8.png"
    before, stamp = first.read_bytes(), first.stat()
    first.write_bytes(before[:-20] + bytes(20))
    os.utime(first, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert score(*broken_off) == 2
    err = capsys.readouterr().err
    assert "1 of the photos" in err and "the first of them 8.png" in err and "--restart" in err
    first.write_bytes(before)
    assert score(*broken_off) == 1
    Image.fromarray(astronaut[:90, 150:240]).save(first)
    broken_off[2] = tmp_path / "again.csv"
    assert score(*broken_off) == 1
    old, new = table_of(tmp_path / "scores.csv"), table_of(tmp_path / "again.csv")
    assert [a["path"] for a, b in zip(old, new, strict=True) if a["sha256"] != b["sha256"]] == ["8.png"]


def test_restart_throws_away_what_is_there(score, broken_off, judged, tmp_path, parts):
    assert score(*broken_off, "--batch", 3, "--restart") == 1
    assert len(judged) == 11 and not parts.exists()
    assert score(*broken_off) == 2, "a finished table is not replaced unasked"
    assert score(*broken_off, "--restart") == 1


def test_a_second_run_into_the_same_table_waits_its_turn(score, broken_off, parts, capsys):
    plan = json.loads((parts / "plan.json").read_text())
    with Journal(parts, plan, 0):
        assert score(*broken_off) == 2
    assert "is being written to by another run" in capsys.readouterr().err


def test_several_processes_share_the_work(score, photos, judged, tmp_path, monkeypatch):
    """Under a launcher, the last one first; then the first, which writes the table."""
    arguments = [photos, "--cropped", "--batch", 2, "--workers", 1]
    for rank in (2, 1, 0):
        for name, value in {"RANK": rank, "WORLD_SIZE": 3, "LOCAL_RANK": rank, "LOCAL_WORLD_SIZE": 3}.items():
            monkeypatch.setenv(name, str(value))
        assert score(*arguments, "--out", tmp_path / "shared.csv") == 0
        assert (tmp_path / "shared.csv").exists() is (rank == 0)
    assert len(judged) == len(set(judged)) == 11
    assert score(*arguments, "--out", tmp_path / "shared.csv", "--restart") == 2
    for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE"):
        monkeypatch.delenv(name)
    score(*arguments, "--out", tmp_path / "alone.csv")
    assert (tmp_path / "shared.csv").read_bytes() == (tmp_path / "alone.csv").read_bytes()


def test_what_another_launcher_left_in_the_environment_is_not_believed(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "4")
    monkeypatch.delenv("RANK", raising=False)
    assert running.Share.of_environment() == running.Share()


def test_the_first_process_waits_for_the_others(tmp_path, monkeypatch):
    monkeypatch.setattr(running, "PATIENCE", 0.01)
    folder = tmp_path / "a.csv.parts"
    with Journal(folder, {"batch": 1}, 0) as first, Journal(folder, {"batch": 1}, 1) as second:
        first.add(0, [{"path": "a"}])
        slept = []

        def sleep(seconds):
            slept.append(seconds)
            if len(slept) == 3:
                second.add(1, [{"path": "b"}])

        monkeypatch.setattr(running.time, "sleep", sleep)
        running._wait_for_others(first, 2)
        assert len(slept) == 3 and [row["path"] for row in first.rows()] == ["a", "b"]
    discard(folder)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.timeout(4 * PATIENCE)
def test_a_killed_process_and_its_successor_make_the_table_of_an_unbroken_one(tmp_path, astronaut, started):
    """SIGKILL, no chance to tidy up: real processes, the bundled weights."""
    photos = tmp_path / "photos"
    photos.mkdir()
    for number in range(60):
        portrait = astronaut[10 + number % 7 : 200, 126 + number : 300 + number]
        Image.fromarray(portrait).save(photos / f"{number:02d}.png")
    (photos / "30.png").write_bytes(b"no picture")

    def start(out: str) -> subprocess.Popen:
        command = [sys.executable, "-m", "mfclip", "score", str(photos), "--out", str(tmp_path / out)]
        options = ["--cropped", "--batch", "2", "--workers", "1"]
        started.append(subprocess.Popen([*command, *options], cwd=ROOT, stderr=subprocess.DEVNULL))
        return started[-1]

    part = tmp_path / "killed.csv.parts" / "part-00000.jsonl"
    process = start("killed.csv")
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and not (part.exists() and part.read_bytes().count(b"\n") >= 3):
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    assert process.wait(PATIENCE) == -signal.SIGKILL
    kept = part.read_bytes()
    assert 3 <= kept.count(b"\n") < 30 and not (tmp_path / "killed.csv").exists()
    assert start("killed.csv").wait(PATIENCE) == 1
    assert start("unbroken.csv").wait(PATIENCE) == 1
    assert (tmp_path / "killed.csv").read_bytes() == (tmp_path / "unbroken.csv").read_bytes()
    assert len(table_of(tmp_path / "killed.csv")) == 60
    assert sorted(path.name for path in tmp_path.iterdir()) == ["killed.csv", "photos", "unbroken.csv"]
