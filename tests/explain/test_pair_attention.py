"""Sample pair attention: the numbers of the loss as trained, and a table of slots found out on the faces themselves."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from explain.pair_attention import METHOD, gates_both_ways, pair_attention
from mfclip.alignment import sample_pair_attention
from mfclip.config import AlignmentConfig
from mfclip.detector import Detector
from mfclip.losses import GATE_FLOOR, contrastive
from mfclip.prompts import Hierarchy, describe_forgery, describe_real
from tests.explain.conftest import make_detector


def gated_by(detector: Detector, **alignment) -> Detector:
    """The same detector with a fresh gate, random where it has weights."""
    config = replace(detector.config, alignment=AlignmentConfig(**{"rank": 0, "slots": 0, **alignment}))
    other = make_detector(np.zeros((2, 224, 224, 3), np.uint8))
    other.model.config = config
    other.model.load_state_dict(detector.model.state_dict())
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        gate = sample_pair_attention(config.alignment, config.embed_dim)
        for weights in gate.parameters():
            torch.nn.init.normal_(weights, std=0.5)
    other.model.alignment = gate.requires_grad_(False)
    return other


@pytest.fixture(scope="module")
def content(detector):
    return gated_by(detector, kind="content", rank=8)


@pytest.fixture(scope="module")
def slotted(detector):
    return gated_by(detector, kind="free", slots=24)


def test_the_pressure_is_the_gradient_of_the_loss_as_trained(content, verdict):
    own = 3
    result = pair_attention(content, [verdict], own=[own])
    similarity = torch.tensor(result.values["similarity"], requires_grad=True)
    contrastive(similarity, torch.tensor(result.values["gate"]), torch.tensor([own])).backward()
    push = similarity.grad[0].numpy()
    negative = np.arange(len(push)) != own
    assert result.values["pressure"][0, negative] == pytest.approx(
        push[negative] / push[negative].sum(), rel=1e-6
    )
    assert np.isnan(result.values["pressure"][0, own]) and np.isnan(result.values["weight"][0, own])
    assert result.values["gated"][0, own] == result.values["similarity"][0, own]
    assert result.values["negative"][0].tolist() == negative.astype(float).tolist()


def test_similarity_gate_and_weight_are_the_models_own(content, verdict):
    result = pair_attention(content, [verdict])
    fused = verdict.features.fused[:1].clone()
    text = content.language_features(verdict.hierarchy).clone()
    faces, texts = fused / fused.norm(), text / text.norm(dim=-1, keepdim=True)
    assert result.values["similarity"] == pytest.approx(
        content.model.similarities(fused, text).numpy(), abs=1e-5
    )
    gate = content.model.alignment(faces, texts).numpy()
    assert result.values["gate"] == pytest.approx(gate, abs=1e-6)
    weight = GATE_FLOOR + (1 - GATE_FLOOR) * gate
    assert result.values["weight"] == pytest.approx(weight, abs=1e-6)
    assert result.values["gated"] == pytest.approx(result.values["similarity"] + np.log(weight), abs=1e-5)
    assert result.values["mean gate"] == pytest.approx(gate.mean(), abs=1e-6)
    assert [view.similarity for view in verdict.descriptions] == pytest.approx(
        result.values["similarity"][0], abs=1e-4
    )


def test_what_is_pressed_weighs_more_than_the_push_does_on_average(content, verdict):
    """By hand: pressure / pressure alone = weight / Σ (pressure alone · weight)."""
    values = pair_attention(content, [verdict]).values
    alone, weight = values["pressure alone"], values["weight"]
    average = (alone * weight).sum(axis=1, keepdims=True)
    assert values["pressure"] == pytest.approx(alone * weight / average, rel=1e-9)
    assert np.array_equal(values["change"] > 0, weight > average)
    assert values["change"].sum() == pytest.approx(0, abs=1e-12)


def test_a_gate_that_is_the_same_everywhere_presses_and_frees_nothing(detector, verdict):
    even = gated_by(detector, kind="content", rank=8)
    even.model.alignment.of_face.weight.zero_()
    even.model.alignment.bias.fill_(0.0)
    values = pair_attention(even, [verdict]).values
    assert values["gate"] == pytest.approx(0.5)
    assert values["weight"] == pytest.approx(0.625)  # 0.25 + 0.75 / 2
    assert values["change"] == pytest.approx(0, abs=1e-12)


def test_gates_from_content_go_with_the_face_and_the_published_table_does_not(content, slotted, verdicts):
    of_content = pair_attention(content, verdicts).values
    assert of_content["of place"] < 1e-6 and of_content["of face"] > 0.01
    of_slots = pair_attention(slotted, verdicts).values
    assert of_slots["of face"] == 0 and of_slots["of place"] > 0.01
    table = torch.sigmoid(slotted.model.alignment.matrix).numpy()
    faces, descriptions = of_slots["gate"].shape
    assert np.allclose(of_slots["gate"], table[:faces, :descriptions])
    assert np.allclose(of_slots["moved"], table[1 : faces + 1, :descriptions])

    swapped = pair_attention(slotted, [*verdicts[1:], verdicts[0]]).values
    assert np.array_equal(swapped["gate"], of_slots["gate"]), "permuting the faces permutes nothing"
    assert not np.allclose(swapped["similarity"], of_slots["similarity"])
    turned = pair_attention(content, [*verdicts[1:], verdicts[0]]).values
    assert np.allclose(np.roll(turned["gate"], 1, axis=0), of_content["gate"], atol=1e-6)


def test_the_published_gate_multiplies_and_one_face_is_enough_to_find_it_out(slotted, verdict):
    result = METHOD.run(_subject(slotted, verdict))
    values = result.values
    assert values["gated"] == pytest.approx(values["similarity"] * values["gate"])
    assert values["of face"] == 0 and values["of place"] > 0.01
    assert "it says nothing about a face" in result.notes[0]


def test_the_last_slot_has_a_neighbour(slotted, verdict):
    gates = gates_both_ways(slotted.model, torch.randn(24, 256), torch.randn(24, 256))
    assert torch.equal(gates.moved, gates.given.roll(-1, dims=0))


def test_more_than_the_table_holds_is_refused(slotted, verdict):
    with pytest.raises(ValueError, match="24 × 24 batch slots; there are 25 faces .* at most 24"):
        pair_attention(slotted, [verdict] * 25)


def test_a_model_without_a_gate_says_so(detector, verdict):
    result = pair_attention(gated_by(detector, kind="none"), [verdict])
    assert "without sample pair attention" in result.notes[0]
    assert result.values["weight"] == pytest.approx(1) and result.values["change"] == pytest.approx(0)


def test_rows_of_the_same_sentences_are_positives_together(content, verdict):
    hierarchy = Hierarchy((describe_real(), describe_real(), describe_forgery("face_swap", "gan", "FSLSD")))
    values = pair_attention(content, [verdict], hierarchy, own=[1]).values
    assert values["negative"].tolist() == [[0, 0, 1]]
    assert values["pressure"][0, 2] == 1
    assert values["mean gate"] == pytest.approx(values["gate"][0, 2])


def test_each_face_has_its_own_positive(content, verdict):
    hierarchy = Hierarchy((describe_real(), describe_forgery("face_swap", "gan", "FSLSD")))
    values = pair_attention(content, [verdict, verdict], hierarchy, own=[0, 1]).values
    assert values["pressure"][[0, 1], [1, 0]].tolist() == [1, 1]
    assert np.isnan(values["pressure"][[0, 1], [0, 1]]).all()


def test_the_verdict_does_not_read_the_gate(content, detector, verdict):
    assert (
        content.revise(verdict, verdict.hierarchy).margin
        == detector.revise(verdict, verdict.hierarchy).margin
    )


def test_what_cannot_be_is_refused_with_the_remedy(content, verdict):
    with pytest.raises(ValueError, match="0 verdicts; at least 1"):
        pair_attention(content, [])
    with pytest.raises(ValueError, match=r"rows \[8\]; the hierarchy has 0 to 7"):
        pair_attention(content, [verdict], own=[8])
    with pytest.raises(ValueError, match="own holds 2 rows for 1 faces"):
        pair_attention(content, [verdict], own=[0, 1])
    with pytest.raises(ValueError, match="given by elsewhere"):
        pair_attention(content, [replace(verdict, checkpoint="elsewhere")])


def test_the_method_is_the_set_of_one_and_is_saved_whole(content, verdict, tmp_path):
    result = METHOD.run(_subject(content, verdict))
    assert result.method == "pair_attention" and result.labels["faces"] == (verdict.name,)
    result.save(tmp_path)
    back = type(result).load(tmp_path)
    assert np.array_equal(back.values["change"], result.values["change"])
    assert back.labels["descriptions"][0] == "A photo of a real face"


def _subject(detector: Detector, verdict):
    from explain.subject import Subject

    return Subject.of(detector, verdict)
