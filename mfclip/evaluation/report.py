"""Results on disk: JSON for programs, CSV for people, one row a figure."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mfclip.evaluation.scoring import DETECTOR, SCORERS

COLUMNS = ("protocol", "condition", "subset", "scorer", "metric", "value", "low", "high", "n")
RESULTS = "results"
"""Name of the in-domain files; those of other protocols are called after them."""


def file_stem(protocol: str) -> str:
    """The name of a protocol's files without their ending."""
    return RESULTS if protocol == "in-domain" else protocol


def figures_in(tree: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], dict[str, float]]]:
    """Every figure of nested results with the names on the way to it, numbers of a list included."""
    if isinstance(tree, dict):
        if {"value", "low", "high"} <= set(tree):
            yield path, tree
            return
        for name, below in tree.items():
            yield from figures_in(below, (*path, str(name)))
    elif isinstance(tree, list):
        for number, below in enumerate(tree):
            place = below.get("strength", number) if isinstance(below, dict) else number
            yield from figures_in(below, (*path, str(place)))


def rows_of(results: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """CSV rows of results: the condition, what the figure is of, whose it is, and the figure."""
    for path, figure in figures_in({key: value for key, value in results.items() if isinstance(value, dict)}):
        *way, metric = path
        scorer = DETECTOR
        if metric in SCORERS:
            metric, scorer = "auc", metric
        elif way and way[-1] in SCORERS:
            scorer = way.pop()
        way = [name for name in way if name not in ("metrics", "conditions", "runs", "curves")]
        condition = next((name for name in way if name in ("re-saved", "as given")), way[0] if way else "")
        subset = " / ".join(name for name in way if name != condition)
        yield {
            "protocol": results["protocol"],
            "condition": condition,
            "subset": subset,
            "scorer": scorer,
            "metric": metric,
            **{key: figure.get(key, "") for key in ("value", "low", "high", "n")},
        }


def write_results(folder: Path, results: dict[str, Any]) -> Path:
    """Write <protocol>.json and .csv into a folder; returns the JSON's path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{file_stem(results['protocol'])}.json"
    path.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    with path.with_suffix(".csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows_of(results))
    return path
