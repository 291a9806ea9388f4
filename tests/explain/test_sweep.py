"""The sweep: no change is exactly the verdict, a change is the one that was asked for, and the face is found once."""

import numpy as np
import pytest
from PIL import Image, ImageFilter

from explain import sweep as swept
from explain.sweep import KINDS, Sweep, changed, sweep, sweeping
from mfclip import NoFace
from mfclip import detector as detectors
from mfclip.preprocess import re_encode

REGION = (101, 37, 261, 197)


@pytest.fixture(scope="module")
def small(smalls):
    return smalls["each"]


def made_up(**given) -> Sweep:
    whole = {
        "kind": "blur",
        "strengths": np.array([0.0, 0.4, 0.8]),
        "probabilities": np.array([0.2, 0.5, 0.9]),
        "evidence": ("little", "uncertain", "substantial"),
        "reference": 0.2,
        "reference_evidence": "little",
        "of": 3,
    }
    return Sweep(**{**whole, **given})


def inside(photo: np.ndarray, region=REGION) -> np.ndarray:
    x0, y0, x1, y1 = region
    return photo[y0:y1, x0:x1]


@pytest.mark.parametrize("kind", [name for name, kind in KINDS.items() if kind.neutral is not None])
def test_no_change_is_the_verdicts_own_probability_exactly(small, astronaut, kind):
    verdict = small(astronaut)
    found = sweep(small, astronaut, kind)
    place = found.strengths.tolist().index(KINDS[kind].neutral)
    assert found.reference == found.probabilities[place] == verdict.probability
    assert found.reference_evidence == found.evidence[place] == verdict.evidence
    assert found.complete and len(found.strengths) == len(KINDS[kind].strengths)
    assert len(set(found.probabilities.tolist())) > 1


@pytest.mark.parametrize("region", [REGION, (0, 0, 90, 90), (303, 203, 500, 400), (5, 1, 400, 396)])
def test_a_jpeg_is_that_of_the_whole_photo(astronaut, region):
    photo = np.ascontiguousarray(astronaut[:400, :500])
    for quality in (90, 30):
        whole = re_encode(photo, quality=quality, subsampling=2)
        assert np.array_equal(changed(photo, region, "jpeg", quality), inside(whole, region))


def test_a_blur_is_that_of_the_whole_photo(astronaut):
    whole = np.asarray(Image.fromarray(astronaut).filter(ImageFilter.GaussianBlur(2)))
    assert np.array_equal(changed(astronaut, REGION, "blur", 2.0), inside(whole))


def test_noise_has_its_deviation_and_is_one_pattern_at_every_strength():
    grey = np.full((300, 400, 3), 128, dtype=np.uint8)
    weak, strong = (changed(grey, REGION, "noise", sigma).astype(float) - 128 for sigma in (4.0, 8.0))
    assert weak.std() == pytest.approx(4, rel=0.03) and strong.std() == pytest.approx(8, rel=0.03)
    assert np.corrcoef(weak.ravel(), strong.ravel())[0, 1] > 0.99
    assert abs(np.corrcoef(weak[..., 0].ravel(), weak[..., 1].ravel())[0, 1]) < 0.05


def test_a_resize_changes_the_side_and_a_shift_moves_the_region(astronaut):
    assert changed(astronaut, REGION, "resize", 0.4).shape == (64, 64, 3)
    assert changed(astronaut, REGION, "resize", 1.3).shape == (208, 208, 3)
    moved = changed(astronaut, REGION, "crop", 0.1, face_width=120)
    assert np.array_equal(moved, inside(astronaut, (113, 37, 273, 197)))
    with pytest.raises(ValueError, match=r"cannot move by -112 px: it spans 101 to 261 of 512 px; choose"):
        changed(astronaut, REGION, "crop", -0.7)


def test_only_jpeg_is_ever_encoded(small, astronaut, monkeypatch):
    asked = []
    monkeypatch.setattr(swept, "re_encode", lambda rgb, **options: asked.append(options) or rgb)
    for kind in KINDS:
        sweep(small, astronaut, kind)
    assert [options["quality"] for options in asked] == list(KINDS["jpeg"].strengths)


def test_the_face_is_looked_for_once(small, astronaut, monkeypatch):
    looks = []
    find = detectors.find_faces
    monkeypatch.setattr(detectors, "find_faces", lambda rgb: looks.append(rgb.shape) or find(rgb))
    sweep(small, astronaut, "blur")
    assert looks == [astronaut.shape]


def test_the_face_asked_for_is_the_one_swept(small, two_faces):
    for face in (0, 1):
        found = sweep(small, two_faces, "resize", face=face)
        assert found.reference == small(two_faces, face=face).probability


def test_it_grows_step_by_step_and_can_be_left(small, astronaut):
    calls = []
    sweep(small, astronaut, "blur", progress=lambda done, of: calls.append((done, of)))
    assert calls == [(step, 6) for step in range(1, 7)]
    growing = sweeping(small, astronaut, "blur")
    first = next(growing)
    growing.close()
    assert len(first.strengths) == 1 and first.of == 6 and not first.complete

    def cancel(done, of):
        raise InterruptedError

    with pytest.raises(InterruptedError):
        sweep(small, astronaut, "noise", progress=cancel)


def test_other_descriptions_move_the_whole_curve(small, astronaut):
    from mfclip.prompts import Hierarchy

    rows = Hierarchy(small.hierarchy.descriptions[:3])
    found = sweep(small, astronaut, "blur", hierarchy=rows)
    assert found.reference == small(astronaut, hierarchy=rows).probability != small(astronaut).probability
    assert found.probabilities[0] == found.reference


def test_strengths_without_room_are_left_out(small, astronaut):
    face = np.ascontiguousarray(astronaut[60:120, 190:250])
    found = sweep(small, face, "resize", cropped=True)
    assert found.complete and found.strengths.min() == 0.55
    beside = np.ascontiguousarray(astronaut[60:124, 190:260])  # three pixels of room on either side
    assert sweep(small, beside, "crop", cropped=True).strengths.tolist() == [-0.05, -0.02, 0.0, 0.02, 0.05]


def test_what_cannot_be_swept_is_refused_with_the_remedy(small, astronaut, landscape):
    with pytest.raises(
        ValueError, match="no sweep of 'colour'; choose one of jpeg, resize, blur, crop, noise"
    ):
        sweep(small, astronaut, "colour")
    with pytest.raises(ValueError, match=r"fills the photo from side to side \(64 of 64 px\).*give a photo"):
        sweep(small, np.ascontiguousarray(astronaut[:64, :64]), "crop", cropped=True)
    with pytest.raises(NoFace):
        sweep(small, landscape, "blur")
    tiny = np.asarray(Image.fromarray(astronaut).resize((110, 110)))
    with pytest.raises(ValueError, match=r"px wide and a sweep needs 32: give a larger copy"):
        sweep(small, tiny, "blur")


def test_where_the_word_changes():
    found = made_up()
    assert found.changes == (0.4, 0.8) and found.turns and found.span == (0.2, 0.9)
    steady = made_up(evidence=("little",) * 3)
    assert steady.changes == () and not steady.turns
    doubtful = made_up(reference_evidence="uncertain", evidence=("uncertain", "little", "little"))
    assert doubtful.changes == (0.4, 0.8) and not doubtful.turns
    grown = made_up(
        kind="resize", strengths=np.array([1.3, 1.15, 0.4]), evidence=("uncertain", "little", "substantial")
    )
    assert grown.changes == (1.3, 0.4)
    assert made_up(of=6).complete is False and found.to_dict()["changes"] == [0.4, 0.8]
