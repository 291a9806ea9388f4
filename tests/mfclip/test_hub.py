import errno
import os
import pickle
import subprocess
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from mfclip.errors import CheckpointError
from mfclip.hub import read_checkpoint, reading, write_checkpoint, writing
from mfclip.hub.folder import sha256_of

CONFIG = {"name": "toy", "width": 4, "sentences": ["a genuine face"]}
STATE = {"weight": torch.arange(12.0).reshape(3, 4), "bias": torch.ones(3, dtype=torch.float16)}


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
        monkeypatch.setattr(reading, "BUNDLED", folder.parent)
        assert read_checkpoint("toy").config == CONFIG
        monkeypatch.setattr(reading, "DEFAULT", "toy")
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
        monkeypatch.setattr(reading, "BUNDLED", tmp_path)
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
        ("text", "words"),
        [("{", "is not JSON"), ("[1]", "a list"), ("\xff\xfe", "is not JSON"), ("[" * 99_999, "is not JSON")],
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

    @pytest.mark.parametrize("file", ["config.json", "SHA256"])
    def test_a_text_without_end_is_not_read_into_memory(self, folder, file):
        with (folder / file).open("ab") as stream:
            stream.truncate(10**11)  # a hole in the file: it takes no place on the disk
        assert "more than 1000000 bytes" in refusal(folder)

    def test_complex_numbers(self, folder):
        """torch dropped the imaginary parts, with a warning."""
        state = {"weight": torch.zeros(2, dtype=torch.complex64)}
        save_file(state, folder / "model.safetensors")
        lines = [f"{sha256_of(folder / name)}  {name}\n" for name in ("config.json", "model.safetensors")]
        (folder / "SHA256").write_text("".join(lines))
        assert "holds complex numbers in 'weight'" in refusal(folder)

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
    lines = [f"{sha256_of(folder / name)}  {name}\n" for name in ("config.json", "model.safetensors")]
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

        monkeypatch.setattr(safetensors.torch if moment == "save_file" else writing, moment, full)
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
