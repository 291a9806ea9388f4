"""README's table is written from the results, between its markers and nowhere else."""

import pytest

from mfclip.evaluation.readme import FIRST, LAST, write_readme


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


def test_what_runs_without_something_achieve_is_said_where_it_was_measured(tmp_path):
    def run(auc: float, *alarms: float) -> dict:
        told = {str(place): {"called_substantial": _figure(share)} for place, share in enumerate(alarms)}
        measured = {"re-saved": {"all": {"detector": _figure(auc)}, "reals": told}}
        return {"steps": 2080, "image": "conv", "evenness": evenness, "conditions": measured}

    evenness = 0.5
    found = {
        "leave-one-generator-out": {
            "runs": {"a": run(0.9, 0.02), "b": run(0.35, 0.02)},
            "summary": {"re-saved": {"runs": 2, "above_baseline": 1}},
        },
        "leave-one-real-source-out": {
            "runs": {"a": run(0.6, 0.031), "b": run(0.5, 0.28)},
            "summary": {"re-saved": {"runs": 2, "above_baseline": 2}},
        },
    }
    readme = tmp_path / "README.md"
    readme.write_text(FIRST + LAST, encoding="utf-8")
    write_readme(readme, RESULTS, lambda protocol: found.get(protocol, {}))
    told = " ".join(readme.read_text(encoding="utf-8").split())
    assert "without one generator (2,080 steps each, image stream of kind conv)" in told
    assert "on 1 of 2: AUC of what each never saw 0.35 to 0.90." in told
    assert "call 3% to 28% of its photographs" in told
    assert "several at once" not in told
    assert "drawn alike" not in told
    for row in found["leave-one-generator-out"]["runs"].values():
        row["evenness"] = 1.0
    write_readme(readme, RESULTS, lambda protocol: found.get(protocol, {}))
    told = " ".join(readme.read_text(encoding="utf-8").split())
    assert "image stream of kind conv, every generator and set of reals drawn alike)" in told
    both = found["leave-one-real-source-out"]["runs"]["b"]
    both["left_out"] = "camera, archive"
    write_readme(readme, RESULTS, lambda protocol: found.get(protocol, {}))
    told = " ".join(readme.read_text(encoding="utf-8").split())
    assert "call 3% to 3% of its photographs" in told
    assert "Without several at once: camera, archive 28%." in told


def test_a_readme_without_markers_is_refused(tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text("nothing", encoding="utf-8")
    with pytest.raises(ValueError, match="not one pair of the markers"):
        write_readme(readme, RESULTS, lambda protocol: {})
    assert readme.read_text(encoding="utf-8") == "nothing"
