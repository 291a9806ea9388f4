"""Word swaps: what the target would be, tried one by one, beside everyday words."""

from dataclasses import replace

import numpy as np
import pytest

from explain.counterfactuals import METHOD, UNRELATED, Edit, swapped, vocabulary_of
from explain.sentences import words_in
from explain.subject import Subject
from mfclip import Description, Detector, Hierarchy
from mfclip.decision import EVIDENCE
from mfclip.prompts import FAKE_SENTENCE, LEVELS, published_hierarchy
from mfclip.tokens import CONTEXT
from tests.explain import spoken
from tests.explain.conftest import crops, make_small

ROWS = tuple(published_hierarchy())[:3]


def with_sentence(sentence: str, level: int = 0) -> Hierarchy:
    """Three descriptions, one sentence of the second replaced."""
    sentences = list(ROWS[1].sentences)
    sentences[level] = sentence
    return Hierarchy((ROWS[0], Description(tuple(sentences), True), ROWS[2]))


def subject_of(detector, hierarchy=None, target="margin") -> Subject:
    hierarchy = hierarchy or Hierarchy(ROWS)
    return Subject.of(detector, detector(crops()[0], hierarchy=hierarchy, cropped=True), target)


def test_swaps_in_a_sum_of_words_by_hand():
    subject = spoken.subject([(False, ["a real face"] * 4), (True, ["a fake face", "a", "photo", "gan"])])
    result = METHOD.run(subject, description=1, top=3)
    words, vocabulary = result.labels["changes"], result.labels["vocabulary"]
    assert words == ("a", "fake", "face")
    worth = {word: spoken.worth(subject, word) for word in {*words, *vocabulary}}
    for place, old in enumerate(words):
        for column, new in enumerate(vocabulary):
            found = result.values["changes"][place, column]
            if new == old:
                assert np.isnan(found)
            else:  # one level of four of the one fake description
                assert found == pytest.approx((worth[new] - worth[old]) / 4, abs=1e-5)
    by_hand = sorted((worth[new] - worth[old]) / 4 for old in words for new in vocabulary if new != old)
    np.testing.assert_allclose(result.values["swaps"][:3], by_hand[::-1][:3], atol=1e-5)
    np.testing.assert_allclose(result.values["swaps"][3:], by_hand[:3], atol=1e-5)


@pytest.mark.parametrize("kind", ["each", "joint"])
@pytest.mark.parametrize("everywhere", [True, False])
def test_every_change_is_what_the_detector_says(smalls, kind, everywhere):
    detector = smalls[kind]
    subject = subject_of(detector)
    result = METHOD.run(subject, description=1, level="authenticity", everywhere=everywhere, top=2)
    assert result.values["places"].tolist() == ([[1, 0], [2, 0]] if everywhere else [[1, 0]])
    words = words_in(FAKE_SENTENCE)
    for place, column in ((0, 3), (1, 5), (4, 2)):
        new = swapped(FAKE_SENTENCE, words[place], result.labels["vocabulary"][column])
        rows = [
            Description((new, *row.sentences[1:]), row.fake)
            if [k, 0] in result.values["places"].tolist()
            else row
            for k, row in enumerate(subject.hierarchy)
        ]
        margin = detector.revise(subject.verdict, Hierarchy(tuple(rows))).margin
        assert result.values["changes"][place, column] == pytest.approx(
            margin - subject.verdict.margin, abs=1e-5
        )
    np.testing.assert_allclose(
        result.values["margin"] - subject.verdict.margin, result.values["swaps"], atol=1e-5
    )


def test_strongest_swaps_come_first_and_their_sign_is_right(smalls):
    result = METHOD.run(subject_of(smalls["each"]), top=4)
    swaps, changes = result.values["swaps"], result.values["changes"]
    up, down = swaps[swaps > 0], swaps[swaps < 0]
    assert up.tolist() == sorted(up, reverse=True) and down.tolist() == sorted(down)
    assert up[0] == np.nanmax(changes) and down[0] == np.nanmin(changes)
    for label, (place, column), change in zip(
        result.labels["swaps"], result.values["swap"], swaps, strict=True
    ):
        assert label == f"{result.labels['changes'][place]} → {result.labels['vocabulary'][column]}"
        assert changes[place, column] == change


def test_a_verdict_on_the_edge_turns_and_one_far_off_does_not():
    """The constant is set so that the margin is next to zero: any swap that lowers it turns the verdict."""
    plain = make_small()
    margin = subject_of(plain).verdict.margin
    for offset, turned in ((1e-4, {False: 0, True: 1}), (50.0, {False: 0, True: 0})):
        decision = replace(plain.config.decision, c=plain.config.decision.c - margin + offset)
        moved = make_small()
        moved.model.config = replace(moved.model.config, decision=decision)
        result = METHOD.run(subject_of(Detector(moved.model, "moved")), top=3)
        lowers = result.values["swaps"] < -offset
        assert lowers.any() == (offset < 1)
        assert result.values["turns"].tolist() == [turned[bool(low)] for low in lowers]


def test_the_word_of_evidence_is_the_detectors(smalls):
    detector = smalls["each"]
    subject = subject_of(detector)
    result = METHOD.run(subject, top=2)
    sentence = result.labels["sentences"][0]
    words = words_in(sentence)
    edit = Edit(subject, sentence, tuple(map(tuple, result.values["places"].tolist())))
    for (place, column), told, changed in zip(
        result.values["swap"], result.values["evidence"], result.values["evidence_changes"], strict=True
    ):
        new = swapped(sentence, words[place], result.labels["vocabulary"][column])
        verdict = detector.revise(subject.verdict, edit.hierarchy(new))
        assert EVIDENCE[told] == verdict.evidence
        assert changed == (verdict.evidence != subject.verdict.evidence)


def test_the_nearest_description_is_the_default(smalls):
    subject = subject_of(smalls["each"], with_sentence("a puppet of a face"))
    row = int(np.argmax([view.similarity for view in subject.verdict.descriptions]))
    result = METHOD.run(subject, top=1)
    assert [row, 0] in result.values["places"].tolist()
    assert result.labels["sentences"] == (subject.hierarchy.descriptions[row].sentences[0],)


def test_words_never_seen_in_training_are_marked(smalls):
    subject = subject_of(smalls["each"], with_sentence("a zebra face"))
    result = METHOD.run(subject, description=1, top=50)
    seen = dict(zip(result.labels["vocabulary"], result.values["vocabulary"], strict=True))
    assert seen["zebra"] == 1 and seen["face"] == 0
    for (_, column), unseen in zip(result.values["swap"], result.values["unseen"], strict=True):
        assert unseen == (result.labels["vocabulary"][column] == "zebra")
    assert "zebra" in vocabulary_of(subject) and "ddpm" in vocabulary_of(subject)


def test_a_checkpoints_own_list_of_words_is_tried_too(smalls, tmp_path):
    from types import SimpleNamespace

    (tmp_path / "words.json").write_text('{"seen": ["Plasticine", "face"], "origin": "a test"}')
    plain = make_small()
    plain.checkpoint = SimpleNamespace(folder=tmp_path)
    assert {"plasticine", "ddpm"} <= set(vocabulary_of(subject_of(plain)))


def test_the_control_is_everyday_words_none_of_them_in_the_vocabulary(smalls):
    subject = subject_of(smalls["each"], with_sentence("a violin face"))
    result = METHOD.run(subject, description=1, top=2)
    assert "violin" not in result.labels["random"] and set(result.labels["random"]) < set(UNRELATED)
    random = result.values["random"]
    assert random.shape == (3, len(UNRELATED) - 1)
    assert result.values["control"][0] == pytest.approx(np.median(np.abs(random)))
    for (place, _), change, beyond in zip(
        result.values["swap"], result.values["swaps"], result.values["beyond"], strict=True
    ):
        assert beyond == np.mean(np.abs(random[place]) < abs(change))


def test_a_level_that_is_not_read_changes_nothing(smalls):
    result = METHOD.run(subject_of(smalls["authors"], target="language"), description=1, level="family")
    assert np.nanmax(np.abs(result.values["changes"])) == 0 and result.values["swaps"].shape == (0,)
    assert "cannot reach any feature" in result.notes[0]
    read = METHOD.run(subject_of(smalls["authors"], target="language"), description=1)
    assert np.nanmax(np.abs(read.values["changes"])) > 0


def test_a_full_sentence_takes_only_words_of_as_many_pieces(smalls):
    longest = " ".join(["zebra"] + ["face"] * (CONTEXT - 3))
    result = METHOD.run(subject_of(smalls["each"], with_sentence(longest)), description=1, top=1)
    column = result.labels["vocabulary"].index("collaborativediffusion")
    assert np.isnan(result.values["changes"][:, column]).all()
    assert np.isfinite(result.values["changes"][:, result.labels["vocabulary"].index("photo")]).all()
    assert any("too long" in note for note in result.notes)


@pytest.mark.parametrize("sentence", ["!!!", "🙂 🙂", "\u0007"])
def test_a_sentence_without_letters_has_nothing_to_swap(smalls, sentence):
    result = METHOD.run(subject_of(smalls["each"], with_sentence(sentence)), description=1)
    assert result.values["changes"].shape[0] == 0 and result.values["swaps"].shape == (0,)
    assert "nothing to swap" in result.notes[-1]


def test_unicode_words_are_swapped_where_they_stand(smalls):
    result = METHOD.run(
        subject_of(smalls["each"], with_sentence("naïf 🙂 Gesicht")), description=1, level=LEVELS[0]
    )
    assert result.labels["changes"] == ("naïf", "Gesicht")
    assert result.values["span"].tolist() == [[0, 4], [7, 14]]


@pytest.mark.parametrize("description", ["far", 8, -1])
def test_a_description_that_is_not_there_is_refused(smalls, description):
    with pytest.raises(ValueError, match="allowed: 'nearest' or a number of 0 to 2"):
        METHOD.run(subject_of(smalls["each"]), description=description)


def test_cancelling_raises_what_progress_raised_and_progress_reaches_its_end(smalls):
    class Stop(Exception):
        pass

    def stop(done, of):
        raise Stop

    subject = subject_of(smalls["each"])
    with pytest.raises(Stop):
        METHOD.run(subject, stop)
    steps = []
    METHOD.run(subject, lambda done, of: steps.append((done, of)), top=1)
    assert steps == sorted(steps) and steps[-1][0] == steps[-1][1]


def test_the_result_survives_saving(smalls, tmp_path):
    result = METHOD.run(subject_of(smalls["each"]), top=1)
    result.save(tmp_path)
    again = type(result).load(tmp_path)
    assert again.labels == result.labels and again.gap is None
    np.testing.assert_array_equal(again.values["changes"], result.values["changes"])
