"""Stability: maps that stay under changes nobody sees, and a verdict that turns is told apart."""

import numpy as np
import pytest
import torch

from explain.metrics import Settings
from explain.metrics.stability import CHANGES, LEVELS, STABLE
from explain.receipts import receipt
from explain.targets import Target
from tests.explain.toys import CELL, SIDE, SQUARE, bright_square, result_of, true_map

SAVED, MOVED, LIGHTER, DARKER = CHANGES


def read(subject, rerun):
    (reading,) = receipt(
        subject.detector, result_of(subject, true_map()), ["stability"], rerun=rerun
    ).readings
    return reading


@pytest.fixture
def toy(detector, verdict):
    return bright_square(detector, verdict)


def test_changes_by_hand():
    picture = np.arange(12, dtype=np.uint8).reshape(2, 2, 3) * 23
    assert CHANGES[LIGHTER](picture).tolist() == np.minimum(picture.astype(int) + LEVELS, 255).tolist()
    assert CHANGES[DARKER](picture).tolist() == np.maximum(picture.astype(int) - LEVELS, 0).tolist()
    moved = CHANGES[MOVED](picture)
    assert (moved == picture[0, 0]).all(), "the border is repeated above and on the left"
    wide = np.arange(5 * 5 * 3, dtype=np.uint8).reshape(5, 5, 3)
    assert (CHANGES[MOVED](wide)[1:, 1:] == wide[:-1, :-1]).all()
    saved = CHANGES[SAVED](np.full((16, 16, 3), 77, dtype=np.uint8))
    assert saved.shape == (16, 16, 3) and saved.dtype == np.uint8 and abs(int(saved[3, 3, 0]) - 77) <= 2


def test_a_map_that_stays_passes_and_saw_every_change(toy):
    seen = []

    def rerun(subject):
        seen.append((subject.face, subject.residual))
        return result_of(subject, true_map())

    reading = read(toy, rerun)
    assert reading.value == pytest.approx(1) and reading.passed
    assert set(reading.detail["by change"]) == set(CHANGES) and len(seen) == len(CHANGES)
    lighter, _ = seen[2]
    inside = (toy.face >= 1) & (toy.face <= 252)
    np.testing.assert_allclose((lighter - toy.face.round())[inside], LEVELS, atol=1e-4)
    (_, saved), (moved, shifted) = seen[:2]
    assert torch.equal(moved[0, :, 1:, 1:], toy.face[0, :, :-1, :-1].round())
    for residual in (saved, shifted):  # the window is changed as the face is
        assert residual.shape == toy.residual.shape and not torch.allclose(residual, toy.residual)


def test_one_change_that_moves_the_map_is_enough_to_fail(toy):
    random = np.random.default_rng(0)
    calls = []

    def rerun(subject):
        calls.append(subject)
        return result_of(subject, random.random((SIDE, SIDE)) if len(calls) == 3 else true_map())

    reading = read(toy, rerun)
    assert reading.value < STABLE and not reading.passed
    assert reading.detail["by change"][LIGHTER] == reading.value
    assert reading.detail["by change"][SAVED] == pytest.approx(1)


def on_the_edge(toy, level: float):
    """The toy with its square at a grey level; the verdict turns at 127.5."""
    face = toy.face.clone()
    rows, columns = (slice(part.start * CELL, part.stop * CELL) for part in SQUARE)
    face[:, :, rows, columns] = level
    return toy.seen_as(face=face)


def test_a_change_that_turns_the_verdict_is_told_and_not_counted(toy):
    near = on_the_edge(toy, 129.0)
    reading = read(near, lambda subject: result_of(subject, true_map()))
    assert reading.detail["by change"][DARKER] is None
    assert reading.detail["by change"][LIGHTER] == pytest.approx(1)
    assert (
        reading.passed
        and f"each of {len(CHANGES) - 1 - (reading.detail['by change'][MOVED] is None)}" in (reading.line)
    )


def test_where_every_change_turns_the_verdict_there_is_no_line(toy, monkeypatch):
    for name in CHANGES:
        monkeypatch.setitem(CHANGES, name, CHANGES[DARKER])
    reading = read(on_the_edge(toy, 128.0), lambda subject: result_of(subject, true_map()))
    assert reading.passed is None and "every change turned the verdict" in reading.line
    assert set(reading.detail["by change"].values()) == {None}


def test_quick_receipts_leave_it_out_unless_asked_for(toy):
    # The head reads no sentence, so of what runs a method again only the mixed-up weights come before it.
    head = type(toy)(toy.detector, toy.verdict, Target("head")).seen_as(face=toy.face)
    result = result_of(head, true_map())

    def read_by(**asked):
        proof = receipt(head.detector, result, rerun=lambda subject: result_of(subject, true_map()), **asked)
        return {reading.metric for reading in proof.readings}, proof.reason

    metrics, reason = read_by(quick=True, orders=2)
    assert "randomisation" in metrics and "stability" not in metrics and "stability" in reason
    assert read_by(metrics=["stability"], quick=True)[0] == {"stability"}
    few = Settings(orders=2, steps=2, whole=False, fills=("mean",), samples=2)
    assert "stability" in read_by(settings=few)[0]
