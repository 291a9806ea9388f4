import json
from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from explain.result import ARRAYS, RECORD, Reading, Receipt, Result


def a_result(**told):
    return Result(
        **{
            "values": {"map": np.eye(3, dtype=np.float32), "contributions": np.array([1.0, np.nan])},
            "site": "cells of the face",
            "sign": "positive towards fake",
            "unit": "logits",
            "gap": None,
            "cost": 2.5,
            "caveat": "made for a test",
            "labels": {"contributions": ("eye", "mouth")},
            "notes": ("seen",),
            "knobs": {"steps": 8, "fill": "blur"},
            **told,
        }
    )


def test_a_result_comes_back_from_its_folder(tmp_path):
    result = a_result(
        method="pixels", target="description:2", explained=-0.125, seconds=0.5, checkpoint="tiny"
    )
    result.save(tmp_path / "new" / "folder")
    loaded = Result.load(tmp_path / "new" / "folder")
    assert loaded.to_dict() == result.to_dict()
    for name, array in result.values.items():
        np.testing.assert_array_equal(loaded.values[name], array)
        assert loaded.values[name].dtype == array.dtype
    assert loaded.labels["contributions"] == ("eye", "mouth")
    assert loaded.notes == ("seen",)


def test_neither_subject_nor_pixels_are_saved(subject, tmp_path):
    a_result(subject=subject).save(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {RECORD, ARRAYS}
    assert "subject" not in json.loads((tmp_path / RECORD).read_text())
    with np.load(tmp_path / ARRAYS) as arrays:
        assert set(arrays) == {"map", "contributions"}
    assert Result.load(tmp_path).subject is None


def test_the_record_is_json_with_the_shapes_of_the_arrays():
    told = json.loads(json.dumps(a_result().to_dict()))
    assert told["values"] == {"map": [3, 3], "contributions": [2]}
    assert told["gap"] is None


@pytest.mark.parametrize(
    "broken", ["empty", "no arrays", "no json", "one array less", "a list", "another field", "no archive"]
)
def test_a_folder_without_a_result_is_refused_in_a_sentence(tmp_path, broken):
    if broken != "empty":
        a_result().save(tmp_path)
    if broken == "no arrays":
        (tmp_path / ARRAYS).unlink()
    if broken == "no json":
        (tmp_path / RECORD).write_text("{")
    if broken == "one array less":
        np.savez(tmp_path / ARRAYS, map=np.eye(3))
    if broken == "a list":
        (tmp_path / RECORD).write_text("[]")
    if broken == "another field":
        told = json.loads((tmp_path / RECORD).read_text())
        (tmp_path / RECORD).write_text(json.dumps({**told, "colour": "red"}))
    if broken == "no archive":
        (tmp_path / ARRAYS).write_bytes(b"")
    with pytest.raises(ValueError, match="holds no saved explanation .*pass a folder that Result.save wrote"):
        Result.load(tmp_path)


def test_a_result_is_frozen():
    with pytest.raises(FrozenInstanceError):
        a_result().gap = 0.0


def test_a_receipt_is_json():
    reading = Reading("deletion", 0.9, "above 0.95", False, {"orders": [0.1, 0.2]})
    told = Receipt("pixels", "fails", "Too low.", (reading,), 41.0, 3.5).to_dict()
    assert json.loads(json.dumps(told))["readings"][0] == {
        "metric": "deletion",
        "value": 0.9,
        "line": "above 0.95",
        "passed": False,
        "detail": {"orders": [0.1, 0.2]},
    }


def test_a_folder_may_be_named_by_a_text(tmp_path):
    a_result().save(str(tmp_path / "kept"))
    assert Result.load(str(tmp_path / "kept")).to_dict() == a_result().to_dict()


def test_what_is_shown_of_it_fits_a_line():
    shown = repr(a_result(values={"map": np.zeros((14, 14)), "pixels": np.zeros((224, 224))}))
    assert "map (14, 14)" in shown and "pixels (224, 224)" in shown and "\n" not in shown and len(shown) < 200
    reading = Reading("deletion", 0.9123, "above 0.95", False, {"orders": [0.1] * 1000})
    assert repr(Receipt("pixels", "fails", "Too low.", (reading,), 41.0, 3.5)) == (
        "Receipt(pixels fails: deletion 0.912)"
    )


def test_a_labelled_array_is_told_by_its_names_the_largest_first():
    result = a_result(
        values={"contributions": np.array([0.5, -2.0, np.nan]), "map": np.eye(2)},
        labels={"contributions": ("a", "photo", "a"), "map": ("row", "row")},
    )
    told = result.ranked()
    assert told[:2] == [("photo", -2.0), ("a", 0.5)] and told[2][0] == "a" and np.isnan(told[2][1])
    with pytest.raises(ValueError, match="'map' is no labelled list .*; it has 'contributions'"):
        result.ranked("map")
    with pytest.raises(ValueError, match="it has none: read its values"):
        a_result(labels={}).ranked()
