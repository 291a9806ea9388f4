"""The evaluation command on a checkpoint with known, constant behaviour."""

import dataclasses
import json

import torch

from mfclip.config import TINY
from mfclip.data.sources import read_manifest
from mfclip.evaluation.__main__ import main
from mfclip.hub import write_checkpoint
from mfclip.model import MFCLIP
from mfclip.prompts import Hierarchy


def _checkpoint(folder, photographs):
    rows = {source.description.sentences: source.description for source in read_manifest(photographs)}
    torch.manual_seed(0)
    config = dataclasses.replace(TINY, hierarchy=Hierarchy(tuple(rows.values())))
    return write_checkpoint(folder, config.to_dict(), MFCLIP(config).state_dict(), "draft")


def test_results_hold_every_generator_with_intervals_and_the_card_quotes_them(photographs, tmp_path, capsys):
    _checkpoint(tmp_path / "ck", photographs)
    record = {
        "level_weights": [0.25] * 4,
        "parameters": {"all": 9_000_000, "token_table": 6_000_000},
        "data": {"counts": {"camera": {"train": 7, "test": 5}}},
        "steps": 4,
        "seconds": 60.0,
        "device": "cpu",
        "recipe": {"seed": 0},
        "torch": "0",
        "commit": "abc",
    }
    (tmp_path / "ck" / "training.json").write_text(json.dumps(record))
    told = [
        str(tmp_path / "ck"),
        "in-domain",
        "--data",
        str(photographs),
        "--cache",
        str(tmp_path / "c"),
        "--card",
    ]
    assert main(told) == 0
    results = json.loads((tmp_path / "ck" / "results.json").read_text())
    for condition in ("re-saved", "as given"):
        generators = results["conditions"][condition]["generators"]
        assert set(generators) == {"sdxl", "swapper"}
        for row in generators.values():
            for part in ("detector", "baseline", "head alone", "language alone", "noise stream alone"):
                assert 0 <= row[part]["low"] <= row[part]["value"] <= row[part]["high"] <= 1
    card = (tmp_path / "ck" / "README.md").read_text()
    figure = results["conditions"]["re-saved"]["generators"]["swapper"]["detector"]
    assert f"{figure['value']:.2f} [{figure['low']:.2f}, {figure['high']:.2f}]" in card
    assert "cc-by-nc-4.0" in card


def test_a_bad_checkpoint_and_a_bad_folder_have_their_exit_codes(photographs, tmp_path, capsys):
    assert main([str(tmp_path / "nothing"), "--data", str(photographs)]) == 3
    _checkpoint(tmp_path / "ck", photographs)
    assert main([str(tmp_path / "ck"), "--data", str(tmp_path)]) == 2
    assert "manifest.csv" in capsys.readouterr().err
