"""A finished run's decision, fitted anew: the weights stay, the share is the one asked for, nothing else is lost."""

import dataclasses
import json

import numpy as np
import pytest
import torch

from mfclip.data.readouts import Readouts
from mfclip.detector import load
from mfclip.hub import read_checkpoint, write_checkpoint
from mfclip.model import MFCLIP
from mfclip.training import recalibrate as command
from mfclip.training.recalibrate import main, recalibrate
from tests.mfclip.training.made_up import SHORT, make_caches, narrow


@pytest.fixture(scope="module")
def caches(tmp_path_factory):
    return make_caches(tmp_path_factory.mktemp("recalibrate"))


@pytest.fixture
def run(caches, tmp_path):
    """A checkpoint with a record, as a run leaves them."""
    config = narrow(*caches)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = MFCLIP(config)
    folder = tmp_path / "run"
    write_checkpoint(folder, config.to_dict(), model.state_dict(), "A card that somebody wrote.\n")
    record = {"recipe": dataclasses.asdict(SHORT), "steps": 6, "validation": {"best": None}}
    record["recipe"].pop("head_share")  # older than the setting
    (folder / "training.json").write_text(json.dumps(record), encoding="utf-8")
    return folder


def readouts(held_out, sign: float) -> Readouts:
    """What a model that tells the classes apart (or the wrong way round) says of a split."""
    entries, rng = held_out.entries, np.random.default_rng(0)
    fake = np.array([entry.fake for entry in entries])
    names = {key: np.array([getattr(e, key) for e in entries]) for key in ("generator", "path", "group")}
    numbers = {
        key: scale * sign * (2.0 * fake - 1 + 0.3 * rng.normal(size=len(fake)))
        for key, scale in {"head": 5, "language": 0.1, "image": 1, "noise": 1}.items()
    }
    return Readouts(fake=fake, **names, **numbers)


@pytest.fixture
def told_apart(monkeypatch):
    monkeypatch.setattr(command, "read_out", lambda model, held_out, patch: readouts(held_out, 1))


def test_only_the_decision_is_fitted_anew(run, caches, told_apart):
    before = read_checkpoint(run)
    record = recalibrate(before, caches[0], 0.2)
    after = read_checkpoint(run)
    assert after.sha256 == before.sha256 and set(after.state) == set(before.state)
    changed = {key for key in after.config if after.config[key] != before.config[key]}
    assert changed == {"decision"}
    assert record == json.loads((run / "training.json").read_text())
    assert record["recipe"]["head_share"] == record["calibration"]["head_share"] == 0.2
    assert record["steps"] == 6 and set(record["validation"]) == {"best", "auc", "auc_by_head_share"}
    assert record["calibrated"]["faces"] == caches[0].fingerprint
    assert (run / "README.md").read_text() == "A card that somebody wrote.\n"
    decision = load(run, device="cpu").config.decision
    head, language = (0.2 / decision.a, 0.8 / decision.b)
    assert head / language == pytest.approx(50, rel=0.3), "each by its own spread, 5 against 0.1"


def test_without_a_share_the_recipe_s_own_is_taken(run, caches, told_apart):
    assert recalibrate(read_checkpoint(run), caches[0])["calibration"]["head_share"] == 0.5
    recalibrate(read_checkpoint(run), caches[0], 0.3)
    assert recalibrate(read_checkpoint(run), caches[0])["calibration"]["head_share"] == 0.3


def test_a_decision_that_cannot_be_fitted_changes_nothing(run, caches, monkeypatch):
    monkeypatch.setattr(command, "read_out", lambda model, held_out, patch: readouts(held_out, -1))
    kept = {path.name: path.read_bytes() for path in run.iterdir()}
    with pytest.raises(ValueError, match="not fitted: .*stays as it was"):
        recalibrate(read_checkpoint(run), caches[0])
    assert kept == {path.name: path.read_bytes() for path in run.iterdir()}


@pytest.mark.parametrize(
    ("share", "sentence"), [("0.05", "0.1 to 0.9 is needed"), ("1", "0.1 to 0.9 is needed")]
)
def test_a_share_that_fits_a_readout_away_is_refused(run, caches, told_apart, share, sentence):
    with pytest.raises(ValueError, match=sentence):
        recalibrate(read_checkpoint(run), caches[0], float(share))


def test_what_no_run_left_is_refused(run, caches):
    (run / "training.json").unlink()
    with pytest.raises(ValueError, match="only what mfclip.training made"):
        recalibrate(read_checkpoint(run), caches[0])


def test_the_command_says_what_it_found_and_what_is_wrong(run, caches, told_apart, monkeypatch, capsys):
    monkeypatch.setattr(command, "cut_faces", lambda photographs, cache, splits: caches[0])
    assert main([str(run), "--data", "photographs", "--head-share", "0.3"]) == 0
    assert "the head has 30% of the margin, uncertain from 0." in capsys.readouterr().out
    assert main([str(run), "--data", "photographs", "--head-share", "2"]) == 2
    assert "head_share is 2.0" in capsys.readouterr().err
    assert main([str(run / "nowhere"), "--data", "photographs"]) == 3
    assert "nowhere" in capsys.readouterr().err
