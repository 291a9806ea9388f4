"""Sections of the model card about other trainings than the weights it lies beside."""

from typing import Any

from mfclip.data.leave_out import LeaveOut
from mfclip.evaluation.ablations import COMPARED, MEAN, REWORDINGS, UNSEEN, row_name
from mfclip.evaluation.card_tables import METRICS, Beside, cell, generator_table, percent, table
from mfclip.evaluation.protocols import LEFT_OUT
from mfclip.evaluation.tables import ALIKE

ONE_SEED = (
    "In square brackets are intervals over test pictures and not over trainings: another seed moves a row, too, so "
    "that only large differences mean something."
)
SEEDS = (
    "A row of several seeds has their means; each difference is to the run of the same seed, and round brackets have "
    "its mean and, between those of the single seeds, the smallest and the largest. "
)
COLUMNS = {
    "auc": "AUC (difference)",
    MEAN: "mean AUC over generators (difference)",
    UNSEEN: "mean AUC over the generators left out (difference)",
    REWORDINGS: "AUC of held-out rewordings (difference)",
}


def left_out(results: dict[str, Any], beside: Beside) -> str:
    """Runs that were trained without a generator, a kind or a real source, on what they never saw."""
    parts = []
    for protocol in LEFT_OUT:
        found = beside(protocol)
        for condition, summary in found.get("summary", {}).items():
            runs = {name: run["conditions"][condition] for name, run in found["runs"].items()}
            alike = {name: run.get(ALIKE, {}) for name, run in runs.items()}
            tables = generator_table({name: run["all"] for name, run in runs.items()}, "run", alike)
            steps = steps_told(found["runs"])
            length = f"{steps}, those of the runs that they began from included.\n\n" if steps else ""
            parts.append(f"#### {protocol}, {condition}\n\n{length}{tables}")
            if LEFT_OUT[protocol] == "real":
                found_too = "forgeries_called_substantial"
                rows = [[name, _worst(r), percent(r["overall"].get(found_too))] for name, r in runs.items()]
                parts.append(table(["run", "left-out reals above the band", METRICS[found_too]], rows))
                parts.append(
                    "Of several left-out sources, the worst. Forgeries that others made from the same collection stay "
                    "in training: where there are such, the run has seen its look as forged only. The makers of "
                    "forgeries learned to copy faces from the training reals of all sources."
                )
            else:
                told = (
                    f"Above spectrum + colour, refitted without them, on {summary['above_baseline']} of "
                    f"{summary['runs']}; surely so on {summary['surely_above_baseline']}"
                )
                above = summary.get("above_baseline_sources_alike")
                parts.append(told + ("." if above is None else f"; with sources counted alike on {above}."))
            parts += _by_share(summary)
    if not parts:
        return ""
    told = (
        "Each run is another training, without the pictures it is scored on; not these weights, whose steps and recipe "
        "stand under Training. Where the head's share of the margin is not told, each run's own validation chose it."
    )
    return "\n\n".join([f"### What it never saw\n\n{told}", *parts]) + "\n"


def _by_share(summary: dict[str, Any]) -> list[str]:
    """What a larger share of the head would have been worth on what the runs never saw."""
    aucs = summary.get("auc_by_head_share", {})
    if not aucs:
        return []
    even = {share: auc for share, auc in aucs.items() if round(10 * float(share), 6).is_integer()}
    figures = table(
        ["the head's share of the margin", *(f"{float(share):.0%}" for share in even)],
        [["mean AUC over the runs, sources alike", *(f"{auc:.3f}" for auc in even.values())]],
    )
    told = (
        "Equal shares would be kept if they cost no more than half a point; the nearest to equal that does not is "
        f"{summary['head_share']:.0%}. A share that is chosen on these runs looks a little too good on them."
    )
    return [figures, told]


def steps_told(runs: dict[str, Any]) -> str:
    """How long runs were trained, those that they began from included, with which image stream, drawn how.

    '' where their results do not say. A table may be of an older kind of stream than the weights beside it.
    """
    steps = sorted({run["steps"] for run in runs.values() if run.get("steps")})
    if not steps:
        return ""
    told = f"{steps[0]:,}{'' if len(steps) == 1 else f' to {steps[-1]:,}'} steps each"
    kinds = sorted({str(run["image"]) for run in runs.values() if run.get("image")})
    told += f", image stream of kind {' and '.join(kinds)}" if kinds else ""
    if any(run.get("drawn_alike") for run in runs.values()):
        alike = {run.get("drawn_alike", 0) for run in runs.values()}
        whole = all(run.get("drawn_alike") == run.get("steps") for run in runs.values())
        last = "" if whole else f"the last {' or '.join(f'{steps:,}' for steps in sorted(alike))} with "
        told += f", {last}generators and sets of reals drawn alike"
    shares = {run.get("head_share") for run in runs.values()}
    if None in shares:
        return told
    return f"{told}, the head with {' or '.join(f'{share:.0%}' for share in sorted(shares))} of the margin"


def _worst(run: dict[str, Any]) -> str:
    shares = [row["called_substantial"] for row in run["reals"].values()]
    return percent(max(shares, key=lambda figure: figure["value"]))


def compared(results: dict[str, Any], beside: Beside) -> str:
    """Runs that differ in one thing, with paired differences: ablations, and ingredients of the made forgeries."""
    parts = []
    for protocol, title in COMPARED.items():
        found = beside(protocol)
        runs = found.get("runs", {})
        names = dict.fromkeys(name for run in runs.values() for name in run["conditions"])
        if names:
            length = steps_told(runs)
            seeds = SEEDS if len({row_name(name) for name in runs}) < len(runs) else ""
            told = f"Other trainings than these weights{f', {length}' if length else ''}{_left_out_of(runs)}."
            parts.append(f"### {title}\n\n{told} {seeds}{ONE_SEED}")
            parts += [f"#### {name}\n\n{_comparison(found, name)}" for name in names]
    return "\n\n".join(parts) + "\n" if parts else ""


def _left_out_of(runs: dict[str, Any]) -> str:
    told = {run.get("left_out", "") for run in runs.values()}
    if len(told) != 1 or not any(told):
        return ""
    left_out = LeaveOut.parse(told.pop())
    return f", all without the {left_out.what} {' and '.join(left_out.names)}"


def _comparison(found: dict[str, Any], condition: str) -> str:
    lines = {row: _row_of(found, row, condition) for row in found["rows"]}
    keys = [key for key in COLUMNS if any(key in here for _, here in lines.values())]
    rows = []
    for row, (runs, here) in lines.items():
        against = sorted({row_name(run["against"]) for run in runs if run.get("against")})
        alarms = [run["conditions"][condition].get("reals_called_substantial") for run in runs]
        told = [_with_difference(here, key) for key in keys]
        changed = runs[0].get("changed") or "–"
        rows.append([row, changed, str(len(runs)), *told, _alarms(alarms), ", ".join(against) or "–"])
    header = [
        "row",
        "what it is",
        "seeds",
        *(COLUMNS[key] for key in keys),
        "reals above the band",
        "against",
    ]
    return table(header, rows)


def _row_of(found: dict[str, Any], row: str, condition: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The runs of a row, and its figures: a single run's own, with intervals, or the spread over the seeds."""
    runs = [run for name, run in found["runs"].items() if row_name(name) == row]
    return runs, runs[0]["conditions"][condition] if len(runs) == 1 else found["rows"][row][condition]


def _with_difference(here: dict[str, Any], key: str) -> str:
    figure, change = here.get(key), here.get("difference", {}).get(key)
    if figure is None or "mean" not in figure:
        return f"{cell(figure)} ({cell(change, 3, True)})"
    told = "–"
    if change is not None:
        told = f"{change['mean']:+.3f}; {change['smallest']:+.3f} to {change['largest']:+.3f}"
    return f"{figure['mean']:.2f} ({told})"


def _alarms(figures: list[dict[str, float] | None]) -> str:
    known = [figure for figure in figures if figure is not None]
    if len(known) < 2:
        return percent(known[0] if known else None)
    low, high = (pick(figure["value"] for figure in known) for pick in (min, max))
    return f"{low:.1%} to {high:.1%}"
