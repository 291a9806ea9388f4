"""Sections of the model card, as Markdown made of results."""

from collections.abc import Callable
from typing import Any

from mfclip.evaluation.card_runs import compared, left_out
from mfclip.evaluation.card_tables import (
    METRICS,
    Beside,
    cell,
    false_alarms,
    generator_table,
    percent,
    table,
)
from mfclip.evaluation.scoring import DETECTOR
from mfclip.hub.lineage import begun_anew, records_of, steps_in_all


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
    before = [run for run in records_of(record) if run]
    told = f"{sum(run['seconds'] for run in before) / 3600:.2f} h of training on {record['device']}"
    if len(before) > 1:
        told += f" over {len(before)} runs, each begun from the one before"
    if record.get("threads"):
        told += f" ({record['threads']} threads)"
    epoch = record.get("epoch")
    if epoch:
        told += (
            f"; an epoch ({epoch['definition']}) took {epoch['seconds'] / 60:.1f} min and at most "
            f"{epoch['peak_memory_bytes'] / 2**30:.1f} GiB of memory"
        )
        loader = epoch.get("peak_loader_memory_bytes")
        told += f", {loader / 2**30:.1f} GiB in the process that loads" if loader else ""
    told += (
        ". The makers of forgeries and the distilling of the text tower, kept in the cache, are not counted"
    )
    return told + ". Energy and carbon were not measured."


def ungrouped(measured: dict[str, Any]) -> str:
    """Which sources' pictures are each a group of their own, and what that leaves open; '' if none's are."""
    counts = measured.get("groups", {})
    alone = [name for name, row in counts.items() if row["groups"] == row["pictures"] > 1]
    if not alone:
        return ""
    return (
        f"Every picture of {', '.join(alone)} is a group of its own. Where files tell nothing of persons, one person "
        "may be in two splits, and intervals take such pictures for independent."
    )


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
    told = ""
    if "quality" in made:
        rows = [
            [name, f"{row['grey_levels']:.1f}", f"{row['sharpness']:.2f}"]
            for name, row in made["quality"].items()
        ]
        header = ["trained maker", "mean error, grey levels of 255", "detail kept"]
        told = f"\nThe makers' copies of validation faces, which they were not trained on:\n\n{table(header, rows)}\n"
    return f"### Forgeries made from test reals, against those very reals (re-saved)\n\n{body}\n{told}"


def robustness(results: dict[str, Any], beside: Beside) -> str:
    """AUC, false alarms and misses under one treatment at a time."""
    found = results.get("robustness")
    if not found:
        return ""
    keys = ("auc", "difference", "reals_called_substantial", "forgeries_called_little")

    def cells(step: dict[str, Any]) -> list[str]:
        return [cell(step.get(key), 3 if key == "difference" else 2, key == "difference") for key in keys]

    rows = [["none", "", *cells(found["unchanged"])]]
    for name, steps in found["curves"].items():
        rows += [[name, f"{step['strength']:g}", *cells(step)] for step in steps]
    names = METRICS | {"difference": "difference of the AUC to none"}
    body = table(["treatment", "strength", *(names[key] for key in keys)], rows)
    most = found.get("per_source")
    mix = f", at most {most} of each source and so in another mix than above" if most else ""
    return f"### Robustness ({found['pictures']} test pictures{mix}; after re-saving, both classes alike)\n\n{body}\n"


def cross_dataset(results: dict[str, Any], beside: Beside) -> str:
    """Another folder of photographs altogether."""
    parts = []
    for condition, measured in beside("cross-dataset").get("conditions", {}).items():
        parts.append(
            f"#### {condition}\n\n{generator_table(measured['generators'])}\n\n{false_alarms(measured)}"
        )
    return "\n\n".join(["### Another dataset", *parts]) + "\n" if parts else ""


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
