import pytest

from mfclip.prompts import FAKE_SENTENCE, REAL_SENTENCE
from mfclip.tokens import count_tokens
from mfclip.training.language import corpus as corpora
from mfclip.training.language.corpus import about_pictures, build_corpus
from mfclip.words import words_of, words_of_all

# Two hundred words that are none: letters of the alphabet, three at a time.
VOCABULARY = sorted({a + b + c for a in "bdgkp" for b in "aeiou" for c in "lmnrstvz"})


@pytest.fixture(scope="module")
def corpus():
    return build_corpus(VOCABULARY)


def test_the_same_vocabulary_gives_the_same_corpus(corpus, monkeypatch):
    monkeypatch.setattr(corpora, "DRAWN", 80)
    small = build_corpus(VOCABULARY)
    assert small == build_corpus([*reversed(VOCABULARY), VOCABULARY[0]])
    assert len(small.sentences) < len(corpus.sentences)


def test_held_out_words_are_in_no_sentence(corpus):
    assert 1 <= len(corpus.held_out_words) < len(VOCABULARY) / 10
    met = words_of_all(corpus.sentences)
    assert not met & set(corpus.held_out_words)
    assert set(VOCABULARY) - set(corpus.held_out_words) <= met


def test_held_out_sentences_are_fresh_and_of_known_words(corpus):
    assert corpus.held_out_sentences
    assert not set(corpus.held_out_sentences) & set(corpus.sentences)
    assert words_of_all(corpus.held_out_sentences) <= words_of_all(corpus.sentences) | {"an"}


def test_sentences_are_distinct_short_enough_and_hold_the_published_ones(corpus):
    assert len(set(corpus.sentences)) == len(corpus.sentences)
    assert max(map(count_tokens, corpus.sentences[:2000])) <= 77
    assert {REAL_SENTENCE, FAKE_SENTENCE} <= set(corpus.sentences)


def test_half_of_them_are_about_pictures(corpus):
    about = [sentence for sentence in corpus.sentences if about_pictures(sentence)]
    assert 0.4 < len(about) / len(corpus.sentences) < 0.9
    assert not about_pictures("the computer") and about_pictures("A Photo.")


def test_templates_have_gaps_and_no_loaded_word():
    assert all("{}" in template for template in corpora.TEMPLATES)
    loaded = {"real", "fake", "genuine", "forged", "authentic", "counterfeit"}
    assert not loaded & {word for template in corpora.TEMPLATES for word in words_of(template)}
