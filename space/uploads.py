"""Where uploads lie until they are swept: a folder that only this user can read, bounded, and gone with the server.

gradio sweeps the uploads it finished and nothing of what a client broke off, nor anything once it was told to stop by
a signal; both are faces of visitors.
"""

import os
import shutil
import stat
import tempfile
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX = "mfclip-uploads-"
GIVEN = "GRADIO_TEMP_DIR"
"""gradio's variable: the folder in which ours is made, and then the name of ours."""

ABANDONED = 3600
"""Seconds without a touch after which a folder is that of a server that was killed, to be swept by the next."""

MOST_BYTES, MOST_FILES = 2_000_000_000, 5_000
"""What all uploads together may take before no more are taken."""


@contextmanager
def own_folder() -> Iterator[Path]:
    """An empty folder for uploads while the block lasts, told to gradio, removed with all that is in it at the end.

    It lies in the folder that GRADIO_TEMP_DIR names (made if it is missing), else in the system's temporary folder.
    """
    given = os.environ.get(GIVEN)
    base = Path(given or tempfile.gettempdir())
    base.mkdir(parents=True, exist_ok=True)
    sweep_abandoned(base)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=base))
    os.environ[GIVEN] = str(folder)
    try:
        yield folder
    finally:
        if given is None:
            del os.environ[GIVEN]
        else:
            os.environ[GIVEN] = given
        shutil.rmtree(folder, ignore_errors=True)


def sweep_abandoned(base: Path) -> None:
    """Remove the folders of servers that were killed before they could; a running one touches its own."""
    for folder in base.glob(f"{PREFIX}*"):
        with suppress(OSError):
            if time.time() - folder.lstat().st_ctime > ABANDONED:
                shutil.rmtree(folder)


def sweep(folder: Path, age: float, spared: Collection[str] = ()) -> int:
    """Remove files of that age (s) or older but for the spared paths, and folders empty as long; how many files."""
    removed = 0
    for entry in sorted(_entries(folder), key=lambda path: len(path.parts), reverse=True):
        with suppress(OSError):  # gone meanwhile, or a folder that is not empty
            # ctime, as gradio's own sweep: a copied file keeps the mtime of its source
            if str(entry) in spared or time.time() - entry.lstat().st_ctime < age:
                continue
            if entry.is_dir():
                entry.rmdir()
            else:
                entry.unlink()
                removed += 1
    return removed


def sweep_on(
    folder: Path,
    every: float,
    age: float,
    spared: Callable[[], Collection[str]],
    then: Callable[[], None] = lambda: None,
) -> None:
    """Start a thread that sweeps every so many seconds, as long as this process lives and the folder is there.

    then: called after every sweep.
    """

    def work() -> None:
        while folder.is_dir():
            os.utime(folder)
            sweep(folder, age, spared())
            then()
            time.sleep(every)

    threading.Thread(target=work, name="uploads", daemon=True).start()


def has_room(folder: Path) -> bool:
    """Whether one more upload may be taken."""
    files = size = 0
    for entry in _entries(folder):
        with suppress(OSError):
            seen = entry.lstat()
            files += not stat.S_ISDIR(seen.st_mode)
            size += seen.st_size
        if files >= MOST_FILES or size >= MOST_BYTES:
            return False
    return True


def _entries(folder: Path) -> list[Path]:
    """All that is in a folder, at any depth; what vanishes while it is read is left out."""
    return [Path(root, name) for root, folders, files in os.walk(folder) for name in (*folders, *files)]
