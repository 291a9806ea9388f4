"""The real client against a Hub on this machine that fails in every way it can."""

import json
import os
import pty
import subprocess
import sys
import termios
from pathlib import Path

import pytest
import torch

from mfclip.hub import download, write_checkpoint
from tests.loopback_hub import FAULTS, READER, client_of, loopback_hub

CONFIG = {"name": "toy", "width": 4, "sentences": ["a genuine face"]}
STATE = {"weight": torch.arange(12.0).reshape(3, 4), "bias": torch.ones(3, dtype=torch.float16)}
COMMIT, OLDER = "b" * 40, "a" * 40
TOY = ["org/toy", COMMIT, "toy", ["bias", "weight"]]

PROGRAM = """
import json, logging, sys
from mfclip.errors import CheckpointError
from mfclip.hub import read_checkpoint
BEFORE
answers = []
for name in sys.argv[1:]:
    try:
        found = read_checkpoint(name)
        answers.append([found.name, found.revision, found.config["name"], sorted(found.state)])
    except CheckpointError as error:
        answers.append(str(error))
sys.stdout.write(json.dumps(answers))
"""


@pytest.fixture(scope="module")
def shelf(tmp_path_factory) -> Path:
    """What the loopback Hub serves."""
    root = tmp_path_factory.mktemp("shelf")
    for repo in ("toy", "bare", *FAULTS):
        write_checkpoint(root / "org" / repo / COMMIT, CONFIG, STATE, "")
    write_checkpoint(root / "org" / "toy" / OLDER, {"name": "older"}, STATE, "")
    (root / "org" / "bare" / COMMIT / "SHA256").unlink()
    (root / "org" / "toy" / COMMIT / "words.json").write_text('{"seen": ["face"]}')
    return root


def ask(home: Path, endpoint: str, *names: str, before: str = "", **environment: str) -> tuple[list, str]:
    """Answers of a fresh process, and its stderr. before: what it does first."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.replace("BEFORE", before), *names],
        env=client_of(home, endpoint, **environment),
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), done.stderr


def sentences(home: Path, endpoint: str, *names: str, **options: str) -> list[str]:
    """Refusals, each of them one sentence, with no trace of a traceback."""
    answers, noise = ask(home, endpoint, *names, **options)
    assert all(isinstance(answer, str) for answer in answers), answers
    assert all(answer.endswith(".") and "\n" not in answer for answer in answers)
    assert "Traceback" not in noise
    return answers


def kept_in(home: Path, name: str) -> dict[str, str]:
    """Content of the files of that name in the cache, by commit."""
    return {path.parent.name: path.read_text() for path in home.rglob(name) if path.parent.name != "blobs"}


class TestCommits:
    def test_pinned_then_from_the_cache_without_a_request(self, shelf, tmp_path):
        expected = ["org/toy", OLDER, "older", ["bias", "weight"]]
        with loopback_hub(shelf) as (endpoint, asked):
            answers, noise = ask(tmp_path, endpoint, f"org/toy@{OLDER}")
            assert answers == [expected] and noise == ""
            first = len(asked)
            assert first > 3
            assert ask(tmp_path, endpoint, f"org/toy@{OLDER}")[0] == [expected]
            assert len(asked) == first
        assert ask(tmp_path, endpoint, f"org/toy@{OLDER}", HF_HUB_OFFLINE="1")[0] == [expected]

    def test_optional_files_come_along_where_there_are_any(self, shelf, tmp_path):
        with loopback_hub(shelf) as (endpoint, _):
            answers, _ = ask(tmp_path, endpoint, f"org/toy@{COMMIT}", f"org/toy@{OLDER}")
        assert [answer[1] for answer in answers] == [COMMIT, OLDER]
        assert kept_in(tmp_path, "words.json") == {COMMIT: '{"seen": ["face"]}'}


class TestBranches:
    def test_a_branch_is_resolved_and_said_and_read_without_network_as_it_last_was(self, shelf, tmp_path):
        with loopback_hub(shelf) as (endpoint, _):
            answers, noise = ask(tmp_path, endpoint, "org/toy", "org/toy@main")
        assert answers == [TOY] * 2
        assert f"org/toy@main is commit {COMMIT}; write org/toy@{COMMIT} to get the same" in noise
        answers, noise = ask(tmp_path, endpoint, "org/toy")
        assert answers == [TOY] and f"org/toy@main is read from the cache as {COMMIT}" in noise


def test_every_no_of_the_hub_has_its_sentence(shelf, tmp_path):
    wanted = {
        f"org/nobody@{COMMIT}": "neither a folder 'org/nobody'",
        f"org/gated@{COMMIT}": "is gated: accept its terms",
        f"org/disabled@{COMMIT}": "has been disabled on the Hub: take another",
        f"org/forbidden@{COMMIT}": "answered 403 for org/forbidden: its token is not accepted",
        f"org/broken@{COMMIT}": "answered 500 for SHA256 of",
        f"org/gone@{COMMIT}": "answered 503 for SHA256 of",
        f"org/limited@{COMMIT}": "too many requests: wait",
        f"org/away@{COMMIT}": "answered 503 for",
        f"org/toy@{'c' * 40}": f"no revision '{'c' * 40}'",
        "org/toy@experiment": "no revision 'experiment'",
        f"org/bare@{COMMIT}": "has no SHA256: an MFCLIP checkpoint holds",
        f"org/captive@{COMMIT}": "What answered for org/captive",
        f"org/two--hyphens@{COMMIT}": "not a name the Hub allows",
    }
    with loopback_hub(shelf) as (endpoint, _):
        answers = sentences(tmp_path, endpoint, *wanted)
    for answer, words in zip(answers, wanted.values(), strict=True):
        assert words in answer


def test_a_token_opens_what_is_gated(shelf, tmp_path):
    with loopback_hub(shelf) as (endpoint, _):
        answers, _ = ask(tmp_path, endpoint, f"org/gated@{COMMIT}", HF_TOKEN=READER)
    assert answers == [["org/gated", COMMIT, "toy", ["bias", "weight"]]]


class TestDamage:
    def test_what_arrives_damaged_is_refused_and_said(self, shelf, tmp_path):
        wanted = {
            f"org/corrupt@{COMMIT}": "is not the file that its SHA256 was made of, on the Hub itself",
            f"org/short@{COMMIT}": "model.safetensors of org/short@",
            f"org/cut@{COMMIT}": "The connection broke while model.safetensors of org/cut@",
        }
        with loopback_hub(shelf) as (endpoint, _):
            answers = sentences(tmp_path, endpoint, *wanted)
        for answer, words in zip(answers, wanted.values(), strict=True):
            assert words in answer
        assert "try again" in answers[1] and "size" in answers[1]
        assert not list(tmp_path.rglob("*.incomplete"))

    def test_what_is_mended_by_asking_again_is_mended(self, shelf, tmp_path):
        with loopback_hub(shelf) as (endpoint, asked):
            answers, noise = ask(tmp_path, endpoint, f"org/once-corrupt@{COMMIT}", f"org/once-cut@{COMMIT}")
            assert [answer[:2] for answer in answers] == [
                ["org/once-corrupt", COMMIT],
                ["org/once-cut", COMMIT],
            ]
            assert f"model.safetensors of org/once-corrupt@{COMMIT} is damaged in the cache" in noise
            before = len(asked)
            ask(tmp_path, endpoint, f"org/once-corrupt@{COMMIT}")
            assert len(asked) == before, "the mended copy is the one that is kept"

    def test_a_cached_copy_that_has_rotted(self, shelf, tmp_path):
        with loopback_hub(shelf) as (endpoint, _):
            ask(tmp_path, endpoint, f"org/toy@{COMMIT}")
            rot(tmp_path)
            [offline] = sentences(tmp_path, endpoint, f"org/toy@{COMMIT}", HF_HUB_OFFLINE="1")
            [away] = sentences(tmp_path, "http://127.0.0.1:9", f"org/toy@{COMMIT}")
            assert ask(tmp_path, endpoint, f"org/toy@{COMMIT}")[0] == [TOY]
        for answer in (offline, away):
            assert "is damaged in the cache and could not be fetched again" in answer


def rot(home: Path) -> None:
    [weights] = home.rglob("model.safetensors")
    body = bytearray(weights.read_bytes())
    body[-1] ^= 1
    weights.resolve().write_bytes(body)


def test_no_network_is_said_at_once(tmp_path):
    for answer in sentences(tmp_path, "http://127.0.0.1:9", f"org/toy@{COMMIT}", "org/toy"):
        assert "cannot be reached" in answer


def test_offline_by_wish(tmp_path):
    [answer] = sentences(tmp_path, "http://127.0.0.1:9", f"org/toy@{COMMIT}", HF_HUB_OFFLINE="1")
    assert "HF_HUB_OFFLINE is set" in answer


class TestFullDisk:
    def test_it_is_said_before_the_download(self, shelf, tmp_path):
        small = "import shutil; shutil.disk_usage = lambda path: shutil._ntuple_diskusage(9, 9, 9)"
        with loopback_hub(shelf) as (endpoint, asked):
            [answer] = sentences(tmp_path, endpoint, f"org/toy@{COMMIT}", before=small)
            assert len(asked) == 1, "nothing was fetched"
        assert "The disk is full" in answer and "set HF_HOME elsewhere" in answer

    @pytest.mark.parametrize(
        ("number", "words"),
        [("ENOSPC", "The disk is full: "), ("EROFS", "cache of the Hub cannot be used")],
    )
    def test_while_writing(self, shelf, tmp_path, number, words):
        full = (
            "import errno, os; from huggingface_hub import file_download\n"
            f"def http_get(*_, **__): raise OSError(errno.{number}, os.strerror(errno.{number}))\n"
            "file_download.http_get = http_get"
        )
        with loopback_hub(shelf) as (endpoint, _):
            [answer] = sentences(tmp_path, endpoint, f"org/toy@{COMMIT}", before=full)
        assert words in answer


def test_a_cache_where_none_can_be(shelf, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with loopback_hub(shelf) as (endpoint, _):
        [answer] = sentences(tmp_path / "file", endpoint, f"org/toy@{COMMIT}")
    assert "The cache of the Hub cannot be used (" in answer and str(tmp_path / "file") in answer


class TestBar:
    @pytest.fixture(scope="class")
    def large(self, tmp_path_factory) -> Path:
        root = tmp_path_factory.mktemp("large")
        write_checkpoint(root / "org" / "large" / COMMIT, CONFIG, {"weight": torch.ones(400_000)}, "")
        return root

    def test_on_a_terminal_it_says_what_is_fetched(self, large, tmp_path):
        ours, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, (24, 120))
        with loopback_hub(large) as (endpoint, _):
            program = PROGRAM.replace("BEFORE", "")
            command = [sys.executable, "-c", program, f"org/large@{COMMIT}"]
            subprocess.run(command, env=client_of(tmp_path, endpoint), stderr=theirs, stdout=-3, check=True)
        os.close(theirs)
        seen = b""
        with open(ours, "rb", buffering=0) as terminal:
            try:
                while more := terminal.read(4096):
                    seen += more
            except OSError:  # the other end is closed: all of it has been read
                pass
        assert b"org/large@bbbbbbb model.safetensors: 100%" in seen and b"1.60M" in seen
        assert b"config.json" not in seen

    def test_elsewhere_it_is_silent(self, large, tmp_path):
        with loopback_hub(large) as (endpoint, _):
            _, noise = ask(tmp_path, endpoint, f"org/large@{COMMIT}")
        assert noise == ""


def test_a_commit_is_told_from_a_branch():
    assert download.is_commit(COMMIT)
    assert not any(map(download.is_commit, ("main", "", COMMIT[:-1], COMMIT.upper(), COMMIT + "0")))
