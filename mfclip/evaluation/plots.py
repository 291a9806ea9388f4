"""Results as PNG: ROC, reliability, bars by generator, robustness, ablations; drawn from the results alone.

Colours are Okabe and Ito's, which people with any colour vision can tell apart; every scorer also has its own dash or
marker, so nothing rests on colour.
"""

from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")  # no screen

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mfclip.evaluation.ablations import COMPARED, UNSEEN
from mfclip.evaluation.scoring import BASELINE, DETECTOR, FILES

FOLDER = "plots"
STYLES: dict[str, dict[str, Any]] = {
    DETECTOR: {"color": "#0072B2", "linestyle": "-", "marker": "o"},
    BASELINE: {"color": "#D55E00", "linestyle": "--", "marker": "s"},
    FILES: {"color": "#009E73", "linestyle": ":", "marker": "^"},
}
LABELS = {DETECTOR: "detector", BASELINE: "spectrum + colour", FILES: "file metadata"}
FIGURES_OF_ROBUSTNESS = {
    "auc": ("AUC", "#0072B2", "o"),
    "reals_called_substantial": ("reals called substantial", "#D55E00", "s"),
    "forgeries_called_little": ("forgeries called little", "#009E73", "^"),
}
_SETTINGS: Any = {
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.3,
    "savefig.dpi": 130,
    "figure.constrained_layout.use": True,
}


def _unit_square(axes: Axes, x: str, y: str) -> None:
    axes.plot([0, 1], [0, 1], color="0.6", linewidth=1, linestyle=(0, (1, 3)))
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel=x, ylabel=y, aspect="equal")


def roc_plot(measured: dict[str, Any], title: str) -> Figure:
    """ROC of the detector and both baselines over all pictures of a condition."""
    figure, axes = plt.subplots(figsize=(5.2, 5.2))
    roc = measured["curves"]["roc"]
    _unit_square(axes, "share of reals called forged", "share of forgeries called forged")
    for name, style in STYLES.items():
        if name in roc:
            auc = measured["all"][name]
            label = f"{LABELS[name]}, AUC {auc['value']:.2f} [{auc['low']:.2f}, {auc['high']:.2f}]"
            line = {key: style[key] for key in ("color", "linestyle")}
            axes.plot(roc["false_positives"], roc[name], label=label, linewidth=2, **line)
    axes.set_title(title)
    axes.legend(loc="lower right")
    return figure


def reliability_plot(measured: dict[str, Any], title: str) -> Figure:
    """Share of forgeries against P(fake) in ten bins, both classes weighing alike; a dot's area is its pictures."""
    figure, axes = plt.subplots(figsize=(5.2, 5.2))
    bins = measured["curves"]["reliability"]
    _unit_square(axes, "P(fake) said", "share of forgeries among them, as many reals as forgeries")
    x, y = ([point[key] for point in bins] for key in ("probability", "share_of_forgeries"))
    axes.plot(x, y, color=STYLES[DETECTOR]["color"], linewidth=1)
    most = max(point["n"] for point in bins)
    sizes = [20 + 280 * point["n"] / most for point in bins]
    axes.scatter(x, y, s=sizes, color=STYLES[DETECTOR]["color"], alpha=0.8, zorder=3, clip_on=False)
    for point in bins:
        axes.annotate(
            str(point["n"]),
            (point["probability"], point["share_of_forgeries"]),
            xytext=(0, 12),
            textcoords="offset points",
            ha="center",
            fontsize=8,
        )
    error = measured["overall"].get("balanced_calibration_error")
    axes.set_title(title + (f"\ncalibration error {error['value']:.3f}" if error else ""))
    return figure


def bars_plot(rows: dict[str, dict[str, Any]], title: str) -> Figure:
    """AUC and 95 % interval of detector and baselines, one line a generator (or run)."""
    names = [name for name, row in rows.items() if DETECTOR in row]
    scorers = [name for name in STYLES if any(name in rows[row] for row in names)]
    figure, axes = plt.subplots(figsize=(7.2, 1.2 + 0.5 * len(names)))
    for number, scorer in enumerate(scorers):
        offset = (number - (len(scorers) - 1) / 2) * 0.24
        for place, name in enumerate(names):
            cell = rows[name].get(scorer)
            if cell is None:
                continue
            errors = [[cell["value"] - cell["low"]], [cell["high"] - cell["value"]]]
            axes.errorbar(
                cell["value"],
                place + offset,
                xerr=[[max(side[0], 0)] for side in errors],
                fmt=STYLES[scorer]["marker"],
                color=STYLES[scorer]["color"],
                capsize=3,
                label=LABELS[scorer] if place == 0 else None,
            )
    axes.axvline(0.5, color="0.6", linewidth=1, linestyle=(0, (1, 3)))
    labels = [f"{name} ({rows[name]['forgeries']})" for name in names]
    axes.set_yticks(range(len(names)), labels)
    axes.invert_yaxis()
    axes.set(xlabel="AUC, with 95 % interval over groups", title=title)
    axes.set_xlim(right=1.01)
    axes.legend(
        loc="upper center", bbox_to_anchor=(0.4, -0.22 if len(names) < 6 else -0.12), ncols=3, frameon=False
    )
    return figure


def robustness_plot(found: dict[str, Any]) -> Figure:
    """One panel a treatment: AUC, false alarms and misses by strength, the unchanged picture at the left edge."""
    count = len(found["curves"])
    figure, panels = plt.subplots(1, count, figsize=(3.1 * count, 3.4), sharey=True)
    for axes, (name, steps) in zip(panels, found["curves"].items(), strict=True):
        ticks = ["none", *(f"{step['strength']:g}" for step in steps)]
        for metric, (label, colour, marker) in FIGURES_OF_ROBUSTNESS.items():
            points = [found["unchanged"][metric], *(step[metric] for step in steps)]
            places = range(len(points))
            axes.plot(places, [point["value"] for point in points], color=colour, marker=marker, label=label)
            low, high = ([point[side] for point in points] for side in ("low", "high"))
            axes.fill_between(places, low, high, color=colour, alpha=0.15, linewidth=0)
        axes.set_xticks(range(len(ticks)), ticks)
        axes.set(xlabel=name, ylim=(0, 1.02))
    panels[0].set_ylabel("share, or AUC")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=3, frameon=False)
    return figure


def differences_plot(
    runs: dict[str, dict[str, Any]], condition: str, title: str, metric: str = "auc"
) -> Figure:
    """By run, the paired difference of one figure to the run it is compared with."""
    cells = {
        name: run["conditions"][condition]["difference"][metric]
        for name, run in runs.items()
        if metric in run["conditions"].get(condition, {}).get("difference", {})
    }
    figure, axes = plt.subplots(figsize=(7.2, 1.2 + 0.35 * len(cells)))
    for place, cell in enumerate(cells.values()):
        errors = [[max(cell["value"] - cell["low"], 0)], [max(cell["high"] - cell["value"], 0)]]
        axes.errorbar(cell["value"], place, xerr=errors, fmt="o", color=STYLES[DETECTOR]["color"], capsize=3)
    axes.axvline(0, color="0.6", linewidth=1)
    axes.set_yticks(range(len(cells)), list(cells))
    axes.invert_yaxis()
    axes.set(
        xlabel=f"difference of {metric.replace('_', ' ')} to its counterpart", title=f"{title}, {condition}"
    )
    return figure


def _condition_plots(found: dict[str, Any], stem: str) -> dict[str, Figure]:
    plots = {}
    for name, measured in found.items():
        short = f"{stem}-{name.replace(' ', '-')}"
        plots[f"{short}-reliability"] = reliability_plot(measured, f"Reliability, {name}")
        if "roc" in measured["curves"]:
            plots[f"{short}-roc"] = roc_plot(measured, f"ROC, {name}")
            plots[f"{short}-generators"] = bars_plot(measured["generators"], f"By generator, {name}")
    return plots


def figures_of(results: dict[str, Any]) -> dict[str, Figure]:
    """Every plot that the results of a protocol allow, by file name without ending."""
    stem = results["protocol"]
    plots = _condition_plots(results.get("conditions", {}), stem)
    if "made forgeries" in results:
        made = results["made forgeries"]
        plots[f"{stem}-made-forgeries"] = bars_plot(
            made["generators"], "Forgeries made from test reals, by maker"
        )
    if "robustness" in results:
        plots[f"{stem}-robustness"] = robustness_plot(results["robustness"])
    for condition in results.get("summary", {}):
        rows = {name: run["conditions"][condition]["all"] for name, run in results["runs"].items()}
        if any(DETECTOR in row for row in rows.values()):
            plots[f"{stem}-{condition.replace(' ', '-')}"] = bars_plot(rows, f"{stem}, {condition}")
    if stem in COMPARED:
        plots |= _comparison_plots(results["runs"], stem)
    return plots


def _comparison_plots(runs: dict[str, dict[str, Any]], protocol: str) -> dict[str, Figure]:
    plots = {}
    for name in {name for run in runs.values() for name in run["conditions"]}:
        stem, title = f"{protocol}-{name.replace(' ', '-')}", COMPARED[protocol]
        plots[stem] = differences_plot(runs, name, title)
        if any(UNSEEN in run["conditions"].get(name, {}).get("difference", {}) for run in runs.values()):
            plots[f"{stem}-unseen"] = differences_plot(runs, name, title, UNSEEN)
    return plots


def write_plots(folder: Path, results: dict[str, Any]) -> list[Path]:
    """Draw everything into `folder`/plots; returns the paths."""
    (folder / FOLDER).mkdir(parents=True, exist_ok=True)
    paths = []
    with plt.rc_context(_SETTINGS):
        for name, figure in figures_of(results).items():
            paths.append(folder / FOLDER / f"{name}.png")
            # Without matplotlib's own line in the file, equal results give equal bytes.
            figure.savefig(paths[-1], metadata={"Software": None})
            plt.close(figure)
    return paths
