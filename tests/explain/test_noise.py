"""The noise stream: what it was shown, what another patch or no stream would have said, where its influence lies."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from explain.methods import ignore_progress
from explain.noise import (
    INTEGRATED,
    METHOD,
    PRODUCT,
    alternatives,
    lead,
    overlaps,
    shares_of_residual,
    window_names,
)
from explain.pixels import summed
from explain.subject import Subject
from explain.targets import MARGIN
from mfclip import decision as rule
from mfclip.patches import grey_levels, homogeneity
from mfclip.preprocess import Frame, cut_region
from tests.explain.conftest import crops, make_small

ROWS, COLUMNS = slice(32, 48), slice(64, 80)
"""One cell of the patch: row 2, column 4 of the 7 × 7."""


class OneSquare(Subject):
    """The target is 3 + (5·mean of the first kernel's residual in one square − 2·that of the third) ^ power."""

    power = 1

    def noise_of(self, residuals):
        square = residuals[:, :, ROWS, COLUMNS].mean(dim=(-2, -1))
        weights = torch.tensor([[5.0], [0.0], [-2.0]])
        return (square @ weights) ** self.power

    def value(self, fused, text=None):
        return 3 + fused[:, 0]


def toy(subject: Subject, residual: torch.Tensor, kind=OneSquare) -> Subject:
    found = kind(subject.detector, subject.verdict, MARGIN)
    vars(found).update(residual=residual, image=torch.zeros(1, 1), noise=found.noise_of(residual))
    return found


@pytest.fixture(scope="module")
def small():
    detector = make_small()
    return Subject.of(detector, detector(crops()[0], cropped=True))


@pytest.fixture(scope="module")
def result(small):
    return METHOD.run(small)


@pytest.fixture
def grain(random_seed=5):
    random = torch.Generator().manual_seed(random_seed)
    return torch.randn(1, 3, 112, 112, generator=random).clamp(-3, 3)


def shares(subject: Subject, attribution: str):
    return shares_of_residual(subject, attribution, 16, 256, 8, ignore_progress)


@pytest.mark.parametrize("attribution", [INTEGRATED, PRODUCT])
def test_a_linear_stream_by_hand(small, grain, attribution):
    found = shares(toy(small, grain), attribution)
    expected = torch.zeros(3, 112, 112)
    expected[0, ROWS, COLUMNS] = 5 * grain[0, 0, ROWS, COLUMNS] / 256
    expected[2, ROWS, COLUMNS] = -2 * grain[0, 2, ROWS, COLUMNS] / 256
    assert torch.allclose(found.of_residual.float(), expected, atol=1e-6)
    assert found.reference == pytest.approx(3.0) and found.gap < 1e-3
    assert found.difference == pytest.approx(float(expected.sum()), abs=1e-5)


def test_where_the_stream_bends_the_product_misses_and_says_so(small, grain):
    """Of z³ along the way from none the integral gives z³, the slope at the end 3·z³."""

    class Cubed(OneSquare):
        power = 3

    bent = toy(small, grain, Cubed)
    cube = float(bent.noise)
    integral, product = shares(bent, INTEGRATED), shares(bent, PRODUCT)
    assert float(integral.of_residual.sum()) == pytest.approx(cube, rel=1e-3)
    assert float(product.of_residual.sum()) == pytest.approx(3 * cube, rel=1e-3)
    assert product.gap == pytest.approx(abs(2 * cube) / max(abs(cube), 1e-3), rel=1e-2)
    assert "misses the difference by" in product.notes[0]


def test_the_map_has_its_evidence_in_the_cell_that_holds_it(small):
    """A corner test: only cell (2, 4) of the patch counts, so only cell (2, 4) of the map may."""

    found = shares(toy(small, torch.ones(1, 3, 112, 112)), INTEGRATED).of_residual.sum(dim=0)
    cells = summed(found, 7)
    expected = np.zeros((7, 7))
    expected[2, 4] = 3.0
    assert cells == pytest.approx(expected, abs=1e-5)


def test_shares_add_up_to_what_the_residual_moved(small, result):
    values = result.values
    assert result.gap < 0.01
    assert values["map"].shape == (7, 7) and values["residual"].shape == (112, 112)
    assert values["map"].sum() == pytest.approx(values["residual"].sum(), rel=1e-6)
    assert values["by kernel"].sum() == pytest.approx(values["residual"].sum(), rel=1e-6)
    with torch.no_grad():
        none = small.value(small.image + small.noise_of(torch.zeros_like(small.residual)))
    assert values["difference"] == pytest.approx(small.explained - float(none), abs=1e-5)
    assert abs(values["map"].sum() - values["difference"]) <= 0.01 * max(
        abs(float(values["difference"])), 1e-3
    )


def test_another_patch_is_what_the_detector_says_of_it(small, result):
    """Asked of the model itself, face and candidates in, that candidate chosen."""
    model, crop = small.model, small.verdict.face.crop
    for number in range(4):
        with torch.no_grad():
            encoding = model.encode_faces(crop.face[None], crop.windows[None], torch.tensor([number]))
            head = rule.head_margin(model.head_logits(encoding.fused))
            language = rule.language_margin(
                model.similarities(encoding.fused, small.text), small.hierarchy.fake
            )
        margin = rule.margin(model.config.decision, head, language)
        assert result.values["head"][number] == pytest.approx(float(head), abs=1e-5)
        assert result.values["language"][number] == pytest.approx(float(language), abs=1e-5)
        assert result.values["margin"][number] == pytest.approx(float(margin), abs=1e-5)
        chance = float(rule.probability(model.config.decision, margin))
        assert result.values["probability"][number] == pytest.approx(chance, abs=1e-6)
        assert np.allclose(
            result.values["residuals"][number],
            model.noise.residual(torch.from_numpy(crop.windows[number]).movedim(-1, 0)[None].float())[0],
        )
    chosen = int(result.values["chosen"])
    assert result.values["margin"][chosen] == pytest.approx(small.verdict.margin, abs=1e-5)
    assert len(set(np.round(result.values["margin"][:4], 6))) == 4, "four windows, four margins"


def test_a_stream_left_out_adds_nothing(small, result):
    model = small.model
    rows = {4: small.image, 5: small.noise}
    for row, left in rows.items():
        with torch.no_grad():
            head = float(rule.head_margin(model.head_logits(left)))
        assert result.values["head"][row] == pytest.approx(head, abs=1e-5)
    target = result.values["target"]
    chosen = int(result.values["chosen"])
    assert result.values["effects"] == pytest.approx([target[chosen] - target[4], target[chosen] - target[5]])
    assert result.labels["alternatives"][4:] == ("without the noise stream", "without the image stream")


def test_the_words_follow_the_rule_without_the_photo(small, result):
    """A band over everything makes every word uncertain; without one a side is taken wherever readouts agree."""
    decision = small.model.config.decision
    for word, chance, head, language in zip(
        result.labels["evidence"],
        *(result.values[name] for name in ("probability", "head", "language")),
        strict=True,
    ):
        if rule.readouts_disagree(decision, head, language):
            assert word == "uncertain"
        else:
            assert word == ("substantial" if chance >= 0.5 else "little")
    detector = make_small()
    detector.model.config = replace(detector.config, decision=replace(decision, low=0.0, high=1.0))
    wide = Subject.of(detector, small.verdict)
    assert set(alternatives(wide, small.noise.expand(4, -1)).evidence) == {"uncertain"}


def test_a_verdict_that_hangs_on_the_patch_is_told(small):
    """A constant that puts the chosen window and another one on different sides of one half; language alone decides."""
    detector = make_small()
    alone = replace(detector.config.decision, a=0.0)
    detector.model.config = replace(detector.config, decision=alone)
    margins = METHOD.run(Subject.of(detector, small.verdict), attribution=PRODUCT).values["margin"]
    chosen = small.patch_index
    other = int(np.argmax(np.abs(margins[:4] - margins[chosen])))
    shift = -(margins[chosen] + margins[other]) / 2
    decision = detector.config.decision
    detector.model.config = replace(detector.config, decision=replace(decision, c=decision.c + shift))
    result = METHOD.run(Subject.of(detector, small.verdict), attribution=PRODUCT)
    turned = next(note for note in result.notes if "would be another" in note)
    assert f"window {other + 1} (P(fake)" in turned and f"window {chosen + 1} (" not in turned


def test_richness_is_the_patches_own_and_the_lead_is_over_the_next(small, result):
    scores = homogeneity(grey_levels(small.windows)).numpy()
    assert result.values["homogeneity"] == pytest.approx(scores, abs=1e-6)
    assert int(result.values["chosen"]) == int(scores.argmin())
    assert result.values["lead"] == pytest.approx(np.sort(scores)[1] - scores.min(), abs=1e-6)
    assert lead(np.array([0.4, 0.1, 0.3, 0.15]), 1) == pytest.approx(0.05)
    assert lead(np.array([0.4, 0.4, 0.4, 0.4]), 0) == 0
    assert f"Window {scores.argmin() + 1} is the richest" in result.notes[0]


def test_a_flat_picture_has_four_equally_rich_windows():
    detector = make_small()
    verdict = detector(np.full((224, 224, 3), 90, np.uint8), cropped=True)
    result = METHOD.run(Subject.of(detector, verdict))
    assert "Windows 1 and 2 are equally rich; the first of them was taken." in result.notes
    assert result.values["lead"] == 0
    assert np.abs(result.values["map"]).max() < 1e-6, "a residual of zero is its own baseline"
    assert any("shares cancel out" in note for note in result.notes)


def test_overlaps_by_hand():
    """Windows of 112 px at (0, 0), 56 to the right, and far below; the last at half the scale, inside the first."""
    frames = [Frame(0, 0, 1.0), Frame(56, 0, 1.0), Frame(0, 500, 1.0), Frame(0, 0, 0.5)]
    shared = overlaps(frames)
    assert shared.tolist() == [
        [1, 0.5, 0, 0.25],
        [0.5, 1, 0, 0],
        [0, 0, 1, 0],
        [1, 0, 0, 1],
    ]


@pytest.mark.parametrize(
    ("side", "shared", "told"),
    [
        (224, 0.0, "The windows do not overlap."),
        (160, 64 / 112, "share up to 57%"),
        (90, 0.0, "cut from the enlarged face"),
        (900, 0.0, "was reduced before the windows were cut"),
    ],
)
def test_where_the_windows_come_from_is_told(small, side, shared, told):
    region = np.random.default_rng(side).integers(0, 256, (side, side, 3), dtype=np.uint8)
    crop = cut_region(region)
    verdict = replace(small.verdict, face=replace(small.verdict.face, crop=crop))
    result = METHOD.run(Subject.of(small.detector, verdict), attribution=PRODUCT)
    # Of 160 pixels the windows take 0..111 and 48..159.
    assert result.values["overlap"][0, 1] == pytest.approx(shared)
    assert any(told in note for note in result.notes)


def test_a_stream_that_says_nothing_is_said_to(smalls):
    detector = smalls["deaf"]
    result = METHOD.run(Subject.of(detector, detector(crops()[0], cropped=True)))
    assert not result.values["map"].any() and result.gap == 0
    assert result.values["effects"][0] == pytest.approx(0, abs=1e-6)
    assert any("says nothing (an ablation)" in note for note in result.notes)


def test_the_published_stream_has_its_residual_of_its_own_scale(smalls):
    detector = smalls["authors"]
    subject = Subject.of(detector, detector(crops()[0], cropped=True))
    result = METHOD.run(subject, attribution=PRODUCT)
    assert np.allclose(result.values["residuals"][subject.patch_index], subject.residual[0])
    assert result.values["margin"] == pytest.approx(result.values["head"])


def test_receipts_may_change_the_residual(small):
    """A subject whose residual was replaced is explained with that one, in map, margin and effects."""
    changed = small.seen_as(residual=0.3 * small.residual)
    result = METHOD.run(changed)
    assert result.values["target"][small.patch_index] == pytest.approx(changed.explained, abs=1e-5)
    assert result.explained == pytest.approx(changed.explained)
    assert result.gap < 0.01


def test_it_explains_the_target_that_is_asked_for(small):
    head = METHOD.run(replace(small, target=small.target.parse("head")), attribution=PRODUCT)
    assert head.values["target"] == pytest.approx(head.values["head"], abs=1e-5)
    row = METHOD.run(replace(small, target=small.target.parse("description:2")), attribution=PRODUCT)
    chosen = small.patch_index
    assert row.values["target"][chosen] == pytest.approx(small.verdict.descriptions[2].similarity, abs=1e-4)


def test_it_is_saved_whole_and_holds_no_picture(small, result, tmp_path):
    result.save(tmp_path)
    back = type(result).load(tmp_path)
    assert set(back.values) == set(result.values)
    assert window_names(4) == back.labels["homogeneity"]
    windows = small.verdict.face.crop.windows
    assert not any(array.dtype == np.uint8 or array.shape == windows.shape for array in back.values.values())
