"""How several processes are started on a machine without a GPU, and that each learns its share of `score`."""

import json
import os
import subprocess
import sys

import pytest

from mfclip.scoring.run import Share

ACCELERATE = ["accelerate.commands.accelerate_cli", "launch", "--multi_gpu", "--num_machines", "1"]
LAUNCHERS = {
    "accelerate": [*ACCELERATE, "--mixed_precision", "no", "--num_processes", "2"],
    "torchrun": ["torch.distributed.run", "--standalone", "--nproc-per-node", "2"],
}
# What Share reads; the children do not load torch for it. In one piece: what two write at once does not mingle.
_TOLD = """
import json, os
told = {name: os.environ.get(name, "") for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE")}
print(json.dumps(told) + "\\n", end="", flush=True)
"""


@pytest.mark.parametrize("words", LAUNCHERS.values(), ids=LAUNCHERS)
def test_two_processes_share_the_work_without_a_gpu(tmp_path, words, monkeypatch):
    """`accelerate launch --cpu` would start one process, whatever --num_processes says."""
    (tmp_path / "told.py").write_text(_TOLD)
    alone = {name: value for name, value in os.environ.items() if not name.endswith(("RANK", "WORLD_SIZE"))}
    done = subprocess.run(
        [sys.executable, "-m", *words, str(tmp_path / "told.py")],
        env={**alone, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    shares = []
    for told in map(json.loads, done.stdout.splitlines()):
        for name, value in told.items():
            monkeypatch.setenv(name, value)
        shares.append(Share.of_environment())
    assert sorted(shares, key=lambda share: share.index) == [Share(0, 2, 0, 2), Share(1, 2, 1, 2)]
