"""Words: where they stand, what they add, and what truly happens without them."""

import numpy as np
import pytest
import torch
from captum.attr import IntegratedGradients
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr
from torch.nn import functional as F

from explain.sentences import Wording, without, words_in
from explain.subject import Subject
from explain.words import METHOD, gap_of_all, spearman
from mfclip import Description, Hierarchy
from mfclip.prompts import FAKE_SENTENCE, LEVELS, REAL_SENTENCE, published_hierarchy
from mfclip.tokens import CONTEXT, count_tokens, tokenize
from tests.explain import spoken
from tests.explain.conftest import crops

LONGEST = " ".join(["face"] * (CONTEXT - 2))


def hierarchy_with(*sentences: str) -> Hierarchy:
    """The published one, its first forgery's sentences replaced from level 1 on."""
    rows = list(published_hierarchy())
    new = (*sentences, *rows[1].sentences[len(sentences) :])
    rows[1] = Description(new, fake=True)
    return Hierarchy(tuple(rows[:3]))


def subject_of(detector, hierarchy=None, target="margin") -> Subject:
    return Subject.of(detector, detector(crops()[0], hierarchy=hierarchy, cropped=True), target)


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("a photo", [("a", 1, 2), ("photo", 2, 3)]),
        ("GAN-based", [("GAN", 1, 2), ("-", 2, 3), ("based", 3, 4)]),
        ("I don't", [("I", 1, 2), ("don", 2, 3), ("'t", 3, 4)]),
        ("SD3 &lt; 5", [("SD3", 1, 3), ("&lt;", 3, 4), ("5", 4, 5)]),
        ("  DiffFace  ", [("DiffFace", 1, 3)]),
        ("_-_", [("_-_", 1, 4)]),
        ("\u200b", None),
    ],
)
def test_words_and_their_pieces_by_hand(sentence, expected):
    found = [(word.text, word.first, word.last) for word in words_in(sentence)]
    if expected is None:  # whatever the tokeniser makes of a sign that nobody sees
        assert sum(last - first for _, first, last in found) == count_tokens(sentence) - 2
    else:
        assert found == expected


@given(st.text(max_size=24))
@settings(max_examples=80, deadline=None)
def test_words_hold_every_piece_once_in_any_script(sentence):
    words = words_in(sentence)
    assert all(word.text == sentence[word.start : word.end] for word in words)
    assert all(before.end <= after.start for before, after in zip(words, words[1:], strict=False))
    places = [place for word in words for place in range(word.first, word.last)]
    assert places == list(range(1, count_tokens(sentence) - 1))


def test_emoji_and_accents_are_words_with_their_own_characters():
    assert [word.text for word in words_in("un visage 🙂 naïf")] == ["un", "visage", "🙂", "naïf"]


@pytest.mark.parametrize(
    ("sentence", "number", "expected"),
    [("a real face", 1, "a face"), ("GAN-based", 1, "GAN based"), ("face", 0, ""), ("a  face", 0, "face")],
)
def test_a_word_is_left_out_as_a_person_would(sentence, number, expected):
    assert without(sentence, words_in(sentence)[number]) == expected


def test_a_sum_of_pieces_is_attributed_by_hand():
    subject = spoken.subject(
        [
            (False, ["a real face", "a photo", "a photo", "plain"]),
            (True, ["a fake face", "DiffFace", "a", "gan"]),
        ]
    )
    result = METHOD.run(subject)
    shares = {
        (result.labels["agreement"][number], word): place
        for place, (number, word) in enumerate(
            zip(result.values["sentence"], result.labels["contributions"], strict=True)
        )
    }
    pad, by_hand = spoken.padding(subject), {}
    for sentence, word, sign in [
        ("a real face", "real", -1 / 4),
        ("a fake face", "fake", 1 / 4),
        ("a photo", "photo", -2 / 4),  # at two levels of the real description
        ("DiffFace", "DiffFace", 1 / 4),
    ]:
        pieces = count_tokens(word) - 2
        by_hand[sentence, word] = (
            sign * (spoken.worth(subject, word) - pieces * pad),
            sign * spoken.worth(subject, word),
        )
    for key, (share, left_out) in by_hand.items():
        assert result.values["contributions"][shares[key]] == pytest.approx(share, abs=1e-5)
        assert result.values["left_out"][shares[key]] == pytest.approx(left_out, abs=1e-5)
    assert result.gap < 1e-4


@pytest.mark.parametrize("kind", ["each", "joint"])
@pytest.mark.parametrize("baseline", ["pad", "mean"])
def test_words_add_up_and_nothing_lies_after_the_end(smalls, kind, baseline):
    result = METHOD.run(subject_of(smalls[kind]), baseline=baseline)
    values = result.values
    assert result.gap < 0.01
    assert values["attributed"].sum() == pytest.approx(values["contributions"].sum(), abs=1e-9)
    assert np.all(values["after_end"] == 0)
    assert np.all(values["kept"] == 0)
    assert np.ptp(values["contributions"]) > 0
    assert result.cost > 0


def test_what_happens_without_a_word_is_what_the_detector_says(smalls):
    detector = smalls["each"]
    subject = subject_of(detector)
    result = METHOD.run(subject, description="1", level="forgery kind")
    sentence = subject.hierarchy.descriptions[1].sentences[1]
    assert result.labels["agreement"] == (sentence,)
    for number, word in enumerate(words_in(sentence)):
        rows = [
            Description(
                tuple(without(s, word) if s == sentence else s for s in row.sentences),
                row.fake,
            )
            for row in subject.hierarchy
        ]
        margin = detector.revise(subject.verdict, Hierarchy(tuple(rows))).margin
        assert result.values["left_out"][number] == pytest.approx(subject.verdict.margin - margin, abs=1e-5)


def test_agrees_with_captum_on_one_sentence_written_out_at_length(smalls):
    subject = subject_of(smalls["each"])
    result = METHOD.run(subject, description=1, level="family", steps=64)
    model, rows = subject.model, [row.sentences for row in subject.hierarchy]
    sentence = rows[1][2]
    tokens = tokenize([sentence])
    known = subject.sentence_features(model.sentences_read(rows))
    given = model.language.embed(tokens.ids)
    blank = given.clone()
    blank[:, 1 : int(tokens.end[0])] = model.language.embed(torch.zeros(1, dtype=torch.int64))

    def margin(points):
        features, _ = model.language.read(points, tokens.end.repeat(len(points)))
        found = [model.combine_sentences(rows, {**known, sentence: feature}) for feature in features]
        return torch.cat([subject.value(subject.image + subject.noise, text) for text in found])

    shares = IntegratedGradients(margin).attribute(given, blank, n_steps=64)[0].sum(dim=-1)
    expected = [float(shares[word.first : word.last].sum()) for word in words_in(sentence)]
    np.testing.assert_allclose(result.values["contributions"], expected, atol=1e-4)


def test_a_hard_sentence_gets_more_points_than_it_began_with(smalls):
    subject = subject_of(smalls["each"])

    class Abrupt(Subject):
        def value(self, fused, text=None):
            plain = super().value(fused, text)
            return plain + torch.tanh(3000 * (plain - edge))

    edge = subject.explained - 1e-4
    result = METHOD.run(Abrupt(subject.detector, subject.verdict), description=1, level="authenticity")
    assert any("were not enough" in note for note in result.notes)
    assert result.gap < 0.01
    coarse = np.abs(result.values["contributions"]).sum()
    assert coarse > 0.5  # the step of the tangent was found and shared out


def test_sentences_are_attributed_once_for_all_rows_that_hold_them(smalls):
    result = METHOD.run(subject_of(smalls["each"]))
    sentences = result.labels["agreement"]
    assert sentences.count(FAKE_SENTENCE) == 1 and sentences.count(REAL_SENTENCE) == 1
    rows = len(published_hierarchy())
    places = result.values["places"]
    for sentence, expected in ((FAKE_SENTENCE, rows - 1), (REAL_SENTENCE, len(LEVELS))):
        assert (places[:, 0] == sentences.index(sentence)).sum() == expected


@pytest.mark.parametrize("level", LEVELS)
def test_every_level_and_description_can_be_asked_for(smalls, level):
    subject = subject_of(smalls["each"])
    result = METHOD.run(subject, description=3, level=level)
    assert result.labels["agreement"] == (subject.hierarchy.descriptions[3].sentences[LEVELS.index(level)],)
    assert result.values["places"].tolist() == [[0, 3, LEVELS.index(level)]]


@pytest.mark.parametrize("description", ["all of them", "99", -1, 1.5])
def test_a_description_that_is_not_there_is_refused(smalls, description):
    with pytest.raises(ValueError, match="allowed: 'all' or a number of 0 to 7"):
        METHOD.run(subject_of(smalls["each"]), description=description)


def test_levels_that_are_not_read_are_zero_and_said_to_be(smalls):
    subject = subject_of(smalls["authors"], target="language")
    read = METHOD.run(subject, description=2, level="authenticity")
    dead = METHOD.run(subject, description=2, level="family")
    assert np.abs(read.values["contributions"]).max() > 0
    assert not dead.values["contributions"].any() and not dead.values["left_out"].any()
    assert dead.values["text"].tolist() == [-1]
    assert "cannot reach any feature" in dead.notes[0]
    assert not any("cannot reach" in note for note in read.notes)
    assert dead.gap == 0


def test_a_target_without_text_moves_by_no_word(smalls):
    result = METHOD.run(subject_of(smalls["each"], target="head"), description=1)
    assert not result.values["contributions"].any()
    assert np.abs(result.values["left_out"]).max() < 1e-6
    assert result.notes == ("No sentence of the selection moves the head.",)


def test_a_joint_text_keeps_the_places_of_each_sentence(smalls):
    detector = smalls["joint"]
    subject = subject_of(detector, hierarchy_with("a fake face", "a swapped face", "a gan", "DiffFace"))
    result = METHOD.run(subject, description=1, level="generator")
    assert result.labels["contributions"] == ("DiffFace",)
    assert result.values["piece"].tolist() == [[5 + 5 + 4 + 1, 5 + 5 + 4 + 3]]
    assert result.gap < 0.01 and result.values["kept"].tolist() == [0]
    margin = detector.revise(
        subject.verdict, hierarchy_with("a fake face", "a swapped face", "a gan", "face")
    ).margin
    assert margin != subject.verdict.margin


def test_unicode_unseen_words_and_the_longest_sentence(smalls):
    subject = subject_of(
        smalls["each"], hierarchy_with("ein gefälschtes Gesicht 🙂", "a zebra face", LONGEST)
    )
    result = METHOD.run(subject, description=1)
    words = result.labels["contributions"]
    unseen = {word for word, new in zip(words, result.values["unseen"], strict=True) if new}
    assert {"gefälschtes", "zebra"} <= unseen and "face" not in unseen
    assert words.count("face") == 1 + CONTEXT - 2
    assert result.gap < 0.01
    for word, span, number in zip(words, result.values["span"], result.values["sentence"], strict=True):
        assert result.labels["agreement"][number][slice(*span)] == word


def test_a_sentence_too_long_is_refused_by_the_tokeniser(smalls):
    with pytest.raises(ValueError, match="has 78 tokens; at most 77"):
        words_in(LONGEST + " face")


def test_a_sentence_without_a_word_has_none(smalls):
    subject = subject_of(smalls["each"], hierarchy_with("\u0007"))
    result = METHOD.run(subject, description=1, level="authenticity")
    assert result.values["contributions"].shape == (0,) and result.gap < 1e-3


def test_features_of_other_texts_stay_as_they_are(smalls):
    subject = subject_of(smalls["each"])
    wording = Wording.of(subject)
    same = wording.values_with(torch.tensor([0, 3]), wording.features[[0, 3]])
    np.testing.assert_allclose(same.numpy(), subject.explained, atol=1e-6)
    text = wording.features.clone()
    text[3] = F.one_hot(torch.tensor(2), 16).float()
    moved = wording.values_with(torch.tensor([3]), text[3:4])
    expected = subject.value(subject.image + subject.noise, wording.descriptions(text))
    assert float(moved) == pytest.approx(float(expected), abs=1e-6)


def test_rank_correlation_is_scipys_ties_included():
    random = np.random.default_rng(1)
    first, second = random.integers(0, 5, 20).astype(float), random.normal(size=20)
    assert spearman(first, second) == pytest.approx(spearmanr(first, second).statistic)
    assert np.isnan(spearman(first[:2], second[:2])) and np.isnan(spearman(np.ones(5), second[:5]))


def test_the_gap_counts_errors_that_cancel():
    assert gap_of_all(np.array([0.1, -0.1]), np.array([1.0, 1.0])) == pytest.approx(0.1)
    assert gap_of_all(np.zeros(2), np.zeros(2)) == 0


def test_settings_are_checked_before_anything_runs(smalls):
    subject = subject_of(smalls["each"])
    for settings_ in ({"baseline": "nothing"}, {"level": "5"}, {"steps": 0}, {"speed": 1}):
        with pytest.raises(ValueError, match="allowed|no settings"):
            METHOD.run(subject, **settings_)


def test_a_cancelled_run_raises_what_progress_raised(smalls):
    class Stop(Exception):
        pass

    def stop(done, of):
        raise Stop

    with pytest.raises(Stop):
        METHOD.run(subject_of(smalls["each"]), stop)


def test_the_result_survives_saving(smalls, tmp_path):
    result = METHOD.run(subject_of(smalls["each"]), description=2)
    result.save(tmp_path)
    again = type(result).load(tmp_path)
    assert again.labels == result.labels
    for name, values in result.values.items():
        np.testing.assert_array_equal(again.values[name], values)
