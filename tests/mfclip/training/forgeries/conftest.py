"""A face region, for this room."""

import numpy as np
import pytest
from skimage.data import astronaut as load


@pytest.fixture(scope="session")
def region() -> np.ndarray:
    """The astronaut's face, (184, 184, 3) uint8."""
    return np.ascontiguousarray(load()[20:204, 130:314])
