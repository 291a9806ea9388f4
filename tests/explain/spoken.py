"""A language worked out by hand: a sentence is the sum of its pieces, a description the mean of its four sentences."""

import torch

from explain.subject import Subject
from explain.targets import MARGIN
from mfclip import Description, Detector, Hierarchy
from mfclip.tokens import tokenize
from tests.explain.conftest import crops, make_small


class Weighed(Subject):
    """The target: every fake description's feature, less every real one's, times fixed weights."""

    def value(self, fused, text=None):
        text = self.text if text is None else text
        signs = torch.tensor([1.0 if fake else -1.0 for fake in self.hierarchy.fake])
        return (signs @ text @ weights(text.shape[-1])).expand(len(fused))


def weights(size: int) -> torch.Tensor:
    return torch.linspace(-1, 2, size)


def summed(language):
    """A `read` that adds up the pieces between start and end token, which it knows by their place."""

    def read(embedded, end, need_weights=False):
        places = torch.arange(embedded.shape[1])
        inside = (places > 0) & (places < end[:, None])
        return (embedded * inside[..., None]).sum(dim=1), ()

    return read


def detector() -> Detector:
    """Small, its sentences read by `summed` and averaged over levels; nothing shared with other detectors."""
    found = make_small()
    model = found.model
    model.language.read = summed(model.language)
    model.language.combine = lambda sentences: sentences.mean(dim=1)
    return found


def subject(rows) -> Weighed:
    """The first cut of the astronaut under rows of (fake, four sentences)."""
    judge = detector()
    hierarchy = Hierarchy(tuple(Description(tuple(sentences), fake) for fake, sentences in rows))
    return Weighed(judge, judge(crops()[0], hierarchy=hierarchy, cropped=True), MARGIN)


def worth(of: Subject, word: str) -> float:
    """What a word's pieces add to a sentence, by the weights."""
    tokens = tokenize([word])
    embedded = of.model.language.embed(tokens.ids[0, 1 : int(tokens.end[0])])
    return float((embedded @ weights(embedded.shape[-1])).sum())


def padding(of: Subject) -> float:
    """What the padding token would add, by the weights."""
    return float(of.model.language.embed(torch.zeros(1, dtype=torch.int64))[0] @ weights(16))
