"""Sections and tables of the model card, as Markdown made of results."""

from collections.abc import Callable
from typing import Any

from mfclip.evaluation.ablations import COMPARED
from mfclip.evaluation.protocols import LEFT_OUT
from mfclip.evaluation.scoring import BASELINE, DETECTOR, FILES
from mfclip.hub.lineage import begun_anew, records_of, steps_in_all

Beside = Callable[[str], dict[str, Any]]
"""Results of another protocol by its name, {} where they do not lie beside the weights."""

SCORER_NAMES = {DETECTOR: "detector", BASELINE: "spectrum + colour", FILES: "file metadata"}
METRICS = {
    "auc": "AUC",
    "average_precision": "average precision",
    "equal_error_rate": "equal error rate",
    "tpr_at_5_percent_fpr": "true positives at 5 % false positives",
    "accuracy": "accuracy at P(fake) = 0.5",
    "balanced_accuracy": "balanced accuracy at P(fake) = 0.5",
    "accuracy_at_cut_off": "accuracy at the stored cut-off",
    "balanced_accuracy_at_cut_off": "balanced accuracy at the stored cut-off",
    "calibration_error": "expected calibration error, pictures as they are",
    "balanced_calibration_error": "expected calibration error, as many forgeries as reals",
    "reals_called_substantial": "reals above the band",
    "forgeries_called_substantial": "forgeries above the band",
    "forgeries_called_little": "forgeries below the band",
    "in_the_band": "in the band of uncertainty",
    "mean_over_generators": "mean AUC over generators",
}
ONE_SEED = (
    "Intervals are over test pictures and not over trainings: another seed moves a row, too, so that only large "
    "differences mean something."
)
WORDS = {
    "uncertain": '"uncertain", of all',
    "uncertain_of_reals": '"uncertain", of reals',
    "uncertain_of_forgeries": '"uncertain", of forgeries',
    "right_of_the_rest": "right where it is not uncertain",
    "right_of_the_rest_of_reals": "the same, reals",
    "right_of_the_rest_of_forgeries": "the same, forgeries",
    "reals_called_substantial": 'reals called "substantial evidence"',
    "forgeries_called_substantial": 'forgeries called "substantial evidence"',
    "forgeries_called_little": 'forgeries called "little evidence"',
}


def cell(figure: dict[str, float] | None, digits: int = 2, signed: bool = False) -> str:
    """A figure with its interval, '–' where there is none."""
    if figure is None:
        return "–"
    form = f"{'+' if signed else ''}.{digits}f"
    return f"{figure['value']:{form}} [{figure['low']:{form}}, {figure['high']:{form}}]"


def percent(figure: dict[str, float] | None) -> str:
    """A share with its interval in per cent."""
    if figure is None:
        return "–"
    return f"{figure['value']:.1%} [{figure['low']:.1%}, {figure['high']:.1%}]"


def table(header: list[str], rows: list[list[str]]) -> str:
    """A Markdown table."""
    lines = [f"| {' | '.join(header)} |", "|---" * len(header) + "|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def generator_table(rows: dict[str, Any], first: str = "generator") -> str:
    """By generator (or run): forgeries, reals, AUC of every scorer that looked at them."""
    scorers = [name for name in SCORER_NAMES if any(name in row for row in rows.values())]
    header = [first, "forgeries", "reals", *(SCORER_NAMES[name] for name in scorers)]
    lines = [
        [name, str(row["forgeries"]), str(row["reals"]), *(cell(row.get(scorer)) for scorer in scorers)]
        for name, row in rows.items()
    ]
    return table(header, lines)


def labelled(figures: dict[str, Any]) -> str:
    """Rows of a two-column table."""
    return "\n".join(f"| {METRICS[name]} | {cell(value, 3)} |" for name, value in figures.items())


def words_table(words: dict[str, Any]) -> str:
    """How often the page is uncertain, and how right the rest is."""
    rows = [[label, percent(words.get(name))] for name, label in WORDS.items()]
    return table(["", "share of pictures"], rows)


def parts_table(row: dict[str, Any]) -> str:
    """AUC of the detector, its parts and the baselines over all pictures."""
    parts = [
        [SCORER_NAMES.get(name, name), cell(value)]
        for name, value in row.items()
        if isinstance(value, dict) and "value" in value and not name.startswith("difference")
    ]
    return table(["part", "AUC"], parts)


def false_alarms(measured: dict[str, Any]) -> str:
    """By source of the real photographs: at one half, above the band, and in the words of the page."""
    rows = [
        [
            name,
            str(row["pictures"]),
            *(
                percent(row.get(key))
                for key in ("called_substantial", "verdict_substantial", "at_or_above_one_half")
            ),
        ]
        for name, row in measured["reals"].items()
    ]
    header = [
        "source of reals",
        "pictures",
        "above the band",
        'called "substantial evidence"',
        "P(fake) ≥ 0.5",
    ]
    return table(header, rows)


def data_rows(counts: dict[str, dict[str, int]]) -> str:
    """Pictures by source and split, as rows."""
    return "\n".join(
        f"| {name} | {row.get('train', 0)} | {row.get('validation', 0)} | {row.get('test', 0)} |"
        for name, row in sorted(counts.items())
    )


def cut_offs(calibration: dict[str, Any] | None) -> str:
    """Where the band's edges come from."""
    if not calibration:
        return "not recorded as conformal quantiles by this run."
    sources = [
        f"{name} ({found['n']}: {_edge(found, calibration['false_alarms'])})"
        for name, found in calibration["sources"].items()
    ]
    return (
        f"split-conformal on {calibration['reals']} real and {calibration['forgeries']} forged validation pictures. "
        f"Target: at most {calibration['false_alarms']:.0%} of the reals of each source above the band and "
        f"{calibration['misses']:.0%} of forgeries below it. Upper edge from {calibration['high_from'] or 'none'}; "
        f"quantiles of P(fake) by source of reals: {', '.join(sources)}.{_further(calibration)}"
    )


def _further(calibration: dict[str, Any]) -> str:
    """What was concluded about sources that validation has none of."""
    if calibration.get("further") is None:
        return ""
    return (
        f" By their spread, {calibration['further_sources']:.0%} of further cameras and collections have theirs below "
        f"{calibration['further']:.3f}, if they are drawn like these."
    )


def _edge(found: dict[str, Any], target: float) -> str:
    """The quantile of a source in words; a source too small for the target rate says which one it could answer for."""
    if found["quantile"] is None:
        return "too few"
    rate = found.get("rate", target)
    return f"{found['quantile']:.3f}" + ("" if rate == target else f" at {rate:.0%}")


def procedure(record: dict[str, Any]) -> str:
    """How the weights were made."""
    recipe = record["recipe"]
    told = ", ".join(f"{key} {value}" for key, value in recipe.items() if key != "name")
    before = len(list(records_of(record))) - 1
    steps = f"{record['steps']:,} steps"
    if before:
        whole = steps_in_all(record)
        spent = "an unknown number" if whole is None else f"{whole - record['steps']:,}"
        steps += f" after {spent} in {before} earlier runs, each begun from the one before"
        steps += "".join(f"; {part} begun anew on the way" for part in begun_anew(record))
    return (
        f"{steps}; seed {recipe['seed']}, torch {record['torch']}. The recipe{' of the last run' if before else ''}: "
        f"{told}. The decision rule, its temperature and its cut-offs are fitted on the validation split."
    )


def cost(record: dict[str, Any]) -> str:
    """Time, machine and memory of the training run."""
    told = f"{record['seconds'] / 3600:.2f} h of training on {record['device']}"
    if record.get("threads"):
        told += f" ({record['threads']} threads)"
    epoch = record.get("epoch")
    if epoch:
        told += (
            f"; an epoch ({epoch['definition']}) took {epoch['seconds'] / 60:.1f} min and at most "
            f"{epoch['peak_memory_bytes'] / 2**30:.1f} GiB of memory"
        )
    return told + ". Energy and carbon were not measured."


def limits(measured: dict[str, Any]) -> str:
    """Where this checkpoint fails most, by its own figures."""
    rows = {name: row[DETECTOR] for name, row in measured["generators"].items() if DETECTOR in row}
    weakest = min(rows, key=lambda name: rows[name]["value"]) if rows else None
    weak = [f"- It is weakest on {weakest}: AUC {cell(rows[weakest])}."] if weakest else []
    alarms = {name: row["called_substantial"] for name, row in measured["reals"].items()}
    worst = max(alarms, key=lambda name: alarms[name]["value"]) if alarms else None
    wrong = (
        [f"- Most false alarms come from {worst}: {percent(alarms[worst])} of its reals."] if worst else []
    )
    return "\n".join([*weak, *wrong])


def as_given(results: dict[str, Any], beside: Beside) -> str:
    """The condition with untouched files."""
    given = results["conditions"].get("as given")
    if given is None:
        return ""
    body = generator_table(given["generators"])
    return f"### Results, as given\n\n{body}\n\n{false_alarms(given)}\n"


def levels(results: dict[str, Any], beside: Beside) -> str:
    """What the language readout names rightly."""
    found = results["conditions"]["re-saved"]["levels"]
    rows = [
        [
            name,
            str(row["names"]),
            percent(row.get("accuracy")),
            percent(row.get("balanced_accuracy")),
            f"{row['chance']:.1%}",
            f"{row['most_common']:.1%}" if "most_common" in row else "–",
            str(row["unnamed"]),
        ]
        for name, row in found.items()
    ]
    if not rows:
        return ""
    header = [
        "level",
        "names",
        "right",
        "right, classes alike",
        "blind choice",
        "always the commonest",
        "without a name",
    ]
    return (
        "### What the language readout names, level by level (re-saved)\n\n"
        "Below authenticity, forgeries only: which kind, family and generator of the checkpoint's own hierarchy, the "
        f"forgeries made for training among them.\n\n{table(header, rows)}\n"
    )


def made_forgeries(results: dict[str, Any], beside: Beside) -> str:
    """Forgeries made from test reals, by maker."""
    if "made forgeries" not in results:
        return ""
    made = results["made forgeries"]
    body = generator_table({**made["generators"], "all": made["all"]}, "maker")
    return f"### Forgeries made from test reals, against those very reals (re-saved)\n\n{body}\n"


def robustness(results: dict[str, Any], beside: Beside) -> str:
    """AUC, false alarms and misses under one treatment at a time."""
    found = results.get("robustness")
    if not found:
        return ""
    keys = ("auc", "reals_called_substantial", "forgeries_called_little")
    rows = [["none", "", *(cell(found["unchanged"].get(key)) for key in keys)]]
    for name, steps in found["curves"].items():
        rows += [[name, f"{step['strength']:g}", *(cell(step.get(key)) for key in keys)] for step in steps]
    body = table(["treatment", "strength", *(METRICS[key] for key in keys)], rows)
    return (
        f"### Robustness ({found['pictures']} test pictures, after re-saving, both classes alike)\n\n{body}\n"
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
    if not parts:
        return ""
    told = (
        "Each run is another training, without the pictures it is scored on; not these weights, whose steps and recipe "
        "stand under Training."
    )
    return "\n\n".join([f"### What it never saw\n\n{told}", *parts]) + "\n"


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
    alike = {run.get("drawn_alike", 0) for run in runs.values()}
    last = " or ".join(f"{steps:,}" for steps in sorted(alike))
    return f"{told}, the last {last} with generators and sets of reals drawn alike" if any(alike) else told


def _worst(run: dict[str, Any]) -> str:
    shares = [row["called_substantial"] for row in run["reals"].values()]
    return percent(max(shares, key=lambda figure: figure["value"]))


def cross_dataset(results: dict[str, Any], beside: Beside) -> str:
    """Another folder of photographs altogether."""
    parts = []
    for condition, measured in beside("cross-dataset").get("conditions", {}).items():
        parts.append(
            f"#### {condition}\n\n{generator_table(measured['generators'])}\n\n{false_alarms(measured)}"
        )
    return "\n\n".join(["### Another dataset", *parts]) + "\n" if parts else ""


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


def rewordings(results: dict[str, Any], beside: Beside) -> str:
    """Whether sentences in words never used in training land on the right side, and whether they did before."""
    found = beside("rewordings").get("rewordings")
    if not found:
        return ""
    shares = [[name, str(figure["n"]), percent(figure)] for name, figure in found["right_side"].items()]
    before = beside("rewordings-before").get("rewordings")
    if before:
        figure = before["right_side"]["all"]
        shares.append(["all, by the weights these replaced", str(figure["n"]), percent(figure)])
    body = table(["sentences", "number", "on the right side of the midpoint"], shares)
    told = f"AUC {cell(found['auc'])}" + (f", before {cell(before['auc'])}" if before else "")
    return f"### Held-out rewordings of the descriptions\n\n{found['note']}\n\n{body}\n\n{told}.\n"


SECTIONS: tuple[Callable[[dict[str, Any], Beside], str], ...] = (
    as_given,
    levels,
    made_forgeries,
    robustness,
    left_out,
    cross_dataset,
    compared,
    rewordings,
)
"""What follows the main results, in order; each gives '' where it has nothing to say."""
