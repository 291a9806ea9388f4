"""The detector that the page's tests ask. No test depends on its numbers, only on how they hang together."""

import os
from pathlib import Path

import pytest

from mfclip.hub import BUNDLED


@pytest.fixture(scope="session")
def checkpoint() -> Path:
    """The bundled checkpoint, or the one that MFCLIP_TEST_CHECKPOINT names while another is being tried."""
    return Path(os.environ.get("MFCLIP_TEST_CHECKPOINT") or BUNDLED / "tiny")


@pytest.fixture(scope="session")
def detector(checkpoint):
    from mfclip import load

    return load(checkpoint, device="cpu")


@pytest.fixture
def begun(detector):
    from space.session import begin

    return begin(detector.hierarchy)


@pytest.fixture
def judged(detector, begun, astronaut):
    from mfclip.photo import read_photo
    from space.judging import judge

    return judge(detector, begun, read_photo(astronaut))
