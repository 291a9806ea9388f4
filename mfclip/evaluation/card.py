"""The model card: every figure in it is read from results.json or training.json, none is typed."""

import json
from pathlib import Path
from typing import Any

from mfclip.hub import CARD, CONFIG, RECORD

TEMPLATE = """---
license: cc-by-nc-4.0
library_name: mfclip
tags: [face-forgery-detection, deepfake-detection, explainability, clip]
---
# MFCLIP `{name}`

A small face-forgery detector with the parts of MFCLIP (arXiv 2409.09724, IEEE TIFS 2025): a language encoder over
four-level descriptions, an image stream over the face, a noise stream over its richest patch, sample pair attention
from content, a predictor and a head. Trained from scratch: no weights of CLIP or of the authors are in it (they have
published none), and no figure here is a result of the paper.

It is a **teaching and research instrument**. It is not evidence, and must not be used to accuse, moderate or identify
anybody.

## How it decides

margin = {a:.4g} · m_head + {b:.4g} · m_language {c:+.4g} (logits, positive towards fake), P(fake) =
σ(margin / {temperature:.4g}). *Uncertain* between {low:.2f} and {high:.2f}, where the readouts disagree, or where one
JPEG of quality 85 turns the verdict. Origin: {origin}.

Learned level weights: authenticity {w[0]:.2f}, kind {w[1]:.2f}, family {w[2]:.2f}, generator {w[3]:.2f}.
{parameters:.2f} M parameters, of which {table:.2f} M are the token table.

## Held-out figures

{command_note}

Whole groups of pictures (figures, prompts, retouched faces) are kept apart from training. "Baseline" is a logistic
regression on 24 spectrum bins and colour statistics of the same crops, fitted on the same training split. In square
brackets: 95 % bootstrap intervals over groups. Each row: that generator's forgeries against all {reals} held-out reals.

### Both classes re-saved (rescaled 0.5–1.3 in half the cases, JPEG 60–95 in five of six)

{resaved}

Above the baseline on {above} of {count} generators, with an interval of the difference wholly above zero on {surely}.

| over all pictures | |
|---|---|
{overall}

False alarms, by source of the real photographs:

| source | pictures | P(fake) ≥ 0.5 | "substantial evidence" |
|---|---|---|---|
{false_alarms}

### As given (file histories untouched: easier, because formats betray sources)

{given}

### What each part achieves (re-saved, over all pictures, AUC)

{parts}

## Data

Trained on {train_count} photographs of {sources} sources, and on copies of the training reals made by eight small
autoencoders (four up-samplers, two depths) that were trained in the same run on the same reals:

| source | train | validation | test |
|---|---|---|---|
{data}

The photographs are not distributed with the project. Most of them are for non-commercial research or state no terms,
which is why **these weights are CC BY-NC 4.0** while the code is MIT.

Training: {steps} steps, {hours:.1f} h on {device}, seed {seed}, torch {torch}, commit `{commit}`.

## Limits

- The held-out pictures come from the *same sources* as the training ones. Nothing here says how the detector does on
  a generator, a camera or a website it has never seen; detectors of this kind lose most of their skill there.
- Softness counts as a trace: an enlarged or softened real face can read as forged, and a nearly lossless copy of a
  real face is not told from it.
- It looks at one face and at one 112 px patch of it. A forgery elsewhere in the photo is not looked for.
- Heavy compression, screenshots, filters and beauty modes remove the noise that one stream lives on.
- P(fake) is calibrated for one forgery in two photographs of the validation sources. Where forgeries are rarer, the
  same alarm is more often false.
- The language encoder has only seen the sentences of the default hierarchy. Other words move the verdict, but what
  they move it by is not knowledge about those words.
- Fairness over age, gender and skin tone has not been measured: the sources carry no such labels.
"""


def _table(rows: dict[str, Any]) -> str:
    names = (
        "detector",
        "baseline",
        "head alone",
        "language alone",
        "image stream alone",
        "noise stream alone",
    )
    lines = ["| generator | forgeries | " + " | ".join(names) + " |", "|---" * (len(names) + 2) + "|"]
    for generator, row in rows.items():
        cells = [_interval(row[name], name in ("detector", "baseline")) for name in names]
        lines.append(f"| {generator} | {row['forgeries']} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _interval(figure: dict[str, float], whole: bool) -> str:
    bounds = f" [{figure['low']:.2f}, {figure['high']:.2f}]" if whole else ""
    return f"{figure['value']:.2f}{bounds}"


def write_card(folder: Path, results: dict[str, Any]) -> None:
    """Write README.md of a checkpoint folder from results.json's content and the folder's config and training.json.

    Raises ValueError if training.json is missing, because a card without the origin of its weights is not one.
    """
    path = folder / RECORD
    if not path.is_file():
        raise ValueError(
            f"{path} does not exist; only a run of mfclip.training can have a card written for it."
        )
    record = json.loads(path.read_text(encoding="utf-8"))
    config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    resaved, given = results["conditions"]["re-saved"], results["conditions"]["as given"]
    counts = record["data"]["counts"]
    labels = {
        "auc": "AUC",
        "average_precision": "average precision",
        "balanced_accuracy": "balanced accuracy at P(fake) = 0.5",
        "tpr_at_5_percent_fpr": "true positives at 5 % false positives",
        "calibration_error": "expected calibration error",
        "reals_called_substantial": 'reals called "substantial evidence"',
        "forgeries_called_little": 'forgeries called "little evidence"',
        "in_the_band": "in the band of uncertainty",
    }
    parts = {
        name: value
        for name, value in resaved["all"].items()
        if isinstance(value, dict) and name != "difference"
    }
    card = TEMPLATE.format(
        **config["decision"],
        name=config["name"],
        w=record["level_weights"],
        parameters=record["parameters"]["all"] / 1e6,
        table=record["parameters"]["token_table"] / 1e6,
        command_note=f"Measured by `{results['command']}`, written to results.json beside this card.",
        reals=resaved["all"]["reals"],
        resaved=_table(resaved["generators"]),
        given=_table(given["generators"]),
        above=resaved["above_baseline"],
        surely=resaved["surely_above_baseline"],
        count=len(resaved["generators"]),
        overall="\n".join(f"| {labels[name]} | {value:.3f} |" for name, value in resaved["overall"].items()),
        false_alarms="\n".join(
            f"| {name} | {row['pictures']} | {row['at_or_above_one_half']:.0%} | {row['called_substantial']:.0%} |"
            for name, row in resaved["reals"].items()
        ),
        parts="| part | AUC |\n|---|---|\n"
        + "\n".join(f"| {name} | {_interval(figure, True)} |" for name, figure in parts.items()),
        train_count=sum(row.get("train", 0) for row in counts.values()),
        sources=len(counts),
        data="\n".join(
            f"| {name} | {row.get('train', 0)} | {row.get('validation', 0)} | {row.get('test', 0)} |"
            for name, row in sorted(counts.items())
        ),
        steps=record["steps"],
        hours=record["seconds"] / 3600,
        device=record["device"],
        seed=record["recipe"]["seed"],
        torch=record["torch"],
        commit=record["commit"],
    )
    (folder / CARD).write_text(card, encoding="utf-8")
