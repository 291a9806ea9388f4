import json
from pathlib import Path

import pytest
import torch
from huggingface_hub import constants

from mfclip.__main__ import main
from mfclip.hub import BUNDLED, shelf, write_checkpoint

COMMITS = {
    name: letter * 40 for name, letter in (("sound", "a"), ("rotten", "b"), ("half", "c"), ("newer", "d"))
}


def told(capsys) -> list[dict]:
    assert main(["checkpoints", "--json"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch) -> Path:
    """The Hub's cache as its client lays it out, with four of our commits and a model of somebody else's."""
    cache = tmp_path / "hub"
    repository = cache / "models--org--faces"
    for name, commit in COMMITS.items():
        written = write_checkpoint(tmp_path / name, {"name": name}, {"w": torch.ones(3)}, "# Card\n").folder
        (repository / "snapshots").mkdir(parents=True, exist_ok=True)
        (repository / "blobs").mkdir(exist_ok=True)
        written.rename(repository / "snapshots" / commit)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(COMMITS["newer"])
    weights = repository / "snapshots" / COMMITS["rotten"] / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\0")
    (repository / "snapshots" / COMMITS["half"] / "model.safetensors").unlink()
    others = cache / "models--org--others" / "snapshots" / ("e" * 40)
    others.mkdir(parents=True)
    (others / "config.json").write_text("{}")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache))
    return cache


def test_bundled_and_cached_ones_with_size_and_hash(cache, capsys):
    bundled, *cached = told(capsys)
    assert (bundled["name"], bundled["place"], bundled["revision"]) == ("tiny", "bundled", None)
    folder = Path(bundled["folder"])
    assert bundled["sha256"] in (folder / "SHA256").read_text()
    assert bundled["size"] == sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    assert [one["name"] for one in cached] == [f"org/faces@{commit}" for commit in COMMITS.values()]
    by_name = dict(zip(COMMITS, cached, strict=True))
    assert by_name["sound"]["fault"] is None and len(by_name["sound"]["sha256"]) == 64
    assert by_name["newer"]["branches"] == ["main"] and by_name["sound"]["branches"] == []
    assert by_name["rotten"]["fault"] == "model.safetensors is damaged; its next use fetches it again"
    assert by_name["half"]["fault"] == "lacks model.safetensors"
    assert by_name["half"]["sha256"] is None


def test_in_words(cache, capsys, monkeypatch):
    monkeypatch.setenv("MFCLIP_CHECKPOINT", "org/faces@main")
    assert main(["checkpoints"]) == 0
    words = capsys.readouterr().out
    megabytes = sum(path.stat().st_size for path in (BUNDLED / "tiny").rglob("*") if path.is_file()) / 1e6
    assert words.startswith(f"tiny\n  bundled, {megabytes:.1f} MB, {BUNDLED / 'tiny'}\n  sha256 ")
    assert f"org/faces@{COMMITS['newer']} (main)\n  cached, 0.0 MB, " in words
    assert "cannot be used: lacks model.safetensors\n" in words
    assert words.endswith("MFCLIP_CHECKPOINT names org/faces@main.\n")


def test_no_cache_and_nothing_bundled(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "none"))
    assert [one["place"] for one in told(capsys)] == ["bundled"]
    monkeypatch.setattr(shelf, "BUNDLED", tmp_path / "nothing")
    assert told(capsys) == []
    assert main(["checkpoints"]) == 0
    assert capsys.readouterr().out == "There is no checkpoint on this machine.\n"


def test_a_cache_that_is_a_file(tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "file"))
    assert main(["checkpoints"]) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert (
        err == f"mfclip: The cache of the Hub cannot be read ({tmp_path / 'file'}): set HF_HOME elsewhere.\n"
    )
