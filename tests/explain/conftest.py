"""A random `tiny` that tells faces apart, judged faces of the astronaut, and toy models with answers known by hand."""

from dataclasses import replace

import numpy as np
import pytest
import torch

SEED = 0


def crops() -> np.ndarray:
    """Eight different square cuts of the astronaut, uint8 (8, 224, 224, 3); the first holds the face."""
    from PIL import Image
    from skimage import data

    picture = Image.fromarray(np.ascontiguousarray(data.astronaut()[..., :3]))
    corners = [(150, 30, 300), (0, 0, 512), (180, 60, 272), (200, 0, 330), (60, 200, 400), (0, 300, 200)]
    cuts = [np.asarray(picture.crop((x, y, end, y + end - x)).resize((224, 224))) for x, y, end in corners]
    return np.stack([*cuts, cuts[0][:, ::-1], cuts[0] // 2])


def make_detector(settle_on: np.ndarray | None = None):
    """A fresh detector of random weights, the same at every call: unequal shares, a constant, uneven levels."""
    from mfclip import Detector
    from mfclip.config import TINY
    from mfclip.model import MFCLIP

    decision = replace(TINY.decision, a=0.7, b=0.4, c=0.35)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        model = MFCLIP(replace(TINY, decision=decision))
    with torch.no_grad():
        model.language.level_logits.copy_(torch.tensor([0.2, -0.1, 0.3, 0.0]))
        model.train()
        model.encode_faces(crops() if settle_on is None else settle_on)
    return Detector(model.eval(), "random-tiny")


def make_small(kind: str = "each"):
    """A fresh detector of a few thousand weights, an encoding of a face taking milliseconds.

    kind: 'each' (repaired), 'joint' (levels read as one text), 'deaf' (no noise stream) or 'authors' (as published).
    """
    from mfclip import Detector
    from mfclip.config import AUTHORS, TINY
    from mfclip.model import MFCLIP

    base = AUTHORS if kind == "authors" else TINY
    image, noise, text = (
        replace(part, width=16, layers=2, heads=2) for part in (base.image, base.noise, base.text)
    )
    stems = ((4, 4, 4, 8, 8), (4, 4)) if kind == "authors" else ((4, 8, 8, 16), (4, 8, 8, 16))
    plain = "authors" if kind == "authors" else "conv"
    image, noise = replace(image, kind=plain, stem=stems[0]), replace(noise, stem=stems[1])
    if kind == "joint":
        text = replace(text, levels="joint", context=4 * 77)
    if kind == "deaf":
        noise = replace(noise, kind="none", stem=(), patch=0, width=0, layers=0, heads=0)
    decision = base.decision if kind == "authors" else replace(base.decision, a=0.7, b=0.4, c=0.35)
    config = replace(base, embed_dim=16, text=text, image=image, noise=noise, decision=decision)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        model = MFCLIP(config)
    with torch.no_grad():
        if config.text.levels == "each":
            model.language.level_logits.copy_(torch.tensor([0.2, -0.1, 0.3, 0.0]))
        model.train()
        model.encode_faces(crops())
    return Detector(model.eval(), f"small-{kind}")


@pytest.fixture(scope="session")
def smalls():
    """Detectors of `make_small` by kind; not to be changed by a test."""
    return {kind: make_small(kind) for kind in ("each", "joint", "deaf", "authors")}


@pytest.fixture(scope="session")
def detector():
    """Configuration `tiny` with random weights, settled on the astronaut; not to be changed by a test."""
    return make_detector()


@pytest.fixture(scope="session")
def verdict(detector):
    """The verdict on the astronaut's face, found in the whole picture."""
    from skimage import data

    return detector(np.ascontiguousarray(data.astronaut()[..., :3]))


@pytest.fixture(scope="session")
def verdicts(detector):
    """Verdicts on eight different cuts of the astronaut."""
    return detector.batch(list(crops()), cropped=True)


@pytest.fixture
def subject(detector, verdict):
    """The astronaut's verdict, to be explained by its margin; fresh, so that a test may count what it computes."""
    from explain.subject import Subject

    return Subject.of(detector, verdict)
