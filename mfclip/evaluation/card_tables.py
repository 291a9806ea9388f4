"""Tables of the model card, as Markdown made of results."""

from collections.abc import Callable
from typing import Any

from mfclip.evaluation.scoring import BASELINE, DETECTOR, FILES
from mfclip.evaluation.tables import ALIKE

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
    ALIKE: "AUC, generators and sources of reals counted alike",
}
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


def generator_table(
    rows: dict[str, Any], first: str = "generator", alike: dict[str, Any] | None = None
) -> str:
    """By generator (or run): forgeries, reals, AUC of every scorer that looked at them.

    alike: by row, the AUCs with every generator and source of reals counted alike, for columns of their own.
    """
    scorers = [name for name in SCORER_NAMES if any(name in row for row in rows.values())]
    others = [name for name in SCORER_NAMES if any(name in row for row in (alike or {}).values())]
    header = [first, "forgeries", "reals", *(SCORER_NAMES[name] for name in scorers)]
    header += [f"{SCORER_NAMES[name]}, sources alike" for name in others]
    lines = [
        [
            name,
            str(row["forgeries"]),
            str(row["reals"]),
            *(cell(row.get(scorer)) for scorer in scorers),
            *(cell((alike or {}).get(name, {}).get(scorer)) for scorer in others),
        ]
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
