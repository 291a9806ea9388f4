"""What an alarm is worth: read from a checkpoint's own results, and turned into a base rate."""

import json
import logging
import shutil

import pytest
import torch

from mfclip import hub
from mfclip.errors import CheckpointError
from mfclip.hub import RESULTS, Checkpoint
from mfclip.rates import Rates, Share, rates_of

SHA = "5" * 64


def figure(value, low, high, n):
    return {"value": value, "low": low, "high": high, "n": n}


def written(**words):
    held = {
        "reals_called_substantial": figure(0.05, 0.02, 0.1, 200),
        "forgeries_called_little": figure(0.1, 0.05, 0.15, 300),
        "uncertain_of_forgeries": figure(0.3, 0.2, 0.45, 300),
        **words,
    }
    held = {name: one for name, one in held.items() if one is not None}
    return {
        "protocol": "in-domain",
        "split": "test",
        "checkpoint": {"name": "toy", "weights_sha256": SHA},
        "conditions": {"re-saved": {"words": held, "generators": {"flux": {}, "ddpm": {}}}},
    }


@pytest.fixture
def folder(tmp_path):
    def of(content):
        text = content if isinstance(content, str) else json.dumps(content)
        (tmp_path / RESULTS).write_text(text, encoding="utf-8")
        return Checkpoint("toy", None, tmp_path, SHA, {}, {})

    return of


def test_rates_are_read(folder):
    rates = rates_of(folder(written()))
    assert rates.false_alarms == Share(0.05, 0.02, 0.1, 200)
    assert (rates.protocol, rates.split, rates.generators) == ("in-domain", "test", ("flux", "ddpm"))
    assert json.loads(json.dumps(rates.to_dict()))["hits"]["pictures"] == 300


def test_hits_are_what_the_two_other_words_leave_with_the_wider_interval(folder):
    hits = rates_of(folder(written())).hits
    assert (hits.value, hits.pictures) == (pytest.approx(0.6), 300)
    assert (hits.low, hits.high) == (pytest.approx(1 - 0.15 - 0.45), pytest.approx(1 - 0.05 - 0.2))


def test_hits_that_were_measured_themselves_come_first(folder):
    own = figure(0.61, 0.55, 0.66, 300)
    assert rates_of(folder(written(forgeries_called_substantial=own))).hits == Share(0.61, 0.55, 0.66, 300)


def test_the_bundled_checkpoints_rates_agree_with_its_words():
    checkpoint = hub.read_checkpoint(hub.BUNDLED / "tiny")
    results = json.loads((checkpoint.folder / RESULTS).read_text(encoding="utf-8"))
    words = results["conditions"]["re-saved"]["words"]
    rates = rates_of(checkpoint)
    right, uncertain = words["right_of_the_rest_of_forgeries"], words["uncertain_of_forgeries"]
    assert rates.hits.value == pytest.approx(right["value"] * (1 - uncertain["value"]))
    assert rates.false_alarms.value == pytest.approx(words["reals_called_substantial"]["value"])
    assert rates.hits.low < rates.hits.value < rates.hits.high


@pytest.mark.parametrize(
    "name", ["reals_called_substantial", "forgeries_called_little", "uncertain_of_forgeries"]
)
def test_what_was_not_measured_is_not_made_up(folder, name):
    assert rates_of(folder(written(**{name: None}))) is None


def test_a_checkpoint_without_results(tmp_path, folder):
    assert rates_of(None) is None
    assert rates_of(Checkpoint("toy", None, tmp_path, SHA, {}, {})) is None
    assert rates_of(folder({**written(), "conditions": {"as given": {}}})) is None


def test_results_of_other_weights_are_not_used(folder, caplog):
    other = {**written(), "checkpoint": {"weights_sha256": "6" * 64}}
    with caplog.at_level(logging.WARNING):
        assert rates_of(folder(other)) is None
    assert "was measured on other weights" in caplog.text


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        "\x00",
        {**written(), "conditions": []},
        written(reals_called_substantial=figure(1.5, 0, 1, 9))
        | {"split": None, "conditions": {"re-saved": 3}},
        written(reals_called_substantial=figure("many", 0, 1, 9)),
        written(reals_called_substantial=figure(0.1, 0.5, 0.2, 9)),
        written(reals_called_substantial=figure(0.1, 0.0, 0.2, 0)),
    ],
)
def test_results_that_cannot_be_read_are_refused(folder, content):
    with pytest.raises(
        CheckpointError, match=r"results\.json cannot be used .*: copy it anew or remove it\."
    ):
        rates_of(folder(content))


def test_of_a_hundred_alarms():
    rates = Rates(Share(0.05, 0.02, 0.1, 200), Share(0.9, 0.8, 0.95, 300), "in-domain", "test", ("flux",))
    value, low, high = rates.right_of_alarms(0.01)
    assert value == pytest.approx(0.009 / (0.009 + 0.0495))  # the textbook's 15 %
    assert low == pytest.approx(0.008 / (0.008 + 0.099)) and high == pytest.approx(0.0095 / (0.0095 + 0.0198))
    assert rates.right_of_alarms(0)[0] == 0 and rates.right_of_alarms(1) == (1, 1, 1)
    assert rates.right_of_alarms(0.5)[0] == pytest.approx(0.9 / 0.95)
    with pytest.raises(ValueError, match=r"share of forged photos is 10; a number from 0 to 1"):
        rates.right_of_alarms(10)


def test_where_nothing_raises_an_alarm():
    silent = Rates(Share(0, 0, 0.1, 9), Share(0, 0, 0.1, 9), "in-domain", "test", ())
    assert silent.right_of_alarms(0.5) is None
    quiet = Rates(Share(0, 0, 0.1, 9), Share(0.5, 0.4, 0.6, 9), "in-domain", "test", ())
    assert quiet.right_of_alarms(0) is None and quiet.right_of_alarms(0.5)[0] == 1


def test_they_come_from_the_hub_with_the_weights_where_there_are_some(tmp_path, monkeypatch):
    import huggingface_hub
    from httpx import Request, Response

    commit, shelf, cache = "a" * 40, tmp_path / "shelf", tmp_path / ("b" * 40)
    checkpoint = hub.write_checkpoint(shelf, {"name": "toy"}, {"weight": torch.ones(1)}, "")
    told = {**written(), "checkpoint": {"weights_sha256": checkpoint.sha256}}
    (shelf / RESULTS).write_text(json.dumps(told), encoding="utf-8")
    cache.mkdir()

    def download(_repo, file, revision, local_files_only=False, tqdm_class=None):
        if local_files_only:
            raise huggingface_hub.errors.LocalEntryNotFoundError("not cached")
        if not (shelf / file).is_file():
            refusal = Response(404, request=Request("GET", "http://hub.invalid"))
            raise huggingface_hub.errors.RemoteEntryNotFoundError("no such file", response=refusal)
        return shutil.copy2(shelf / file, cache / file)

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)
    monkeypatch.setattr(hub.download, "_ask", lambda repo, revision, files: (revision, {}))
    assert rates_of(hub.read_checkpoint(f"org/toy@{commit}")).hits.pictures == 300
