"""From rows of faces to a table by method: means and shares with bootstrap intervals, as JSON, CSV and Markdown."""

import csv
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

RESAMPLES = 2000
LEVEL = 0.95

VERDICTS = ("holds", "weak", "fails")
SHARES = (
    "deletion",
    "insertion",
    "polarity",
    "flip",
    "word order",
    "word deletion",
    "completeness",
    "ledger sum",
)
"""Metrics of which the table says on what share of the faces the line is passed."""


def interval(values: np.ndarray, draws: np.ndarray) -> tuple[float, float, float]:
    """Mean of values (N,) with its bootstrap interval at LEVEL; draws (RESAMPLES, N) are resampled indices."""
    means = values[draws].mean(axis=1)
    low, high = np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(values.mean()), float(low), float(high)


def _figure(values: Sequence[float], seed: int) -> dict[str, float] | None:
    """A mean with its interval and the number of faces it rests on; None without one."""
    if not values:
        return None
    # By number of faces: all methods that saw the same faces are resampled alike, so that they can be compared.
    draws = np.random.default_rng([seed, len(values)]).integers(len(values), size=(RESAMPLES, len(values)))
    mean, low, high = interval(np.asarray(values, dtype=np.float64), draws)
    return {"mean": mean, "low": low, "high": high, "faces": len(values)}


def summary(rows: Sequence[dict[str, Any]], seed: int) -> dict[str, Any]:
    """What one method did over the faces of its rows; every share and mean with its interval."""
    judged = [row for row in rows if "refused" not in row]
    metrics = list(dict.fromkeys(name for row in judged for name in row["readings"]))
    told: dict[str, Any] = {
        "faces": len(judged),
        "refused": sorted({row["refused"] for row in rows if "refused" in row}),
        "verdicts": {
            verdict: _figure([float(row["verdict"] == verdict) for row in judged], seed)
            for verdict in VERDICTS
        },
        "cost": _median(row["cost"] for row in judged),
        "cpu seconds": _median(row["cpu seconds"] for row in judged),
        "receipt cpu seconds": _median(row["receipt cpu seconds"] for row in judged),
        "metrics": {},
    }
    for name in metrics:
        read = [row["readings"][name] for row in judged if name in row["readings"]]
        passed = [float(reading["passed"]) for reading in read if reading["passed"] is not None]
        told["metrics"][name] = {
            "value": _figure([reading["value"] for reading in read], seed),
            "size": _figure([abs(reading["value"]) for reading in read], seed),
            "median": _median(reading["value"] for reading in read),
            "passed": _figure(passed, seed),
            "deviations": _figure([r["deviations"] for r in read if "deviations" in r], seed),
            "fills": _by_fill(read, seed),
        }
    return told


def _by_fill(read: Sequence[dict[str, Any]], seed: int) -> dict[str, Any]:
    """By fill: the share of faces on which at least LEVEL of the random orders were beaten with that fill alone."""
    beaten = [reading["beaten by fill"] for reading in read if "beaten by fill" in reading]
    fills = list(dict.fromkeys(fill for of in beaten for fill in of))
    return {fill: _figure([float(of[fill] >= LEVEL) for of in beaten if fill in of], seed) for fill in fills}


def _median(values: Iterable[float]) -> float | None:
    found = list(values)
    return float(np.median(found)) if found else None


def table(faces: Sequence[dict[str, Any]], seed: int) -> dict[str, Any]:
    """Summaries by method, of all faces and by label, methods in the order of the run."""
    names = list(dict.fromkeys(row["method"] for face in faces for row in face["rows"]))
    labels = sorted({face["label"] for face in faces})
    told = {}
    for name in names:
        by = {
            label: [
                row
                for face in faces
                if face["label"] == label
                for row in face["rows"]
                if row["method"] == name
            ]
            for label in labels
        }
        told[name] = {
            **summary([row for rows in by.values() for row in rows], seed),
            "by label": {label: summary(rows, seed) for label, rows in by.items()} if len(labels) > 1 else {},
        }
    return told


def _percent(figure: dict[str, float] | None) -> str:
    if figure is None:
        return "–"
    return f"{figure['mean']:.0%} [{figure['low']:.0%}, {figure['high']:.0%}]"


def _fills(figures: dict[str, Any] | None) -> str:
    if not figures:
        return "–"
    return ", ".join(f"{fill} {figure['mean']:.0%}" for fill, figure in figures.items())


def _number(figure: dict[str, float] | None) -> str:
    return "–" if figure is None else f"{figure['mean']:.2f} [{figure['low']:.2f}, {figure['high']:.2f}]"


def _plain(value: float | None, form: str) -> str:
    return "–" if value is None else format(value, form)


_MAP_COLUMNS = (
    ("deletion passed", "deletion", "passed", _percent),
    ("deletion by fill", "deletion", "fills", _fills),
    ("deviations", "deletion", "deviations", _number),
    ("insertion passed", "insertion", "passed", _percent),
    ("agreement", "agreement", "value", _number),
    ("SaCo", "saco", "value", _number),
    ("polarity violations", "polarity", "value", _percent),
    ("infidelity", "infidelity", "value", _number),
    ("flip passed", "flip", "passed", _percent),
    ("randomised, size of ρ", "randomisation", "size", _number),
    ("other prompt, ρ", "prompt", "value", _number),
)
_OTHER_COLUMNS = (
    ("word order, ρ", "word order", "value", _number),
    ("word order passed", "word order", "passed", _percent),
    ("word deletion passed", "word deletion", "passed", _percent),
    ("sum passed", "ledger sum", "passed", _percent),
    ("pairs passed", "pair identity", "passed", _percent),
    ("completeness passed", "completeness", "passed", _percent),
)


def _grid(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    rows = [head, ["---"] * len(head), *lines]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _lines(told: dict[str, Any], columns: Sequence[tuple[Any, ...]]) -> list[list[str]]:
    lines = []
    for name, of in told.items():
        read = of["metrics"]
        if not any(metric in read for _, metric, _, _ in columns if metric != "completeness"):
            continue
        cells = [form(read.get(metric, {}).get(key)) for _, metric, key, form in columns]
        verdicts = [_percent(of["verdicts"][verdict]) for verdict in VERDICTS]
        lines.append([name.replace("|", "\\|"), str(of["faces"]), *verdicts, *cells])
    return lines


def markdown(about: dict[str, Any], told: dict[str, Any]) -> str:
    """The tables in Markdown, with what they rest on."""
    parts = [
        "# Receipts over a set of faces",
        f"{about['faces']} faces ({about['labels']}), checkpoint {about['checkpoint']} "
        f"(weights {about['weights'][:12]}), target {about['target']}, {about['settings']['orders']} random orders, "
        f"fills {', '.join(about['settings']['fills'])}, seed {about['settings']['seed']}. In brackets: 95 % bootstrap "
        f"intervals over faces ({RESAMPLES} resamples, the same for all methods). Passed: the share of faces on which "
        "the receipt's line was passed with every fill. By fill: where at least 95 % of the random "
        "orders were beaten with that fill alone. Deviations: how many standard deviations of the random orders' "
        "areas the map's lies beyond their mean, with the worst fill.",
    ]
    for title, columns in (("Cells", _MAP_COLUMNS), ("Words, shares, pairs", _OTHER_COLUMNS)):
        lines = _lines(told, columns)
        used = [
            number
            for number in range(4 + 1 + len(columns))
            if number < 5 or any(line[number] != "–" for line in lines)
        ]
        if lines:
            head = ["method", "faces", *VERDICTS, *(column[0] for column in columns)]
            chosen = [[line[number] for number in used] for line in lines]
            parts += [f"## {title}", _grid([head[number] for number in used], chosen)]
    costs = [
        [
            name,
            _plain(of["cost"], ".1f"),
            _plain(of["cpu seconds"], ".2f"),
            _plain(of["receipt cpu seconds"], ".2f"),
        ]
        for name, of in told.items()
        if of["faces"] and not name.startswith("control")
    ]
    head = ["method", "forward passes", "CPU seconds", "CPU seconds of its receipt"]
    parts += ["## Cost, medians a face", _grid(head, costs)]
    refused = [f"- {name}: {reason}" for name, of in told.items() for reason in of["refused"]]
    parts += ["## Refused", "\n".join(refused)] if refused else []
    return "\n\n".join(parts) + "\n"


def write_csv(path: Path, faces: Sequence[dict[str, Any]]) -> None:
    """One line a face, method and reading."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(
            ["photo", "label", "source", "margin", "method", "verdict", "metric", "value", "passed"]
        )
        for face in faces:
            for row in face["rows"]:
                for name, reading in row.get("readings", {}).items():
                    about = [face["photo"], face["label"], face["source"], face["margin"]]
                    writer.writerow(
                        [*about, row["method"], row["verdict"], name, reading["value"], reading["passed"]]
                    )


def write_tables(
    folder: Path, about: dict[str, Any], faces: Sequence[dict[str, Any]], seed: int
) -> dict[str, Any]:
    """Write benchmark.json, benchmark.csv and benchmark.md; returns the content of the first."""
    told = table(faces, seed)
    content = {**about, "methods": told}
    (folder / "benchmark.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    (folder / "benchmark.md").write_text(markdown(about, told), encoding="utf-8")
    write_csv(folder / "benchmark.csv", faces)
    return content
