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
        write_readme(readme, RESULTS)
    told = readme.read_text(encoding="utf-8")
    assert told.startswith(f"before\n{FIRST}") and told.endswith(f"{LAST}\nafter\n") and "old" not in told
    assert "| sdxl | 3 | 0.80 [0.70, 0.90] | 0.70 [0.60, 0.80] |" in told
    assert "on 1 of 1 generators" in told and "4.2%" in told


def test_a_readme_without_markers_is_refused(tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text("nothing", encoding="utf-8")
    with pytest.raises(ValueError, match="not one pair of the markers"):
        write_readme(readme, RESULTS)
    assert readme.read_text(encoding="utf-8") == "nothing"
