import subprocess
import sys

import numpy as np
import pytest

import explain
from explain.methods import Knob, Method
from explain.result import Receipt, Result


def bare(subject, progress, **knobs):
    progress(1, 1)
    return Result(
        values={"contributions": np.array([1.0])},
        site="nowhere",
        sign="positive towards fake",
        unit="logits",
        gap=0.0,
        cost=2.0,
        caveat="made for a test",
    )


KNOBS = (
    Knob("steps", "integer", 32, "Points.", low=8, high=64),
    Knob("share", "number", 0.5, "Part.", low=0.0, high=1.0),
    Knob("fill", "choice", "blur", "Cover.", choices=("blur", "black")),
    Knob("layer", "choice", "stem", "Which; known to the subject."),
    Knob("fast", "switch", False, "Quicker."),
    Knob("word", "text", "", "A word."),
)
METHOD = Method("bare", "What?", "ledger", bare, KNOBS)


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("steps", 8, 8),
        ("steps", 64.0, 64),
        ("share", 1, 1.0),
        ("fill", "black", "black"),
        ("layer", "7", "7"),
        ("fast", True, True),
        ("word", "eye", "eye"),
    ],
)
def test_a_knob_takes_what_is_allowed(name, value, kept):
    knob = next(knob for knob in KNOBS if knob.name == name)
    assert knob.check(value) == kept
    assert type(knob.check(value)) is type(kept)


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("steps", 7, "a whole number of 8 to 64"),
        ("steps", 65, "a whole number of 8 to 64"),
        ("steps", 8.5, "a whole number"),
        ("steps", True, "a whole number"),
        ("steps", float("nan"), "a whole number"),
        ("steps", "8", "a whole number"),
        ("share", 1.1, "a number of 0.0 to 1.0"),
        ("share", float("inf"), "a number"),
        ("share", float("nan"), "a number"),
        ("fill", "red", "'blur', 'black'"),
        ("fast", 1, "true or false"),
        ("word", None, "a text"),
    ],
)
def test_a_knob_refuses_the_rest_and_says_what_is_allowed(name, value, allowed):
    knob = next(knob for knob in KNOBS if knob.name == name)
    with pytest.raises(ValueError, match=f"{name} is .*; allowed: .*{allowed}"):
        knob.check(value)


def test_a_method_fills_in_what_it_ran_on(subject):
    told = []
    result = METHOD.run(subject, lambda *step: told.append(step), steps=16)
    assert (result.method, result.target, result.checkpoint) == ("bare", "margin", "random-tiny")
    assert result.explained == subject.explained
    assert result.subject is subject
    assert result.seconds >= 0
    assert dict(result.knobs) == {
        "steps": 16,
        "share": 0.5,
        "fill": "blur",
        "layer": "stem",
        "fast": False,
        "word": "",
    }
    assert told == [(1, 1)]


def test_a_method_refuses_settings_it_has_not(subject):
    with pytest.raises(ValueError, match=r"bare has no settings \['stepps'\]; it has steps, share"):
        METHOD.run(subject, stepps=3)
    with pytest.raises(ValueError, match="ledger has no settings .* it has none"):
        explain.METHODS["ledger"].run(subject, steps=3)


def test_every_method_is_registered_by_its_name_and_describes_itself():
    assert {"ledger", "audit"} <= set(explain.METHODS)
    for name, method in explain.METHODS.items():
        assert method.name == name
        assert method.question.endswith("?")
        for knob in method.knobs:
            assert knob.help.endswith(".")
            assert knob.check(knob.default) == knob.default


def test_explain_names_the_methods_there_are(detector, verdict):
    with pytest.raises(ValueError, match="no method 'gradcam'; choose one of ledger, audit"):
        explain.explain(detector, verdict, "gradcam")


def test_explain_passes_target_and_knobs_on(detector, verdict):
    result = explain.explain(detector, verdict, "grid", target="head", steps=1, limit=1)
    assert (result.method, result.target) == ("grid", "head")
    assert result.knobs["steps"] == 1
    assert result.explained == pytest.approx(verdict.head, abs=1e-5)


def test_five_lines_of_a_notebook(detector, astronaut):
    verdict = detector(astronaut)
    result = explain.explain(detector, verdict, "ledger")
    receipt = explain.receipt(detector, result)
    figure = explain.figures.draw(result)
    assert isinstance(receipt, Receipt)
    assert receipt.method == result.method == "ledger"
    assert figure.data


def test_explain_says_what_it_offers():
    with pytest.raises(AttributeError, match="no attribute 'figure'; it offers .*explain, receipt"):
        _ = explain.figure


def test_importing_explain_loads_no_drawing_and_no_page():
    program = (
        "import sys, explain\n"
        "loaded = [name for name in ('plotly', 'gradio', 'sklearn', 'skimage', 'space') if name in sys.modules]\n"
        "assert not loaded, loaded\n"
        "assert explain.figures.draw and 'plotly' in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
