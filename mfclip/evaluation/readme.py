"""The README's table of results, written from results.json between its two markers."""

import textwrap
from pathlib import Path
from typing import Any

from mfclip.evaluation.card_runs import steps_told
from mfclip.evaluation.card_tables import Beside, cell, table
from mfclip.evaluation.protocols import left_out_summary
from mfclip.evaluation.scoring import DETECTOR
from mfclip.evaluation.tables import ALIKE

FIRST, LAST = "<!-- results -->\n", "<!-- end of results -->"

WIDTH = 120
REALS = "leave-one-real-source-out"
LEAD = """AUC of each generator's held-out forgeries against all held-out real photographs, both classes re-saved as
JPEG and rescaled at random, beside a trivial baseline (spectrum and colour, logistic regression) on the same pictures.
In brackets: 95 % bootstrap intervals over groups of pictures that belong together.
"""
CLOSE = """
Over all pictures {overall}; above the baseline on {above} of {count} generators. Real photographs called *substantial
evidence*: {alarms}. The pictures come from the sources it was trained on. On generators, cameras and
websites it has never seen, expect less.
"""
UNSEEN = {
    "leave-one-generator-out": (
        "Runs without one generator ({steps}) are above the baseline, refitted without it too, on "
        "{above} of {runs}: AUC of what each never saw {worst:.2f} to {best:.2f}{alike}."
    ),
    "leave-one-forgery-kind-out": (
        "Runs without one kind of forgery ({steps}): above the baseline on {above} of {runs}, AUC {worst:.2f} to "
        "{best:.2f}{alike}."
    ),
    REALS: (
        "Runs without one source of real photographs ({steps}) call {alarms} of its photographs "
        "*substantial evidence*, and {caught} of the forgeries (AUC {worst:.2f} to "
        "{best:.2f}{alike})."
    ),
}
"""What is said of runs that never saw one thing, by protocol."""
TOGETHER = "Without several at once ({steps}), at worst {told}."
"""What is added of runs that never saw several sources of reals."""


def write_readme(readme: Path, results: dict[str, Any], beside: Beside) -> None:
    """Replace what stands between the markers of a README. Raises ValueError if the markers are missing.

    beside: results of other protocols; what runs without a generator or a source of reals achieve is said if known.
    """
    text = readme.read_text(encoding="utf-8")
    if text.count(FIRST) != 1 or text.count(LAST) != 1:
        raise ValueError(f"{readme} has not one pair of the markers {FIRST.strip()} and {LAST}; add them.")
    measured = results["conditions"]["re-saved"]
    rows = [
        [name, str(row["forgeries"]), cell(row["detector"]), cell(row["baseline"])]
        for name, row in measured["generators"].items()
    ]
    alarms = measured["overall"]["reals_called_substantial"]
    closing = CLOSE.format(
        overall=cell(measured["overall"]["auc"]),
        above=measured["above_baseline"],
        count=len(rows),
        alarms=f"{alarms['value']:.1%}",
    )
    lines = [LEAD, table(["generator", "forgeries", "detector", "baseline"], rows), closing + unseen(beside)]
    before, after = text.split(FIRST)[0], text.split(LAST)[1]
    readme.write_text(before + FIRST + "\n".join(lines) + LAST + after, encoding="utf-8")


def unseen(beside: Beside) -> str:
    """A sentence on each protocol of UNSEEN whose results are known, as lines of their own."""
    told = []
    for protocol, sentence in UNSEEN.items():
        found = beside(protocol)
        runs = found.get("runs", {})
        one = {name: run for name, run in runs.items() if "," not in run.get("left_out", "")}
        several = {name: run for name, run in runs.items() if name not in one}
        if not one:
            continue
        wholes = [_re_saved(run)["all"] for run in one.values()]
        aucs = [row["detector"]["value"] for row in wholes if "detector" in row]
        alarms = [share for run in one.values() for share in _alarms(run)]
        catches = [_re_saved(run)["overall"]["forgeries_called_substantial"]["value"] for run in one.values()]
        summary = left_out_summary(one, "re-saved")
        line = sentence.format(
            steps=steps_told(one) or "of unknown length",
            above=summary["above_baseline"],
            runs=summary["runs"],
            worst=min(aucs),
            best=max(aucs),
            alike=_alike(one),
            alarms=_span(alarms),
            caught=_span(catches),
        )
        if several and protocol == REALS:
            together = [f"{max(_alarms(run)):.0%} ({run['left_out']} left out)" for run in several.values()]
            line += " " + TOGETHER.format(steps=steps_told(several), told=", ".join(together))
        told.append(textwrap.fill(line, WIDTH) + "\n")
    return "".join(told)


def _alike(runs: dict[str, Any]) -> str:
    """The same AUCs with generators and sources counted alike, where the results have them."""
    found = [_re_saved(run).get(ALIKE, {}).get(DETECTOR) for run in runs.values()]
    if None in found:
        return ""
    values = [figure["value"] for figure in found]
    return f"; every generator and source of reals counted alike, {min(values):.2f} to {max(values):.2f}"


def _span(shares: list[float]) -> str:
    """From the least to the largest, one figure where both read the same."""
    ends = f"{min(shares):.0%}", f"{max(shares):.0%}"
    return ends[0] if ends[0] == ends[1] else " to ".join(ends)


def _re_saved(run: dict[str, Any]) -> dict[str, Any]:
    return dict(run["conditions"]["re-saved"])


def _alarms(run: dict[str, Any]) -> list[float]:
    """Of each left-out source of reals, the share called substantial evidence, 0..1."""
    return [row["called_substantial"]["value"] for row in _re_saved(run)["reals"].values()]
