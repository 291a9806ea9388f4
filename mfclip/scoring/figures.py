"""The evaluation table of labelled photos: the functions of `mfclip.evaluation`, run by name and not imported."""

from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np

from mfclip.scoring.listing import Item

SCORES = "mfclip.evaluation.scores"
FIGURES = {
    "auc": "AUC",
    "average_precision": "AP",
    "equal_error_rate": "EER",
    "accuracy_at_cut_off": "accuracy at cut-off",
    "tpr_at_5_percent_fpr": "TPR at 5% FPR",
}
PACKAGES = {"scikit-learn": "sklearn", "torchmetrics": "torchmetrics"}
RESAMPLED = 10_000
"""Photos up to which intervals are drawn: the resampled curves of more would take gigabytes."""


def why_no_table() -> str | None:
    """One sentence if packages that the evaluation table needs are missing, else None."""
    missing = [name for name, module in PACKAGES.items() if find_spec(module) is None]
    if not missing:
        return None
    return (
        f"No evaluation table will be printed, because {' and '.join(missing)} cannot be found: stop now and run "
        "pip install 'mfclip-explainer[train]', or use the columns label, margin and probability of the table."
    )


def evaluation_table(items: Sequence[Item], rows: Iterable[Mapping[str, Any]], cut_off: float) -> str | None:
    """Figures of the scored photos with a label, as text, over all and by source of the forgeries; None without any.

    rows: one an item, in order. cut_off: P(fake) from which on the evidence is called substantial. Intervals: 95 %,
    bootstrapped over groups.
    """
    known = [
        (row["margin"], row["probability"], item.label == "fake", item.group, item.source)
        for item, row in zip(items, rows, strict=True)
        if item.label and row["margin"] is not None
    ]
    if not known:
        return None
    margin, chance, fake, group, source = (np.array(column) for column in zip(*known, strict=True))
    if fake.all() or not fake.any():
        what = "forgeries" if fake.all() else "real photos"
        called = f"{np.mean(chance >= cut_off):.1%} have a probability at or above the cut-off {cut_off:.3f}"
        return f"All {len(fake)} labelled and scored photos are {what}; {called}.\n"
    chosen = {"all": np.ones(len(fake), bool)}
    sources = sorted(set(source[fake]) - {""})
    if len(sources) > 1:
        chosen |= {str(name): ~fake | (fake & (source == name)) for name in sources}
    lines = [("forgeries against all reals", "forgeries", "reals", *FIGURES.values())]
    for name, rows_of in chosen.items():
        figures = _figures(fake[rows_of], margin[rows_of], chance[rows_of], group[rows_of], cut_off)
        lines.append((name, str(fake[rows_of].sum()), str((~fake).sum()), *figures))
    widths = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]
    text = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines]
    note = "In brackets: 95 % bootstrap intervals over groups of photos that belong together."
    if len(fake) > RESAMPLED:
        note += f" Rows of more than {RESAMPLED} photos go without: theirs would take gigabytes of memory."
    return "\n".join(line.rstrip() for line in text) + f"\n{note} Cut-off: P(fake) {cut_off:.3f}.\n"


def _figures(
    fake: np.ndarray, margin: np.ndarray, chance: np.ndarray, group: np.ndarray, cut_off: float
) -> list[str]:
    scores = import_module(SCORES)
    resampled = len(fake) <= RESAMPLED
    weights = scores.group_weights(fake, group) if resampled else np.ones((1, len(fake)))
    found = scores.rank_figures(fake, margin, weights) | scores.probability_figures(
        fake, chance, weights, cut_off
    )
    return [str(found[name].interval()) if resampled else f"{found[name].value:.3f}" for name in FIGURES]
