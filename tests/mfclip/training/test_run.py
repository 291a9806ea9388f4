"""A run: it stops and continues as if it had not, early stopping goes by validation, what it ships is what it says."""

import dataclasses
import os
import signal

import pytest
import torch
from torch import nn

import mfclip
from mfclip.hub import read_checkpoint, write_checkpoint
from mfclip.model import MFCLIP
from mfclip.training import loop
from mfclip.training.loop import Run, train, warmed_average, working_folder
from mfclip.training.start import starting_model
from mfclip.training.tuning import parameter_groups, tune
from mfclip.training.variants import variant
from tests.mfclip.training.made_up import SHORT, make_caches, narrow


@pytest.fixture(scope="module")
def caches(tmp_path_factory):
    return make_caches(tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="module")
def config(caches):
    return narrow(*caches)


@pytest.fixture
def begin(config):
    """A run in a folder, its weights drawn from the recipe's seed."""

    def build(folder, recipe=SHORT, **weights) -> Run:
        model, origin = starting_model(config, recipe.seed, **weights)
        return Run(model, recipe, folder, origin=origin)

    return build


def same(run: Run, other: Run) -> bool:
    """Bit for bit: weights, averages, optimiser, schedule, random numbers, best validation, curve but for its clock."""
    for mine, theirs in ((run.model, other.model), (run.average, other.average)):
        states = mine.state_dict(), theirs.state_dict()
        assert all(torch.equal(value, states[1][key]) for key, value in states[0].items())
    moments = run.optimiser.state_dict()["state"], other.optimiser.state_dict()["state"]
    for key, values in moments[0].items():
        assert all(torch.equal(value, moments[1][key][name]) for name, value in values.items())
    assert run.schedule.state_dict() == other.schedule.state_dict()
    curves = [[{k: v for k, v in point.items() if k != "seconds"} for point in r.curve] for r in (run, other)]
    assert curves[0] == curves[1]
    assert (run.best is None) == (other.best is None)
    return run.step == other.step


@pytest.mark.parametrize("precision", ["no", "bf16"])
def test_a_run_stopped_by_a_signal_continues_bit_for_bit(begin, caches, tmp_path, monkeypatch, precision):
    recipe = dataclasses.replace(SHORT, precision=precision, paraphrases=0.5, patience=4)
    unbroken = begin(tmp_path / "unbroken", recipe)
    assert train(unbroken, *caches)
    after = torch.get_rng_state()

    step, taken = Run.take_step, []

    def interrupted(self, batch):
        taken.append(self.step)
        if self.step == 1:
            os.kill(os.getpid(), signal.SIGTERM)
        return step(self, batch)

    monkeypatch.setattr(Run, "take_step", interrupted)
    assert not train(begin(tmp_path / "broken", recipe), *caches)
    monkeypatch.setattr(Run, "take_step", step)
    assert taken == [0, 1], "the step at hand is finished, and no other is begun"
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL

    torch.manual_seed(99)  # whatever else drew from the stream meanwhile
    resumed = begin(tmp_path / "broken", recipe)
    assert resumed.resume() and resumed.step == 2
    assert train(resumed, *caches)
    assert same(unbroken, resumed)
    assert torch.equal(torch.get_rng_state(), after)
    assert resumed.best is not None and resumed.best["step"] == unbroken.best["step"]


def test_a_run_that_was_killed_goes_on_from_its_last_save(begin, caches, tmp_path, monkeypatch):
    unbroken = begin(tmp_path / "unbroken")
    train(unbroken, *caches)
    step = Run.take_step

    def killed(self, batch):
        if self.step == 5:
            raise RuntimeError("the power went out")
        return step(self, batch)

    monkeypatch.setattr(Run, "take_step", killed)
    with pytest.raises(RuntimeError, match="power"):
        train(begin(tmp_path / "broken"), *caches, save_every=4)
    monkeypatch.setattr(Run, "take_step", step)
    resumed = begin(tmp_path / "broken")
    assert resumed.resume() and resumed.step == 4
    train(resumed, *caches, workers=1)
    assert same(unbroken, resumed)
    assert resumed.seconds > 0


def test_a_finished_run_has_nothing_left_to_do(begin, caches, tmp_path, monkeypatch):
    train(begin(tmp_path / "run"), *caches)
    again = begin(tmp_path / "run")
    assert again.resume() and again.finished
    monkeypatch.setattr(Run, "take_step", None)
    assert train(again, *caches)


def test_a_run_stops_when_validation_no_longer_improves_and_ships_the_best(
    begin, caches, tmp_path, monkeypatch
):
    recipe = dataclasses.replace(SHORT, steps=50, validate_every=1, patience=2)
    told = iter([0.5, 0.7, 0.6, 0.7, 0.9])
    shipped = []

    def aucs(readouts):
        shipped.append({key: value.clone() for key, value in run.averaged.state_dict().items()})
        return {"mean": next(told)}

    monkeypatch.setattr(loop, "generator_aucs", aucs)
    run = begin(tmp_path / "run", recipe)
    assert train(run, *caches)
    assert run.step == 4 and run.best["step"] == 2 and run.best["auc"] == 0.7
    now = {key: value.clone() for key, value in run.averaged.state_dict().items()}
    best = run.shipped().state_dict()
    assert all(torch.equal(value, best[key]) for key, value in shipped[1].items())
    assert any(not torch.equal(value, best[key]) for key, value in now.items())
    assert all(torch.equal(value, now[key]) for key, value in run.averaged.state_dict().items())
    resumed = begin(tmp_path / "run", recipe)
    assert resumed.resume() and resumed.finished and resumed.best["waited"] == 2


def test_without_patience_the_last_average_is_shipped(begin, caches, tmp_path):
    run = begin(tmp_path / "run", dataclasses.replace(SHORT, steps=2, validate_every=1))
    train(run, *caches)
    assert run.best is None
    assert all(
        torch.equal(value, run.averaged.state_dict()[key])
        for key, value in run.shipped().state_dict().items()
    )


def test_a_run_older_than_a_setting_goes_on_if_it_did_the_same(begin, tmp_path):
    begin(tmp_path / "run").save()
    path = working_folder(tmp_path / "run") / loop.STATE
    older = torch.load(path, map_location="cpu", weights_only=True)
    del older["recipe"]["evenness"]
    torch.save(older, path)
    assert begin(tmp_path / "run").resume()
    with pytest.raises(ValueError, match=r"another recipe \(different: \['evenness'\]\)"):
        begin(tmp_path / "run", dataclasses.replace(SHORT, evenness=1.0)).resume()


def test_a_run_is_not_resumed_under_other_settings_or_pictures(begin, caches, config, tmp_path):
    run = begin(tmp_path / "run")
    run.check_data(*caches)
    run.save()
    with pytest.raises(ValueError, match=r"another recipe \(different: \['learning_rate'\]\)"):
        begin(tmp_path / "run", dataclasses.replace(SHORT, learning_rate=0.5)).resume()
    other = MFCLIP(variant("no-gate", config))
    with pytest.raises(ValueError, match=r"another config \(different: \['alignment', 'name'\]\)"):
        Run(other, SHORT, tmp_path / "run").resume()
    resumed = begin(tmp_path / "run")
    resumed.resume()
    faces, made = caches
    with pytest.raises(ValueError, match="began with other pictures"):
        resumed.check_data(made, faces)


def test_a_run_begun_from_a_checkpoint_says_so_even_after_a_resumption(begin, config, tmp_path):
    torch.manual_seed(5)
    first = mfclip.MFCLIP(config)
    made = write_checkpoint(tmp_path / "first", config.to_dict(), first.state_dict(), "card")
    (tmp_path / "first" / "training.json").write_text('{"steps": 7}', encoding="utf-8")
    run = begin(tmp_path / "second", checkpoint=read_checkpoint(tmp_path / "first"))
    for model in (run.model, run.averaged):
        assert all(torch.equal(value, model.state_dict()[key]) for key, value in first.state_dict().items())
    run.save()
    resumed = begin(tmp_path / "second")
    assert resumed.resume()
    assert resumed.origin == {"weights_sha256": made.sha256, "fresh": [], "record": {"steps": 7}}


def test_the_average_warms_up():
    decays = []
    for count in (1, 8, 10_000):
        averaged, current = torch.zeros(1), torch.ones(1)
        warmed_average(0.998)([averaged], [current], torch.tensor(count))
        decays.append(1 - float(averaged))
    assert decays == pytest.approx([2 / 11, 0.5, 0.998], abs=1e-6)


def test_no_word_of_the_token_table_decays(config):
    model = MFCLIP(config)
    tune(model, dataclasses.replace(SHORT, text="trained"))
    groups = parameter_groups(model, SHORT)
    table = model.language.tower.token_embedding.weight
    holding = [group for group in groups if any(value is table for value in group["params"])]
    assert [group["weight_decay"] for group in holding] == [0.0]
    matrix = model.predictor.weight
    assert [g["weight_decay"] for g in groups if any(v is matrix for v in g["params"])] == [
        SHORT.weight_decay
    ]
    tune(model, SHORT)
    assert not any(value is table for group in parameter_groups(model, SHORT) for value in group["params"])


def test_the_gradient_is_clipped_to_the_recipe_s_norm(begin, caches, tmp_path):
    run = begin(tmp_path / "run", dataclasses.replace(SHORT, clip_norm=1e-3))
    parts = run.take_step(loop.TrainingBatches(*caches, run.recipe)[0])
    norm = nn.utils.get_total_norm([value.grad for value in run.trained])
    assert float(norm) == pytest.approx(1e-3, rel=1e-3)
    assert float(parts["gradient norm"]) > 1e-2


def test_a_loss_that_is_no_number_and_a_batch_too_small_are_told(begin, caches, tmp_path):
    run = begin(tmp_path / "run")
    with torch.no_grad():
        run.model.predictor.weight.fill_(float("nan"))
    with pytest.raises(ValueError, match="not a number after step 1; lower learning_rate"):
        train(run, *caches)
    assert not (working_folder(tmp_path / "run") / loop.STATE).exists()
    with pytest.raises(ValueError, match="precision is 'fp16', which needs a GPU"):
        begin(tmp_path / "half", dataclasses.replace(SHORT, precision="fp16"))
