"""The objective: captions and their rewording, kept sentence states, and what each part is made of."""

import dataclasses

import numpy as np
import pytest
import torch

from mfclip.model import MFCLIP
from mfclip.training.batches import TrainingBatches
from mfclip.training.objective import (
    Objective,
    SentenceStates,
    captions,
    class_weights,
    hierarchy_rows,
    paired_ranking,
)
from mfclip.training.tuning import tune
from mfclip.training.variants import VARIANTS, variant
from tests.mfclip.training.made_up import SHORT, make_caches, narrow

A, B, C = ("a", "a", "a", "a"), ("b", "x", "y", "z"), ("c", "x", "y", "z")


@pytest.fixture(scope="module")
def caches(tmp_path_factory):
    return make_caches(tmp_path_factory.mktemp("objective"))


@pytest.fixture
def model(caches):
    torch.manual_seed(2)
    return MFCLIP(narrow(*caches))


def test_captions_are_distinct_and_every_face_finds_its_own():
    rows, caption = captions([C, A, C, B])
    assert sorted(rows) == [A, B, C]
    assert [rows[index] for index in caption] == [C, A, C, B]


def test_rewording_meets_descriptions_in_one_order_whatever_that_of_the_faces():
    def reworder():
        rng = np.random.default_rng(1)
        return lambda row: (*row[:3], f"{row[3]} {rng.integers(1000)}")

    rows, caption = captions([C, A, C, B], reworder())
    others, other = captions([B, C, A], reworder())
    assert {rows[caption[1]], rows[caption[3]]} == {others[other[2]], others[other[0]]}
    merged, caption = captions([A, B, C], lambda row: A)
    assert merged == [A] and caption.tolist() == [0, 0, 0]


def test_kept_sentences_are_those_that_the_model_encodes(model):
    tune(model, SHORT)
    states = SentenceStates()
    sentences = [
        "A photo of a real face",
        "a swapped face",
        "a much longer sentence about one face and another",
    ]
    assert states.apply_to(model.language)
    found = states(model.language, sentences)
    for sentence, feature in zip(sentences, model.encode_sentences(sentences), strict=True):
        assert torch.allclose(found[sentence], feature, atol=1e-5)
    apart = SentenceStates()
    for sentence in reversed(sentences):
        assert torch.equal(apart(model.language, [sentence])[sentence], found[sentence])
    before = dict(states.known)
    states(model.language, sentences)
    assert all(states.known[key] is value for key, value in before.items())


def test_sentences_of_a_tower_that_is_trained_are_not_kept(model, caches):
    recipe = dataclasses.replace(SHORT, text="trained")
    tune(model, recipe)
    assert not SentenceStates.apply_to(model.language)
    objective = Objective(model, recipe)
    loss, _ = objective(TrainingBatches(*caches, recipe)[0])
    loss.backward()
    assert not objective.states.known
    assert model.language.tower.token_embedding.weight.grad.any()


def test_a_frozen_tower_moves_in_its_projection_and_level_weights_alone(model, caches):
    tune(model, SHORT)
    loss, parts = Objective(model, SHORT)(TrainingBatches(*caches, SHORT)[0])
    loss.backward()
    moved = {name for name, value in model.language.named_parameters() if value.grad is not None}
    assert moved == {"tower.text_projection", "level_logits"}
    assert float(sum(value for name, value in parts.items() if name != "loss")) == pytest.approx(
        float(loss.detach()), abs=1e-5
    )
    assert {"head", "contrastive", "text", "gate", "pairs", "image alone", "noise alone"} < set(parts)


@pytest.mark.parametrize("name", sorted(VARIANTS))
def test_every_variant_has_a_loss_and_a_gradient_for_each_weight_that_moves(name, caches):
    """Also what DistributedDataParallel needs: a weight that gets no gradient would make it wait for ever."""
    recipe = dataclasses.replace(
        SHORT, text="trained", reals=10, pairs=7, forgeries=7
    )  # 24 pictures, as the free gate
    config = narrow(*caches)
    if name == "plain-stem":  # which takes the place of a trunk that the narrow configuration does not have
        trunk = dataclasses.replace(config.image, kind="efficientnet", stem=(4, 4, 4, 4, 4, 4))
        config = dataclasses.replace(config, image=trunk)
    torch.manual_seed(0)
    model = MFCLIP(variant(name, config))
    tune(model, recipe)
    loss, _ = Objective(model, recipe)(TrainingBatches(*caches, recipe)[0])
    loss.backward()
    assert torch.isfinite(loss)
    assert not [name for name, value in model.named_parameters() if value.grad is None]


def test_a_recipe_without_paraphrases_says_what_the_entries_say_and_one_with_them_does_not(
    model, caches, monkeypatch
):
    said = []
    keep = Objective._text
    monkeypatch.setattr(Objective, "_text", lambda self, rows: (said.append(rows), keep(self, rows))[1])
    batch = TrainingBatches(*caches, SHORT)[0]
    own = {tuple(entry.sentences) for entry in batch.entries}
    Objective(model, SHORT)(batch, 4)
    assert set(said[-1]) == own
    reworded = Objective(model, dataclasses.replace(SHORT, paraphrases=1.0, sides=0.0))
    for step in (4, 4, 5):
        reworded(batch, step)
    assert said[-3] == said[-2] != said[-1]
    assert not set(said[-1]) & own


def test_ranking_within_pairs_by_hand():
    logits = torch.tensor([[0.0, 1.0], [0.0, 3.0], [0.0, -1.0], [0.0, 0.5], [0.0, -2.0]])
    made = torch.tensor([False, True, False, False, True])
    expected = (np.log1p(np.exp(1 - 3)) + np.log1p(np.exp(0.5 + 2))) / 2
    assert float(paired_ranking(logits, made)) == pytest.approx(expected, rel=1e-5)


def test_both_classes_weigh_alike():
    weights = class_weights(torch.tensor([0, 0, 0, 1]))
    assert 3 * weights[0] == pytest.approx(float(weights[1]))
    assert class_weights(torch.tensor([1, 1])).isfinite().all()


def test_hierarchy_rows_begin_with_the_real_one(caches):
    rows = hierarchy_rows([entry for cache in caches for entry in cache.entries])
    assert not rows[0].fake and all(row.fake for row in rows[1:])
    assert len({row.sentences for row in rows}) == len(rows)


def test_wordings_are_held_apart_only_where_sentences_are_reworded(model, caches):
    batch, parts = TrainingBatches(*caches, SHORT)[0], {}
    for sides, paraphrases in ((0.5, 0.5), (1.0, 0.5), (0.5, 0.0), (0.0, 0.5)):
        recipe = dataclasses.replace(SHORT, sides=sides, paraphrases=paraphrases)
        parts[sides, paraphrases] = Objective(model, recipe)(batch, 3)[1].get("sides")
    assert parts[0.5, 0.0] is None and parts[0.0, 0.5] is None
    assert float(parts[1.0, 0.5]) == pytest.approx(2 * float(parts[0.5, 0.5]), rel=1e-3)
