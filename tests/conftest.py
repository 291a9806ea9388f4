"""What every test may lean on: no network, no telemetry, and pictures that are free to copy or made here."""

import os
import socket

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
os.environ.pop("MFCLIP_CHECKPOINT", None)

import numpy as np
import pytest
from PIL import Image

LOOPBACK = ("127.", "::1", "localhost", "0.0.0.0")


@pytest.fixture(autouse=True)
def no_outside_network(monkeypatch):
    """A test that reaches beyond this machine fails with the address it asked for."""
    real = socket.socket.connect

    def connect(self, address):
        if isinstance(address, tuple) and not str(address[0]).startswith(LOOPBACK):
            raise AssertionError(f"a test tried to connect to {address}")
        return real(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)


@pytest.fixture
def astronaut() -> np.ndarray:
    """A portrait with one face at about x 182-270, y 58-178: uint8 (512, 512, 3). NASA, public domain."""
    from skimage import data

    return np.ascontiguousarray(data.astronaut()[..., :3])


@pytest.fixture
def two_faces(astronaut) -> np.ndarray:
    """The astronaut at full size on the left, at three fifths on the right: uint8 (512, 900, 3)."""
    canvas = np.full((512, 900, 3), 90, dtype=np.uint8)
    canvas[:, :512] = astronaut
    small = np.asarray(Image.fromarray(astronaut).resize((307, 307)))
    canvas[100:407, 560:867] = small
    return canvas


@pytest.fixture
def landscape() -> np.ndarray:
    """Sky, sun, three ranges of hills and grain, no face: uint8 (480, 720, 3)."""
    return make_landscape()


def make_landscape(height: int = 480, width: int = 720, seed: int = 7) -> np.ndarray:
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    sky = rows[..., None] / height
    picture = (1 - sky) * np.array([86, 140, 214]) + sky * np.array([236, 214, 190])
    sun = np.hypot(rows - 0.2 * height, columns - 0.75 * width) < 0.05 * height
    picture[sun] = (255, 240, 200)
    for depth, colour in enumerate([(120, 140, 150), (84, 112, 96), (48, 80, 44)]):
        waves = sum(
            np.sin(columns[0] / width * turns * 6.3 + random.uniform(0, 6.3)) / turns
            for turns in (1, 2, 5, 11)
        )
        ridge = height * (0.5 + 0.15 * depth) + waves * height * 0.05
        picture[rows > ridge[None, :]] = colour
    return np.clip(picture + random.normal(0, 5, picture.shape), 0, 255).astype(np.uint8)
