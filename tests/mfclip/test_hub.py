import errno
import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from mfclip import hub
from mfclip.errors import CheckpointError
from mfclip.hub import read_checkpoint, write_checkpoint
from tests.loopback_hub import loopback_hub

CONFIG = {"name": "toy", "width": 4, "sentences": ["a genuine face"]}
STATE = {"weight": torch.arange(12.0).reshape(3, 4), "bias": torch.ones(3, dtype=torch.float16)}
COMMIT, OLDER = "b" * 40, "a" * 40


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_checkpoint(tmp_path / "toy", CONFIG, STATE, "# Toy\n")
    return tmp_path / "toy"


def refusal(name) -> str:
    with pytest.raises(CheckpointError) as error:
        read_checkpoint(name)
    assert str(error.value).endswith(".") and "\n" not in str(error.value)
    return str(error.value)


class TestFolders:
    def test_what_is_written_is_read_back(self, folder):
        checkpoint = read_checkpoint(folder)
        assert (checkpoint.name, checkpoint.revision, checkpoint.config) == ("toy", None, CONFIG)
        assert checkpoint.folder == folder
        assert checkpoint.state.keys() == STATE.keys()
        assert all(torch.equal(checkpoint.state[key], STATE[key]) for key in STATE)
        assert (folder / "README.md").read_text() == "# Toy\n"

    def test_hashes_are_those_of_sha256sum(self, folder):
        checked = subprocess.run(["sha256sum", "-c", "SHA256"], cwd=folder, capture_output=True, check=False)
        assert checked.returncode == 0
        assert read_checkpoint(folder).sha256 in (folder / "SHA256").read_text()

    def test_names_strings_and_the_environment(self, folder, monkeypatch):
        assert read_checkpoint(str(folder)).name == "toy"
        monkeypatch.setattr(hub, "BUNDLED", folder.parent)
        assert read_checkpoint("toy").config == CONFIG
        monkeypatch.setattr(hub, "DEFAULT", "toy")
        assert read_checkpoint().name == "toy"
        monkeypatch.setenv("MFCLIP_CHECKPOINT", str(folder.parent / "elsewhere"))
        assert "elsewhere" in refusal(None)
        assert read_checkpoint("toy").name == "toy", "the variable only stands in for no name at all"

    def test_tensors_that_share_memory_and_views(self, tmp_path):
        base = torch.arange(6.0).reshape(2, 3)
        state = {"one": base, "same": base, "turned": base.T}
        assert torch.equal(write_checkpoint(tmp_path / "c", {}, state, "").state["turned"], base.T)


class TestRefusals:
    def test_no_folder(self, tmp_path, monkeypatch):
        assert "There is no checkpoint folder" in refusal(tmp_path / "nothing")
        assert "There is no checkpoint folder" in refusal("./nothing")
        monkeypatch.setattr(hub, "BUNDLED", tmp_path)
        assert "bundled checkpoint 'tiny' is missing" in refusal(None)

    @pytest.mark.parametrize("file", ["config.json", "model.safetensors", "SHA256"])
    def test_a_missing_file_is_named(self, folder, file):
        (folder / file).unlink()
        assert f"lacks {file}" in refusal(folder)

    @pytest.mark.parametrize("file", ["config.json", "model.safetensors"])
    def test_a_wrong_hash(self, folder, file):
        data = bytearray((folder / file).read_bytes())
        data[-2] ^= 1
        (folder / file).write_bytes(data)
        assert "SHA-256" in refusal(folder) and file in refusal(folder) and "copy it anew" in refusal(folder)

    def test_a_hash_that_is_not_there(self, folder):
        (folder / "SHA256").write_text("# nothing\n")
        assert "no hash of config.json" in refusal(folder)

    @pytest.mark.parametrize(
        ("text", "words"), [("{", "is not JSON"), ("[1]", "a list"), ("\xff\xfe", "is not JSON")]
    )
    def test_a_broken_configuration(self, folder, text, words):
        (folder / "config.json").write_bytes(text.encode("latin-1"))
        rehash(folder)
        assert words in refusal(folder)

    @pytest.mark.parametrize("body", [b"", b"hello", b"\xff" * 64, b"\x10" + bytes(7) + b"{" + bytes(30)])
    def test_weights_that_are_no_safetensors(self, folder, body):
        (folder / "model.safetensors").write_bytes(body)
        rehash(folder)
        assert "is not a safetensors file" in refusal(folder)

    def test_pickles_are_refused_and_not_run(self, folder, tmp_path):
        trap = tmp_path / "sprung"
        (folder / "model.safetensors").write_bytes(pickle.dumps(Trap(str(trap))))
        rehash(folder)
        assert "is a pickle" in refusal(folder)
        torch.save({"weight": torch.ones(2)}, folder / "model.safetensors")
        rehash(folder)
        assert "is a pickle" in refusal(folder)
        (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
        assert "'pytorch_model.bin' is a pickle" in refusal(folder)
        assert "is a pickle" in refusal(folder / "pytorch_model.bin")
        assert not trap.exists()

    def test_a_file_instead_of_its_folder(self, folder):
        assert "give the folder" in refusal(folder / "model.safetensors")


class Trap:
    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self):
        return open, (self.path, "w")


def rehash(folder: Path) -> None:
    lines = [f"{hub._sha256(folder / name)}  {name}\n" for name in ("config.json", "model.safetensors")]
    (folder / "SHA256").write_text("".join(lines))


class TestWriting:
    def test_a_checkpoint_is_replaced_and_its_other_files_kept(self, folder):
        (folder / "results.json").write_text("{}")
        (folder / "plots").mkdir()
        (folder / "plots" / "roc.png").write_bytes(b"png")
        write_checkpoint(folder, {"name": "newer"}, {"w": torch.zeros(1)}, "# Newer\n")
        assert read_checkpoint(folder).config == {"name": "newer"}
        assert sorted(os.listdir(folder)) == [
            "README.md",
            "SHA256",
            "config.json",
            "model.safetensors",
            "plots",
            "results.json",
        ]
        assert (folder / "plots" / "roc.png").read_bytes() == b"png"
        assert os.listdir(folder.parent) == ["toy"]

    def test_a_folder_of_other_things_is_left_alone(self, tmp_path):
        (tmp_path / "letters").mkdir()
        (tmp_path / "letters" / "a.txt").write_text("dear")
        with pytest.raises(CheckpointError, match="holds files but no checkpoint"):
            write_checkpoint(tmp_path / "letters", CONFIG, STATE, "")
        assert (tmp_path / "letters" / "a.txt").read_text() == "dear"

    @pytest.mark.parametrize("config", [{"x": float("nan")}, {"x": torch.ones(1)}, [1]])
    def test_a_configuration_that_is_no_json_object(self, folder, config):
        with pytest.raises(CheckpointError, match="configuration"):
            write_checkpoint(folder, config, STATE, "")
        assert read_checkpoint(folder).config == CONFIG
        assert os.listdir(folder.parent) == ["toy"]

    @pytest.mark.parametrize("moment", ["save_file", "_swap"])
    def test_a_full_disk_leaves_the_old_one_whole(self, folder, monkeypatch, moment):
        def full(*_args, **_options):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        import safetensors.torch

        monkeypatch.setattr(safetensors.torch if moment == "save_file" else hub, moment, full)
        with pytest.raises(CheckpointError, match="disk is full"):
            write_checkpoint(folder, {"name": "newer"}, STATE, "")
        assert read_checkpoint(folder).config == CONFIG
        assert os.listdir(folder.parent) == ["toy"]

    def test_a_failed_swap_puts_the_old_one_back(self, folder, monkeypatch):
        real = Path.rename

        def rename(self, target):
            if Path(target).name == "toy" and (self / "config.json").read_text().find("newer") > 0:
                raise PermissionError(errno.EACCES, "not now")
            return real(self, target)

        monkeypatch.setattr(Path, "rename", rename)
        with pytest.raises(CheckpointError, match="not now"):
            write_checkpoint(folder, {"name": "newer"}, STATE, "")
        assert read_checkpoint(folder).config == CONFIG


PROGRAM = """
import json, logging, sys
from mfclip.errors import CheckpointError
from mfclip.hub import read_checkpoint
answers = []
for name in sys.argv[1:]:
    try:
        found = read_checkpoint(name)
        answers.append([found.name, found.revision, found.config["name"], sorted(found.state)])
    except CheckpointError as error:
        answers.append(str(error))
sys.stdout.write(json.dumps(answers))
"""


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """What the loopback Hub serves."""
    for repo in ("toy", "gated", "corrupt", "broken", "other"):
        write_checkpoint(tmp_path / "shelf" / "org" / repo / COMMIT, CONFIG, STATE, "")
    write_checkpoint(tmp_path / "shelf" / "org" / "toy" / OLDER, {"name": "older"}, STATE, "")
    (tmp_path / "shelf" / "org" / "other" / COMMIT / "SHA256").unlink()
    return tmp_path / "shelf"


def ask(home: Path, endpoint: str, *names: str, **environment: str) -> tuple[list, str]:
    """Answers of a fresh process (the Hub's address is read when it is imported), and its stderr."""
    settings = {
        **os.environ,
        "HF_HOME": str(home),
        "HF_ENDPOINT": endpoint,
        "HF_HUB_OFFLINE": "0",
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        **environment,
    }
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *names],
        env=settings,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), done.stderr


class TestHub:
    def test_pinned_then_from_the_cache_without_a_request(self, shelf, tmp_path):
        expected = ["org/toy", OLDER, "older", ["bias", "weight"]]
        with loopback_hub(shelf) as (endpoint, asked):
            answers, noise = ask(tmp_path / "home", endpoint, f"org/toy@{OLDER}")
            assert answers == [expected] and noise == ""
            first = len(asked)
            assert first > 3
            assert ask(tmp_path / "home", endpoint, f"org/toy@{OLDER}")[0] == [expected]
            assert len(asked) == first
        assert ask(tmp_path / "home", endpoint, f"org/toy@{OLDER}")[0] == [expected]

    def test_words_come_along_where_there_are_any(self, shelf, tmp_path):
        (shelf / "org" / "toy" / COMMIT / "words.json").write_text('{"seen": ["face"]}')
        with loopback_hub(shelf) as (endpoint, _):
            answers, _ = ask(tmp_path / "home", endpoint, f"org/toy@{COMMIT}", f"org/toy@{OLDER}")
        assert [answer[1] for answer in answers] == [COMMIT, OLDER]
        kept = {path.parent.name: path.read_text() for path in (tmp_path / "home").rglob("words.json")}
        assert kept == {COMMIT: '{"seen": ["face"]}'}

    def test_a_branch_is_resolved_and_said(self, shelf, tmp_path):
        with loopback_hub(shelf) as (endpoint, _):
            answers, noise = ask(tmp_path / "home", endpoint, "org/toy", "org/toy@main")
        assert answers == [["org/toy", COMMIT, "toy", ["bias", "weight"]]] * 2
        assert f"org/toy@{COMMIT}" in noise

    def test_every_no_of_the_hub_has_its_sentence(self, shelf, tmp_path):
        with loopback_hub(shelf) as (endpoint, _):
            answers, noise = ask(
                tmp_path / "home",
                endpoint,
                f"org/nobody@{COMMIT}",
                f"org/gated@{COMMIT}",
                f"org/toy@{'c' * 40}",
                "org/toy@experiment",
                f"org/other@{COMMIT}",
                f"org/corrupt@{COMMIT}",
                f"org/broken@{COMMIT}",
                f"org/two--hyphens@{COMMIT}",
            )
        nobody, gated, commit, branch, other, corrupt, broken, name = answers
        assert "neither a folder 'org/nobody'" in nobody
        assert "is gated: accept its terms" in gated
        assert f"no revision '{'c' * 40}'" in commit
        assert "no revision 'experiment'" in branch
        assert "has no SHA256" in other
        assert "not the file it should be" in corrupt and "fetch it again" in corrupt
        assert "answered 500" in broken
        assert "not a name the Hub allows" in name
        assert "Traceback" not in noise

    def test_no_network_is_said_at_once(self, tmp_path):
        answers, _ = ask(tmp_path / "home", "http://127.0.0.1:9", f"org/toy@{COMMIT}", "org/toy")
        assert all("cannot be reached" in answer for answer in answers)

    def test_offline_by_wish(self, shelf, tmp_path):
        answers, _ = ask(tmp_path / "home", "http://127.0.0.1:9", f"org/toy@{COMMIT}", HF_HUB_OFFLINE="1")
        assert "HF_HUB_OFFLINE is set" in answers[0]

    def test_a_branch_without_network_is_what_it_last_was(self, shelf, tmp_path):
        with loopback_hub(shelf) as (endpoint, _):
            ask(tmp_path / "home", endpoint, "org/toy")
        refs = tmp_path / "home" / "hub" / "models--org--toy" / "refs"
        refs.mkdir(exist_ok=True)
        (refs / "main").write_text(COMMIT)
        answers, noise = ask(tmp_path / "home", endpoint, "org/toy")
        assert answers == [["org/toy", COMMIT, "toy", ["bias", "weight"]]]
        assert "read from the cache" in noise

    def test_a_full_disk_while_fetching(self, monkeypatch):
        import huggingface_hub

        def fetch(*_args, local_files_only=False, **_options):
            if local_files_only:
                raise huggingface_hub.errors.LocalEntryNotFoundError("not cached")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(huggingface_hub, "hf_hub_download", fetch)
        monkeypatch.setattr(hub, "_ask", lambda repo, revision: revision)
        assert "disk is full" in refusal(f"org/toy@{COMMIT}")
