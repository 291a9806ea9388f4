from dataclasses import replace

import numpy as np
import pytest
import torch

from explain.audit import CANNOT, CHOICE, METHOD, MOVES, Finding, in_random_order, token_gradients
from explain.subject import Subject
from tests.explain.conftest import crops

LEVELS = [
    "level 1: authenticity",
    "level 2: forgery kind",
    "level 3: family",
    "level 4: generator",
]
PICTURES = ["face pixels", "residual of the chosen patch", "pixels of the chosen patch"]
OTHERS = "pixels of the patches not chosen"


@pytest.fixture(scope="module")
def audited(smalls):
    """(kind, target) → the finding on every input by name, and the result; each computed once."""
    known = {}

    def of(kind, target="margin"):
        if (kind, target) not in known:
            verdict = smalls[kind](crops()[0], cropped=True)
            result = METHOD.run(Subject.of(smalls[kind], verdict, target))
            found = dict(zip(result.labels["finding"], result.labels["findings"], strict=True))
            known[kind, target] = (found, result)
        return known[kind, target]

    return of


def number(result, array, name):
    return result.values[array][result.labels[array].index(name)]


class Bright(Subject):
    """The target is twice the face's mean minus the residual's sum of squares: gradients known."""

    def image_of(self, faces):
        return 2 * faces.mean(dim=(1, 2, 3))[:, None]

    def noise_of(self, residuals):
        return -residuals.square().sum(dim=(1, 2, 3))[:, None]

    def value(self, fused, text=None):
        return fused[:, 0]


def test_the_repaired_detector_hears_every_input(audited):
    found, result = audited("each")
    assert [found[name] for name in PICTURES] == [MOVES] * 3
    assert found[OTHERS] == CHOICE
    rows = [name for name in found if name.startswith("description ")]
    assert len(rows) == 8
    assert {found[name] for name in (*LEVELS, *rows, "head readout", "language readout")} == {MOVES}
    assert number(result, "gradient", OTHERS) == number(result, "frozen", OTHERS) == 0
    assert number(result, "change", OTHERS) != 0


def test_on_the_published_configuration_text_is_dead_and_pixels_are_not(audited):
    found, result = audited("authors")
    rows = [name for name in found if name.startswith("description ")]
    assert {found[name] for name in (*LEVELS, *rows, "language readout")} == {CANNOT}
    assert {found[name] for name in (*PICTURES, "head readout")} == {MOVES}
    assert number(result, "gradient", "face pixels") > 0
    assert number(result, "gradient", "pixels of the chosen patch") > 0
    assert any("no gradient reaches a pixel there" in note for note in result.notes)


def test_on_the_published_configuration_levels_2_to_4_reach_not_even_the_language(audited):
    found, _ = audited("authors", "language")
    assert [found[name] for name in LEVELS] == [MOVES, CANNOT, CANNOT, CANNOT]
    assert found["head readout"] == CANNOT


def test_a_detector_without_noise_stream_does_not_hear_the_patches(audited):
    found, _ = audited("deaf")
    assert {found[name] for name in (*PICTURES[1:], OTHERS)} == {CANNOT}
    assert found["face pixels"] == MOVES


def test_read_jointly_every_level_moves_the_decision(audited):
    found, result = audited("joint")
    assert {found[name] for name in LEVELS} == {MOVES}
    assert all(number(result, "gradient", name) > 0 for name in LEVELS)


def test_no_prompt_moves_the_head(audited):
    found, _ = audited("each", "head")
    assert {found[name] for name in found if name.startswith(("level", "desc"))} == {CANNOT}


def test_one_description_is_not_moved_by_the_others(audited):
    found, _ = audited("each", "description:1")
    moved = [name for name in found if name.startswith("description") and found[name] == MOVES]
    assert moved == ["description 2"]
    assert not any(name.endswith("readout") for name in found)


def test_the_readouts_weigh_as_the_decision_says(audited, smalls):
    _, result = audited("each")
    decision = smalls["each"].config.decision
    verdict = smalls["each"](crops()[0], cropped=True)
    assert number(result, "gradient", "head readout") == decision.a
    assert number(result, "gradient", "language readout") == decision.b
    expected = [-decision.a * verdict.head, -decision.b * verdict.language]
    found = [number(result, "change", f"{name} readout") for name in ("head", "language")]
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_gradients_and_changes_by_hand(detector, verdict):
    subject = Bright.of(detector, verdict)
    result = METHOD.run(subject)
    assert number(result, "gradient", "face pixels") == pytest.approx(2 / (3 * 224 * 224), rel=1e-4)
    peak = float(2 * subject.residual.abs().max())
    assert number(result, "gradient", "residual of the chosen patch") == pytest.approx(peak, rel=1e-4)
    energy = float(subject.residual.square().sum())
    assert number(result, "change", "residual of the chosen patch") == pytest.approx(energy, rel=1e-4)
    assert result.labels["replacements"][1] == "no residual"
    # A mean sees neither mirror nor order; that it listens shows where nothing is left of it.
    mean = float(subject.face.mean())
    assert number(result, "change", "face pixels") == pytest.approx(-2 * mean, rel=1e-4)
    assert result.labels["replacements"][0] == "nothing of the image stream"
    assert result.labels["findings"][0] == MOVES
    assert {result.labels["findings"][result.labels["finding"].index(name)] for name in LEVELS} == {CANNOT}


def test_a_single_candidate_leaves_no_patch_not_chosen(smalls):
    verdict = smalls["each"](crops()[0], cropped=True)
    crop = replace(
        verdict.face.crop,
        windows=verdict.face.crop.windows[:1],
        window_frames=verdict.face.crop.window_frames[:1],
    )
    alone = replace(verdict, face=replace(verdict.face, crop=crop), patch=replace(verdict.patch, index=0))
    labels = METHOD.run(Subject.of(smalls["each"], alone)).labels["finding"]
    assert OTHERS not in labels
    assert set(PICTURES) <= set(labels)


def test_token_gradients_lie_where_the_tower_reads(smalls):
    """As published at level 1 alone; read jointly at all four levels, of the description that is asked for."""
    verdict = smalls["authors"](crops()[0], cropped=True)
    gradients = token_gradients(Subject.of(smalls["authors"], verdict, "language"))
    assert (gradients[:, 0] > 0).all()
    assert (gradients[:, 1:] == 0).all()
    verdict = smalls["joint"](crops()[0], cropped=True)
    joint = token_gradients(Subject.of(smalls["joint"], verdict, "description:2"))
    assert (joint[2] > 0).all()
    assert (joint[[0, 1, 3, 4, 5, 6, 7]] == 0).all()


def test_a_finding_keeps_the_largest_change_and_its_sign():
    found = Finding.of("it", 0.0, {"a": 0.5, "b": -2.0, "c": 1.0})
    assert (found.change, found.replacement, found.frozen, found.verdict) == (-2.0, "b", -2.0, MOVES)
    assert Finding.of("it", 0.0, {"a": 1.0}, {"a": 0.0}).verdict == CHOICE
    assert Finding.of("it", 0.1, {"a": 0.0}).verdict == MOVES
    assert Finding.of("it", 0.0, {"a": 0.0, "b": -0.0}).verdict == CANNOT


def test_random_order_keeps_every_pixel_whole(random_pixels):
    moved = in_random_order(random_pixels, torch.Generator().manual_seed(1))
    assert not torch.equal(moved, random_pixels)
    columns = [{tuple(p) for p in t.flatten(2)[0].T.tolist()} for t in (moved, random_pixels)]
    assert columns[0] == columns[1]


@pytest.fixture
def random_pixels():
    return torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(0))


def test_the_same_seed_gives_the_same_audit(smalls):
    verdict = smalls["each"](crops()[1], cropped=True)
    first, again, other = (
        METHOD.run(Subject.of(smalls["each"], verdict), seed=seed).values["change"] for seed in (3, 3, 4)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
