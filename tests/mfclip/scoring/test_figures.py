"""The evaluation table against scikit-learn, on made up scores."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from mfclip.scoring import figures
from mfclip.scoring.figures import evaluation_table
from mfclip.scoring.listing import Item


def made_up(count: int = 60, both: bool = True):
    random = np.random.default_rng(3)
    fake = random.random(count) < 0.5 if both else np.zeros(count, bool)
    margin = random.normal(size=count) + fake
    items, rows = [], []
    for number in range(count):
        label = "fake" if fake[number] else "real"
        items.append(Item(f"{number}.jpg", Path("x"), label, f"maker {number % 2}", f"group {number}"))
        rows.append({"margin": margin[number], "probability": 1 / (1 + np.exp(-margin[number]))})
    return items, rows, fake, margin


def test_the_figures_are_scikit_learns():
    items, rows, fake, margin = made_up()
    lines = evaluation_table(items, rows, 0.7).splitlines()
    cells = lines[1].split("  ")
    found = [float(cell.strip().split(" ")[0]) for cell in cells if "[" in cell]
    right = np.mean((1 / (1 + np.exp(-margin)) >= 0.7) == fake)
    assert found[0] == pytest.approx(roc_auc_score(fake, margin), abs=0.005)
    assert found[1] == pytest.approx(average_precision_score(fake, margin), abs=0.005)
    assert found[3] == pytest.approx(right, abs=0.005)
    assert [line.split("  ")[0] for line in lines[1:4]] == ["all", "maker 0", "maker 1"]
    assert "0.700" in lines[-1] and "95 %" in lines[-1]


def test_what_was_not_scored_or_has_no_label_is_left_out():
    items, rows, fake, _ = made_up()
    rows[0] = {"margin": None, "probability": None}
    items[1] = Item("1.jpg", Path("x"))
    counts = evaluation_table(items, rows, 0.7).splitlines()[1].split()[1:3]
    assert counts == [str(fake[2:].sum()), str((~fake[2:]).sum())]
    assert evaluation_table([Item("a", Path("x"))], [rows[2]], 0.7) is None


def test_one_class_has_no_auc():
    items, rows, _, margin = made_up(both=False)
    share = np.mean(1 / (1 + np.exp(-margin)) >= 0.7)
    said = evaluation_table(items, rows, 0.7)
    assert said.startswith("All 60 labelled and scored photos are real photos") and f"{share:.1%}" in said


def test_very_many_photos_do_without_intervals(monkeypatch):
    monkeypatch.setattr(figures, "RESAMPLED", 50)
    items, rows, fake, margin = made_up()
    first, second, *_, note = evaluation_table(items, rows, 0.7).splitlines()[1:]
    assert f"{roc_auc_score(fake, margin):.3f}" in first and "[" not in first
    assert "[" in second and "Rows of more than 50 photos go without" in note


def test_a_missing_package_is_told_with_the_remedy(monkeypatch):
    assert figures.why_no_table() is None
    monkeypatch.setattr(figures, "PACKAGES", {"scikit-learn": "no_such_module"})
    assert "scikit-learn cannot be found: stop now and run pip install" in figures.why_no_table()
