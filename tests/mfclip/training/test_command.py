"""`python -m mfclip.training`: what it writes, what it refuses, how it continues, alone and launched by accelerate."""

import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

import mfclip
import mfclip.training.__main__ as command
from mfclip.config import TINY
from mfclip.language import LanguageEncoder
from mfclip.training.__main__ import EXIT_STOPPED, main, parser, recipe_of
from mfclip.training.curves import series, write_curves
from mfclip.training.loop import Run
from mfclip.training.recipes import RECIPES, Recipe
from tests.mfclip.training.made_up import SHORT, make_caches

ROOT = Path(__file__).resolve().parents[3]
WRITTEN = (
    "config.json",
    "model.safetensors",
    "SHA256",
    "README.md",
    "training.json",
    "splits.csv",
    "curve.json",
    "curves.png",
    "curves.html",
)


@pytest.fixture(scope="module")
def caches(tmp_path_factory):
    return make_caches(tmp_path_factory.mktemp("command"))


@pytest.fixture
def narrow_run(caches, monkeypatch, tmp_path):
    """The command's words for a short run of a narrow model on the made-up caches."""
    narrow = dataclasses.replace(
        TINY,
        text=dataclasses.replace(TINY.text, width=32, layers=1, heads=2),
        image=dataclasses.replace(TINY.image, kind="conv", stem=(4, 8, 8, 16), width=16, layers=1, heads=2),
        noise=dataclasses.replace(TINY.noise, stem=(4, 4, 8, 16), width=16, layers=1, heads=2),
    )
    monkeypatch.setitem(command.CONFIGURATIONS, "tiny", narrow)
    monkeypatch.setattr(command, "prepare", lambda data, cache, recipe, splits: caches)
    monkeypatch.setattr(command, "prepare_tower", lambda cache, recipe, config: distilled(config))
    (tmp_path / "short.json").write_text(json.dumps(dataclasses.asdict(SHORT)), encoding="utf-8")
    return [
        f"--data={tmp_path}",
        f"--out={tmp_path / 'run'}",
        f"--recipe={tmp_path / 'short.json'}",
        "--workers=0",
    ]


def distilled(config) -> dict:
    """A text tower that is not the one a fresh model draws."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(77)
        return LanguageEncoder(config.text, config.embed_dim).tower.state_dict()


def told(*words: str):
    return parser().parse_args(["--data", "photos", "--out", "run", *words])


def test_a_whole_run_from_photographs(photographs, tmp_path):
    """Nothing replaced: faces are cut, makers trained, forgeries made, tiny trained, a checkpoint written."""
    out = tmp_path / "run"
    words = ["--data", photographs, "--out", out, "--cache", tmp_path / "cache", "--recipe", "smoke"]
    assert main([*map(str, words), "--text", "trained", "--workers", "0", "--precision", "bf16"]) == 0
    detector = mfclip.load(out, device="cpu")
    generators = {row.labels[3] for row in detector.hierarchy if row.fake}
    assert {"SDXL", "swapper"} <= generators and any("autoencoder" in name for name in generators)
    verdict = detector(np.random.default_rng(0).integers(0, 255, (200, 200, 3), dtype=np.uint8), cropped=True)
    assert 0 < verdict.probability < 1


def test_a_run_folder_is_a_checkpoint_folder(narrow_run, tmp_path, caches):
    out = tmp_path / "run"
    assert main([*narrow_run, "--paraphrases", "0.5"]) == 0
    assert {*WRITTEN, "words.json", "spectra.json"} == {path.name for path in out.iterdir()}
    record = json.loads((out / "training.json").read_text())
    recipe = dataclasses.asdict(dataclasses.replace(SHORT, paraphrases=0.5))
    assert record["recipe"] == json.loads(json.dumps(recipe)) and record["variant"] == "full"
    assert record["steps"] == SHORT.steps and record["seed"] == SHORT.seed and not record["stopped_early"]
    assert (
        record["data"]["faces"] == caches[0].fingerprint and record["data"]["made"] == caches[1].fingerprint
    )
    assert record["data"]["counts"]["camera"] == {"train": 4, "validation": 2, "test": 2}
    assert {"mean", "sdxl", "swapper"} <= set(record["validation"]["auc"])
    assert record["epoch"]["reals"] == 8 and record["epoch"]["steps"] == 2
    assert record["epoch"]["seconds"] == pytest.approx(record["seconds"] * 2 / SHORT.steps)
    assert record["epoch"]["peak_memory_bytes"] > 50e6
    assert record["parameters"]["trained"] < record["parameters"]["all"]
    detector = mfclip.load(out, device="cpu")
    tower = distilled(detector.model.config)
    assert torch.equal(detector.model.language.tower.token_embedding.weight, tower["token_embedding.weight"])
    origin = detector.model.config.decision.origin
    fitted = record["calibration"] is not None
    assert origin.startswith("fitted on 8 validation photographs (4 real)" if fitted else "not fitted: ")


def test_what_is_left_out_is_counted_and_is_no_row_of_the_hierarchy(narrow_run, tmp_path):
    assert main([*narrow_run, "--leave-out", "generator=sdxl", "--variant", "no-noise"]) == 0
    record = json.loads((tmp_path / "run" / "training.json").read_text())
    assert record["data"]["left_out"] == {"rule": "generator=sdxl", "faces": 8, "made": 0}
    assert "sdxl" not in record["data"]["counts"] and "sdxl" not in record["validation"]["auc"]
    detector = mfclip.load(tmp_path / "run", device="cpu")
    assert not any("SDXL" in row.labels[3] for row in detector.hierarchy)
    assert detector.model.config.noise.kind == "none" and record["variant"] == "no-noise"


def test_a_stopped_command_continues_when_it_is_given_again(
    narrow_run, tmp_path, monkeypatch, capsys, caplog
):
    step = Run.take_step

    def interrupted(self, batch):
        if self.step == 2:
            os.kill(os.getpid(), signal.SIGINT)
        return step(self, batch)

    monkeypatch.setattr(Run, "take_step", interrupted)
    assert main(narrow_run) == EXIT_STOPPED == 130
    assert "Stopped and saved after step 3 of 6; the same command continues." in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
    monkeypatch.setattr(Run, "take_step", step)
    assert main(narrow_run) == 0
    assert json.loads((tmp_path / "run" / "training.json").read_text())["steps"] == 6
    monkeypatch.setattr(Run, "take_step", None)
    with caplog.at_level("INFO"):
        assert main(narrow_run) == 0
    assert "is finished already" in caplog.text


def test_a_run_may_begin_from_a_checkpoint_also_of_another_variant(narrow_run, tmp_path):
    assert main(narrow_run) == 0
    again = [word.replace(str(tmp_path / "run"), str(tmp_path / "second")) for word in narrow_run]
    start = ["--start-from", str(tmp_path / "run"), "--variant", "no-gate", "--steps", "1"]
    assert main([*again, *start]) == 0
    origin = json.loads((tmp_path / "second" / "training.json").read_text())["started_from"]
    assert origin["fresh"] == ["alignment"] and origin["record"]["steps"] == 6


def test_a_run_does_not_begin_with_weights_that_saw_what_it_leaves_out(narrow_run, tmp_path, capsys):
    assert main(narrow_run) == 0
    again = [word.replace(str(tmp_path / "run"), str(tmp_path / "second")) for word in narrow_run]
    assert main([*again, "--start-from", str(tmp_path / "run"), "--leave-out", "generator=sdxl"]) == 2
    assert "it was trained with the generator 'sdxl'. Start from a checkpoint that never saw it" in (
        capsys.readouterr().err
    )
    assert not (tmp_path / "second").exists()


def test_a_finished_run_without_its_state_is_not_trained_over(narrow_run, tmp_path, capsys):
    assert main(narrow_run) == 0
    weights = (tmp_path / "run" / "model.safetensors").read_bytes()
    shutil.rmtree(tmp_path / "run.run")
    assert main(narrow_run) == 2
    assert "the state it would go on from is gone" in capsys.readouterr().err
    assert (tmp_path / "run" / "model.safetensors").read_bytes() == weights


def test_ten_steps_are_a_run_too(narrow_run, tmp_path):
    assert main([*narrow_run, "--steps", "10"]) == 0
    assert json.loads((tmp_path / "run" / "training.json").read_text())["steps"] == 10


def test_without_a_recipe_it_is_the_configuration_s():
    words = ["--data", "photographs", "--out", "run"]
    assert recipe_of(parser().parse_args(words)) == RECIPES["tiny"]
    clip = recipe_of(parser().parse_args([*words, "--configuration", "clip-b16"]))
    assert clip == RECIPES["clip-b16"] and (clip.tune, clip.head_share) == ("norms", 0)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--pairs", "9"], "pairs must not exceed reals"),
        (["--recipe", "tinny"], "neither a file nor one of clip-b16, pairs, smoke, tiny"),
        (["--leave-out", "generator=nobody"], "no picture has the generator nobody; there are: "),
        (["--tune", "lora"], "has no pretrained image tower; use tune 'all' or 'late'"),
        (["--pretrained", "openai"], "has no CLIP towers; use --configuration clip-b16"),
        (["--configuration", "clip-b16"], "pass --pretrained TAG (e.g. openai) or --start-from CHECKPOINT"),
        (["--configuration", "clip-b16", "--pretrained", "opanai"], "use one of openai, "),
        (["--variant", "free-gate"], "24"),
        (["--save-every", "0"], "save_every is 0; at least 1 is needed"),
        (["--workers", "-1"], "workers is -1; 0 or more"),
        (["--precision", "fp16"], "use 'bf16' or 'no' here"),
    ],
)
def test_wrong_settings_are_one_sentence_and_exit_code_2(narrow_run, capsys, words, sentence):
    assert main([*narrow_run, *words]) == 2
    error = capsys.readouterr().err
    assert sentence in error and "Traceback" not in error


def test_processes_that_do_not_see_each_other_do_not_each_train_alone(narrow_run, capsys, monkeypatch):
    monkeypatch.setattr(command.torch.accelerator, "is_available", lambda: True)
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert main(narrow_run) == 2
    assert "2 processes were launched and accelerate sees 1" in capsys.readouterr().err


def test_a_folder_without_photographs_is_refused(tmp_path, capsys):
    assert (
        main(["--data", str(tmp_path), "--out", str(tmp_path / "run"), "--cache", str(tmp_path / "c")]) == 2
    )
    assert "manifest.csv" in capsys.readouterr().err
    assert (
        main(["--data", str(tmp_path), "--out", str(tmp_path / "run"), "--start-from", "nowhere/at all"]) != 0
    )


def test_overrides_are_typed_by_the_recipe_s_fields():
    words = ["--recipe", "smoke", "--no-histories", "--patch", "random", "--ingredients", "blend", "edit"]
    recipe = recipe_of(
        told(*words, "--learning-rate", "2e-4", "--steps", "7", "--leave-out", "kind=face_swap")
    )
    expected = {
        "histories": False,
        "patch": "random",
        "ingredients": ("blend", "edit"),
        "learning_rate": 2e-4,
        "steps": 7,
        "leave_out": "kind=face_swap",
    }
    assert recipe == dataclasses.replace(RECIPES["smoke"], **expected)
    for wrong in (
        ["--patch", "poorest"],
        ["--steps", "many"],
        ["--learning-speed", "3"],
        ["--precision", "fp8"],
    ):
        with pytest.raises(SystemExit) as refused:
            told(*wrong)
        assert refused.value.code == 2


def test_a_recipe_from_a_file_is_checked_key_by_key(tmp_path):
    file = tmp_path / "mine.json"

    def read(content) -> Recipe:
        file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return recipe_of(told("--recipe", str(file), "--seed", "4"))

    assert read({"steps": 9}) == Recipe(name="mine", steps=9, seed=4)
    whole = dataclasses.asdict(RECIPES["pairs"])
    assert read({"recipe": whole, "steps": 3000}) == dataclasses.replace(RECIPES["pairs"], seed=4)
    for content, sentence in (
        ({"stepz": 9}, r"unknown keys \['stepz'\]; a recipe has \['name', 'seed'"),
        ({"steps": "9"}, "steps is '9'; a value of type int is needed"),
        ({"steps": True}, "steps is True; a value of type int"),
        ({"patch": "poorest"}, "patch is 'poorest'; allowed are 'richest', 'random'"),
        ({"ingredients": "blend"}, "ingredients is 'blend'; a list is needed"),
        ({"histories": 1}, "histories is 1; a value of type bool"),
        ([1], "holds a list; an object"),
        ("{", "is not JSON"),
        ({"steps": 0}, "steps is 0; at least 1"),
    ):
        with pytest.raises(ValueError, match=sentence):
            read(content)


def test_recipes_are_complete_and_named():
    assert all(name == recipe.name for name, recipe in RECIPES.items())


def test_curves_are_drawn_and_the_page_needs_no_network(tmp_path):
    curve = [
        {"step": 20, "seconds": 1.0, "loss": 2.0, "head": 0.6},
        {"step": 40, "seconds": 2.0, "loss": 1.0, "head": 0.5},
        {"step": 40, "AUC mean": 0.7, "AUC SDXL": 0.8},
    ]
    losses, figures = series(curve)
    assert losses == {"loss": ([20, 40], [2.0, 1.0]), "head": ([20, 40], [0.6, 0.5])}
    assert figures == {"mean": ([40], [0.7]), "SDXL": ([40], [0.8])}
    write_curves(curve, tmp_path, "mine")
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")
    page = (tmp_path / "curves.html").read_text(encoding="utf-8")
    assert "SDXL" in page and "Training of mine" in page
    assert "<script src=" not in page and "<link" not in page and len(page) > 1e6
    write_curves([], tmp_path, "nothing yet")


def test_accelerate_launches_the_command_in_two_processes(tmp_path):
    """Told from outside: both processes start, find each other, and agree on what is wrong with the data."""
    (tmp_path / "photographs").mkdir()
    launch = [
        "launch",
        "--multi_gpu",
        "--num_processes",
        "2",
        "--num_machines",
        "1",
        "--mixed_precision",
        "no",
    ]
    words = ["-m", "mfclip.training", "--data", tmp_path / "photographs", "--out", tmp_path / "run"]
    done = subprocess.run(
        [sys.executable, "-m", "accelerate.commands.accelerate_cli", *launch, *map(str, words)],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert done.returncode != 0
    assert "manifest.csv" in done.stderr, done.stderr[-2000:]
    assert not (tmp_path / "run").exists()
