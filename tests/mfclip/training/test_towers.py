"""open_clip's towers through the Hub: random weights of the shapes of ViT-B-16, in half precision to spare the disk."""

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import open_clip
import pytest
import torch
from safetensors.torch import load_file, save_file

from mfclip.errors import CheckpointError
from mfclip.training.start import OPEN_CLIP_MODEL, open_clip_towers, pretrained_record
from tests.loopback_hub import client_of, loopback_hub

COMMIT = "c" * 40
FILE = "open_clip_model.safetensors"

PROGRAM = """
import json, logging, sys
from mfclip.config import CLIP_B16
from mfclip.training.start import open_clip_towers, starting_model
from safetensors.torch import load_file
logging.basicConfig(level=logging.INFO, format="%(message)s")
model, _ = starting_model(CLIP_B16, 0, clip=open_clip_towers("openai"))
served, ours = load_file(sys.argv[1]), model.state_dict()
names = {"visual." + k.removeprefix("image.tower."): v for k, v in ours.items() if k.startswith("image.tower.")}
names |= {k.removeprefix("language.tower."): v for k, v in ours.items() if k.startswith("language.tower.")}
names["logit_scale"] = ours["logit_scale"]
same = [k for k, v in served.items() if k in names and bool((names[k] == v.float()).all())]
sys.stdout.write(json.dumps([len(same), len(served)]))
"""
OFFLINE = """
import sys
from mfclip.hub.download import file_of
sys.stdout.write(str(file_of(*sys.argv[1:])))
"""


def repository() -> str:
    """The one that open_clip itself names."""
    return open_clip.get_pretrained_cfg(OPEN_CLIP_MODEL, "openai")["hf_hub"].strip("/")


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Path]:
    """What the Hub serves. The files are large: none outlives its test."""
    root = tmp_path / "shelf"
    folder = root / repository() / COMMIT
    folder.mkdir(parents=True)
    state = open_clip.create_model(OPEN_CLIP_MODEL).state_dict()
    save_file({key: value.half().contiguous() for key, value in state.items()}, folder / FILE)
    yield root
    shutil.rmtree(tmp_path)


def run(program: str, environment: dict[str, str], *given: object) -> subprocess.CompletedProcess:
    command = [sys.executable, "-c", program, *map(str, given)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=280, check=False)


def test_a_run_begins_with_the_towers_that_the_hub_serves(shelf, tmp_path):
    with loopback_hub(shelf) as (endpoint, asked):
        served = shelf / repository() / COMMIT / FILE
        done = run(PROGRAM, client_of(tmp_path, endpoint), served)
    assert done.returncode == 0, done.stderr[-2000:]
    same, all_of_them = json.loads(done.stdout)
    assert same == all_of_them > 290
    assert f"{repository()}@main is commit {COMMIT}" in done.stderr
    assert f"--pretrained openai@{COMMIT}" in done.stderr
    assert not any(".bin" in request or ".pt" in request for request in asked), "no pickle is asked for"

    offline = client_of(tmp_path, "http://127.0.0.1:9", HF_HUB_OFFLINE="1")
    again = run(OFFLINE, offline, repository(), COMMIT, FILE)
    assert again.stderr == "" and Path(again.stdout).read_bytes() == served.read_bytes()


def test_a_copy_that_has_rotted_is_fetched_again_and_one_that_arrives_rotten_refused(tmp_path):
    for name in ("once-corrupt", "corrupt"):
        (tmp_path / "hub" / "org" / name / COMMIT).mkdir(parents=True)
        (tmp_path / "hub" / "org" / name / COMMIT / FILE).write_bytes(b"weights")
    with loopback_hub(tmp_path / "hub") as (endpoint, _):
        client = client_of(tmp_path / "home", endpoint)
        mended = run(OFFLINE, client, "org/once-corrupt", COMMIT, FILE)
        rotten = run(OFFLINE, client, "org/corrupt", COMMIT, FILE)
    assert Path(mended.stdout).read_bytes() == b"weights"
    assert f"{FILE} of org/corrupt@{COMMIT} arrives damaged each time" in rotten.stderr


PLAIN = """
import sys
from mfclip.errors import CheckpointError
from mfclip.training.start import open_clip_towers
for name in sys.argv[1:]:
    try:
        open_clip_towers(name)
    except CheckpointError as error:
        sys.stdout.write(str(error) + chr(10))
"""


def test_each_refusal_of_the_hub_is_its_sentence(tmp_path):
    """Small files stand for the weights here: they are refused before they are read."""
    root = tmp_path / "hub"
    folder = root / repository() / COMMIT
    folder.mkdir(parents=True)
    (folder / FILE).write_bytes(b"no weights")
    bare = root / "apple/DFN2B-CLIP-ViT-B-16" / COMMIT
    bare.mkdir(parents=True)
    (bare / "open_clip_pytorch_model.bin").write_bytes(b"a pickle")
    names = [f"openai@{'d' * 40}", f"dfn2b@{COMMIT}", f"metaclip_400m@{COMMIT}", f"openai@{COMMIT}"]
    with loopback_hub(root) as (endpoint, asked):
        done = run(PLAIN, client_of(tmp_path / "home", endpoint), *names)
    revision, missing, nobody, broken = done.stdout.splitlines()
    assert f"has no revision '{'d' * 40}'" in revision
    assert f"has no {FILE}: take another" in missing
    assert "neither a folder 'timm/vit_base_patch16_clip_224.metaclip_400m' here" in nobody
    assert "were not loaded (SafetensorError" in broken and "one of the tags openai" in broken
    assert not any(".bin" in request for request in asked)


def test_a_file_must_be_safetensors_and_a_commit_whole(tmp_path):
    torch.save({"weight": torch.ones(1)}, tmp_path / "clip.pt")
    with pytest.raises(
        CheckpointError, match="only .safetensors files are read, because reading a pickle can run"
    ):
        open_clip_towers(str(tmp_path / "clip.pt"))
    with pytest.raises(ValueError, match="with @ and a commit of 40 hex"):
        open_clip_towers("openai@main")


def test_what_a_run_records_of_its_towers(tmp_path):
    save_file({"weight": torch.ones(1)}, tmp_path / "clip.safetensors")
    found = pretrained_record(str(tmp_path / "clip.safetensors"))
    sha256 = hashlib.sha256((tmp_path / "clip.safetensors").read_bytes()).hexdigest()
    asked = str(tmp_path / "clip.safetensors")
    assert found == {"asked": asked, "file": "clip.safetensors", "commit": "", "sha256": sha256}


def test_a_file_of_other_weights_is_refused(tmp_path):
    save_file({"weight": torch.ones(1)}, tmp_path / "other.safetensors")
    assert load_file(tmp_path / "other.safetensors").keys() == {"weight"}
    with pytest.raises(CheckpointError, match="were not loaded .RuntimeError"):
        open_clip_towers(str(tmp_path / "other.safetensors"))
