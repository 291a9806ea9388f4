import pytest
import torch

from mfclip.training.language import teacher


@pytest.fixture(scope="module")
def embedded():
    torch.manual_seed(0)
    return teacher.embed(["a counterfeit banknote", "a forged banknote", "rain over the sea"], "test")


def test_embeddings_have_length_one_and_can_be_learned_from(embedded):
    assert embedded.shape == (3, teacher.WIDTH) and embedded.dtype == torch.float32
    assert torch.allclose(embedded.norm(dim=-1), torch.ones(3), atol=1e-3)
    assert not embedded.is_inference()


def test_synonyms_lie_together(embedded):
    cosines = embedded @ embedded.T
    assert cosines[0, 1] > 0.6 > 0.3 > cosines[0, 2]


def test_no_sentence_no_row():
    assert teacher.embed([], "test").shape == (0, teacher.WIDTH)


def test_the_vocabulary_is_of_plain_words():
    words = teacher.vocabulary()
    assert len(words) > 15_000 and words == sorted(set(words))
    assert {"authentic", "camera", "photo"} <= set(words)
    assert all(word.isalpha() and word == word.lower() and len(word) >= 3 for word in words)


def test_without_the_package_the_remedy_is_told(monkeypatch):
    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(teacher, "import_module", missing)
    with pytest.raises(ValueError, match="install the extra `teacher`, or choose --text trained"):
        teacher.vocabulary()
