import dataclasses
import json
import logging
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from mfclip import load
from mfclip.config import CONFIGURATIONS, TINY
from mfclip.hub import read_checkpoint, write_checkpoint
from mfclip.training import sweep
from mfclip.training.__main__ import EXIT_STOPPED, EXIT_USAGE, parser, recipe_of
from mfclip.training.recipes import INGREDIENTS, RECIPES
from mfclip.training.sweep import ABLATION_ROWS, SUMMARY, SWEEPS, command, jobs_of, sweep_parser
from mfclip.training.variants import VARIANTS, check_recipe, variant
from tests.mfclip.training.made_up import SHORT, make_caches, narrow


class Trainer:
    """Stands where `python -m mfclip.training` is called: writes the record that a run leaves, and remembers."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.codes: dict[str, int] = {}
        self.photographs = "a" * 64

    def __call__(self, arguments: list[str]) -> int:
        told = parser().parse_args(arguments)
        self.calls.append(told.out.name)
        code = self.codes.get(told.out.name, 0)
        if not code:
            told.out.mkdir(parents=True)
            recipe = dataclasses.asdict(recipe_of(told))
            record = {
                "recipe": recipe,
                "variant": told.variant,
                "seconds": 60.0,
                "data": {"faces": self.photographs},
                "validation": {"auc": {"mean": 0.75}},
                "started_from": None,
            }
            if told.start_from:
                record["started_from"] = {"weights_sha256": read_checkpoint(told.start_from).sha256}
            if told.pretrained:
                record["pretrained"] = {"asked": told.pretrained}
            name = variant(told.variant, CONFIGURATIONS[told.configuration]).name
            (told.out / "config.json").write_text(json.dumps({"name": name}), encoding="utf-8")
            (told.out / "training.json").write_text(json.dumps(record), encoding="utf-8")
        return code


@pytest.fixture
def trainer(monkeypatch) -> Trainer:
    made = Trainer()
    monkeypatch.setattr(sweep, "main", made)
    return made


@pytest.fixture
def run(photographs, tmp_path):
    """The command on the made-up photographs."""

    def told(name: str, *more: object) -> int:
        return command([name, "--data", str(photographs), "--out", str(tmp_path / "out"), *map(str, more)])

    return told


def summary(tmp_path: Path) -> dict:
    rows = json.loads((tmp_path / "out" / SUMMARY).read_text())["rows"]
    return {row["folder"]: row for row in rows}


def jobs(photographs: Path, name: str, *more: str):
    told = sweep_parser().parse_args([name, "--data", str(photographs), "--out", "out", *more])
    return jobs_of(told, recipe_of(told))


class TestTheRows:
    def test_an_ablation_differs_from_its_counterpart_in_one_thing(self, photographs):
        found = {job.row.name: job for job in jobs(photographs, "ablations")}
        assert set(found) == {row.name for row in ABLATION_ROWS}
        assert {job.variant for job in found.values()} == set(VARIANTS)
        for job in found.values():
            if not job.row.against:
                continue
            other = found[job.row.against]
            differing = {
                name
                for name, value in dataclasses.asdict(job.recipe).items()
                if value != getattr(other.recipe, name)
            }
            if job.row.name == "batch-24":
                assert differing <= {"reals", "pairs", "forgeries"}
            elif job.row.made:
                assert differing == {"pairs", "forgeries"}
                assert job.recipe.pairs == job.row.made * 16 and job.recipe.forgeries == 16 - job.recipe.pairs
            elif job.row.name == "free-gate":
                assert differing == {"gate_hold"} and job.variant == "free-gate"
            else:
                assert len(differing) + (job.variant != other.variant) == 1, job.row.name

    @pytest.mark.parametrize("recipe", sorted(RECIPES))
    def test_every_ablation_can_be_trained_under_every_recipe(self, photographs, recipe):
        for job in jobs(photographs, "ablations", "--recipe", recipe):
            check_recipe(variant(job.variant, TINY), job.recipe)

    def test_a_finished_run_of_other_towers_is_not_taken_for_the_row_s_own(self, trainer, run, capsys):
        assert run("ingredients", "--only", "full") == 0 and trainer.calls == ["full"]
        other = (
            "--configuration",
            "clip-b16",
            "--pretrained",
            "openai",
            "--recipe",
            "pairs",
            "--tune",
            "norms",
        )
        assert run("ingredients", "--only", "full", *other) == 2 and trainer.calls == ["full"]
        assert "(different: ['tune', 'configuration', 'pretrained'])" in capsys.readouterr().err

    def test_overrides_and_seeds_reach_every_row(self, photographs):
        found = jobs(
            photographs, "ablations", "--seeds", "3", "5", "--steps", "7", "--only", "full", "no-gate"
        )
        assert [job.folder.name for job in found] == [
            "full-seed3",
            "no-gate-seed3",
            "full-seed5",
            "no-gate-seed5",
        ]
        assert [(job.recipe.seed, job.recipe.steps) for job in found] == [(3, 7), (3, 7), (5, 7), (5, 7)]

    @pytest.mark.parametrize(
        ("name", "left_out"),
        [
            ("leave-one-generator-out", ["generator=sdxl", "generator=swapper"]),
            ("leave-one-forgery-kind-out", ["kind=entire_face_synthesis", "kind=face_swap"]),
            ("leave-one-real-source-out", ["real=camera", "real=scanner"]),
        ],
    )
    def test_names_to_leave_out_come_from_the_data(self, photographs, name, left_out):
        found = jobs(photographs, name, "--variant", "no-noise")
        assert [job.recipe.leave_out for job in found] == left_out
        assert [job.folder.name for job in found] == [f"without-{rule.split('=')[1]}" for rule in left_out]
        assert {job.variant for job in found} == {"no-noise"}

    def test_ingredients_are_all_and_each_one_left_out(self, photographs):
        first, *rest = jobs(photographs, "ingredients", "--recipe", "pairs")
        assert first.recipe == RECIPES["pairs"] and first.row.against == ""
        assert [set(INGREDIENTS) - set(job.recipe.ingredients) for job in rest] == [{n} for n in INGREDIENTS]
        assert {job.row.against for job in rest} == {"full"}

    def test_the_ingredients_are_tried_on_pairs_alone_unless_told_otherwise(self, run, trainer, tmp_path):
        assert run("ingredients", "--only", "full") == 0
        assert summary(tmp_path)["full"]["finished"]
        record = json.loads((tmp_path / "out" / "full" / "training.json").read_text())
        assert record["recipe"]["forgeries"] == 0 and record["recipe"]["name"] == "pairs"


@pytest.mark.parametrize("name", SWEEPS)
def test_the_whole_recipe_reaches_the_training_command(photographs, name):
    more = ["--no-histories", "--learning-rate", "0.00123", "--patch", "random", "--save-every", "9"]
    told = sweep_parser().parse_args(
        [name, "--data", str(photographs), "--out", "o", "--threads", "1", *more]
    )
    told.recipe = "pairs"
    for job in jobs_of(told, recipe_of(told)):
        received = parser().parse_args(sweep.arguments_of(told, job))
        assert recipe_of(received) == job.recipe and received.variant == job.variant
        assert (received.data, received.cache, received.out) == (photographs, told.cache, job.folder)
        assert (received.threads, received.save_every, received.start_from) == (1, 9, None)


class TestRunning:
    def test_a_finished_row_is_skipped_and_what_is_left_is_told(self, run, trainer, tmp_path, caplog):
        caplog.set_level(logging.INFO)
        assert run("ablations", "--only", "full", "--steps", 5) == 0
        assert run("ablations", "--only", "full", "no-noise", "no-gate", "--steps", 5) == 0
        assert trainer.calls == ["full", "no-noise", "no-gate"]
        told = summary(tmp_path)
        assert [row["finished"] for row in told.values()] == [True] * 3
        assert told["no-noise"]["against"] == "full" and told["no-noise"]["variant"] == "no-noise"
        assert told["full"]["validation_auc"] == 0.75 and told["full"]["against"] is None
        assert "1 of 3 finished, 2 left: no-noise, no-gate; about 0:02:00 more, done at" in caplog.text
        assert "no-gate is done, nothing is left" in caplog.text

    def test_a_stop_ends_the_sweep_and_the_same_command_continues(self, run, trainer, tmp_path):
        trainer.codes["no-noise"] = EXIT_STOPPED
        rows = ("ablations", "--only", "full", "no-noise", "no-gate")
        assert run(*rows) == EXIT_STOPPED and trainer.calls == ["full", "no-noise"]
        assert [row["finished"] for row in summary(tmp_path).values()] == [True, False, False]
        trainer.codes.clear()
        assert run(*rows) == 0 and trainer.calls[2:] == ["no-noise", "no-gate"]

    def test_a_row_that_fails_does_not_take_the_others_with_it(self, run, trainer, capsys):
        trainer.codes["no-noise"] = EXIT_USAGE
        assert run("ablations", "--only", "full", "no-noise", "no-gate") == EXIT_USAGE
        assert trainer.calls == ["full", "no-noise", "no-gate"]
        assert "1 of 3 rows failed: no-noise" in capsys.readouterr().err

    def test_a_row_of_another_recipe_is_not_taken_for_this_one(self, run, trainer, capsys):
        assert run("ablations", "--only", "full", "--steps", 5) == 0
        assert run("ablations", "--only", "full", "--steps", 6) == EXIT_USAGE
        assert "other settings (different: ['steps'])" in capsys.readouterr().err

    def test_a_row_older_than_a_setting_is_finished_if_it_did_the_same(self, run, trainer, tmp_path, capsys):
        assert run("ablations", "--only", "full") == 0
        record = tmp_path / "out" / "full" / "training.json"
        older = json.loads(record.read_text(encoding="utf-8"))
        del older["recipe"]["evenness"]
        record.write_text(json.dumps(older), encoding="utf-8")
        assert run("ablations", "--only", "full") == 0 and trainer.calls == ["full"]
        assert run("ablations", "--only", "full", "--evenness", 1) == EXIT_USAGE
        assert "other settings (different: ['evenness'])" in capsys.readouterr().err

    def test_rows_of_different_photographs_are_not_put_in_one_table(self, run, trainer, capsys):
        assert run("ablations", "--only", "full") == 0
        trainer.photographs = "c" * 64
        assert run("ablations", "--only", "no-gate") == EXIT_USAGE
        assert "different photographs ({'full': 'aaaaaaaaaaaa', 'no-gate': 'cccc" in capsys.readouterr().err

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (("ablations", "--only", "no-head"), "no rows ['no-head']; there are full, no-noise,"),
            (("ablations", "--variant", "no-noise"), "--variant is 'no-noise' and the ablations set it"),
            (("leave-one-generator-out", "--leave-out", "kind=x"), "leave_out is 'kind=x' and the sweep"),
            (("ingredients", "--ingredients", "blend"), "at least two ingredients"),
            (("ablations", "--pairs", "99"), "pairs must not exceed reals"),
        ],
    )
    def test_wrong_settings_are_one_sentence_and_exit_code_2(self, run, trainer, capsys, arguments, said):
        assert run(*arguments) == EXIT_USAGE
        message = capsys.readouterr().err
        assert said in message and "Traceback" not in message and trainer.calls == []

    def test_another_sweeps_folder_is_left_alone(self, run, trainer, capsys):
        assert run("ablations", "--only", "full") == 0
        assert run("ingredients", "--only", "without-blend") == EXIT_USAGE
        assert "holds the sweep 'ablations' and this one is 'ingredients'" in capsys.readouterr().err

    def test_one_generator_cannot_be_left_out_alone(self, tmp_path, capsys):
        for name in ("real/camera/a.png", "fake/sdxl/b.png"):
            (tmp_path / name).parent.mkdir(parents=True)
            Image.new("RGB", (40, 40)).save(tmp_path / name)
        arguments = ["leave-one-generator-out", "--data", str(tmp_path), "--out", str(tmp_path / "out")]
        assert command(arguments) == EXIT_USAGE
        assert "has 1 generator to leave out (sdxl); at least two are needed" in capsys.readouterr().err


class TestStartingFromACheckpoint:
    @pytest.fixture
    def checkpoint(self, tmp_path):
        """A folder that holds a checkpoint of the recipe told, with one number for weights."""

        def made(**recipe: object) -> Path:
            folder = tmp_path / "start"
            write_checkpoint(folder, TINY.to_dict(), {"weight": torch.zeros(1)}, "card")
            record = {"recipe": dataclasses.asdict(dataclasses.replace(RECIPES["tiny"], **recipe))}
            (folder / "training.json").write_text(json.dumps(record), encoding="utf-8")
            return folder

        return made

    def test_weights_that_saw_what_is_left_out_are_refused(self, run, trainer, checkpoint, capsys):
        folder = checkpoint()
        assert run("leave-one-generator-out", "--start-from", folder) == EXIT_USAGE
        said = capsys.readouterr().err
        assert "without-sdxl cannot start from start: it was trained with the generator 'sdxl'" in said
        assert run("ingredients", "--start-from", folder) == EXIT_USAGE
        assert "forgeries of the ingredient autoencoder" in capsys.readouterr().err
        assert trainer.calls == []

    def test_weights_of_pairs_alone_may_begin_where_a_generator_is_left_out(self, run, trainer, checkpoint):
        arguments = ("leave-one-generator-out", "--start-from", checkpoint(forgeries=0))
        assert run(*arguments) == 0 and run(*arguments) == 0
        assert trainer.calls == ["without-sdxl", "without-swapper"]

    def test_a_row_begun_otherwise_is_not_taken_for_this_one(self, run, trainer, checkpoint, capsys):
        assert run("leave-one-generator-out", "--only", "without-sdxl") == 0
        folder = checkpoint(forgeries=0)
        assert run("leave-one-generator-out", "--only", "without-sdxl", "--start-from", folder) == EXIT_USAGE
        assert "(different: ['start_from'])" in capsys.readouterr().err

    def test_ablations_that_start_trained_are_told_so(self, run, trainer, checkpoint, caplog):
        assert run("ablations", "--only", "batch-24", "--start-from", checkpoint()) == 0
        assert trainer.calls == ["batch-24"]
        assert "has left its traces in them" in caplog.text


def test_every_variant_is_trained_by_the_training_command_and_judges(photographs, tmp_path, monkeypatch):
    """The real thing, in a small world: each variant is prepared, trained, written, read back and asked."""
    caches = make_caches(tmp_path / "cache")
    monkeypatch.setattr("mfclip.training.__main__.prepare", lambda *_: caches)
    monkeypatch.setitem(CONFIGURATIONS, "tiny", narrow(*caches))
    recipe, out = tmp_path / "short.json", tmp_path / "out"
    recipe.write_text(json.dumps(dataclasses.asdict(dataclasses.replace(SHORT, steps=2))), encoding="utf-8")
    rows = ["no-noise", "no-gate", "free-gate", "joint-text"]
    arguments = ["ablations", "--data", str(photographs), "--out", str(out), "--recipe", str(recipe)]
    arguments += ["--text", "trained", "--workers", "0", "--only", *rows]
    assert command(arguments) == 0
    written = {row: (out / row / "training.json").stat().st_mtime_ns for row in rows}
    picture = np.random.default_rng(0).integers(0, 255, (200, 200, 3), dtype=np.uint8)
    for row in rows:
        detector = load(out / row, device="cpu")
        assert detector.config.name == f"tiny-{row}"
        assert 0 <= detector(picture, cropped=True).probability <= 1
        assert all(bool(torch.isfinite(value).all()) for value in detector.model.state_dict().values())
    assert command(arguments) == 0, "again: nothing is left to do"
    assert {row: (out / row / "training.json").stat().st_mtime_ns for row in rows} == written
    assert all(told["finished"] and told["variant"] == row for row, told in summary(tmp_path).items())
