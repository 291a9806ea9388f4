"""The model card: every figure in it is read from results or from the training record, none is typed."""

import json
from pathlib import Path
from typing import Any

from mfclip.evaluation.card_sections import SECTIONS, cost, cut_offs, limits, procedure, ungrouped
from mfclip.evaluation.card_tables import (
    data_rows,
    false_alarms,
    generator_table,
    labelled,
    parts_table,
    words_table,
)
from mfclip.evaluation.report import file_stem
from mfclip.evaluation.scoring import DETECTOR
from mfclip.evaluation.tables import ALIKE
from mfclip.hub import CARD, CONFIG, RECORD
from mfclip.hub.lineage import records_of

TEMPLATE = Path(__file__).with_name("card.md")
ORIGINS = {
    "clip": "Its towers began from pretrained weights of CLIP ({file}{commit}, SHA-256 `{sha256}`); none of the "
    "authors' are in it (they published none).",
    "unknown": "Its towers have the shape of CLIP's and were trained from random weights.",
    "efficientnet": "Its image stream began from the first stages of EfficientNet-Lite0 (Apache 2.0, the TensorFlow "
    "authors), which were trained on ImageNet;",
    "conv": "Its vision was trained from scratch;",
    "distilled": "its text tower was distilled from the sentence encoder all-MiniLM-L6-v2.",
    "scratch": "its text tower was trained from scratch.",
    "none": "No weights of CLIP or of the authors are in it (they have published none).",
}


def origin_of_weights(config: dict[str, Any], record: dict[str, Any]) -> str:
    """Where the weights come from, by configuration and recipe."""
    if config["image"]["kind"] == "clip":
        towers = next((found for r in records_of(record) if (found := (r or {}).get("pretrained"))), None)
        if towers is None:
            return f"{ORIGINS['unknown']} {ORIGINS['none']}"
        commit = f" at commit {towers['commit']}" if towers["commit"] else ""
        return ORIGINS["clip"].format(file=towers["file"], commit=commit, sha256=towers["sha256"])
    text = "distilled" if record["recipe"].get("text") == "frozen" else "scratch"
    return " ".join(ORIGINS[part] for part in (config["image"]["kind"], text, "none"))


def _alike(measured: dict[str, Any]) -> dict[str, Any]:
    found = measured.get(ALIKE, {})
    return {ALIKE: found[DETECTOR]} if DETECTOR in found else {}


def read_beside(folder: Path, protocol: str) -> dict[str, Any]:
    """Results of a protocol that lie in a folder, {} where there are none."""
    path = folder / f"{file_stem(protocol)}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def write_card(folder: Path, results: dict[str, Any]) -> None:
    """Write README.md of a checkpoint folder from in-domain results, the folder's config, record and other results.

    Sections on robustness, made forgeries, leave-one-out, other datasets, ablations and rewordings appear where their
    results lie beside the weights. Raises ValueError if training.json is missing, because a card without the origin
    of its weights is not one, or if the results lack the condition 're-saved'.
    """
    path = folder / RECORD
    if not path.is_file():
        raise ValueError(
            f"{path} does not exist; only a run of mfclip.training can have a card written for it."
        )
    if "re-saved" not in results["conditions"]:
        raise ValueError(
            f"The results hold the conditions {list(results['conditions'])}; a card needs 're-saved': leave "
            "--conditions out."
        )
    record = json.loads(path.read_text(encoding="utf-8"))
    config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    resaved = results["conditions"]["re-saved"]
    counts, made = record["data"]["counts"], record["data"].get("made_counts", {})
    weights = record["level_weights"]
    levels = ("authenticity", "kind", "family", "generator")
    sections = [section(results, lambda protocol: read_beside(folder, protocol)) for section in SECTIONS]
    card = TEMPLATE.read_text(encoding="utf-8").format(
        **config["decision"],
        name=config["name"],
        origin_of_weights=origin_of_weights(config, record),
        cut_offs=cut_offs(record.get("calibration")),
        level_weights=", ".join(
            f"{level} {weight:.2f}" for level, weight in zip(levels, weights, strict=False)
        )
        or "none, the four sentences are read as one text",
        parameters=record["parameters"]["all"] / 1e6,
        table=record["parameters"]["token_table"] / 1e6,
        sha256=results["checkpoint"]["weights_sha256"],
        commit=record["commit"],
        limits=limits(resaved),
        train_count=sum(row.get("train", 0) for row in counts.values()),
        sources=len(counts),
        made_sentence=", and forgeries made from the training reals by generators of our own" if made else "",
        ungrouped=ungrouped(results["conditions"]["re-saved"]),
        data=data_rows(counts),
        made_data=f"\nMade from reals:\n\n| maker | train | validation | test |\n|---|---|---|---|\n{data_rows(made)}\n"
        if made
        else "",
        procedure=procedure(record),
        command_note=f"Measured by `{results['command']}`; every figure is in results.json and results.csv beside this "
        "card.",
        reals=resaved["all"]["reals"],
        forgeries=resaved["all"]["forgeries"],
        false_alarms=false_alarms(resaved),
        resaved=generator_table(resaved["generators"]),
        above=resaved["above_baseline"],
        surely=resaved["surely_above_baseline"],
        count=len(resaved["generators"]),
        overall=labelled(resaved["overall"] | _alike(resaved)),
        words=words_table(resaved["words"]),
        parts=parts_table(resaved["all"]),
        more="".join(f"{section}\n" for section in sections if section),
        cost=cost(record),
    )
    (folder / CARD).write_text(card, encoding="utf-8")
