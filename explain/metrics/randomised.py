"""Sanity checks: a map must change when the model forgets what it learned, or is asked about something else.

A map that stays draws the picture and not the reasons (Adebayo et al., NeurIPS 2018).
"""

import copy
from threading import Lock
from weakref import WeakKeyDictionary

import numpy as np
import torch
from scipy.stats import spearmanr
from torch import nn

from explain.metrics.trial import Trial
from explain.result import Reading
from explain.subject import Subject
from explain.targets import Target
from mfclip.detector import Detector
from mfclip.model import MFCLIP
from mfclip.preprocess import FACE_SIZE, WINDOW
from mfclip.prompts import Description, Hierarchy

ALIKE_RANDOMISED = 0.3
"""Rank correlation with the map of random weights from which on a map is taken to show the picture."""

ALIKE_PROMPT = 0.5
"""Rank correlation with the map for unrelated sentences from which on a map is taken not to depend on them."""

SETTLING = 16
"""Made pictures that batch normalisation sees after the weights were drawn anew."""

UNRELATED = Hierarchy(
    (
        Description(
            (
                "This is a photo of a harbour",
                "The boats are made of wood",
                "The sails are red",
                "The water is calm",
            ),
            fake=False,
        ),
        Description(
            (
                "This is a photo of a kitchen",
                "The table is made of stone",
                "The cups are blue",
                "The bread is fresh",
            ),
            fake=True,
        ),
    )
)
"""Sentences that have nothing to do with faces or forging, in the form of a hierarchy."""

_copies: "WeakKeyDictionary[Detector, dict[int, Detector]]" = WeakKeyDictionary()
_lock = Lock()


def alike(first: np.ndarray, second: np.ndarray) -> float:
    """Spearman's rank correlation of two maps; 0 where one of them says the same of every cell."""
    first, second = np.ravel(first), np.ravel(second)
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return 0.0
    return float(spearmanr(first, second).statistic)


def made_pictures(count: int, size: int, random: np.random.Generator) -> np.ndarray:
    """(count, size, size, 3) uint8 pictures of nothing, whose spectrum falls as that of photographs, as 1/f."""
    across = np.fft.fftfreq(size)
    distance = np.hypot(across[:, None], across[None, :])
    distance[0, 0] = np.inf
    drawn = random.standard_normal((count, size, size, 3))
    shaped = np.fft.ifft2(np.fft.fft2(drawn, axes=(1, 2)) / distance[None, :, :, None], axes=(1, 2)).real
    shaped /= shaped.std(axis=(1, 2), keepdims=True)
    return np.clip(128 + 50 * shaped, 0, 255).astype(np.uint8)


def randomised_model(model: MFCLIP, seed: int) -> MFCLIP:
    """A copy of a model that has forgotten: every weight tensor keeps its numbers and loses their places.

    Mixing a tensor's own numbers keeps the scale at which the layers work, where fresh draws would have to guess it.
    Batch normalisation then sees made pictures once. The model itself is only read.
    """
    random = np.random.default_rng(seed)
    forgotten = copy.deepcopy(model)
    with torch.no_grad():
        for weight in forgotten.parameters():
            order = torch.from_numpy(random.permutation(weight.numel())).to(weight.device)
            weight.copy_(weight.flatten()[order].view_as(weight))
        for module in forgotten.modules():
            if isinstance(module, nn.modules.batchnorm._BatchNorm):
                module.reset_running_stats()
                module.momentum = None
        forgotten.train()
        windows = made_pictures(SETTLING, WINDOW, random)[:, None]
        forgotten.encode_faces(made_pictures(SETTLING, FACE_SIZE, random), windows)
    return forgotten.eval().requires_grad_(False)


def randomised(detector: Detector, seed: int = 0) -> Detector:
    """The detector with its weights' places mixed up; made once a detector and seed, and shared. Thread-safe."""
    with _lock:
        copies = _copies.setdefault(detector, {})
        if seed not in copies:
            copies[seed] = Detector(randomised_model(detector.model, seed), detector.name)
        return copies[seed]


def randomisation(trial: Trial) -> Reading:
    """value: rank correlation of the map with the same method's map of the model with mixed-up weights."""
    if trial.rerun is None:
        raise ValueError(f"{trial.result.method!r} cannot be run again; this needs a method of METHODS.")
    trial.step()
    forgotten = trial.subject.under(randomised(trial.subject.detector, trial.settings.seed))
    other = trial.map_of(trial.rerun(forgotten))
    value = alike(trial.cells, other)
    return Reading(
        "randomisation",
        value,
        f"below {ALIKE_RANDOMISED} in size",
        abs(value) < ALIKE_RANDOMISED and not trial.constant,
        {"map": other.tolist()},
    )


def about(subject: Subject, hierarchy: Hierarchy) -> Subject:
    """The same face under other descriptions, explained by what language says of it."""
    verdict = subject.detector.revise(subject.verdict, hierarchy)
    return Subject(subject.detector, verdict, Target("language"))


def prompt(trial: Trial) -> Reading:
    """value: rank correlation of the map of the language margin with that for UNRELATED sentences.

    The head reads no sentence, so a target that it takes part in is asked about language alone, on both sides.
    """
    if trial.rerun is None:
        raise ValueError(f"{trial.result.method!r} cannot be run again; this needs a method of METHODS.")
    trial.step()
    own = trial.map_of(trial.rerun(about(trial.subject, trial.subject.hierarchy)))
    trial.step()
    other = trial.map_of(trial.rerun(about(trial.subject, UNRELATED)))
    value = alike(own, other)
    return Reading(
        "prompt",
        value,
        f"below {ALIKE_PROMPT}",
        value < ALIKE_PROMPT,
        {"map": other.tolist()},
    )


def prompts_count(subject: Subject) -> bool:
    """Whether the target reads sentences at all: not the head, and not a margin whose language share is 0."""
    return subject.target.of != "head" and not (
        subject.target.of == "margin" and subject.model.config.decision.b == 0
    )
