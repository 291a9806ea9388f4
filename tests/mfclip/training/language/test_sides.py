import math

import pytest
import torch
from torch.nn import functional as F

from mfclip.prompts import FAKE_SENTENCE, GENERATOR_OPENING, REAL_SENTENCE, describe_real, published_hierarchy
from mfclip.training.language import sides as module
from mfclip.training.language.sides import SentencePool, face_axis, sides

HIERARCHY = published_hierarchy()


@pytest.fixture(scope="module")
def pool():
    return SentencePool(HIERARCHY, seed=0)


def test_a_step_always_draws_the_same(pool):
    first, forged = pool.draw(7)
    assert SentencePool(HIERARCHY, seed=0).draw(7)[0] == first
    assert pool.draw(8)[0] != first and SentencePool(HIERARCHY, seed=1).draw(7)[0] != first
    assert first[:2] == [REAL_SENTENCE, FAKE_SENTENCE] and len(first) == 2 + len(forged)
    assert int(forged.sum()) == module.DRAWN == len(forged) / 2


def test_both_sides_are_many_and_apart(pool):
    real, forged = (set(pool.sentences[side]) for side in (False, True))
    assert len(real) > 100 and len(forged) > 100 and not real & forged
    assert not any(sentence.startswith(GENERATOR_OPENING) for sentence in forged)
    for step in range(5):
        sentences, sides_drawn = pool.draw(step)
        for sentence, fake in zip(sentences[2:], sides_drawn.tolist(), strict=True):
            assert sentence in (forged if fake else real)


def test_one_side_is_not_enough():
    with pytest.raises(ValueError, match="1 real and 0 forged"):
        SentencePool([describe_real()], seed=0)


def test_the_axis_runs_from_reals_to_forgeries():
    fused = torch.tensor([[2.0, 0, 0], [9, 0, 0], [0, 3, 0]], requires_grad=True)
    axis = face_axis(fused, torch.tensor([0, 0, 1]))
    assert torch.allclose(axis, torch.tensor([-1.0, 1, 0]) / math.sqrt(2)) and not axis.requires_grad
    assert not face_axis(fused, torch.tensor([0, 0, 0])).any()


def test_the_loss_is_small_on_the_right_side_only():
    axis = torch.tensor([0.0, 1])
    text = torch.tensor([[1.0, -1], [1, 1], [1, -3], [1, 3]])
    right, wrong = (sides(text, torch.tensor(forged), axis) for forged in ([False, True], [True, False]))
    assert float(right) < 0.1 < math.log(2) < float(wrong)
    assert float(sides(text, torch.tensor([False, True]), torch.zeros(2))) == pytest.approx(math.log(2))
    assert torch.allclose(sides(text * 7, torch.tensor([False, True]), axis), right), "length says nothing"


def test_the_border_is_the_midpoint_of_the_defaults():
    axis = torch.tensor([0.0, 1])
    real, fake = F.normalize(torch.tensor([[1.0, 0.2], [1, 0.9]]), dim=-1)
    height = float((real + fake)[1] / 2)
    on_it = torch.tensor([math.sqrt(1 - height**2), height])
    loss = sides(torch.stack([real, fake, on_it]), torch.tensor([True]), axis)
    assert float(loss) == pytest.approx(math.log(2), abs=1e-6)


def test_it_turns_a_projection_towards_the_words(pool):
    torch.manual_seed(0)
    sentences, forged = pool.draw(0)
    states = torch.randn(len(sentences), 32)
    states[2:][forged, 0] += 4
    axis = F.normalize(torch.randn(16), dim=0)
    projection = torch.nn.Parameter(torch.randn(32, 16))
    optimiser = torch.optim.Adam([projection], 0.01)
    losses = []
    for _ in range(60):
        loss = sides(states @ projection, forged, axis)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0]
