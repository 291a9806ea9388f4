"""What a detector remembers of sentences, for verdicts and for explanations alike."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from mfclip import Description, Detector, Hierarchy
from mfclip.prompts import published_hierarchy
from tests.mfclip.conftest import make_tiny


@pytest.fixture(scope="module")
def model(golden):
    return make_tiny(golden["images_rgb"])


@pytest.fixture
def detector(model) -> Detector:
    """Fresh, with nothing remembered."""
    return Detector(model, "random")


@pytest.fixture
def encoded(detector, monkeypatch) -> list[list[str]]:
    """The sentences that each call to the text tower was given."""
    given, encode = [], detector.model.encode_sentences

    def noted(sentences):
        given.append(list(sentences))
        return encode(sentences)

    monkeypatch.setattr(detector.model, "encode_sentences", noted)
    return given


def test_they_share_the_memory_of_verdicts(detector, encoded):
    rows = published_hierarchy().descriptions[:3]
    detector.language_features(Hierarchy(rows))
    edited = Hierarchy((*rows[:2], Description(("a drawing", *rows[2].sentences[1:]), rows[2].fake)))
    known = detector.sentence_features(detector.model.sentences_read([row.sentences for row in edited]))
    assert encoded[1:] == [["a drawing"]], "only the sentence that is new"
    detector.language_features(edited)
    again = detector.sentence_features(["a drawing", "a drawing"])
    assert len(encoded) == 2 and set(again) == {"a drawing"}
    assert again["a drawing"] is known["a drawing"]
    (alone,) = detector.model.encode_sentences(["a drawing"])
    torch.testing.assert_close(again["a drawing"], alone, atol=1e-5, rtol=1e-5)
    assert detector.sentence_features([]) == {}


def test_what_follows_from_them_may_be_differentiated(detector):
    with torch.inference_mode():
        (feature,) = detector.sentence_features(["a drawing"]).values()
    weight = torch.ones_like(feature, requires_grad=True)
    assert not feature.is_inference() and not feature.requires_grad
    (weight * feature).sum().backward()
    assert torch.equal(weight.grad, feature)


def test_a_sentence_that_is_too_long_is_refused(detector):
    with pytest.raises(ValueError, match="77"):
        detector.sentence_features(["word " * 200])


def test_threads_share_what_is_remembered(model, monkeypatch):
    """Fewer entries than sentences, so that they come and go while eight threads ask."""
    monkeypatch.setattr("mfclip.detector.REMEMBERED_SENTENCES", 3)
    shared = Detector(model, "random")
    sentences = [f"a photo of {name}" for name in ("a cat", "a very old boat", "snow", "bread", "a door")]
    expected = dict(zip(sentences, model.encode_sentences(sentences), strict=True))
    asked = [sentences[number % 5 :] + sentences[: number % 3] for number in range(32)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(shared.sentence_features, asked))
    for names, features in zip(asked, found, strict=True):
        assert list(features) == list(dict.fromkeys(names))
        for name, feature in features.items():
            torch.testing.assert_close(feature, expected[name], atol=1e-5, rtol=1e-5)
    assert len(shared._sentences._items) == 3
