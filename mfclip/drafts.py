"""Files that appear whole or not at all: written beside their place, then renamed."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A draft to write to, which takes the place of `path` when the block ends well and is gone otherwise.

    Raises OSError where the folder cannot be written to.
    """
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    os.close(handle)
    draft = Path(name)
    try:
        yield draft
        draft.chmod(0o644)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def write_whole(path: Path, text: str) -> None:
    """The whole text or no file, as UTF-8; line ends stay as they are. Raises OSError."""
    with whole_file(path) as draft:
        draft.write_text(text, encoding="utf-8", newline="")
