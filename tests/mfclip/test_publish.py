"""Publishing through the real client to a Hub on this machine, and what is on this machine afterwards."""

import errno
import json
import os
import pty
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import constants

from mfclip.__main__ import main
from mfclip.hub import BUNDLED, publishing
from mfclip.hub.folder import sha256_of
from tests.loopback_hub import READER, TOKEN, client_of, loopback_hub

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A checkpoint as a run leaves it, with a curve and pictures beside it. No weights outlive their test."""
    shutil.copytree(BUNDLED / "tiny", tmp_path / "run")
    (tmp_path / "run" / "notes-of-mine.txt").write_text("nobody's business")
    yield tmp_path / "run"
    for large in tmp_path.rglob("*"):
        if large.is_file() and not large.is_symlink() and large.stat().st_size > 1e6:
            large.unlink()


def command(home: Path, endpoint: str, *given: str, **more: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "mfclip", *map(str, given)],
        cwd=ROOT,
        env=client_of(home, endpoint, **more),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


def test_it_is_uploaded_and_comes_back_under_the_name_that_was_printed(folder, tmp_path):
    root, home = tmp_path / "shelf", tmp_path / "home"
    with loopback_hub(root) as (endpoint, asked):
        done = command(home, endpoint, "publish", folder, "org/faces", "--yes", HF_TOKEN=TOKEN)
        assert done.returncode == 0, done.stderr
        name = done.stdout.strip()
        repo, _, commit = name.partition("@")
        assert repo == "org/faces" and len(commit) == 40
        sent = {path.name for path in (root / repo / commit).iterdir()}
        assert sent == {path.name for path in folder.iterdir()} & set(publishing.PUBLISHED)
        assert "org/faces (readable by everybody" in done.stderr and "as org:" in done.stderr
        assert f"{(folder / 'model.safetensors').stat().st_size:,} bytes  model.safetensors" in done.stderr
        assert "Stays here: " in done.stderr and "notes-of-mine.txt" in done.stderr.split("Stays here: ")[1]
        assert "it/s" not in done.stderr and "%|" not in done.stderr, "no bars where nobody watches"

        listed = command(home, endpoint, "predict", folder / "plots", "--checkpoint", name)
        assert listed.returncode == 1, "the checkpoint was fetched and loaded; the folder is no photo"
        shelf = json.loads(command(home, endpoint, "checkpoints", "--json").stdout)
    [cached] = [one for one in shelf if one["place"] == "cached"]
    assert cached["name"] == name and cached["revision"] == commit and cached["fault"] is None
    assert cached["sha256"] == sha256_of(folder / "model.safetensors")
    assert "PUT /lfs/" + cached["sha256"] in asked


@pytest.fixture
def client(tmp_path: Path, monkeypatch):
    """publish(...) in this process: (exit code, stdout, stderr), and the Hub's folder."""
    root = tmp_path / "shelf"
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "token"))
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    with loopback_hub(root) as (endpoint, _):
        monkeypatch.setattr(constants, "ENDPOINT", endpoint)
        yield root


def publish(*given: object) -> int:
    return main(["publish", *map(str, given)])


def test_private_ones_are_private_and_public_ones_are_not_taken_for_private(folder, client, capsys):
    assert publish(folder, "lab/faces", "--private", "--yes") == 0
    first = capsys.readouterr()
    assert "To lab/faces (private), as org:" in first.err
    assert publish(folder, "org/open", "--yes", "--message", "First weights") == 0
    assert publish(folder, "org/open", "--yes", "--private") == 3
    assert "org/open exists and is public, and nothing was uploaded" in capsys.readouterr().err
    assert len(list((client / "org" / "open").iterdir())) == 2, "the empty one and the first commit"


@pytest.mark.parametrize(
    ("token", "repo", "changed", "said"),
    [
        ("", "org/faces", {}, "There is no login on this machine: log in with `hf auth login`"),
        ("hf_nonsense", "org/faces", {}, "this login may not write there"),
        (READER, "org/faces", {}, "The Hub answered 403 for org/faces: this login may not write"),
        (TOKEN, "stranger/faces", {}, "The Hub answered 403 for stranger/faces"),
        (TOKEN, "org/two--hyphens", {}, "is not a name the Hub allows: write owner/name"),
        (TOKEN, "org/faces", {"HF_HUB_OFFLINE": True}, "HF_HUB_OFFLINE is set"),
        (TOKEN, "org/faces", {"ENDPOINT": "http://127.0.0.1:9"}, "check the network and try again"),
    ],
)
def test_who_may_not(folder, client, monkeypatch, capsys, token, repo, changed, said):
    monkeypatch.setenv("HF_TOKEN", token)
    for name, value in changed.items():
        monkeypatch.setattr(constants, name, value)
    assert publish(folder, repo, "--yes") == 3
    out, err = capsys.readouterr()
    assert out == "" and said in err and err.splitlines()[-1].endswith(".")
    assert not (client / repo).exists()


def test_a_login_that_cannot_be_read(folder, client, monkeypatch, capsys):
    monkeypatch.setenv("HF_TOKEN", "")
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(folder / "README.md" / "token"))
    assert publish(folder, "org/faces", "--yes") == 3
    assert (
        "/README.md/token' cannot be read (Not a directory), and nothing was published"
        in capsys.readouterr().err
    )


def card_without_licence(folder: Path) -> None:
    (folder / "README.md").write_text("# A card\n")


def other_weights(folder: Path) -> None:
    body = bytearray((folder / "model.safetensors").read_bytes())
    body[-1] ^= 1
    (folder / "model.safetensors").write_bytes(body)


def other_configuration(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    config["image"]["layers"] = 1
    (folder / "config.json").write_text(json.dumps(config))
    lines = [f"{sha256_of(folder / name)}  {name}\n" for name in ("config.json", "model.safetensors")]
    (folder / "SHA256").write_text("".join(lines))


def results_of_other_weights(folder: Path) -> None:
    results = json.loads((folder / "results.json").read_text())
    results["checkpoint"]["weights_sha256"] = "ab" * 32
    (folder / "results.json").write_text(json.dumps(results))


def card_of_other_weights(folder: Path) -> None:
    (folder / "results.json").unlink()
    card = folder / "README.md"
    card.write_text(card.read_text().replace(sha256_of(folder / "model.safetensors"), "cd" * 32))


def weights_trained_further(folder: Path) -> None:
    """As a run leaves them: new weights with their hash, beside the figures of the old."""
    body = bytearray((folder / "model.safetensors").read_bytes())
    body[-3] ^= 1
    (folder / "model.safetensors").write_bytes(body)
    lines = [f"{sha256_of(folder / name)}  {name}\n" for name in ("config.json", "model.safetensors")]
    (folder / "SHA256").write_text("".join(lines))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (card_without_licence, "is no model card with a licence: begin it with the lines"),
        (other_weights, "is not the file it should be"),
        (other_configuration, "do not fit its configuration"),
        (lambda folder: (folder / "SHA256").unlink(), "lacks SHA256"),
        (
            results_of_other_weights,
            "results.json' was measured on other weights (SHA-256 abababababab…, and these",
        ),
        (weights_trained_further, "results.json' was measured on other weights (SHA-256"),
        (card_of_other_weights, "README.md' describes other weights (SHA-256 cdcdcdcdcdcd…, and these are"),
        (lambda folder: (folder / "results.json").write_text("{"), "results.json' is not JSON"),
        (
            lambda folder: (folder / "results.json").write_bytes(b'{"checkpoint": {"name": "caf\xe9"}}'),
            "results.json' is not JSON",
        ),
    ],
)
def test_what_may_not_be_published(folder, client, capsys, spoil, said):
    spoil(folder)
    assert publish(folder, "org/faces", "--yes") == 3
    out, err = capsys.readouterr()
    assert out == "" and said in err
    assert not client.exists()


@pytest.mark.parametrize("locked", ["README.md", "results.json"])
def test_a_file_that_nobody_may_read(folder, client, capsys, monkeypatch, locked):
    def read_text(path, *arguments, **named):
        if path.name == locked:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return reading(path, *arguments, **named)

    reading = Path.read_text
    monkeypatch.setattr(Path, "read_text", read_text)  # the tests may run as root, who may read everything
    assert publish(folder, "org/faces", "--yes") == 3
    assert f"{locked}' cannot be read (Permission denied): check its rights." in capsys.readouterr().err
    assert not client.exists()


@pytest.mark.parametrize("content", ["[]", "{}", '{"checkpoint": null}', '{"checkpoint": {}}'])
def test_figures_that_name_no_weights_are_believed(folder, content):
    sha256 = sha256_of(folder / "model.safetensors")
    (folder / "results.json").write_text(content)
    (folder / "README.md").write_text("---\nlicense: mit\n---\nBy hand.\n")
    publishing.check_figures(folder, sha256)
    (folder / "results.json").unlink()
    publishing.check_figures(folder, sha256)


def test_a_card_that_the_hub_refuses(folder, client, capsys, monkeypatch):
    monkeypatch.setattr(publishing, "_FRONT_MATTER", re.compile(r"(?s)(.*)"))
    (folder / "README.md").write_text("license: mit\n")
    assert publish(folder, "org/faces", "--yes") == 3
    assert (
        "does not take the checkpoint (Invalid metadata in README.md. - no front matter): mend README.md"
        in (capsys.readouterr().err)
    )


class TestAsking:
    @pytest.mark.parametrize(("said", "code"), [("y", 0), ("YES", 0), ("", 2), ("n", 2), ("what?", 2)])
    def test_on_a_terminal(self, folder, client, monkeypatch, capsys, said, code):
        ours, theirs = pty.openpty()
        os.write(ours, f"{said}\n".encode())
        with open(theirs) as terminal:
            monkeypatch.setattr(sys, "stdin", terminal)
            assert publish(folder, "org/faces") == code
        os.close(ours)
        assert "Upload? [y/N] " in capsys.readouterr().err
        assert (client / "org" / "faces").exists() == (code == 0)

    def test_where_nobody_can_answer(self, folder, client, monkeypatch, capsys):
        with open(os.devnull) as nobody:
            monkeypatch.setattr(sys, "stdin", nobody)
            assert publish(folder, "org/faces") == 2
        assert "nothing was uploaded: add --yes" in capsys.readouterr().err
        assert not client.exists()


@pytest.mark.parametrize(
    "given",
    [
        ["folder"],
        ["nowhere", "org/faces"],
        ["folder", "faces"],
        ["folder", "org/faces@main"],
        ["folder", "org/faces", "--message", " "],
    ],
)
def test_wrong_usage(folder, capsys, given):
    with pytest.raises(SystemExit) as end:
        publish(*(str(folder) if word == "folder" else word for word in given))
    assert end.value.code == 2
    assert "usage: python -m mfclip publish" in capsys.readouterr().err
