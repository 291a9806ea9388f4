import json
from pathlib import Path

import numpy as np
import pytest

import mfclip.training.language as language
from mfclip.evaluation.rewordings import REWORDINGS
from mfclip.prompts import (
    FAMILY_SENTENCES,
    KIND_SENTENCES,
    Description,
    Hierarchy,
    describe_forgery,
    describe_real,
    published_hierarchy,
)
from mfclip.training.language import reword, seen_words, write_words
from mfclip.words import seen_words as read_words
from mfclip.words import words_of

REAL = describe_real().sentences
FORGERIES = [
    describe_forgery(kind, family, f"Maker {number}").sentences
    for number, (kind, family) in enumerate((k, f) for k in KIND_SENTENCES for f in FAMILY_SENTENCES)
]
ROWS = [REAL, *FORGERIES]
DEVELOPMENT = Path(language.__file__).with_name("development.json")


def draws(row, count=300, share=1.0):
    rng = np.random.default_rng(0)
    return [reword(row, rng, share) for _ in range(count)]


@pytest.mark.parametrize("row", ROWS[:6])
def test_every_level_is_reworded_in_many_ways(row):
    for sentences in zip(*draws(row), strict=True):
        assert len(set(sentences)) > 30
        assert all(sentence and "{" not in sentence and "}" not in sentence for sentence in sentences)


def test_share_says_how_often():
    changed = np.mean([[a != b for a, b in zip(row, REAL, strict=True)] for row in draws(REAL, share=0.3)])
    assert 0.25 < changed < 0.35
    assert set(draws(REAL, 20, share=0.0)) == {REAL}


def test_equal_draws_give_equal_rows():
    assert draws(FORGERIES[0], 20) == draws(FORGERIES[0], 20)


def test_a_generator_keeps_its_name():
    assert all("Maker 3" in row[3] for row in draws(FORGERIES[3]))


def test_sentences_of_unknown_form_are_left_alone():
    row = ("a face", "of a sort", "from a family", "made somehow")
    assert set(draws(row, 20)) == {row}
    mixed = describe_forgery("a new kind", "gan", "StyleGAN2").sentences
    kinds = {row[1] for row in draws(mixed, 50)}
    assert kinds == {mixed[1]} and len({row[0] for row in draws(mixed, 50)}) > 10


def test_the_words_are_those_that_can_be_drawn():
    for row in ROWS[:4]:
        vocabulary = set(seen_words([row]))
        drawn = {word for found in draws(row, 2000) for sentence in found for word in words_of(sentence)}
        drawn |= {word for sentence in row for word in words_of(sentence)}
        assert drawn <= vocabulary
        assert len(vocabulary - drawn) <= 0.05 * len(vocabulary)


def test_articles_fit_their_words():
    told = " ".join(sentence for row in ROWS for found in draws(row, 60) for sentence in found).lower()
    for wrong in (
        " a unedited",
        " a original",
        " a honest",
        " an photo",
        " a image",
        " a identity",
        " an real",
    ):
        assert wrong not in told
    assert " an original" in told and " an honest" in told


def test_real_and_forged_sentences_of_authenticity_never_meet():
    real = {sentence for row in draws(REAL, 2000) for sentence in row}
    fake = {row[0] for forged in FORGERIES for row in draws(forged, 300)}
    assert not real & fake


@pytest.mark.parametrize("path", [REWORDINGS, DEVELOPMENT], ids=["held out", "development"])
def test_only_key_words_of_the_measuring_sentences_are_new_and_the_others_take_no_side(path):
    seen = set(seen_words(ROWS))
    either = set(seen_words([REAL])) & {
        word for row in FORGERIES for word in seen_words([(row[0], row[1], "", "")])
    }
    items = json.loads(path.read_text())
    for item in items:
        words = words_of(item["sentence"])
        assert set(words) - seen, f"no word of {item['sentence']!r} is new"
        assert set(words) & seen <= either, f"{item['sentence']!r} gives itself away"
    assert len(items) == 40 and sum(item["fake"] for item in items) == 20
    assert len({item["sentence"] for item in items}) == 40


def test_both_lists_measure_different_words():
    seen = set(seen_words(ROWS))
    held_out, development = (
        {word for item in json.loads(path.read_text()) for word in words_of(item["sentence"])} - seen
        for path in (REWORDINGS, DEVELOPMENT)
    )
    assert not held_out & development


def test_words_are_written_beside_the_weights(tmp_path):
    hierarchy = published_hierarchy()
    write_words(tmp_path, hierarchy)
    words = read_words(tmp_path)
    assert words == set(seen_words(row.sentences for row in hierarchy))
    assert {"real", "genuine", "fake", "ddpm", "diffusion", "an"} <= words
    assert "Origin" not in words and "counterfeit" not in words


def test_words_of_an_edited_hierarchy_are_seen_as_they_stand(tmp_path):
    odd = Description(("quite bogus",) * 4, fake=True)
    write_words(tmp_path, Hierarchy((describe_real(), odd)))
    assert {"quite", "bogus", "genuine"} <= read_words(tmp_path)
