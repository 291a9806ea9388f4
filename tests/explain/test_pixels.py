"""Integrated gradients on pixels: they add up, they land where the evidence is, and Captum says the same."""

import math

import numpy as np
import pytest
import torch
from captum.attr import IntegratedGradients

import explain
from explain import pixels
from explain.baselines import BASELINES
from explain.integration import BEGUN, NODES, SMALL, gap_of, integrate
from explain.methods import ignore_progress
from explain.progress import WHOLE
from explain.subject import Subject
from tests.explain.planted import COLUMNS, ROWS, SHARE, outside, planted_subject


@pytest.fixture(scope="module")
def small(smalls, verdicts):
    """A small detector's verdict on a face, by its margin."""
    return judged(smalls["each"])


def judged(detector) -> Subject:
    from tests.explain.conftest import crops

    return Subject.of(detector, detector(crops()[0], cropped=True))


def test_adds_up_on_the_random_tiny(subject):
    result = pixels.METHOD.run(subject, steps=16, baseline="mean colour")
    assert result.gap < 0.01
    values = result.values
    both = values["map"].sum() + values["residual map"].sum()
    assert abs(both - values["difference"]) <= 0.01 * abs(values["difference"])
    with torch.no_grad():
        grey = BASELINES["mean colour"](subject.face)
        at_baseline = float(subject.value_of_pixels(grey, torch.zeros_like(subject.residual)))
    assert float(values["reference"]) == pytest.approx(at_baseline, abs=1e-5)
    assert float(values["difference"]) == pytest.approx(subject.explained - at_baseline, abs=1e-5)


def test_cells_hold_exactly_what_their_pixels_hold(small):
    values = pixels.METHOD.run(small, steps=8).values
    assert values["pixels"].shape == (224, 224) and values["residual"].shape == (112, 112)
    assert values["map"].shape == (14, 14) and values["residual map"].shape == (7, 7)
    assert values["map"][2, 11] == pytest.approx(values["pixels"][32:48, 176:192].sum(), abs=1e-9)
    assert values["residual map"][1, 5] == pytest.approx(values["residual"][16:32, 80:96].sum(), abs=1e-9)
    np.testing.assert_allclose(
        values["contributions"], [values["map"].sum(), values["residual map"].sum()], atol=1e-9
    )


@pytest.mark.parametrize("baseline", list(BASELINES))
def test_every_baseline_adds_up(small, baseline):
    result = pixels.METHOD.run(small, steps=16, baseline=baseline, limit=1024)
    assert result.gap < 0.01
    assert np.isfinite(result.values["pixels"]).all()


def test_the_planted_corner_gets_everything():
    result = pixels.METHOD.run(planted_subject(), steps=8, baseline="black")
    cells = result.values["map"]
    np.testing.assert_allclose(cells[ROWS, COLUMNS], 200 * SHARE, rtol=1e-4)
    np.testing.assert_allclose(outside(cells), 40 * SHARE, rtol=1e-4)
    assert np.abs(result.values["residual map"]).max() < 1e-6
    assert result.gap < 1e-4


def test_a_baseline_of_the_same_colour_gives_nothing():
    subject = planted_subject()
    dark = subject.seen_as(face=torch.full_like(subject.face, 40.0))
    result = pixels.METHOD.run(dark, steps=8)
    assert np.abs(result.values["map"]).max() < 1e-7
    assert any("nearly the same value" in note for note in result.notes)


def test_pieces_of_the_path_give_captums_own_integral(small):
    ends = (small.face, small.residual)
    starts = (torch.zeros_like(small.face), torch.zeros_like(small.residual))
    ours = integrate(small.value_of_pixels, ends, starts, 128, 128, 16, ignore_progress)
    theirs = IntegratedGradients(small.value_of_pixels).attribute(
        tuple(end.clone().requires_grad_() for end in ends), starts, n_steps=128, internal_batch_size=16
    )
    for mine, captums in zip(ours.attributions, theirs, strict=True):
        side = mine.shape[-1] // 16
        np.testing.assert_allclose(
            pixels.summed(mine[0].sum(dim=0), side),
            pixels.summed(captums.detach()[0].sum(dim=0), side),
            atol=1e-4,
        )


def test_points_are_spent_where_the_function_jumps():
    # A step of width 0.004 in the middle of an otherwise level path: 32 even points do not see it.
    def step(x):
        return torch.sigmoid((x[:, 0] - 0.61) * 2000)

    ends, starts = (torch.ones(1, 1),), (torch.zeros(1, 1),)
    found = integrate(step, ends, starts, 32, 256, 8, ignore_progress)
    assert found.gap < 0.01 and found.steps <= 200
    assert float(found.attributions[0]) == pytest.approx(1, abs=0.01)
    assert np.all(np.diff(found.points) > 0)
    near = np.abs(found.points - 0.61) < 0.05
    assert near.mean() > 0.4
    starved = integrate(step, ends, starts, 32, 32, 8, ignore_progress)
    assert starved.steps == 32 and starved.gap > 0.01


def test_a_polynomial_is_integrated_exactly():
    def cubic(x, y):
        return (x**3).sum(dim=1) + 2 * (x * y).sum(dim=1)

    ends, starts = (torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0, -1.0]])), (torch.zeros(1, 2),) * 2
    found = integrate(cubic, ends, starts, NODES, NODES, 8, ignore_progress)
    torch.testing.assert_close(found.attributions[0], torch.tensor([[4.0, 6.0]]))  # x³ + x·y
    torch.testing.assert_close(found.attributions[1], torch.tensor([[3.0, -2.0]]))  # x·y
    assert found.gap < 1e-6 and found.uneven < 1e-6


def test_small_differences_do_not_blow_the_gap_up():
    assert gap_of(1e-5, 0.0) == pytest.approx(1e-5 / SMALL)
    assert gap_of(-0.02, -2.0) == pytest.approx(0.01)


def test_an_integral_that_fails_says_so(small):
    result = pixels.METHOD.run(small, steps=8, limit=8, baseline="white")
    more = pixels.METHOD.run(small, steps=8, limit=2048, baseline="white")
    assert more.gap < 0.01
    assert result.gap >= 0.01 and any("still miss" in note for note in result.notes)
    assert any("points did not add up" in note for note in more.notes)


def test_flips_of_the_richest_patch_are_counted(small):
    changed, at_baseline = pixels.flips(small, "mean colour", np.array([1.0]))
    assert changed == 0
    # Flat windows are all alike, and the first of equals is taken.
    assert at_baseline is (small.patch_index != 0)
    points = np.linspace(0.01, 1, 12)
    expected = 0
    for point in points:
        grey = BASELINES["mean colour"](small.windows)
        moved = grey + float(point) * (small.windows - grey)
        encoded = small.model.encode_faces(small.verdict.face.crop.face[None], moved.movedim(1, -1)[None])
        expected += int(encoded.patch_index[0]) != small.patch_index
    assert pixels.flips(small, "mean colour", points)[0] == expected
    assert "richest patch" in pixels.METHOD.run(small, steps=8).notes[0]


def test_the_published_configuration_has_pixels_too(smalls):
    subject = judged(smalls["authors"])
    result = pixels.METHOD.run(subject, steps=16, limit=2048)
    assert result.values["map"].shape == (14, 14)
    assert np.abs(result.values["map"]).max() > 0 and np.abs(result.values["residual map"]).max() > 0
    assert result.gap < 0.01


def test_a_stream_that_is_absent_gets_nothing(smalls):
    result = pixels.METHOD.run(judged(smalls["deaf"]), steps=8)
    assert not result.values["residual"].any()
    assert np.abs(result.values["map"]).max() > 0


def test_progress_and_cancelling(small):
    seen = []
    pixels.METHOD.run(small, lambda done, of: seen.append((done, of)), steps=16, limit=16)
    assert seen[0] == (0, WHOLE) and seen[-1] == (WHOLE, WHOLE)
    assert (round(BEGUN * WHOLE / 2), WHOLE) in seen, "after half of the points that it begins with"

    def cancel(done, of):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pixels.METHOD.run(small, cancel)
    assert not small.face.requires_grad and not small.residual.requires_grad


def test_wrong_settings_are_refused_in_a_sentence(small):
    with pytest.raises(ValueError, match="baseline is 'pink'; allowed: 'mean colour', 'blur'"):
        pixels.METHOD.run(small, baseline="pink")
    assert explain.METHODS["pixels"] is pixels.METHOD


def test_baselines_are_what_they_say():
    random = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0)) * 255
    flat = BASELINES["mean colour"](random)
    torch.testing.assert_close(flat[:, :, 0, 0], random.mean(dim=(2, 3)))
    assert float(flat.std(dim=(2, 3)).max()) < 1e-3
    soft = BASELINES["blur"](random)
    assert float(soft.std()) < 0.1 * float(random.std())
    dot = torch.zeros(1, 3, 224, 224)
    dot[..., 100, 60] = 255.0
    spread = BASELINES["blur"](dot)[0, 0]
    assert int(spread.argmax()) == 100 * 224 + 60
    torch.testing.assert_close(
        spread[100, 76] / spread[100, 60], torch.tensor(math.exp(-0.5))
    )  # 16 px: one deviation
    torch.testing.assert_close(spread[116, 76] / spread[100, 60], torch.tensor(math.exp(-1.0)))
    torch.testing.assert_close(soft.mean(dim=(2, 3)), random.mean(dim=(2, 3)), rtol=0.03, atol=0)
    assert float(BASELINES["black"](random).max()) == 0 and float(BASELINES["white"](random).min()) == 255


def test_cost_is_counted(small):
    result = pixels.METHOD.run(small, steps=16, limit=16)
    # 16 gradients of two passes each and the values at the ends of the four pieces.
    assert result.cost == pytest.approx(16 * 2 + 5, rel=0.2)
