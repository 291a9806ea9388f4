"""A folder of small photos, three of which cannot be judged, and a detector with random weights that scores them."""

import csv
from pathlib import Path

import pytest
from PIL import Image

import mfclip
from mfclip import Detector
from mfclip import __main__ as cli
from tests.mfclip.conftest import make_tiny


@pytest.fixture(scope="session")
def detector(golden) -> Detector:
    """Random weights, on the CPU; not to be changed by a test."""
    return Detector(make_tiny(golden["images_rgb"]), "random")


@pytest.fixture
def photos(tmp_path, astronaut, landscape) -> Path:
    """real/ 4 portraits and a file that is no picture; fake/ 4 portraits and a landscape; one portrait beside them."""
    folder = tmp_path / "photos"
    for number in range(9):
        side = 150 + 12 * number
        portrait = astronaut[10 : 10 + side, 226 - side // 2 : 226 + side // 2]
        place = folder / ("" if number == 8 else ("real", "fake")[number % 2])
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(portrait).save(place / f"{number}.png")
    (folder / "real" / "notes.jpg").write_text("no picture")
    Image.fromarray(landscape[:96, :96]).save(folder / "fake" / "hills.png")
    return folder


@pytest.fixture
def score(detector, monkeypatch):
    """Run the command in this process with the random weights; gives the exit code."""
    monkeypatch.setattr(mfclip, "load", lambda name=None, device=None: detector, raising=False)

    def run(*arguments) -> int:
        return cli.main(["score", *map(str, arguments)])

    return run


def table_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))
