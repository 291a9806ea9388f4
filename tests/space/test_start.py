"""app.py as a program: it starts, or says in one sentence why not."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_a_missing_checkpoint_is_one_sentence_and_exit_code_3(tmp_path):
    program = {"MFCLIP_CHECKPOINT": str(tmp_path / "nowhere"), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "app.py"],
        cwd=ROOT,
        env=program,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 3
    assert done.stdout == "" and "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1 and "nowhere" in done.stderr


def test_no_stub_is_written_beside_the_components():
    assert not list((ROOT / "space").rglob("*.pyi"))


def test_off_zero_gpu_a_call_stays_itself(monkeypatch):
    from space import gpu

    def call() -> int:
        return 1

    monkeypatch.delenv("SPACES_ZERO_GPU", raising=False)
    monkeypatch.setitem(sys.modules, "spaces", None)
    assert gpu.on_gpu(call) is call and gpu.lent() is False
    monkeypatch.setitem(
        sys.modules, "spaces", type("spaces", (), {"GPU": staticmethod(lambda f: ("lent", f))})
    )
    assert gpu.on_gpu(call) == ("lent", call)


def test_telemetry_is_off_before_gradio_is_there():
    program = (
        "import os, sys, space; assert 'gradio' not in sys.modules; "
        "sys.stdout.write(os.environ['GRADIO_ANALYTICS_ENABLED'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={"PATH": "/usr/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "False"
