"""README's table is written from the results, between its markers and nowhere else."""

import pytest

from mfclip.evaluation.readme import FIRST, LAST, write_readme
from mfclip.hub.lineage import steps_drawn_alike, steps_in_all


def _figure(value: float) -> dict[str, float]:
    return {"value": value, "low": value - 0.1, "high": value + 0.1, "n": 9}


RESULTS = {
    "conditions": {
        "re-saved": {
            "generators": {"sdxl": {"forgeries": 3, "detector": _figure(0.8), "baseline": _figure(0.7)}},
            "overall": {"auc": _figure(0.8), "reals_called_substantial": _figure(0.042)},
            "above_baseline": 1,
        }
    }
}


def test_only_what_stands_between_the_markers_is_replaced(tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{FIRST}old\n{LAST}\nafter\n", encoding="utf-8")
    for _ in range(2):
        write_readme(readme, RESULTS, lambda protocol: {})
    told = readme.read_text(encoding="utf-8")
    assert told.startswith(f"before\n{FIRST}") and told.endswith(f"{LAST}\nafter\n") and "old" not in told
    assert "| sdxl | 3 | 0.80 [0.70, 0.90] | 0.70 [0.60, 0.80] |" in told
    assert "on 1 of 1 generators" in told and "4.2%" in told


def run_without(auc: float, *alarms: float, caught: float = 0.1) -> dict:
    """A left-out run: its AUC, half of which the baseline has, false alarms by source, forgeries it finds."""
    told = {str(place): {"called_substantial": _figure(share)} for place, share in enumerate(alarms)}
    difference = {"value": auc - 0.45, "low": auc - 0.55, "high": auc - 0.35}
    measured = {
        "all": {"detector": _figure(auc), "difference": difference},
        "overall": {"forgeries_called_substantial": _figure(caught)},
        "reals": told,
    }
    return {"steps": 2080, "image": "conv", "left_out": "camera", "conditions": {"re-saved": measured}}


@pytest.fixture
def told_of(tmp_path):
    """What the README says of left-out runs, on one line."""

    def told(found: dict) -> str:
        readme = tmp_path / "README.md"
        readme.write_text(FIRST + LAST, encoding="utf-8")
        write_readme(readme, RESULTS, lambda protocol: found.get(protocol, {}))
        return " ".join(readme.read_text(encoding="utf-8").split())

    return told


def test_what_runs_without_something_achieve_is_said_where_it_was_measured(told_of):
    told = told_of(
        {
            "leave-one-generator-out": {"runs": {"a": run_without(0.9, 0.02), "b": run_without(0.35, 0.02)}},
            "leave-one-forgery-kind-out": {
                "runs": {"a": run_without(0.7, 0.02), "b": run_without(0.44, 0.1)}
            },
            "leave-one-real-source-out": {
                "runs": {"a": run_without(0.6, 0.031, caught=0.02), "b": run_without(0.5, 0.28)}
            },
        }
    )
    assert "without one generator (2,080 steps each, image stream of kind conv)" in told
    assert "on 1 of 2: AUC of what each never saw 0.35 to 0.90." in told
    kinds = "without one kind of forgery (2,080 steps each, image stream of kind conv): above the baseline on 1 of 2, "
    assert kinds + "AUC 0.44 to 0.70." in told
    assert "call 3% to 28% of its photographs" in told
    assert "and 2% to 10% of the forgeries (AUC 0.50 to 0.60)" in told
    assert "several at once" not in told and "drawn alike" not in told


def test_runs_without_several_are_told_apart(told_of):
    runs = {"a": run_without(0.6, 0.031), "b": run_without(0.5, 0.28, 0.2)}
    runs["b"] |= {"left_out": "camera, archive", "steps": 900}
    told = told_of({"leave-one-real-source-out": {"runs": runs}})
    assert "call 3% of its photographs" in told
    assert (
        "Without several at once (900 steps each, image stream of kind conv), at worst 28% (camera," in told
    )


def test_steps_drawn_otherwise_are_counted_over_the_runs_before(told_of):
    before = {"steps": 1580, "recipe": {"evenness": 0.5}}
    record = {"steps": 500, "recipe": {"evenness": 1.0}, "started_from": {"record": before}}
    run = run_without(0.6, 0.03) | {"drawn_alike": steps_drawn_alike(record), "steps": steps_in_all(record)}
    told = told_of({"leave-one-real-source-out": {"runs": {"a": run}}})
    assert "kind conv, the last 500 with generators and sets of reals drawn alike)" in told
    run = run_without(0.6, 0.03) | {"drawn_alike": 2080}
    told = told_of({"leave-one-real-source-out": {"runs": {"a": run}}})
    assert "kind conv, generators and sets of reals drawn alike)" in told
    assert steps_drawn_alike(before) == 0 and steps_drawn_alike({"steps": 3, "recipe": {}}) == 0


def test_the_head_s_share_is_told_where_the_results_know_it(told_of):
    runs = {name: run_without(0.6, 0.03) | {"head_share": 0.2} for name in "ab"}
    told = told_of({"leave-one-generator-out": {"runs": runs}})
    assert "image stream of kind conv, the head with 20% of the margin)" in told
    runs["b"]["head_share"] = 0.35
    assert "the head with 20% or 35% of the margin)" in told_of({"leave-one-generator-out": {"runs": runs}})
    runs["b"]["head_share"] = None
    assert "of the margin" not in told_of({"leave-one-generator-out": {"runs": runs}})


def test_a_readme_without_markers_is_refused(tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text("nothing", encoding="utf-8")
    with pytest.raises(ValueError, match="not one pair of the markers"):
        write_readme(readme, RESULTS, lambda protocol: {})
    assert readme.read_text(encoding="utf-8") == "nothing"
