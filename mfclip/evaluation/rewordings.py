"""Does an edited prompt land on the right side? Forty sentences whose words no face was trained with.

Each sentence of rewordings.json is put at all four levels of a description, so that its language feature t̂ is that of
the sentence. Its score is t̂ · d, where d is the mean direction of validation forgeries minus the mean direction of
validation reals (mean of v̂ over each): how much a change to this prompt would speak for forged faces and against real
ones. It is on the right side if it lies on its own side of the midpoint of the two default sentences of level 1.

Every word of a sentence that is not one of its key words is used of real and of forged faces alike by the grammar of
paraphrases, and no key word is used by it at all (a test reads both); so what decides is what the text tower knows of
words beyond those it met with faces. A tower that was distilled and never trained with faces cannot stand in this
table: its projection is random, and there is no direction of faces to compare with.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from torch.utils.data import DataLoader

from mfclip.data.cache import RegionCache
from mfclip.data.held_out import HeldOut
from mfclip.evaluation.scores import Sampled, group_weights, rank_figures, share, told
from mfclip.model import MFCLIP
from mfclip.prompts import FAKE_SENTENCE, LEVELS, REAL_SENTENCE
from mfclip.words import words_of, words_of_all

REWORDINGS = Path(__file__).with_name("rewordings.json")

NOTE = (
    "a tower distilled but not yet trained with faces has no row: its projection is random, so there is nothing to "
    "compare a sentence with"
)


@dataclass(frozen=True)
class Rewording:
    """A sentence about a photograph and what it means: fake or real."""

    sentence: str
    fake: bool


def read_rewordings(path: Path = REWORDINGS) -> tuple[Rewording, ...]:
    """The sentences of a JSON list of {"sentence": text, "fake": true or false}.

    Raises ValueError if the file holds anything else, or not both sides.
    """
    try:
        items = [Rewording(**item) for item in json.loads(path.read_text(encoding="utf-8"))]
    except (OSError, ValueError, TypeError) as error:
        raise ValueError(
            f'{path} cannot be read ({error}); give a JSON list of {{"sentence": text, "fake": true or false}}.'
        ) from None
    if {item.fake for item in items} != {False, True}:
        raise ValueError(f"{path} has sentences for one side only; give real and forged ones.")
    return tuple(items)


@torch.inference_mode()
def face_axis(model: MFCLIP, faces: HeldOut) -> tuple[Tensor, dict[str, int]]:
    """Mean v̂ of the forgeries minus mean v̂ of the reals, (D,), and how many of each there were.

    Raises ValueError if one of the two is missing.
    """
    sums = torch.zeros(2, model.config.embed_dim)
    counts = torch.zeros(2, dtype=torch.int64)
    for batch in DataLoader(faces, batch_size=None):
        directions = model.encode_faces(batch.faces, batch.windows).direction.cpu()
        sums.index_add_(0, batch.labels, directions)
        counts += torch.bincount(batch.labels, minlength=2)
    if int(counts.min()) == 0:
        raise ValueError(
            f"There are {int(counts[0])} reals and {int(counts[1])} forgeries to find the direction of forgery with; "
            "both are needed: give photographs of both to the validation split."
        )
    means = sums / counts[:, None]
    return means[1] - means[0], {"reals": int(counts[0]), "forgeries": int(counts[1])}


@torch.inference_mode()
def sentence_scores(model: MFCLIP, sentences: list[str], axis: Tensor) -> np.ndarray:
    """t̂ · axis of N sentences, each as all four levels of a description, (N,), positive towards forged."""
    text = model.encode_descriptions([(sentence,) * len(LEVELS) for sentence in sentences])
    return (F.normalize(text, dim=-1).cpu() @ axis).double().numpy()


def rewordings_auc(model: MFCLIP, faces: RegionCache, split: str = "validation") -> Sampled:
    """AUC of the rewordings alone: how well forged and real sentences lie apart along the faces' own direction."""
    items = read_rewordings()
    axis, _ = face_axis(model, HeldOut(faces, split))
    fake = np.array([item.fake for item in items])
    scores = sentence_scores(model, [item.sentence for item in items], axis)
    return rank_figures(fake, scores, _sentence_weights(fake))["auc"]


def _sentence_weights(fake: np.ndarray) -> np.ndarray:
    """Of resamples, every sentence a group of its own."""
    return group_weights(fake, np.array([str(number) for number in range(len(fake))]))


def rewordings(
    model: MFCLIP, faces: RegionCache, seen: Collection[str] | None = None, split: str = "validation"
) -> dict[str, Any]:
    """Share of the rewordings on the right side, their AUC, each with an interval over sentences, and every score.

    faces: cut photographs, of which `split` gives the direction of forgery. seen: lower-cased words that training
    has met, for naming those of each sentence that it has not; by default the words of the model's own hierarchy.
    """
    training = model.training
    model.eval()
    items = read_rewordings()
    axis, pictures = face_axis(model, HeldOut(faces, split))
    defaults = sentence_scores(model, [REAL_SENTENCE, FAKE_SENTENCE], axis)
    scores = sentence_scores(model, [item.sentence for item in items], axis) - defaults.mean()
    model.train(training)
    known = words_of_all(model.config.hierarchy.sentences) if seen is None else frozenset(seen)
    fake = np.array([item.fake for item in items])
    right = (scores > 0) == fake
    weights = _sentence_weights(fake)
    everything = np.ones(len(items), bool)
    shares = {"all": everything, "real": ~fake, "forged": fake}
    return {
        "split": split,
        "pictures": pictures,
        "note": NOTE,
        "midpoint": float(defaults.mean()),
        "half_distance": float((defaults[1] - defaults[0]) / 2),
        "auc": told(rank_figures(fake, scores, weights)["auc"]),
        "right_side": {
            name: told(figure)
            for name, among in shares.items()
            if (figure := share(right, among, weights)) is not None
        },
        "sentences": [
            {
                "sentence": item.sentence,
                "fake": item.fake,
                "score": round(float(score), 6),
                "right": bool(good),
                "unseen": [word for word in words_of(item.sentence) if word not in known],
            }
            for item, score, good in zip(items, scores, right, strict=True)
        ],
    }
