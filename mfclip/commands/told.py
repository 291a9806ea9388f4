"""What a command says of one file, in every form."""

from dataclasses import dataclass
from typing import Any


def cells_of(box: Any) -> dict[str, Any]:
    """Cells of the table for a `mfclip.FaceBox`: corners in pixels, and the finder's score; none without a box."""
    if box is None:
        return {}
    corners = {edge: round(getattr(box, edge), 1) for edge in ("x0", "y0", "x1", "y1")}
    return {**corners, "face_score": round(box.score, 4)}


@dataclass(frozen=True)
class Told:
    """A verdict in every form: JSON-able, as rows of the table, as lines for a terminal, and as an HTML report."""

    json: dict[str, Any]
    rows: list[dict[str, Any]]
    words: str
    report: str | None = None
