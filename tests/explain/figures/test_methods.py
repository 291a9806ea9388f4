"""Every method of the register has a figure, on both themes and as plain data."""

import base64
import json

import numpy as np
import pytest

import explain
from explain import figures
from explain.figures.inline import as_data
from explain.report import plain
from explain.subject import Subject
from tests.explain.conftest import crops, make_small

NAMES = tuple(explain.METHODS)


@pytest.fixture(scope="module")
def results():
    detector = make_small()
    verdict = detector(crops()[0], cropped=True)
    least = {
        name: {
            knob.name: int(knob.low)
            for knob in method.knobs
            if knob.kind == "integer" and knob.low is not None and knob.name != "batch"
        }
        for name, method in explain.METHODS.items()
    }
    return {
        name: method.run(Subject.of(detector, verdict), **least[name])
        for name, method in explain.METHODS.items()
    }


def numbers(value):
    if isinstance(value, dict):
        return [number for item in value.values() for number in numbers(item)]
    if isinstance(value, list):
        return [number for item in value for number in numbers(item)]
    return [value] if isinstance(value, float) else []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", NAMES)
def test_it_is_drawn(results, name, theme):
    scale = figures.scale_of(results.values())
    told = plain(as_data(figures.draw(results[name], scale, theme)))
    assert told["data"] and told["layout"]["height"] > 80
    assert len(json.dumps(told, allow_nan=False)) < 300_000
    assert np.isfinite(numbers(told["layout"])).all()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_ledger_whose_levels_cannot_be_booked_is_drawn(theme, tmp_path):
    """Read jointly, four of its numbers are no numbers: they are left out, and the rest is drawn."""
    detector = make_small("joint")
    result = explain.explain(detector, detector(crops()[0], cropped=True), "ledger")
    assert np.isnan(result.values["bookkeeping"]).sum() == 4
    told = plain(as_data(figures.draw(result, theme=theme)))
    json.dumps(told, allow_nan=False)
    assert np.isfinite(numbers(told["layout"])).all()
    booked = next(trace for trace in told["data"] if str(trace.get("name", "")).startswith("bookkeeping"))
    # plotly packs arrays as bytes; its script leaves out a point that is no number.
    drawn = np.frombuffer(base64.b64decode(booked["x"]["bdata"]), dtype=booked["x"]["dtype"])
    assert np.isnan(drawn).tolist() == [False] * 2 + [True] * 4
    result.save(tmp_path)
    again = plain(as_data(figures.draw(type(result).load(tmp_path), theme=theme)))
    assert again == told
    assert figures.scale_of([result]) > 0


@pytest.mark.parametrize("name", NAMES)
def test_a_saved_result_is_drawn_as_the_fresh_one(results, name, tmp_path):
    results[name].save(tmp_path)
    fresh, loaded = results[name], type(results[name]).load(tmp_path)
    assert plain(as_data(figures.draw(loaded, 0.5))) == plain(as_data(figures.draw(fresh, 0.5)))


def test_the_figures_room_names_methods_that_exist():
    assert set(figures.DRAWERS) <= set(NAMES)
