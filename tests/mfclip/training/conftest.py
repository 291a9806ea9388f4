"""The made-up photographs, for this room, and processes that do not outlive a test."""

import pytest
from accelerate.state import AcceleratorState

from tests.photographs import photographs  # noqa: F401


@pytest.fixture(autouse=True)
def one_process():
    """Accelerate keeps the precision it was first asked for in the process; every test asks anew."""
    AcceleratorState._reset_state(reset_partial_state=True)
    yield
    AcceleratorState._reset_state(reset_partial_state=True)
