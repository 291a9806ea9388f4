"""The evaluation command on fresh weights: every protocol writes what it says, and says what is wrong."""

import csv
import dataclasses
import json
import shutil

import numpy as np
import pytest
import torch
from PIL import Image

from mfclip.config import TINY
from mfclip.data.cache import RegionCache, cache_photographs, write_cache
from mfclip.data.sources import read_photographs
from mfclip.evaluation.__main__ import main
from mfclip.hub import write_checkpoint
from mfclip.model import MFCLIP
from mfclip.prompts import Hierarchy, describe_forgery

RECORD = {
    "level_weights": [0.25] * 4,
    "parameters": {"all": 9_000_000, "token_table": 6_000_000},
    "data": {"counts": {"camera": {"train": 7, "test": 5}}},
    "steps": 4,
    "seconds": 60.0,
    "device": "cpu",
    "recipe": {"seed": 0, "leave_out": ""},
    "torch": "0",
    "commit": "abc",
}
FIGURE = {"value", "low", "high", "n"}


def _checkpoint(folder, photographs, seed=0, **recipe):
    rows = {source.description.sentences: source.description for source in read_photographs(photographs)}
    torch.manual_seed(seed)
    decision = dataclasses.replace(TINY.decision, low=0.4, high=0.6)
    config = dataclasses.replace(TINY, hierarchy=Hierarchy(tuple(rows.values())), decision=decision)
    written = write_checkpoint(folder, config.to_dict(), MFCLIP(config).state_dict(), "draft")
    record = RECORD | {"recipe": {"seed": seed, "leave_out": "", **recipe}}
    (folder / "training.json").write_text(json.dumps(record), encoding="utf-8")
    return written


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    """One cache for all commands, so that faces are cut and features found once."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def made(photographs, cache):
    """Each test real with its copy in two grey levels less, as a maker's forgery."""
    faces = cache_photographs(cache / "faces", read_photographs(photographs), photographs)
    row = describe_forgery("reconstruction", "autoencoder", "dimmer")

    def pairs():
        for index, entry in enumerate(faces.entries):
            if entry.fake or entry.split != "test":
                continue
            known = {key: getattr(entry, key) for key in ("path", "group", "split")}
            real = {"generator": entry.generator, "sentences": entry.sentences, "fake": False}
            forged = {
                "generator": "dimmer",
                "sentences": row.sentences,
                "fake": True,
                "source": entry.generator,
            }
            yield {**known, **real}, faces.region(index)
            yield {**known, **forged, "pair": 2 * (pairs.count)}, faces.region(index) // 2
            pairs.count += 1

    pairs.count = 0
    write_cache(cache / "made", "by hand", pairs(), [])
    return cache / "made"


def _run(cache, photographs, *told):
    return main([*map(str, told), "--data", str(photographs), "--cache", str(cache)])


def test_in_domain_writes_json_csv_plots_and_a_card_that_quotes_them(photographs, cache, made, tmp_path):
    folder = tmp_path / "ck"
    _checkpoint(folder, photographs)
    more = ("--made", made, "--robustness", "--robustness-pictures", "2", "--card")
    assert _run(cache, photographs, folder, "in-domain", *more) == 0
    results = json.loads((folder / "results.json").read_text())
    for condition in ("re-saved", "as given"):
        measured = results["conditions"][condition]
        assert set(measured["generators"]) == {"sdxl", "swapper"}
        assert set(measured["kinds"]) == {"entire_face_synthesis", "face_swap"}
        for row in measured["generators"].values():
            for part in (
                "detector",
                "baseline",
                "file metadata",
                "head alone",
                "language alone",
                "noise stream alone",
            ):
                assert set(row[part]) == FIGURE
                assert 0 <= row[part]["low"] <= row[part]["value"] <= row[part]["high"] <= 1
        assert {"auc", "average_precision", "equal_error_rate", "calibration_error"} <= set(
            measured["overall"]
        )
        assert {"accuracy_at_cut_off", "tpr_at_5_percent_fpr"} <= set(measured["overall"])
        assert set(measured["reals"]) == {"camera", "scanner"}
        assert measured["words"]["recompression_tried"] and 0 <= measured["words"]["uncertain"]["value"] <= 1
        assert set(measured["levels"]) >= {"forgery kind", "family", "generator"}
    _check_made_and_robustness(results)
    with (folder / "results.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    auc = results["conditions"]["re-saved"]["generators"]["swapper"]["detector"]
    (found,) = [
        row
        for row in rows
        if (row["condition"], row["subset"], row["scorer"], row["metric"])
        == ("re-saved", "generators / swapper", "detector", "auc")
    ]
    assert float(found["value"]) == auc["value"] and int(found["n"]) == auc["n"]
    card = (folder / "README.md").read_text()
    assert f"{auc['value']:.2f} [{auc['low']:.2f}, {auc['high']:.2f}]" in card
    assert "license: cc-by-nc-4.0" in card and "### Out of scope" in card and "### Robustness" in card
    assert card.index("False alarms") < card.index("### Results") and "Forgeries made from test reals" in card
    plots = {path.stem for path in (folder / "plots").iterdir()}
    assert {"in-domain-re-saved-roc", "in-domain-re-saved-reliability", "in-domain-robustness"} <= plots
    with Image.open(folder / "plots" / "in-domain-re-saved-generators.png") as image:
        assert min(image.size) > 100 and np.asarray(image.convert("L")).std() > 5


def _check_made_and_robustness(results):
    row = results["made forgeries"]["generators"]["dimmer"]
    assert row["forgeries"] == row["reals"] > 0
    assert (
        abs(row["baseline"]["value"] - 0.5) > 0.3
    )  # half as bright is plain to see, whichever way it counts
    assert "file metadata" not in row
    assert results["made forgeries"]["levels"]["generator"]["unnamed"] == row["forgeries"]
    robust = results["robustness"]
    assert robust["pictures"] == 8 and len(robust["curves"]["JPEG quality"]) == 6
    assert robust["unchanged"]["auc"] != robust["curves"]["JPEG quality"][-1]["auc"]


def test_leave_one_out_scores_what_each_run_never_saw(photographs, cache, tmp_path):
    runs = tmp_path / "runs"
    _checkpoint(runs / "without-sdxl", photographs, leave_out="generator=sdxl")
    _checkpoint(runs / "without-camera", photographs, seed=1, leave_out="real=camera")
    assert _run(cache, photographs, runs, "leave-one-generator-out") == 0
    results = json.loads((runs / "leave-one-generator-out.json").read_text())
    assert set(results["runs"]) == {"without-sdxl"}
    row = results["runs"]["without-sdxl"]["conditions"]["re-saved"]
    faces = RegionCache(cache / "faces").entries
    reals = sum(not entry.fake and entry.split == "test" for entry in faces)
    assert set(row["generators"]) == {"sdxl"}
    assert (row["all"]["forgeries"], row["all"]["reals"]) == (12, reals)
    assert results["summary"]["re-saved"]["runs"] == 1

    assert _run(cache, photographs, runs, "leave-one-real-source-out") == 0
    results = json.loads((runs / "leave-one-real-source-out.json").read_text())
    row = results["runs"]["without-camera"]["conditions"]["re-saved"]
    assert set(row["reals"]) == {"camera"} and row["reals"]["camera"]["pictures"] == 12
    assert row["all"]["forgeries"] == sum(entry.fake and entry.split == "test" for entry in faces)
    _check_shares(results)


def _check_shares(results):
    """Of one run, the mean over runs is its own; the ends of the scale lie near either readout by itself."""
    row, summary = results["runs"]["without-camera"]["conditions"]["re-saved"], results["summary"]["re-saved"]
    aucs = row["auc_by_head_share"]
    assert summary["auc_by_head_share"] == pytest.approx(aucs) and len(aucs) == 17
    best = max(aucs.values())
    assert aucs[f"{summary['head_share']:g}"] >= best - 0.005
    nearer = [share for share in aucs if abs(float(share) - 0.5) < abs(summary["head_share"] - 0.5) - 1e-9]
    assert all(aucs[share] < best - 0.005 for share in nearer)


def test_ablations_stand_beside_full(photographs, cache, tmp_path):
    for seed, name in enumerate(("full", "no-noise", "random-patch")):
        patch = "random" if name == "random-patch" else "richest"
        _checkpoint(tmp_path / name, photographs, seed=seed, patch=patch)
    assert _run(cache, photographs, tmp_path, "ablations") == 0
    runs = json.loads((tmp_path / "ablations.json").read_text())["runs"]
    assert set(runs) == {"full", "no-noise", "random-patch", "no-language-in-the-decision"}
    full, other = (runs[name]["conditions"]["re-saved"] for name in ("full", "no-noise"))
    assert "difference" not in full and runs["full"]["against"] is None
    assert other["difference"]["auc"]["value"] == pytest.approx(other["auc"]["value"] - full["auc"]["value"])
    assert (tmp_path / "plots" / "ablations-re-saved.png").is_file()


def test_seeds_of_a_row_become_its_means_and_what_was_left_out_has_a_column(photographs, cache, tmp_path):
    folder, runs = tmp_path / "ck", tmp_path / "runs"
    _checkpoint(folder, photographs)
    for seed in (0, 1):
        for place, row in enumerate(("full", "no-noise")):
            _checkpoint(
                runs / f"{row}-seed{seed}", photographs, 2 * seed + place, leave_out="generator=swapper"
            )
    listed = [{"folder": f"no-noise-seed{seed}", "against": "full", "says": "no stream"} for seed in (0, 1)]
    (runs / "sweep.json").write_text(json.dumps({"rows": listed}), encoding="utf-8")
    assert _run(cache, photographs, runs, "ablations", "--out", folder) == 0
    found = json.loads((folder / "ablations.json").read_text())
    conditions = [found["runs"][f"no-noise-seed{seed}"]["conditions"]["re-saved"] for seed in (0, 1)]
    row = found["rows"]["no-noise"]["re-saved"]
    for metric in ("auc", "mean_over_generators", "mean_over_unseen_generators", "rewordings"):
        changes = [condition["difference"][metric]["value"] for condition in conditions]
        told = row["difference"][metric]
        assert told["mean"] == pytest.approx(sum(changes) / 2) and told["seeds"] == 2
        assert (told["smallest"], told["largest"]) == (min(changes), max(changes))
    assert conditions[0]["mean_over_unseen_generators"] != conditions[0]["mean_over_generators"]
    assert (folder / "plots" / "ablations-re-saved-unseen.png").is_file()
    assert _run(cache, photographs, folder, "--conditions", "re-saved", "--card") == 0
    card = (folder / "README.md").read_text()
    change = row["difference"]["mean_over_unseen_generators"]
    assert f"({change['mean']:+.3f}; {change['smallest']:+.3f} to {change['largest']:+.3f})" in card
    assert "all without the generator swapper" in card and "| no-noise | no stream | 2 |" in card
    assert "A row of several seeds has their means" in card


def test_ingredients_stand_beside_all_of_them(photographs, cache, tmp_path):
    for seed, name in enumerate(("full", "without-blend")):
        _checkpoint(tmp_path / name, photographs, seed=seed)
    assert _run(cache, photographs, tmp_path, "ingredients") == 0
    runs = json.loads((tmp_path / "ingredients.json").read_text())["runs"]
    assert set(runs) == {"full", "without-blend"} and runs["without-blend"]["against"] == "full"
    assert (tmp_path / "plots" / "ingredients-re-saved.png").is_file()


def test_the_card_takes_up_what_lies_beside_the_weights(photographs, cache, tmp_path):
    folder, runs = tmp_path / "ck", tmp_path / "runs"
    _checkpoint(folder, photographs)
    record = json.loads((folder / "training.json").read_text())
    quantiles = {"camera": {"n": 19, "quantile": 0.875, "rate": 0.1}, "scanner": {"n": 3, "quantile": None}}
    record["calibration"] = {
        "reals": 22,
        "forgeries": 9,
        "false_alarms": 0.05,
        "misses": 0.1,
        "further_sources": 0.9,
        "further": 0.912,
        "high_from": "camera",
    }
    record["calibration"]["sources"] = quantiles
    (folder / "training.json").write_text(json.dumps(record), encoding="utf-8")
    _checkpoint(runs / "full", photographs)
    _checkpoint(runs / "without-swaps", photographs, seed=1, leave_out="kind=face_swap")
    _checkpoint(runs / "without-camera", photographs, seed=2, leave_out="real=camera")
    for protocol in ("leave-one-forgery-kind-out", "leave-one-real-source-out", "ablations", "ingredients"):
        assert _run(cache, photographs, runs, protocol, "--out", folder) == 0
    assert _run(cache, photographs, folder, "rewordings") == 0
    assert _run(cache, photographs, folder, "--conditions", "re-saved", "--card") == 0
    card = (folder / "README.md").read_text()
    found = json.loads((folder / "leave-one-forgery-kind-out.json").read_text())["runs"]["without-swaps"]
    auc = found["conditions"]["re-saved"]["all"]["detector"]
    assert f"{auc['value']:.2f} [{auc['low']:.2f}, {auc['high']:.2f}]" in card
    found = json.loads((folder / "leave-one-real-source-out.json").read_text())["runs"]["without-camera"]
    alarms = found["conditions"]["re-saved"]["reals"]["camera"]["called_substantial"]
    assert f"{alarms['value']:.1%} [{alarms['low']:.1%}, {alarms['high']:.1%}]" in card
    found = json.loads((folder / "rewordings.json").read_text())["rewordings"]["auc"]
    assert f"AUC {found['value']:.2f} [{found['low']:.2f}" in card
    assert "### Ablations" in card and "| no-language-in-the-decision | head alone | 1 |" in card
    assert "A row of several seeds" not in card and "generators left out" not in card
    assert "### What each ingredient of the made forgeries adds" in card
    assert "90% of further cameras and collections have theirs below 0.912" in card
    assert (
        "camera (19: 0.875 at 10%), scanner (3: too few)" in card and "5% of the reals of each source" in card
    )


def test_another_dataset_and_one_class_alone(photographs, cache, tmp_path):
    other = tmp_path / "other"
    for side, source in (("real", "camera"), ("fake", "swapper")):
        (other / side).mkdir(parents=True)
        for path in sorted((photographs / source).iterdir())[:6]:
            shutil.copy(path, other / side / path.name)
    lines = ["path,label,forgery_kind,family,generator,face_x0,face_y0,face_x1,face_y1"]
    for side in ("real", "fake"):
        names = sorted(path.name for path in (other / side).iterdir())
        kind = "none,none,phone" if side == "real" else "face_swap,graphics,unknown"
        lines += [f"{side}/{name},{side},{kind},10,10,90,90" for name in names]
    (other / "manifest.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    _checkpoint(tmp_path / "ck", photographs)
    told = (tmp_path / "ck", "cross-dataset", "--baseline-data", photographs)
    assert _run(cache, other, *told, "--conditions", "re-saved") == 0
    row = json.loads((tmp_path / "ck" / "cross-dataset.json").read_text())["conditions"]["re-saved"]
    assert row["all"]["forgeries"] == row["all"]["reals"] == 6 and "baseline" in row["all"]

    (other / "manifest.csv").write_text("\n".join(lines[:7]) + "\n", encoding="utf-8")
    assert _run(cache, other, tmp_path / "ck", "cross-dataset", "--out", tmp_path / "out") == 0
    row = json.loads((tmp_path / "out" / "cross-dataset.json").read_text())["conditions"]["as given"]
    assert "auc" not in row["overall"] and "detector" not in row["all"]
    assert set(row["all"]["metrics"]["detector"]) == {"false_alarms_at_one_half", "false_alarms_at_cut_off"}
    assert row["words"]["uncertain"]["n"] == 6 and "right_of_the_rest_of_forgeries" not in row["words"]


def test_what_cannot_be_measured_is_one_sentence(photographs, cache, tmp_path, capsys):
    assert _run(cache, photographs, tmp_path / "nothing") == 3
    _checkpoint(tmp_path / "ck", photographs)
    assert _run(cache, tmp_path, tmp_path / "ck") == 2
    assert "manifest.csv" in capsys.readouterr().err
    for told, sentence in (
        ((tmp_path / "ck", "--made", tmp_path), "is no cache of made forgeries"),
        ((tmp_path / "ck", "ablations"), "holds no finished run"),
        ((tmp_path, "leave-one-forgery-kind-out"), "No run in"),
        ((tmp_path / "none", "ablations"), "is no folder"),
        ((tmp_path, "ablations", "--card"), "--card was given with ablations"),
    ):
        assert _run(cache, photographs, *told, "--conditions", "re-saved") == 2
        assert sentence in capsys.readouterr().err


def _trained_on(folder, fingerprint):
    record = json.loads((folder / "training.json").read_text())
    record["data"]["faces"] = fingerprint
    (folder / "training.json").write_text(json.dumps(record), encoding="utf-8")


def test_only_the_held_out_split_of_the_same_photographs_is_reported_as_such(
    photographs, cache, tmp_path, capsys, caplog
):
    folder = tmp_path / "ck"
    _checkpoint(folder, photographs)
    fingerprint = cache_photographs(cache / "faces", read_photographs(photographs), photographs).fingerprint
    plain = ("--conditions", "re-saved", "--no-recompress")
    assert _run(cache, photographs, folder, "--split", "validation", "--card", *plain) == 2
    assert "on which the cut-offs are fitted" in capsys.readouterr().err
    _trained_on(folder, fingerprint)
    assert _run(cache, photographs, folder, "cross-dataset", *plain) == 2
    assert (
        "holds the photographs that ck was trained on; cross-dataset needs others" in capsys.readouterr().err
    )
    _trained_on(folder, "0" * 64)
    assert _run(cache, photographs, folder, "--card", *plain) == 2
    assert "holds other photographs than ck was trained on" in capsys.readouterr().err
    with caplog.at_level("WARNING"):
        assert _run(cache, photographs, folder, *plain) == 0
    assert "nothing says that their test split was held out" in caplog.text
    assert json.loads((folder / "results.json").read_text())["same_pictures_as_trained_on"] is False


def test_splits_that_leak_are_refused_and_an_earlier_run_s_are_kept(photographs, cache, tmp_path, capsys):
    _checkpoint(tmp_path / "ck", photographs)
    sources = read_photographs(photographs)
    kin = next(source for source in sources if source.split == "train")
    rows = [[source.path, source.group, source.split] for source in sources]
    for row in rows[:2]:
        row[1] = kin.group
    rows[0][2], rows[1][2] = "train", "test"
    with (tmp_path / "splits.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["path", "group", "split"], *rows])
    assert _run(cache, photographs, tmp_path / "ck", "--splits", tmp_path / "splits.csv") == 2
    assert f"The group {kin.group!r} lies in the splits" in capsys.readouterr().err


def test_a_run_that_began_with_what_it_left_out_is_not_reported(photographs, cache, tmp_path, capsys):
    run = tmp_path / "runs" / "without-swaps"
    _checkpoint(run, photographs, leave_out="kind=face_swap")
    record = json.loads((run / "training.json").read_text())
    record["started_from"] = {"record": RECORD}
    (run / "training.json").write_text(json.dumps(record), encoding="utf-8")
    assert _run(cache, photographs, tmp_path / "runs", "leave-one-forgery-kind-out") == 2
    assert "it was trained with the kind 'face_swap', in it or in a run that it began from" in (
        capsys.readouterr().err
    )
