"""What a run has done so far, kept beside the output so that nothing is lost, repeated or mixed after a kill.

OUT.parts/ holds plan.json, what the run was asked to do, and a file for each process to which it appends one JSON line
a batch. A line is written whole or, after a kill, cut off and not counted. Batches are numbered over the whole list of
photos, so that they are the same ones whoever computes them.
"""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

Plan = dict[str, str | int | bool | None]

PLAN = "plan.json"
_TOLD = {
    "photos": "the list of photos",
    "weights": "the weights",
    "configuration": "the checkpoint's configuration",
}


def parts_of(out: Path) -> Path:
    """The folder beside an output that its unfinished run is kept in."""
    return out.with_name(out.name + ".parts")


class Journal:
    """The journal of one process of a run; use it in a `with`, which holds a lock on its file."""

    def __init__(self, folder: Path, plan: Plan, index: int) -> None:
        self.folder, self._plan = folder, plan
        self._path = folder / f"part-{index:05d}.jsonl"
        self._file: BinaryIO | None = None
        self._known: dict[Path, tuple[int, dict[int, int]]] = {}

    def __enter__(self) -> "Journal":
        """Open it, or go on with it. Raises ValueError for another plan, or where another run writes to it."""
        self.folder.mkdir(exist_ok=True)
        self._check_plan()
        self._file = self._path.open("ab")
        _lock(self._file, self.folder)
        # What a kill cut off must not become the beginning of the next line.
        whole = _scan(self._path, 0)[0]
        self._file.truncate(whole)
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _check_plan(self) -> None:
        path = self.folder / PLAN
        if not path.exists():
            draft = self.folder / f".{PLAN}.{os.getpid()}"
            draft.write_text(json.dumps(self._plan, indent=1) + "\n", encoding="utf-8")
            os.replace(draft, path)
        try:
            before = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            before = {}
        changed = [name for name in self._plan if before.get(name) != self._plan[name]]
        if changed:
            said = ", ".join(
                f"{_TOLD[name]} changed"
                if name in _TOLD
                else f"{name} was {before.get(name)} and is {self._plan[name]}"
                for name in changed
            )
            raise ValueError(
                f"{self.folder} holds an unfinished run that does not fit this one ({said}): give the same again to go "
                "on with it, or add --restart to throw it away."
            )

    def done(self) -> dict[int, tuple[Path, int]]:
        """By number, the batches that any process has finished: the file and the place of their line in it."""
        found: dict[int, tuple[Path, int]] = {}
        for path in sorted(self.folder.glob("part-*.jsonl")):
            end, places = self._known.get(path, (0, {}))
            end, more = _scan(path, end)
            self._known[path] = (end, places | more)
            found |= {number: (path, place) for number, place in self._known[path][1].items()}
        return found

    def add(self, number: int, rows: list[dict[str, Any]]) -> None:
        """Keep a finished batch, on the disk when this returns. Raises OSError, for example when that is full."""
        if self._file is None:
            raise ValueError("The journal is closed: open it with `with` before adding a batch.")
        line = json.dumps({"batch": number, "rows": rows}, ensure_ascii=False)
        self._file.write(line.encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def batches(self) -> Iterator[tuple[int, list[dict[str, Any]]]]:
        """Number and rows of all batches that are kept, in order of their numbers."""
        for number, (path, place) in sorted(self.done().items()):
            with path.open("rb") as file:
                file.seek(place)
                yield number, json.loads(file.readline())["rows"]

    def rows(self) -> Iterator[dict[str, Any]]:
        """All rows that are kept, in the order of the batches."""
        for _, rows in self.batches():
            yield from rows


def discard(folder: Path) -> None:
    """Remove a journal; renamed first, so that no half of one is ever found."""
    if folder.is_dir():
        gone = folder.with_name(f".{folder.name}.{os.getpid()}")
        os.replace(folder, gone)
        shutil.rmtree(gone)


def _scan(path: Path, start: int) -> tuple[int, dict[int, int]]:
    """Where the last whole line ends, and by batch the place of its line, reading on from `start`."""
    places = {}
    with path.open("rb") as file:
        file.seek(start)
        while (line := file.readline()).endswith(b"\n"):
            try:
                places[int(json.loads(line)["batch"])] = start
            except (ValueError, KeyError, TypeError):
                break
            start += len(line)
    return start, places


def _lock(file: BinaryIO, folder: Path) -> None:
    try:
        import fcntl
    except ImportError:  # not a Unix: two runs into one output are then up to the user
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise ValueError(
            f"{folder} is being written to by another run: wait for it, or name another --out."
        ) from None
    except OSError:  # a file system without locks
        return
