"""Words left out of the prompts, tokenised anew: what truly happens, against what a method says of every word."""

import numpy as np
import torch

from explain.metrics.deletion import PASSED, against, gone, random_curves, ranked
from explain.metrics.randomised import alike
from explain.metrics.trial import Trial
from explain.result import Reading

ORDERED = 0.6
"""Rank correlation with the leave-one-out changes that a method of words has to reach."""

POINTS = 4
"""Sets of words that an order is tried at, up to one half of them: each one encodes many sentences."""

ENCODED = 64
"""Sentences that are encoded at once."""


def shortened(sentence: str, spans: np.ndarray) -> str:
    """A sentence without some spans (N, 2) of its characters, as a person would write it: no space is doubled."""
    kept = np.ones(len(sentence), dtype=bool)
    for start, end in spans:
        kept[start:end] = False
    left = "".join(letter if keep else " " for letter, keep in zip(sentence, kept, strict=True))
    # A letter of a removed word leaves a space, so that its neighbours do not grow together.
    return " ".join(left.split())


def worded_values(trial: Trial, removed: np.ndarray) -> np.ndarray:
    """The target's value (M,) without the words of each row of removed (M, W) bool; float64.

    The words are those of a result of `words`: 'sentence', 'span' and 'places' say where they stand.
    """
    subject, values = trial.subject, trial.result.values
    sentences = trial.result.labels["agreement"]
    model = subject.model
    # Read one by one, a sentence that descriptions share is one text: without a word, it is without it in all of them.
    shared = model.language.levels != "joint"
    worded: list[list[list[str]]] = []
    for row in removed:
        new = {
            number: shortened(sentences[number], values["span"][row & (values["sentence"] == number)])
            for number in np.unique(values["sentence"][row])
        }
        by_text = {sentences[number]: text for number, text in new.items()} if shared else {}
        rows = [[by_text.get(sentence, sentence) for sentence in of.sentences] for of in subject.hierarchy]
        for number, description, level in [] if shared else values["places"]:
            rows[description][level] = new.get(number, rows[description][level])
        worded.append(rows)
    texts = model.sentences_read([row for rows in worded for row in rows])
    known = {}
    for start in range(0, len(texts), ENCODED):
        trial.step()
        known.update(subject.sentence_features(texts[start : start + ENCODED]))
    with torch.no_grad():
        fused = subject.image + subject.noise
        found = [subject.value(fused, model.combine_sentences(rows, known))[0] for rows in worded]
    return torch.stack(found).double().cpu().numpy()


STILL = 1e-6
"""Change of the target, in logits, below which a word did not move it (rounding)."""


def word_order(trial: Trial) -> Reading:
    """value: rank correlation of what is said of every word with what the target loses without it.

    1 where no word moves the target and the method says so of every one: that is the truth about a text that is not
    read.
    """
    said = np.asarray(trial.result.values["contributions"], dtype=np.float64)
    lost = trial.explained - worded_values(trial, np.eye(said.size, dtype=bool))
    dead = not said.any() and np.abs(lost).max(initial=0) <= STILL
    value = 1.0 if dead else alike(said, lost)
    return Reading("word order", value, f"at least {ORDERED}", value >= ORDERED, {"lost": lost.tolist()})


def word_deletion(trial: Trial) -> Reading:
    """value: share of random orders of the words whose target falls less when the words most towards fake go first."""
    said, settings = np.asarray(trial.result.values["contributions"], dtype=np.float64), trial.settings
    counts = np.unique(np.rint(np.arange(1, POINTS + 1) / POINTS / 2 * said.size).astype(int).clip(1))
    random = trial.random("words")
    orders = [ranked(said, random), *(random.permutation(said.size) for _ in range(settings.orders))]
    removed = gone(np.stack(orders), counts)
    values = worded_values(trial, removed.reshape(-1, said.size)).reshape(removed.shape[:2])
    curves = random_curves(values, trial.explained)
    found = against(curves[0], curves[1:], np.concatenate([[0.0], counts / said.size]), 1.0)
    value = float(found["half"]["beaten"])
    if not said.any() and np.abs(values - trial.explained).max() <= STILL:
        return Reading("word deletion", value, "reported; no word moves the target", None)
    return Reading(
        "word deletion",
        value,
        f"at least {PASSED:.0%} of {settings.orders} random orders of the words beaten, half of them left out",
        bool(value >= PASSED and np.ptp(said) > 0),
        {"fills": {"left out": found}},
    )
