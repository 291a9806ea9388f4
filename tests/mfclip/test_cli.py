import csv
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image

import mfclip
from mfclip import __main__ as cli
from mfclip.commands import predict
from mfclip.errors import CheckpointError, NoFace
from mfclip.faces import FaceBox
from mfclip.photo import read_photo

FACES = (FaceBox(10, 20, 110, 140, 0.9), FaceBox(200, 20, 250, 80, 0.8))


class Node:
    def __init__(self, label: str, probability: float, *children: "Node") -> None:
        self.label, self.probability, self.children = label, probability, children

    def to_dict(self) -> dict:
        below = [child.to_dict() for child in self.children]
        return {"label": self.label, "probability": self.probability, "children": below}


class Verdict:
    probability, margin, evidence = 0.93, 2.58, "substantial"
    sentence = "Substantial evidence of forgery."
    patch = SimpleNamespace(index=2, homogeneity=(0.4, 0.3, 0.1, 0.2))
    tree = Node("all", 1.0, Node("real", 0.07), Node("fake", 0.93, Node("face swap", 0.8)))

    def __init__(self, face: int, cropped: bool) -> None:
        self.face = SimpleNamespace(box=None if cropped else FACES[face])
        self.faces = () if cropped else FACES

    def to_dict(self) -> dict:
        return {"photo": "base name", "probability": self.probability, "tree": self.tree.to_dict()}


def detector(photo, *, cropped: bool = False, face: int = 0) -> Verdict:
    """Stands in for mfclip.load(): reads the photo in earnest, invents the verdict."""
    if read_photo(photo).width == 64:
        raise NoFace("No face was found: give a portrait.")
    if face >= len(FACES):
        raise ValueError(f"Face {face + 1} was asked for and there are {len(FACES)}: give 1 to {len(FACES)}.")
    return Verdict(face, cropped)


@pytest.fixture(autouse=True)
def loaded(monkeypatch):
    names = []

    def load(name=None):
        names.append(name)
        if name == "broken":
            raise CheckpointError("There is no checkpoint folder 'broken': give a folder.")
        return detector

    monkeypatch.setattr(mfclip, "load", load, raising=False)
    return names


@pytest.fixture
def photos(tmp_path: Path) -> dict[str, str]:
    Image.new("RGB", (300, 200), "gray").save(tmp_path / "face.png")
    Image.new("RGB", (64, 64), "gray").save(tmp_path / "wall.png")
    (tmp_path / "notes.jpg").write_text("not a picture")
    return {path.stem: str(path) for path in tmp_path.iterdir()} | {"missing": str(tmp_path / "none.jpg")}


def test_a_verdict_in_words(photos, capsys, loaded):
    assert cli.main(["predict", photos["face"], "--checkpoint", "owner/name"]) == 0
    out, err = capsys.readouterr()
    assert loaded == ["owner/name"] and err == ""
    assert out.startswith(f"{photos['face']}: Substantial evidence of forgery.\n")
    assert "0.930" in out and "+2.580" in out and "face 1 of 2" in out and "richest patch 2" in out
    assert "\n  0.930  fake\n    0.800  face swap\n" in out


def test_what_cannot_be_scored_does_not_stop_the_rest(photos, capsys):
    given = [photos[name] for name in ("notes", "missing", "wall", "face")]
    assert cli.main(["predict", *given]) == 1
    out, err = capsys.readouterr()
    assert "Substantial" in out
    lines = err.splitlines()
    assert len(lines) == 3 and all(line.startswith(path) for line, path in zip(lines, given, strict=False))
    assert "is not a picture" in lines[0] and "There is no file" in lines[1] and "No face" in lines[2]


def test_json_is_one_array_with_the_errors_in_it(photos, capsys):
    assert cli.main(["predict", photos["face"], photos["wall"], "--json"]) == 1
    scored, refused = json.loads(capsys.readouterr().out)
    assert scored["photo"] == photos["face"] and scored["probability"] == 0.93 and scored["face_number"] == 1
    assert refused == {"photo": photos["wall"], "error": "No face was found: give a portrait."}


@pytest.mark.parametrize(("asked", "numbers"), [("1", [1]), ("2", [2]), ("all", [1, 2])])
def test_which_face(photos, capsys, asked, numbers):
    assert cli.main(["predict", photos["face"], "--json", "--face", asked]) == 0
    assert [one["face_number"] for one in json.loads(capsys.readouterr().out)] == numbers


def test_a_face_that_is_not_there(photos, capsys):
    assert cli.main(["predict", photos["face"], "--face", "3"]) == 1
    assert "Face 3 was asked for and there are 2" in capsys.readouterr().err


def test_cropped_photos_have_no_box(photos, capsys):
    assert cli.main(["predict", photos["face"], "--cropped"]) == 0
    assert "the whole picture" in capsys.readouterr().out


def test_a_table_is_written_whole(photos, tmp_path, capsys):
    table = tmp_path / "verdicts.csv"
    given = ["predict", photos["face"], photos["notes"], "--face", "all", "--csv", str(table)]
    assert cli.main(given) == 1
    with table.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert list(rows[0]) == predict.COLUMNS
    assert [row["face"] for row in rows] == ["1", "2", ""]
    assert rows[0]["probability"] == "0.93" and rows[0]["x1"] == "110" and rows[0]["homogeneity_2"] == "0.1"
    assert "is not a picture" in rows[2]["error"] and rows[2]["probability"] == ""
    assert not list(tmp_path.glob(".verdicts*"))


def test_an_old_table_outlives_a_run_that_breaks_off(photos, tmp_path, monkeypatch):
    table = tmp_path / "verdicts.csv"
    table.write_text("old")

    def interrupted(*_args, **_options):
        raise KeyboardInterrupt

    monkeypatch.setattr(mfclip, "load", lambda name: interrupted)
    assert cli.main(["predict", photos["face"], "--csv", str(table)]) == 130
    assert table.read_text() == "old" and not list(tmp_path.glob(".verdicts*"))


def test_a_checkpoint_that_cannot_be_used(photos, capsys):
    assert cli.main(["predict", photos["face"], "--checkpoint", "broken"]) == 3
    assert capsys.readouterr().err == "mfclip: There is no checkpoint folder 'broken': give a folder.\n"


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["predict"],
        ["guess", "a.jpg"],
        ["predict", "a.jpg", "--face", "0"],
        ["predict", "a.jpg", "--face", "both"],
        ["predict", "a.jpg", "--face", "all", "--cropped"],
        ["predict", "a.jpg", "--csv", "/no/such/folder/a.csv"],
        ["predict", "a.jpg", "--csv", "/tmp"],
    ],
)
def test_wrong_usage(arguments, capsys):
    with pytest.raises(SystemExit) as end:
        cli.main(arguments)
    assert end.value.code == 2
    assert "usage: python -m mfclip" in capsys.readouterr().err


def test_the_readme_and_the_help_name_every_exit_code(capsys):
    with pytest.raises(SystemExit):
        cli.main(["predict", "--help"])
    help_text = capsys.readouterr().out
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    told = readme.split("Exit codes:")[1]
    for code in range(4):
        assert f"| {code} |" in told
        assert f"\n  {code}  " in help_text


def test_the_module_answers_from_a_shell():
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "mfclip", "predict", "--help"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0 and "exit codes:" in done.stdout and done.stderr == ""
    assert time.monotonic() - started < 30


def test_a_terminal_that_knows_ascii_only_and_a_reader_that_leaves(photos, tmp_path):
    """The whole path in a process: words leave as escapes, and a closed pipe ends the run quietly."""
    program = (
        "import sys, mfclip; from tests.mfclip.test_cli import detector;"
        "mfclip.load = lambda name: detector; from mfclip.__main__ import main; sys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", program, "predict", *[photos["face"]] * 40]
    root = Path(__file__).parents[2]
    plain = {**os.environ, "PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
    done = subprocess.run(command, cwd=root, env=plain, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "\\u2013" in done.stdout and done.stderr == ""
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()


def test_the_help_lists_every_command_and_waits_for_nothing_heavy():
    """A module of mfclip/commands is a command if it has a NAME, and all of those are listed."""
    folder = Path(cli.__file__).parent / "commands"
    names = {path.stem for path in folder.glob("*.py") if "\nNAME = " in path.read_text(encoding="utf-8")}
    assert names == {module.NAME for module in cli.COMMANDS}
    program = (
        "import sys\nfrom mfclip.__main__ import main\ntry:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = ('torch', 'numpy', 'PIL', 'huggingface_hub', 'safetensors', 'pandas', 'pyarrow', 'av')\n"
        "sys.stdout.write('loaded: ' + ' '.join(name for name in heavy if name in sys.modules))"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True
    )
    listed, _, loaded = done.stdout.rpartition("loaded: ")
    assert loaded == "" and all(f"\n    {name}" in listed for name in names)
