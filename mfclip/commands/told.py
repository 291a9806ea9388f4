"""What a command says of one file, and files written whole."""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Told:
    """A verdict in every form: JSON-able, as rows of the table, as lines for a terminal, and as an HTML report."""

    json: dict[str, Any]
    rows: list[dict[str, Any]]
    words: str
    report: str | None = None


def write_whole(path: Path, text: str) -> None:
    """The whole text or no file: written beside `path` and renamed; line ends stay as they are. Raises OSError."""
    handle, draft = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w", newline="", encoding="utf-8") as stream:
            stream.write(text)
        os.chmod(draft, 0o644)
        os.replace(draft, path)
    finally:
        Path(draft).unlink(missing_ok=True)
