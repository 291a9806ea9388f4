"""The protocol over a set of faces: what is drawn, kept, taken up again and written."""

import csv
import json

import numpy as np
import pytest
from PIL import Image

from explain.benchmark import __main__ as command_line
from explain.benchmark import run as runs
from explain.benchmark.__main__ import main
from explain.benchmark.controls import CONTROLS, FORGOTTEN, SIDE
from explain.benchmark.faces import Case, labelled, plain, spread
from explain.benchmark.protocol import Entry, face_rows
from explain.benchmark.table import interval, markdown, summary, table
from explain.metrics import Settings
from explain.subject import Subject
from mfclip.hub import write_checkpoint
from tests.explain.conftest import crops, make_small

FEW = Settings(orders=3, steps=2, fills=("mean",), units=2, samples=2)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    folder = tmp_path_factory.mktemp("weights") / "small"
    model = make_small().model
    write_checkpoint(folder, model.config.to_dict(), model.state_dict(), "made for a test")
    return folder


@pytest.fixture
def photos(tmp_path, astronaut):
    folder = tmp_path / "photos"
    (folder / "inner").mkdir(parents=True)
    Image.fromarray(astronaut).save(folder / "a.png")
    Image.fromarray(astronaut[:, ::-1].copy()).save(folder / "inner" / "b.png")
    Image.fromarray(np.zeros((120, 120, 3), dtype=np.uint8)).save(folder / "nobody.png")
    (folder / "broken.png").write_bytes(b"no picture")
    return folder


def manifest(folder, real: int, fakes: dict[str, int]):
    lines = ["path,label,forgery_kind,family,generator,split"]
    lines += [f"real/{n}.png,real,,,camera,test" for n in range(real)]
    lines += ["real/t.png,real,,,camera,train"]
    for name, count in fakes.items():
        lines += [f"fake/{name}/{n}.png,fake,entire_face_synthesis,gan,{name},test" for n in range(count)]
    (folder / "manifest.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_half_is_real_and_forgeries_come_from_every_generator(tmp_path):
    manifest(tmp_path, 30, {"large": 40, "small": 3, "middle": 10})
    cases = labelled(tmp_path, 20, "test", seed=0)
    assert [case.label for case in cases[:4]] == ["real", "fake", "real", "fake"] and len(cases) == 20
    count = {name: sum(case.source == name for case in cases) for name in ("large", "small", "middle")}
    assert count == {"large": 4, "small": 3, "middle": 3} or sorted(count.values()) == [3, 3, 4]
    assert all("t.png" not in case.path for case in cases)
    assert cases == labelled(tmp_path, 20, "test", seed=0) != labelled(tmp_path, 20, "test", seed=1)
    # More faces keep those there were, so that a run can be made larger.
    assert set(cases) <= set(labelled(tmp_path, 40, "test", seed=0))
    with pytest.raises(ValueError, match="no real photograph in the split 'validation'"):
        labelled(tmp_path, 20, "validation", seed=0)


def test_a_small_source_is_not_crowded_out():
    cases = [Case(f"{n}", "fake", "large") for n in range(100)] + [Case("x", "fake", "small")]
    assert "small" in {case.source for case in spread(cases, 2, seed=5)}


def test_controls_know_nothing_of_the_detector(smalls):
    detector = smalls["each"]
    subjects = [Subject.of(detector, verdict) for verdict in detector.batch(list(crops()[:2]), cropped=True)]
    for make, _ in CONTROLS.values():
        first, second = (make(subject, 0) for subject in subjects)
        assert first.shape == (SIDE, SIDE) and np.array_equal(first, make(subjects[0], 0))
        assert np.ptp(first) > 0
    random, centre, edges = (make for make, _ in CONTROLS.values())
    assert not np.array_equal(random(subjects[0], 0), random(subjects[1], 0))
    assert centre(subjects[0], 0).argmax() in (6 * 14 + 6, 6 * 14 + 7, 7 * 14 + 6, 7 * 14 + 7)
    flat = subjects[0].seen_as(face=subjects[0].face * 0 + 9)
    vars(flat)["face"][..., 112:] = 200
    columns = edges(flat, 0).sum(axis=0)
    assert columns[[6, 7]].min() > 0 and columns[[0, 3, 10, 13]].max() == 0


def test_rows_of_a_face_hold_methods_controls_and_refusals(smalls):
    detector = smalls["authors"]
    verdict = detector(crops()[0], cropped=True)
    entries = [Entry.parse(text) for text in ("grid", "ledger", "pixels:steps=8,limit=8")]
    rows = {row["method"]: row for row in face_rows(detector, verdict, entries, sane=True, settings=FEW)}
    assert "refused" in rows["grid"] and "verdict" not in rows["grid"]
    assert list(rows["ledger"]["readings"]) == ["ledger sum"]
    assert "randomisation" in rows["pixels:steps=8,limit=8"]["readings"]
    assert {*CONTROLS, FORGOTTEN} <= set(rows)
    assert set(rows[FORGOTTEN]["readings"]) >= {"deletion", "insertion", "saco", "polarity"}
    # Numbers alone: no cell of a map is kept.
    assert "[" not in json.dumps(list(rows.values()))[1:]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("magic", "no method 'magic'"),
        ("audit", "audit has no receipt"),
        ("occlusion:size=3", "occlusion has side"),
        ("occlusion:side=8", "side is 8; allowed: 7, 14"),
        ("grid:layer", "write KNOB=VALUE"),
    ],
)
def test_methods_that_cannot_be_run_are_named(text, told):
    with pytest.raises(ValueError, match=told):
        Entry.parse(text)


def test_knobs_are_read_in_their_type():
    assert Entry.parse("occlusion:side=14,fill=blur").knobs == {"side": 14, "fill": "blur"}


def command(checkpoint, photos, out, *more):
    few = ["--methods", "grid", "ledger", "--orders", "2", "--sane", "1", "--faces", "4"]
    return main(["--photos", str(photos), "--out", str(out), "--checkpoint", str(checkpoint), *few, *more])


def test_a_run_writes_its_tables_and_goes_on_where_it_stopped(
    checkpoint, photos, tmp_path, monkeypatch, caplog
):
    out, calls = tmp_path / "out", []
    judge = runs.judge
    monkeypatch.setattr(command_line, "STANDARD", FEW)

    def stopping(*given):
        if len(calls) == 2:
            raise KeyboardInterrupt
        calls.append(given)
        return judge(*given)

    monkeypatch.setattr(runs, "judge", stopping)
    assert command(checkpoint, photos, out) == 130
    assert len((out / "faces.jsonl").read_text().splitlines()) == 2
    with (out / "faces.jsonl").open("a") as file:
        file.write('{"photo": "inner/b.p')  # the line that was being written
    monkeypatch.setattr(runs, "judge", lambda *given: calls.append(given) or judge(*given))
    assert command(checkpoint, photos, out) == 0
    assert len(calls) == 4 and len({case.path for *_, case, _ in calls}) == 4
    told = json.loads((out / "benchmark.json").read_text())
    assert told["faces"] == 2 and set(told["skipped"]) == {"nobody.png", "broken.png"}
    grid = told["methods"]["grid"]
    assert grid["faces"] == 2 and grid["metrics"]["deletion"]["passed"]["faces"] == 2
    assert told["methods"]["ledger"]["verdicts"]["holds"]["mean"] == 1
    text = (out / "benchmark.md").read_text()
    assert "| grid | 2 |" in text and "control: edges" in text and "## Cost" in text
    with (out / "benchmark.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["method"] for row in rows} == {*told["methods"]}
    before = (out / "benchmark.md").read_text()
    assert command(checkpoint, photos, out) == 0 and len(calls) == 4
    assert (out / "benchmark.md").read_text() == before


def test_another_plan_is_not_mixed_into_a_run(checkpoint, photos, tmp_path, capsys):
    out = tmp_path / "out"
    (photos / "inner" / "b.png").unlink()
    (photos / "a.png").unlink()
    assert command(checkpoint, photos, out) == 2
    assert "None of the 2 photographs shows a face" in capsys.readouterr().err
    assert command(checkpoint, photos, out, "--seed", "1") == 2
    assert "holds a run with other settings; give another --out" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "code", "told"),
    [
        (["--faces", "1"], 2, "--faces is 1; 2 to 100000 is allowed"),
        (["--target", "truth"], 2, "The target is 'truth'"),
        (["--methods", "magic"], 2, "no method 'magic'"),
        (["--checkpoint", "/nowhere/at all"], 3, "nowhere"),
        (["--photos", "/nowhere/at all"], 2, "There is no folder '/nowhere/at all'"),
    ],
)
def test_wrong_usage_gets_one_sentence(checkpoint, photos, tmp_path, capsys, more, code, told):
    assert command(checkpoint, photos, tmp_path / "out", *more) == code
    said = capsys.readouterr().err
    assert told in said and "Traceback" not in said and said.strip().count("\n") == 0


def test_a_folder_without_pictures_is_named(tmp_path):
    with pytest.raises(ValueError, match="holds no picture"):
        plain(tmp_path, 3, 0)


def row(value: float, passed: bool, verdict: str = "holds") -> dict:
    reading = {"value": value, "passed": passed, "deviations": 2 * value}
    told = {"cost": 3.0, "cpu seconds": 1.0, "receipt cpu seconds": 2.0}
    return {"method": "m", "kind": "map", "verdict": verdict, **told, "readings": {"deletion": reading}}


def test_summaries_by_hand():
    told = summary([row(1.0, True), row(0.5, False, "weak"), {"method": "m", "refused": "no"}], seed=0)
    assert told["faces"] == 2 and told["refused"] == ["no"]
    deletion = told["metrics"]["deletion"]
    assert deletion["passed"]["mean"] == 0.5 and deletion["value"]["mean"] == 0.75
    assert deletion["deviations"]["mean"] == 1.5
    assert (deletion["passed"]["low"], deletion["passed"]["high"]) == (0, 1)
    assert told["verdicts"]["weak"]["mean"] == 0.5 and told["cost"] == 3.0


def test_intervals_hold_the_mean_of_a_known_distribution():
    random = np.random.default_rng(0)
    inside = 0
    for _ in range(200):
        values = random.normal(1.0, 1.0, 60)
        _, low, high = interval(values, random.integers(60, size=(500, 60)))
        inside += low <= 1.0 <= high
    assert 178 <= inside <= 200


def test_methods_stand_in_the_order_of_the_run_and_by_label():
    faces = [
        {"photo": "a", "label": "real", "rows": [row(1.0, True), row(1.0, True) | {"method": "n|n"}]},
        {"photo": "b", "label": "fake", "rows": [row(0.0, False, "fails")]},
    ]
    told = table(faces, seed=0)
    assert list(told) == ["m", "n|n"]
    assert told["m"]["by label"]["fake"]["verdicts"]["fails"]["mean"] == 1
    about = {
        "faces": 2,
        "labels": "1 fake, 1 real",
        "checkpoint": "c",
        "weights": "0" * 64,
        "target": "margin",
        "settings": {"orders": 20, "fills": ["mean"], "seed": 0},
    }
    text = markdown(about, told)
    assert "| m | 2 | 50% [0%, 100%]" in text and r"n\|n" in text
    assert "polarity" not in text, "a column that nothing fills is left out"
