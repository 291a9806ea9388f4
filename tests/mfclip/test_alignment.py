import pytest
import torch
from torch.nn import functional as F

from mfclip.alignment import ContentGate, FreeGate, OpenGate, sample_pair_attention
from mfclip.config import AUTHORS, TINY, AlignmentConfig


@pytest.fixture
def gate():
    torch.manual_seed(4)
    return ContentGate(16, 3)


def test_the_configuration_names_the_gate():
    assert isinstance(sample_pair_attention(TINY.alignment, 8), ContentGate)
    free = sample_pair_attention(AUTHORS.alignment, 8)
    assert isinstance(free, FreeGate) and free.matrix.shape == (24, 24)


def test_the_content_gate_is_bilinear_of_low_rank(gate, random):
    faces = F.normalize(torch.randn(5, 16, generator=random), dim=-1)
    texts = F.normalize(torch.randn(7, 16, generator=random), dim=-1)
    with torch.no_grad():
        gates = gate(faces, texts)
        matrix = gate.of_face.weight.T @ gate.of_text.weight
        by_hand = torch.sigmoid(torch.einsum("bi,ij,kj->bk", faces, matrix, texts) + gate.bias)
    assert torch.allclose(gates, by_hand, atol=1e-6)
    assert torch.linalg.matrix_rank(matrix.detach()) == 3


def test_gradients_reach_face_text_and_bias(gate, random):
    faces, texts = (torch.randn(3, 16, generator=random).requires_grad_() for _ in range(2))
    gate(faces, texts).square().sum().backward()
    for leaf in (faces, texts, gate.bias, gate.of_face.weight, gate.of_text.weight):
        assert float(leaf.grad.abs().max()) > 0


def test_the_free_gate_starts_open_by_half_and_not_from_stray_memory():
    features = torch.ones(24, 4)
    with torch.no_grad():
        assert torch.equal(FreeGate(24)(features, features), torch.full((24, 24), 0.5))


def test_without_pair_attention_every_pair_weighs_one(random):
    gate = sample_pair_attention(AlignmentConfig("none", rank=0, slots=0), 8)
    assert isinstance(gate, OpenGate) and not list(gate.parameters())
    gates = gate(torch.randn(3, 8, generator=random), torch.randn(5, 8, generator=random))
    assert torch.equal(gates, torch.ones(3, 5))
