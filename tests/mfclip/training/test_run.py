"""A whole run on made-up photographs: everything is written, and an interrupted run continues as if it had not been."""

import dataclasses
import json

import numpy as np
import pytest
import torch

import mfclip
from mfclip.config import TINY
from mfclip.data.cache import RegionCache
from mfclip.data.sources import read_manifest
from mfclip.hub import read_checkpoint, write_checkpoint
from mfclip.prompts import Hierarchy
from mfclip.training import loop
from mfclip.training.__main__ import main
from mfclip.training.batches import TrainingBatches
from mfclip.training.objective import hierarchy_rows
from mfclip.training.prepare import check_splits, copies_folder, prepare
from mfclip.training.recipes import RECIPES, SMOKE, Recipe


@pytest.fixture(scope="session")
def caches(photographs, tmp_path_factory) -> tuple[RegionCache, RegionCache]:
    return prepare(photographs, tmp_path_factory.mktemp("cache"), SMOKE)


@pytest.fixture(scope="session")
def config(caches):
    rows = hierarchy_rows([entry for cache in caches for entry in cache.entries])
    return dataclasses.replace(TINY, hierarchy=Hierarchy(tuple(rows)))


def test_a_copy_has_its_original_beside_it_in_the_same_split(caches):
    faces, copies = caches
    forged = [entry for entry in copies.entries if entry.fake]
    assert forged and len(forged) * 2 == len(copies)
    for entry in forged:
        original = copies.entries[entry.pair]
        assert not original.fake
        assert (original.path, original.split, original.side) == (entry.path, entry.split, entry.side)
    splits = {entry.path: entry.split for entry in faces.entries}
    assert all(splits[entry.path] == entry.split for entry in copies.entries)


def test_a_batch_is_the_same_whenever_it_is_asked_for(caches):
    batches = TrainingBatches(*caches, SMOKE)
    first, again, other = batches[2], batches[2], batches[3]
    assert torch.equal(first.faces, again.faces) and torch.equal(first.windows, again.windows)
    assert not torch.equal(first.faces, other.faces)
    assert len(first.entries) == SMOKE.reals + SMOKE.copies + SMOKE.forgeries
    assert all(entry.split == "train" for entry in first.entries)


def test_a_pair_differs_by_the_copy_alone(caches):
    """The two of a pair share crop, scale, flip and colour, so far coarse structure they are nearly one picture."""
    batch = TrainingBatches(*caches, SMOKE)[0]
    pair = batch.faces[:2].float()
    pooled = torch.nn.functional.avg_pool2d(pair.permute(0, 3, 1, 2), 32)
    assert batch.entries[1].fake and not batch.entries[0].fake
    assert (pooled[0] - pooled[1]).abs().mean() < 0.25 * pooled[0].std()


def test_an_interrupted_run_continues_identically(caches, config, tmp_path, monkeypatch):
    unbroken = loop.Run(config, SMOKE, tmp_path / "run", torch.device("cpu"))
    loop.train(unbroken, *caches, workers=0)

    folder = tmp_path / "broken"
    real, calls = loop.objective, []

    def interrupted(*arguments):
        calls.append(1)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return real(*arguments)

    monkeypatch.setattr(loop, "objective", interrupted)
    with pytest.raises(KeyboardInterrupt):
        loop.train(loop.Run(config, SMOKE, folder, torch.device("cpu")), *caches, workers=0)
    monkeypatch.setattr(loop, "objective", real)
    resumed = loop.Run(config, SMOKE, folder, torch.device("cpu"))
    assert resumed.resume() and resumed.step == SMOKE.validate_every
    loop.train(resumed, *caches, workers=0)

    for name, value in unbroken.average.module.state_dict().items():
        assert torch.allclose(value, resumed.average.module.state_dict()[name], atol=1e-6), name


def test_a_run_is_not_resumed_under_another_recipe(caches, config, tmp_path):
    run = loop.Run(config, SMOKE, tmp_path / "run", torch.device("cpu"))
    run.save()
    changed = dataclasses.replace(SMOKE, learning_rate=0.5)
    with pytest.raises(ValueError, match=r"another recipe \(different: \['learning_rate'\]\)"):
        loop.Run(config, changed, tmp_path / "run", torch.device("cpu")).resume()


def test_a_run_begun_from_a_checkpoint_says_so_even_after_a_resumption(caches, config, tmp_path):
    torch.manual_seed(5)
    first = mfclip.MFCLIP(config)
    made = write_checkpoint(tmp_path / "first", config.to_dict(), first.state_dict(), "card")
    (tmp_path / "first" / "training.json").write_text('{"steps": 7}', encoding="utf-8")
    run = loop.Run(config, SMOKE, tmp_path / "second", torch.device("cpu"))
    run.start_from(read_checkpoint(tmp_path / "first"))
    for model in (run.model, run.averaged):
        assert all(torch.equal(value, model.state_dict()[key]) for key, value in first.state_dict().items())
    run.save()
    resumed = loop.Run(config, SMOKE, tmp_path / "second", torch.device("cpu"))
    assert resumed.resume()
    assert resumed.origin == {"weights_sha256": made.sha256, "record": {"steps": 7}}


def test_autoencoders_of_other_settings_are_not_taken_for_these(caches):
    faces, _ = caches
    folder = copies_folder(faces, SMOKE)
    assert folder == copies_folder(faces, dataclasses.replace(SMOKE, name="other", learning_rate=0.1))
    for change in ({"autoencoder_steps": 3}, {"seed": 1}):
        assert folder != copies_folder(faces, dataclasses.replace(SMOKE, **change))


def test_no_word_of_the_token_table_decays():
    groups = loop.parameter_groups(mfclip.MFCLIP(TINY), 0.1)
    table = TINY.text.width * 49408
    assert any(value.numel() == table for value in groups[1]["params"])
    assert not any(value.numel() == table for value in groups[0]["params"])
    assert groups[1]["weight_decay"] == 0


def test_the_command_writes_a_checkpoint_that_loads(photographs, tmp_path, monkeypatch):
    monkeypatch.setattr("mfclip.training.record.fit_decision", lambda readouts, origin: TINY.decision)
    out, cache = tmp_path / "run", tmp_path / "cache"
    told = ["--data", photographs, "--out", out, "--cache", cache, "--recipe", "smoke", "--workers", "0"]
    assert main([str(word) for word in told]) == 0
    for name in ("config.json", "model.safetensors", "SHA256", "README.md", "training.json", "curve.json"):
        assert (out / name).is_file(), name
    record = json.loads((out / "training.json").read_text())
    assert record["steps"] == SMOKE.steps and record["data"]["counts"]["camera"]
    detector = mfclip.load(out, device="cpu")
    generators = {row.labels[3] for row in detector.hierarchy if row.fake}
    assert {"SDXL", "swapper"} <= generators and any("autoencoder" in name for name in generators)
    verdict = detector(np.random.default_rng(0).integers(0, 255, (200, 200, 3), dtype=np.uint8), cropped=True)
    assert 0 < verdict.probability < 1


def test_wrong_settings_are_one_sentence_and_exit_code_2(photographs, tmp_path, capsys):
    base = ["--data", str(photographs), "--out", str(tmp_path / "run"), "--cache", str(tmp_path / "c")]
    assert main([*base, "--recipe", "smoke", "--copies", "9"]) == 2
    assert "copies must not exceed reals" in capsys.readouterr().err
    assert main(["--data", str(tmp_path), "--out", str(tmp_path / "run")]) == 2
    assert "manifest.csv" in capsys.readouterr().err
    with pytest.raises(SystemExit) as refused:
        main([*base, "--learning-speed", "3"])
    assert refused.value.code == 2


def test_a_leaking_split_is_refused(photographs):
    sources = read_manifest(photographs)
    leaking = [dataclasses.replace(sources[0], split="train"), dataclasses.replace(sources[0], split="test")]
    with pytest.raises(ValueError, match="lies in the splits train and test"):
        check_splits(leaking)
    with pytest.raises(ValueError, match="has no forged photograph"):
        check_splits([source for source in sources if not source.fake])


def test_recipes_are_complete_and_named():
    assert all(name == recipe.name for name, recipe in RECIPES.items())
    with pytest.raises(ValueError, match="steps is 0"):
        Recipe(steps=0)
