"""app.py in a process of its own, with a temporary folder of its own, watched from outside."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import httpx
import psutil

from tests.fuzz import watch

ROOT = Path(__file__).resolve().parents[1]
START, STOP = 300, 60  # seconds, bounds for busy machines


def free_port() -> int:
    """A port of the loopback interface that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """The page, served while the `with` block lasts. program: what Python is to run; app.py, or less of it.

    address: where it listens. log: all that it wrote, once it has stopped. code: its exit code then.
    """

    def __init__(self, program: Sequence[str] = ("app.py",)) -> None:
        self._program = (sys.executable, *program)
        self._home = tempfile.TemporaryDirectory(prefix="visitors-")
        self.folder = Path(self._home.name) / "tmp"
        self.folder.mkdir()
        self._log = Path(self._home.name) / "log"
        port = free_port()
        self.address = f"http://127.0.0.1:{port}"
        unset = {key: value for key, value in os.environ.items() if key != "GRADIO_TEMP_DIR"}
        self._environment = {
            **unset,
            "GRADIO_SERVER_NAME": "127.0.0.1",
            "GRADIO_SERVER_PORT": str(port),
            "TMPDIR": str(self.folder),
        }
        self.log, self.code = "", 0

    def __enter__(self) -> "Server":
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                self._program, cwd=ROOT, env=self._environment, stdout=log, stderr=log
            )
        self._seen = psutil.Process(self._process.pid)
        end = time.monotonic() + START
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > end:
                self.stop(signal.SIGKILL)
                self._home.cleanup()
                raise RuntimeError(f"app.py does not answer at {self.address}:\n{self.log}")
            time.sleep(0.2)
        self._first = self._all_files()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self._home.cleanup()

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.address}/config", timeout=10).is_success
        except httpx.HTTPError:
            return False

    @property
    def mebibytes(self) -> float:
        """Resident memory in MiB."""
        return self._seen.memory_info().rss / 1024**2

    @property
    def peak(self) -> float:
        """The most that it ever held, in MiB; elsewhere than on Linux only what it holds now."""
        if not sys.platform.startswith("linux"):
            return self.mebibytes
        return watch.peak_memory(self._process.pid) / watch.MIB

    @property
    def files(self) -> list[str]:
        """Files in its temporary folder, relative to it, without those that were there before a visitor came."""
        return sorted(self._all_files() - self._first)

    def _all_files(self) -> set[str]:
        return {str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file()}

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Ask it to end, as a service manager does, and wait; a second call does nothing."""
        if self._process.poll() is None:
            self._process.send_signal(how)
            try:
                self._process.wait(STOP)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(STOP)
        self.code = self._process.returncode
        self.log = self._log.read_text(encoding="utf-8", errors="replace")
