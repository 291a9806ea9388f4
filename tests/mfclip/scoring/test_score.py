"""The command as a whole: rows, order, labels, refusals."""

import hashlib
import json
import sys

import numpy as np
import pytest
from PIL import Image

from mfclip import faces
from mfclip.commands import predict
from mfclip.errors import NoFace
from mfclip.scoring.judging import COLUMNS, Options, judge
from mfclip.scoring.listing import Item, list_photos
from tests.mfclip.scoring.conftest import table_of

SAME = 1e-4  # batch invariance, design §8


@pytest.fixture
def several(tmp_path, astronaut, two_faces, landscape) -> list[Item]:
    """A large face, a small one, two, none, a small picture."""
    pictures = {
        "portrait": np.asarray(Image.fromarray(astronaut[20:220, 126:326]).resize((500, 500))),
        "far": astronaut,
        "two": two_faces,
        "hills": landscape,
        "little": astronaut[20:220, 126:326],
    }
    items = []
    for name, picture in pictures.items():
        Image.fromarray(picture).save(tmp_path / f"{name}.png")
        items.append(Item(f"{name}.png", tmp_path / f"{name}.png"))
    return items


@pytest.mark.parametrize("count", [False, True])
def test_a_row_has_what_predict_says_of_the_photo(detector, several, count):
    rows = judge(detector, several, Options(count_faces=count))
    for item, row in zip(several, rows, strict=True):
        assert tuple(row) == COLUMNS and set(predict.COLUMNS) < set(COLUMNS)
        try:
            verdict = detector(item.file)
        except NoFace as error:
            assert row["error"] == str(error) and row["margin"] is None
            continue
        for name, value in predict.row(item.file.name, 1, verdict).items():
            if name == "faces" and row[name] is None:
                assert not count and item.path == "portrait.png", "only beside a large face nobody counts"
            elif isinstance(value, float):
                assert row[name] == pytest.approx(value, abs=SAME), name
            else:
                assert row[name] == value, name
        for name in ("head", "language", "recompressed"):
            assert row[name] == pytest.approx(getattr(verdict, name), abs=SAME)
        assert row["doubts"] == "; ".join(verdict.doubts)
        assert row["sha256"] == hashlib.sha256(item.file.read_bytes()).hexdigest()


@pytest.fixture
def looked(monkeypatch):
    """The shapes of the photos that were looked at in full."""
    seen, closer = [], faces._looked_closer
    monkeypatch.setattr(
        faces,
        "_looked_closer",
        lambda session, picture, *told: (seen.append(np.shape(picture)), closer(session, picture, *told))[1],
    )
    return seen


def test_the_fine_look_is_spared_where_it_changes_nothing(several, detector, looked):
    judge(detector, several, Options())
    assert looked == [(512, 512, 3), (512, 900, 3), (480, 720, 3)], "small faces and none"
    judge(detector, several[:1], Options(count_faces=True))
    assert looked[3:] == [(500, 500, 3)]


def test_a_face_half_seen_that_could_be_the_largest_is_looked_for(several, detector, looked, monkeypatch):
    """What the coarse look all but misses may be what the fine one finds."""
    monkeypatch.setattr(faces, "SURE", 0.99)
    judge(detector, several[:1], Options())
    assert looked == [(500, 500, 3)]


def test_a_folder_in_order_with_its_errors_and_figures(score, photos, tmp_path, capsys):
    out = tmp_path / "scores.csv"
    assert score(photos, "--out", out, "--cropped", "--batch", 3, "--workers", 2) == 1
    rows = table_of(out)
    assert [row["path"] for row in rows] == sorted(row["path"] for row in rows) and len(rows) == 11
    assert list(rows[0]) == list(COLUMNS)
    assert {row["label"] for row in rows} == {"real", "fake", ""}
    broken = [row for row in rows if row["error"]]
    assert [row["path"] for row in broken] == ["real/notes.jpg"] and broken[0]["margin"] == ""
    told, err = capsys.readouterr()
    assert "real/notes.jpg: 'notes.jpg' is not a picture" in err
    assert "10 of 11 photos scored; 1 could not be scored" in err
    assert all(name in told for name in ("AUC", "AP", "EER", "accuracy at cut-off", "TPR at 5% FPR", "["))
    assert [path.name for path in tmp_path.iterdir() if "scores" in path.name] == ["scores.csv"]


def test_any_number_of_threads_gives_the_same_bytes(score, photos, tmp_path):
    for workers in (1, 3):
        score(photos, "--out", tmp_path / f"{workers}.csv", "--cropped", "--batch", 2, "--workers", workers)
    assert (tmp_path / "1.csv").read_bytes() == (tmp_path / "3.csv").read_bytes()


def test_a_parquet_file_holds_the_same(score, photos, tmp_path, detector):
    import pyarrow.parquet as parquet

    for ending in ("csv", "parquet"):
        score(photos, "--out", tmp_path / f"scores.{ending}", "--cropped")
    table = parquet.read_table(tmp_path / "scores.parquet")
    assert table.column_names == list(COLUMNS)
    for row, other in zip(table.to_pylist(), table_of(tmp_path / "scores.csv"), strict=True):
        assert {name: "" if value is None else str(value) for name, value in row.items()} == other
    about = json.loads(table.schema.metadata[b"mfclip"])
    assert about["precision"] == "float32" and about["cropped"] is True and about["rows"] == 11


def test_a_manifest_keeps_its_order_and_its_labels(score, photos, tmp_path):
    manifest = tmp_path / "list.csv"
    lines = ["path,label,generator,person", "photos/fake/5.png,fake,sdxl,a", "photos/real/0.png,real,,a"]
    manifest.write_text("\n".join([*lines, "photos/8.png,,,", "photos/gone.png,fake,,"]) + "\n")
    out = tmp_path / "scores.csv"
    assert score(manifest, "--out", out, "--cropped") == 1
    rows = table_of(out)
    assert [row["path"] for row in rows] == [line.split(",")[0] for line in lines[1:]] + [
        "photos/8.png",
        "photos/gone.png",
    ]
    assert [row["label"] for row in rows] == ["fake", "real", "", "fake"]
    assert "There is no file" in rows[3]["error"] and rows[3]["sha256"] == ""
    items = list_photos(manifest)
    assert items[0].group == items[1].group != items[2].group and items[0].source == "sdxl"


def test_the_first_so_many(score, photos, tmp_path):
    assert score(photos, "--out", tmp_path / "scores.csv", "--cropped", "--limit", 2) == 0
    assert len(table_of(tmp_path / "scores.csv")) == 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("label\nreal\n", "the columns ['label']"),
        ("path,label\na.jpg,forged\n", "line 2: the label is 'forged'; it must be real, fake or empty"),
        ("path,label\n,real\n", "line 2: the path is ''"),
        ("path\n", "lists no photo"),
        (b"path\n\xff\xfe.jpg\n", "is not a CSV file in UTF-8"),
    ],
)
def test_a_manifest_that_cannot_be_read(score, tmp_path, capsys, content, said):
    manifest = tmp_path / "list.csv"
    manifest.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert score(manifest, "--out", tmp_path / "scores.csv") == 2
    err = capsys.readouterr().err
    assert said in err and err.count("\n") == 1 and not (tmp_path / "scores.csv").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere", "--out", "a.csv"], "There is no folder or manifest 'nowhere'"),
        (["{photos}", "--out", "a.xlsx"], "must end in .csv or .parquet"),
        (["{photos}", "--out", "no/such/folder/a.csv"], "in a folder that exists"),
        (
            ["{photos}", "--out", "there.csv"],
            "there.csv is there already: name another file, or add --restart",
        ),
        (["empty", "--out", "a.csv"], "holds no picture"),
    ],
)
def test_wrong_usage_is_one_sentence(score, photos, tmp_path, monkeypatch, capsys, arguments, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "there.csv").write_text("old")
    assert score(*[argument.format(photos=photos) for argument in arguments]) == 2
    err = capsys.readouterr().err
    assert said in err and err.count("\n") == 1 and (tmp_path / "there.csv").read_text() == "old"


@pytest.mark.parametrize("more", [["--batch", "0"], ["--workers", "many"], ["--limit", "-1"]])
def test_numbers_that_are_none(score, photos, tmp_path, more):
    with pytest.raises(SystemExit) as end:
        score(photos, "--out", tmp_path / "a.csv", *more)
    assert end.value.code == 2


def test_without_pyarrow_a_sentence_before_any_work(score, photos, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert score(photos, "--out", tmp_path / "scores.parquet") == 2
    assert "pip install 'mfclip-explainer[score]'" in capsys.readouterr().err
    assert not (tmp_path / "scores.parquet.parts").exists()
