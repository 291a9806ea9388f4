import dataclasses
import hashlib
import json

import pytest
import torch
from torch.nn import functional as F

from mfclip.config import TINY, TextConfig
from mfclip.language import LanguageEncoder
from mfclip.tokens import VOCABULARY, tokenize
from mfclip.training.language import corpus, distil, prepare_tower, teacher
from mfclip.training.recipes import SMOKE
from mfclip.words import words_of

SMALL = dataclasses.replace(
    TINY,
    embed_dim=48,
    text=TextConfig(width=32, layers=2, heads=2, context=77, activation="quick_gelu", levels="each"),
)
WORDS = sorted({a + b + c for a in "bdgkp" for b in "aeiou" for c in "lmnrs"})


def vector(word):
    seed = int(hashlib.sha256(word.encode()).hexdigest()[:8], 16)
    return torch.randn(teacher.WIDTH, generator=torch.Generator().manual_seed(seed))


def bag_of_words(sentences, told):
    """A teacher that needs no weights: the mean of a fixed vector for each word."""
    means = [torch.stack([vector(word) for word in words_of(s) or [s]]).mean(dim=0) for s in sentences]
    return F.normalize(torch.stack(means), dim=-1)


@pytest.fixture
def taught(monkeypatch):
    """Counts the sentences that the stand-in for MiniLM was asked for."""
    asked = []
    known = distil.token_words()
    rows = torch.randn(len(known), teacher.WIDTH, generator=torch.Generator().manual_seed(0))
    table = F.normalize(rows, dim=-1)
    for place, word in enumerate(known):
        if word in WORDS:
            table[place] = F.normalize(vector(word), dim=0)

    def embed(sentences, told):
        asked.append(len(sentences))
        return table if len(sentences) == len(known) else bag_of_words(sentences, told)

    monkeypatch.setattr(teacher, "embed", embed)
    monkeypatch.setattr(teacher, "vocabulary", lambda: WORDS)
    monkeypatch.setattr(corpus, "DRAWN", 400)
    monkeypatch.setattr(corpus, "JOINED", 50)
    return asked


def recipe(steps, seed=0):
    return dataclasses.replace(SMOKE, distil_steps=steps, seed=seed)


def figures(cache):
    (path,) = (cache / "language").glob("tower-*.json")
    return json.loads(path.read_text())


def test_every_token_has_a_word():
    words = distil.token_words()
    assert len(words) == VOCABULARY - 2
    ids = tokenize(["photo"]).ids[0, 1:-1].tolist()
    assert [words[i] for i in ids] == ["photo"]


def test_the_tower_fits_and_is_read_from_the_cache(taught, tmp_path):
    state = prepare_tower(tmp_path, recipe(2), SMALL)
    LanguageEncoder(SMALL.text, SMALL.embed_dim).tower.load_state_dict(state, strict=True)
    assert all(value.dtype == torch.float32 and bool(value.isfinite().all()) for value in state.values())
    count = len(taught)
    again = prepare_tower(tmp_path, recipe(2), SMALL)
    assert len(taught) == count, "nothing was read anew"
    assert all(torch.equal(state[key], again[key]) for key in state)


def test_what_makes_a_tower_names_its_file(taught, tmp_path):
    first = prepare_tower(tmp_path, recipe(1), SMALL)
    other = prepare_tower(tmp_path, recipe(1, seed=1), SMALL)
    assert not torch.equal(first["text_projection"], other["text_projection"])
    wider = dataclasses.replace(SMALL, embed_dim=64)
    assert prepare_tower(tmp_path, recipe(1), wider)["text_projection"].shape == (32, 64)
    assert len(list((tmp_path / "language").glob("tower-*.pt"))) == 3
    fresh = prepare_tower(tmp_path / "elsewhere", recipe(1), SMALL)
    assert all(torch.equal(first[key], fresh[key]) for key in first), "equal settings, equal tower"


def test_it_does_not_touch_the_random_state_of_the_run(taught, tmp_path):
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    prepare_tower(tmp_path, recipe(2), SMALL)
    assert torch.equal(torch.rand(1), expected)


def test_the_projection_keeps_angles(taught, tmp_path):
    projection = prepare_tower(tmp_path, recipe(1), SMALL)["text_projection"]
    assert torch.allclose(projection @ projection.T, torch.eye(32), atol=1e-5)


def test_it_learns_words_and_sentences_it_has_not_read(taught, tmp_path):
    prepare_tower(tmp_path / "little", recipe(1), SMALL)
    prepare_tower(tmp_path / "more", recipe(150), SMALL)
    little, more = figures(tmp_path / "little"), figures(tmp_path / "more")
    for name in ("cosine_on_held_out_words", "cosine_on_held_out_sentences"):
        assert more[name] > max(little[name] + 0.1, 0.6), name
    assert set(more["development"]) == {"tower", "teacher"}


def test_a_tower_that_reads_four_sentences_jointly_is_taught_so(taught, tmp_path):
    text = dataclasses.replace(SMALL.text, levels="joint", context=308)
    config = dataclasses.replace(SMALL, text=text)
    state = prepare_tower(tmp_path, recipe(2), config)
    LanguageEncoder(text, config.embed_dim).tower.load_state_dict(state, strict=True)
    assert state["positional_embedding"].shape[0] == 308


def test_a_tower_wider_than_its_teacher_is_refused(tmp_path):
    wide = dataclasses.replace(SMALL, text=dataclasses.replace(SMALL.text, width=512, heads=8))
    with pytest.raises(ValueError, match="512 wide and MiniLM's embeddings 384.*--text trained"):
        prepare_tower(tmp_path, recipe(1), wide)
