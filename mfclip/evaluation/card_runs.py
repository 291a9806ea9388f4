"""Sections of the model card about other trainings than the weights it lies beside."""

from typing import Any

from mfclip.evaluation.ablations import COMPARED
from mfclip.evaluation.card_tables import METRICS, Beside, cell, generator_table, percent, table
from mfclip.evaluation.protocols import LEFT_OUT

ONE_SEED = (
    "Intervals are over test pictures and not over trainings: another seed moves a row, too, so that only large "
    "differences mean something."
)


def left_out(results: dict[str, Any], beside: Beside) -> str:
    """Runs that were trained without a generator, a kind or a real source, on what they never saw."""
    parts = []
    for protocol in LEFT_OUT:
        found = beside(protocol)
        for condition, summary in found.get("summary", {}).items():
            runs = {name: run["conditions"][condition] for name, run in found["runs"].items()}
            tables = generator_table({name: run["all"] for name, run in runs.items()}, "run")
            steps = steps_told(found["runs"])
            length = f"{steps}, those of the runs that they began from included.\n\n" if steps else ""
            parts.append(f"#### {protocol}, {condition}\n\n{length}{tables}")
            if LEFT_OUT[protocol] == "real":
                found_too = "forgeries_called_substantial"
                rows = [[name, _worst(r), percent(r["overall"].get(found_too))] for name, r in runs.items()]
                parts.append(table(["run", "left-out reals above the band", METRICS[found_too]], rows))
                parts.append(
                    "Of several left-out sources, the worst. Forgeries that others made from the same collection stay "
                    "in training: where there are such, the run has seen its look as forged only."
                )
            else:
                parts.append(
                    f"Above spectrum + colour, refitted without them, on {summary['above_baseline']} of "
                    f"{summary['runs']}; surely so on {summary['surely_above_baseline']}."
                )
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
            told = f"Other trainings than these weights{f', {length}' if length else ''}. {ONE_SEED}"
            parts.append(f"### {title}\n\n{told}")
            parts += [f"#### {name}\n\n{_comparison(runs, name)}" for name in names]
    return "\n\n".join(parts) + "\n" if parts else ""


def _comparison(runs: dict[str, Any], condition: str) -> str:
    rows = []
    for name, run in runs.items():
        here = run["conditions"].get(condition, {})
        change = here.get("difference", {})
        keys = ("auc", "mean_over_generators")
        rows.append(
            [
                name,
                *(f"{cell(here.get(key))} ({cell(change.get(key), 3, True)})" for key in keys),
                percent(here.get("reals_called_substantial")),
                run.get("against") or "–",
            ]
        )
    mean = "mean AUC over generators (difference)"
    return table(["run", "AUC (difference)", mean, "reals above the band", "against"], rows)
