"""The README's table of results, written from results.json between its two markers."""

from pathlib import Path
from typing import Any

from mfclip.evaluation.card_sections import cell, table

FIRST, LAST = "<!-- results -->\n", "<!-- end of results -->"

LEAD = """AUC of each generator's held-out forgeries against all held-out real photographs, both classes re-saved as
JPEG and rescaled at random, beside a trivial baseline (spectrum and colour, logistic regression) on the same pictures.
In brackets: 95 % bootstrap intervals over groups of pictures that belong together.
"""
CLOSE = """
Over all pictures {overall}; above the baseline on {above} of {count} generators. Real photographs called *substantial
evidence*: {alarms}. The pictures come from the sources it was trained on. On generators, cameras and
websites it has never seen, expect less.
"""


def write_readme(readme: Path, results: dict[str, Any]) -> None:
    """Replace what stands between the markers of a README. Raises ValueError if the markers are missing."""
    text = readme.read_text(encoding="utf-8")
    if text.count(FIRST) != 1 or text.count(LAST) != 1:
        raise ValueError(f"{readme} has not one pair of the markers {FIRST.strip()} and {LAST}; add them.")
    measured = results["conditions"]["re-saved"]
    rows = [
        [name, str(row["forgeries"]), cell(row["detector"]), cell(row["baseline"])]
        for name, row in measured["generators"].items()
    ]
    alarms = measured["overall"]["reals_called_substantial"]
    told = (
        LEAD
        + "\n"
        + table(["generator", "forgeries", "detector", "baseline"], rows)
        + "\n"
        + CLOSE.format(
            overall=cell(measured["overall"]["auc"]),
            above=measured["above_baseline"],
            count=len(rows),
            alarms=f"{alarms['value']:.1%}",
        )
    )
    before, after = text.split(FIRST)[0], text.split(LAST)[1]
    readme.write_text(before + FIRST + told + LAST + after, encoding="utf-8")
