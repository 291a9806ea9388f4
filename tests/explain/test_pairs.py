"""Word by cell: the table adds up to its four terms, and holds the map of any prompt."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from captum.attr import IntegratedGradients
from torch.nn import functional as F

import explain.pairs as pairs
import explain.token_paths as token_paths
from explain.capture import open_stream, picture_of, rest_of
from explain.jacobian import directional, integrate_rows
from explain.methods import ignore_progress
from explain.pairs import METHOD, description_weights, map_of, text_vector
from explain.result import Result
from explain.sentences import Wording
from explain.subject import Subject
from explain.token_paths import TokenPaths, text_rows
from mfclip import Description, Hierarchy
from mfclip.prompts import LEVELS, published_hierarchy
from mfclip.tokens import tokenize
from tests.explain import spoken
from tests.explain.conftest import crops

SHORT = Hierarchy(tuple(published_hierarchy())[:3])


def subject_of(detector, hierarchy=SHORT, target="language") -> Subject:
    return Subject.of(detector, detector(crops()[0], hierarchy=hierarchy, cropped=True), target)


@pytest.fixture(scope="module")
def judged(smalls):
    """The first cut under three descriptions, the whole language margin explained, and its table."""
    subject = subject_of(smalls["each"])
    return subject, METHOD.run(subject, stream="noise")


@pytest.mark.parametrize("target", ["margin", "description:1"])
@pytest.mark.parametrize(("stream", "layer"), [("image", "stem"), ("image", "1"), ("noise", "0")])
def test_pairs_add_up_to_the_four_terms(smalls, target, stream, layer):
    result = METHOD.run(subject_of(smalls["each"], target=target), stream=stream, layer=layer)
    with_all, no_words, no_cells, neither = result.values["terms"]
    whole = with_all - no_words - no_cells + neither
    # float32 sums of numbers of the terms' size stand behind a difference that may be small beside them.
    assert result.values["pairs"].sum() == pytest.approx(whole, rel=0.01, abs=1e-5)
    assert np.ptp(result.values["pairs"]) > 0
    assert result.gap < 0.02


def test_a_joint_text_has_pairs_of_all_its_sentences(smalls):
    result = METHOD.run(subject_of(smalls["joint"], target="description:1"), layer="1")
    assert result.gap < 0.01
    assert len(result.labels["sentences"]) == len(LEVELS)
    assert (np.abs(result.values["pairs"]).sum(axis=1) > 0).all()


def test_the_terms_are_what_the_detector_says(judged, smalls):
    subject, _ = judged
    of_row = METHOD.run(subject_of(smalls["each"], target="description:2"), layer="1")
    assert of_row.values["terms"][0] == pytest.approx(subject.verdict.descriptions[2].similarity, abs=1e-5)
    assert of_row.values["terms"][0] == pytest.approx(of_row.explained, abs=1e-5)


def test_the_contrast_moves_as_the_language_margin_does(judged):
    subject, _ = judged
    shares = description_weights(subject)
    assert float(shares[[1, 2]].sum()) == pytest.approx(1, abs=1e-6) and float(shares[0]) == pytest.approx(-1)
    nudge = 1e-2 * F.normalize(torch.randn(1, 16, generator=torch.Generator().manual_seed(0)), dim=-1)
    fused = subject.image + subject.noise
    moved = float(subject.value(fused + nudge) - subject.value(fused - nudge))
    sims = [subject.model.similarities(fused + sign * nudge, subject.text)[0] for sign in (1, -1)]
    assert moved == pytest.approx(float(shares @ (sims[0] - sims[1])), rel=0.02)


def test_the_margin_weighs_the_contrast_by_its_share(smalls, judged):
    of_margin = description_weights(subject_of(smalls["each"], target="margin"))
    share = smalls["each"].config.decision.b
    torch.testing.assert_close(of_margin, share * description_weights(judged[0]))


@pytest.mark.parametrize(("stream", "layer", "steps"), [("image", "1", 16), ("noise", "stem", 32)])
def test_any_prompts_map_is_the_one_that_a_backward_pass_gives(smalls, stream, layer, steps):
    """An edited prompt: from the matrix without a model, against Captum on the stream's cells with that prompt."""
    subject = subject_of(smalls["each"])
    result = METHOD.run(subject, stream=stream, layer=layer, steps=steps)
    edited = [("a zebra in the snow", "a melted nose", "by hand", "nobody knows")]
    text = F.normalize(subject.model.encode_descriptions(edited), dim=-1).detach()
    tower, rest = open_stream(subject, stream), rest_of(subject, stream)
    leaf = tower.at(layer, tower.cells(picture_of(subject, stream)))
    start, kept = leaf.clone(), leaf.shape[1] - tower.side**2  # a class token stays as it is
    start[:, kept:] = leaf[:, kept:].mean(dim=1, keepdim=True)

    def similarity(points):
        return subject.model.similarities(tower.onward(layer, points) + rest, text)[:, 0]

    shares = IntegratedGradients(similarity).attribute(leaf, start, n_steps=32)[0].sum(dim=-1)[kept:]
    side = tower.side
    expected = shares.view(7, side // 7, 7, side // 7).sum(dim=(1, 3)).numpy()
    found = map_of(result, text[0].numpy())
    np.testing.assert_allclose(found, expected, atol=1e-4 * max(1, np.abs(expected).max()))
    whole = float(similarity(leaf) - similarity(start))
    assert found.sum() == pytest.approx(whole, abs=0.01 * abs(whole) + 1e-5)


def test_the_map_of_a_revised_verdict_needs_no_new_look_at_the_face(judged, smalls):
    subject, result = judged
    rows = [*SHORT][:2] + [Description(("a puppet", "a doll", "a mask", "plaster"), fake=True)]
    revised = smalls["each"].revise(subject.verdict, Hierarchy(tuple(rows)))
    again = Subject.of(smalls["each"], revised, "language")
    anew = METHOD.run(again, stream="noise")
    np.testing.assert_allclose(map_of(result, text_vector(again)), anew.values["map"], atol=1e-5)
    assert not np.allclose(anew.values["map"], result.values["map"], atol=1e-5)


def test_the_table_is_the_product_of_the_two_matrices(judged):
    _, result = judged
    values = result.values
    np.testing.assert_allclose(values["pairs"], values["text_matrix"] @ values["image_matrix"])
    np.testing.assert_allclose(map_of(result, values["vector"]), values["map"])
    assert values["pairs"].shape == (len(result.labels["pairs"]), 49)
    assert values["sentence"].max() == len(result.labels["sentences"]) - 1


def test_coarse_cells_are_sums_of_fine_ones(smalls):
    subject = subject_of(smalls["each"])
    coarse, fine = (METHOD.run(subject, layer="1", cells=side, limit=4).values["map"] for side in (7, 14))
    assert fine.shape == (14, 14)
    np.testing.assert_allclose(fine.reshape(7, 2, 7, 2).sum(axis=(1, 3)), coarse, atol=1e-6)


def test_evidence_of_one_cell_lies_in_that_cell(smalls, monkeypatch):
    """A stream that reads nothing but the cell of row 2, column 11 (of 14)."""
    subject = subject_of(smalls["each"])
    mix = torch.randn(16, 16, generator=torch.Generator().manual_seed(1))
    blind = replace(
        open_stream(subject, "image"),
        blocks=(),
        enter=lambda cells: cells[:, 2 * 14 + 11][:, None],
        read=lambda first: first @ mix,
    )
    monkeypatch.setattr(pairs, "open_stream", lambda *_: blind)
    table = METHOD.run(subject).values["pairs"]
    elsewhere = np.delete(table, 1 * 7 + 5, axis=1)
    assert not elsewhere.any()
    assert np.abs(table[:, 1 * 7 + 5]).max() > 1e-4


def test_words_that_every_side_shares_in_equal_parts_say_nothing(smalls):
    """A fake and a real description of the same sentences: the contrast is zero, whatever the face."""
    same = ("a face",) * 4
    subject = subject_of(smalls["each"], Hierarchy((Description(same, False), Description(same, True))))
    np.testing.assert_allclose(METHOD.run(subject, layer="1").values["pairs"], 0, atol=1e-6)


def test_the_head_reads_no_text(smalls):
    result = METHOD.run(subject_of(smalls["each"], target="head"), layer="1")
    assert not result.values["pairs"].any() and not result.values["map"].any()
    assert result.gap == 0 and "reads no text" in result.notes[-1]
    assert np.abs(result.values["image_matrix"]).max() > 0  # other prompts still have their map


def test_a_sentence_without_a_word_is_no_row(smalls):
    silent = Hierarchy((SHORT.descriptions[0], Description(("\u0007",) * 4, fake=True)))
    result = METHOD.run(subject_of(smalls["each"], silent, "description:1"), layer="1")
    assert result.values["pairs"].shape == (0, 49) and result.gap < 1e-3


@pytest.mark.parametrize(
    ("kind", "settings", "message"),
    [
        ("authors", {}, "single token"),
        ("deaf", {"stream": "noise"}, "no noise stream"),
        ("each", {"layer": "7"}, "layer is '7'"),
        ("each", {"cells": 9}, "allowed: 7, 14"),
    ],
)
def test_what_cannot_be_done_is_refused_with_the_remedy(smalls, kind, settings, message):
    with pytest.raises(ValueError, match=message):
        METHOD.run(subject_of(smalls[kind]), **settings)


def test_a_noise_grid_of_seven_keeps_seven_when_fourteen_are_asked_for(smalls):
    assert METHOD.run(subject_of(smalls["each"]), stream="noise", cells=14, layer="1").values[
        "map"
    ].shape == (7, 7)


def test_map_of_refuses_other_results_and_vectors(judged):
    subject, result = judged
    with pytest.raises(ValueError, match=r"shape \(3,\); \(16,\) is needed"):
        map_of(result, [0.0, 1.0, 2.0])
    other = Result(values={}, site="", sign="", unit="", gap=None, cost=0, caveat="", method="words")
    with pytest.raises(ValueError, match="of words; map_of takes one of pairs"):
        map_of(other, text_vector(subject))


def test_a_sum_of_pieces_is_made_of_its_words_by_hand(monkeypatch):
    def of_the_reading(self, texts, points):  # this language has no blocks to go through
        words = [self.turns[:, texts, :, None] * self.way[texts]]
        return directional(lambda given: self.features(texts, given), points, words)

    monkeypatch.setattr(token_paths._FeaturePaths, "derivatives", of_the_reading)
    subject = spoken.subject([(False, ["a real face"] * 4), (True, ["a fake DiffFace"] * 4)])
    wording = Wording.of(subject)
    passages = wording.passages()
    paths = TokenPaths(wording, [0, 1], passages, "pad")
    made = text_rows(paths, passages, 4, 4, ignore_progress)
    embed = subject.model.language.embed
    pad = embed(torch.zeros(1, dtype=torch.int64))
    for row, word in enumerate(["a", "real", "face", "a", "fake", "DiffFace"]):
        tokens = tokenize([word])
        pieces = embed(tokens.ids[:, 1 : int(tokens.end[0])])[0]
        torch.testing.assert_close(made.rows[row], (pieces - pad).sum(dim=0), atol=1e-5, rtol=0)
    torch.testing.assert_close(made.rows[3:].sum(dim=0), made.end[1] - made.start[1], atol=1e-5, rtol=0)


def test_directional_derivatives_by_hand():
    point = torch.tensor([1.0, 2.0, 3.0])
    chunks = [torch.tensor([[1.0, 0, 0], [0, 1, 0]]), torch.tensor([[0, 0, 1.0]]), torch.zeros(0, 3)]
    found = directional(lambda x: torch.stack([x @ x, x[0] * x[2]]), point, chunks)
    assert found.tolist() == [[2, 3], [4, 0], [6, 1]]
    assert directional(lambda x: x, point, []).shape == (0, 3)


def test_a_path_that_turns_abruptly_gets_its_points_where_it_turns():
    """(tanh(300 (t − 0.3)), t): eight even points miss the step."""

    def vector(t):
        return torch.tensor([np.tanh(300 * (t - 0.3)), t], dtype=torch.float64)

    looked = []

    def rows(t):
        looked.append(t)
        return torch.tensor([[300 / np.cosh(300 * (t - 0.3)) ** 2, 0], [0, 1]], dtype=torch.float64)

    side = integrate_rows(vector, rows, 8, 128, ignore_progress)
    missed = side.matrix.sum(dim=0) - (side.end - side.start)
    assert float(missed.norm()) < 0.01 * float((side.end - side.start).norm())
    assert side.points == len(looked) > 8
    assert sum(0.2 < t < 0.4 for t in looked) > len(looked) / 2
    coarse = integrate_rows(vector, rows, 8, 8, ignore_progress)
    assert coarse.points == 8
    assert float((coarse.matrix.sum(dim=0) - (coarse.end - coarse.start)).norm()) > 0.1
