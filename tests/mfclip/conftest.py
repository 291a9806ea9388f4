"""Models made once a session: `tiny` with random weights, `authors` with the weights of tests/golden."""

import numpy as np
import pytest
import torch

SEED = 0


def settled(model: torch.nn.Module, faces: np.ndarray) -> torch.nn.Module:
    """Batch normalisation that has seen pictures once, in evaluation mode: random weights then differ by face."""
    model.train()
    with torch.no_grad():
        model.encode_faces(faces)
    return model.eval()


@pytest.fixture(scope="session")
def golden() -> dict[str, np.ndarray]:
    """What the authors' code computed; see tests/golden/RECIPE.md."""
    from tests.golden import recorded

    return recorded.outputs()


@pytest.fixture(scope="session")
def authors():
    """Configuration `authors` with the golden weights, 141.66 M; not to be changed by a test."""
    from mfclip import from_authors
    from tests.golden import recorded

    return from_authors(recorded.published_state())


@pytest.fixture(scope="session")
def tiny(golden):
    """Configuration `tiny` with random weights; not to be changed by a test."""
    return make_tiny(golden["images_rgb"])


def make_tiny(faces: np.ndarray, config=None):
    """A fresh model of a configuration (`tiny` if none), the same at every call."""
    from mfclip import MFCLIP
    from mfclip.config import TINY

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        model = MFCLIP(config or TINY)
    with torch.no_grad():
        model.language.level_logits.copy_(torch.tensor([0.2, -0.1, 0.3, 0.0]))
    return settled(model, faces)


@pytest.fixture(scope="session")
def faces(golden) -> np.ndarray:
    """Five different faces, uint8 (5, 224, 224, 3): the golden pictures, one turned over, one darker."""
    first = golden["images_rgb"]
    return np.stack([*first, first[0, ::-1], first[0] // 2])


@pytest.fixture
def random() -> torch.Generator:
    """A seeded source of numbers."""
    return torch.Generator().manual_seed(SEED)
