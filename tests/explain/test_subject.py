from dataclasses import replace

import numpy as np
import pytest
import torch

from explain.subject import Subject
from explain.targets import MARGIN, Target
from tests.explain.conftest import crops


def test_a_subject_is_explained_by_the_detector_that_judged(smalls, verdict):
    with pytest.raises(ValueError, match="given by random-tiny and the detector is small-each"):
        Subject.of(smalls["each"], verdict)


@pytest.mark.parametrize("target", ["margin", MARGIN])
def test_the_default_target_is_the_margin_of_the_verdict(detector, verdict, target):
    assert Subject.of(detector, verdict).target == Subject.of(detector, verdict, target).target == MARGIN
    assert Subject.of(detector, verdict).explained == pytest.approx(verdict.margin, abs=1e-5)


@pytest.mark.parametrize("of", ["head", "language"])
def test_readouts_are_those_of_the_verdict(detector, verdict, of):
    assert Subject.of(detector, verdict, of).explained == pytest.approx(getattr(verdict, of), abs=1e-5)


def test_a_description_is_its_similarity(detector, verdict):
    for row, view in enumerate(verdict.descriptions):
        subject = Subject.of(detector, verdict, Target("description", row))
        assert subject.explained == pytest.approx(view.similarity, abs=1e-5)


def test_a_target_that_the_hierarchy_lacks_is_refused(detector, verdict):
    with pytest.raises(ValueError, match="description:8 and the hierarchy has 8 descriptions"):
        Subject.of(detector, verdict, "description:8")


def test_pixels_are_those_of_the_verdict(subject, verdict):
    crop = verdict.face.crop
    assert subject.face.shape == (1, 3, 224, 224)
    np.testing.assert_array_equal(subject.face[0].permute(1, 2, 0).numpy(), crop.face)
    np.testing.assert_array_equal(subject.windows.permute(0, 2, 3, 1).numpy(), crop.windows)
    np.testing.assert_allclose(subject.residual[0].numpy(), verdict.patch.residual, atol=1e-6)


def test_features_from_pixels_are_those_of_the_verdict(subject):
    with torch.no_grad():
        torch.testing.assert_close(subject.image_of(subject.face), subject.image, atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(subject.noise_of(subject.residual), subject.noise, atol=1e-4, rtol=1e-4)
        value = float(subject.value_of_pixels(subject.face, subject.residual)[0])
    assert value == pytest.approx(subject.explained, abs=1e-4)


def test_every_tensor_may_be_differentiated_and_is_float32(subject):
    for name in ("face", "windows", "residual", "image", "noise", "text"):
        tensor = getattr(subject, name)
        assert tensor.dtype == torch.float32
        assert not tensor.is_inference()
        assert not tensor.requires_grad


def test_gradients_reach_every_pixel_stream_and_no_weight(subject):
    face = subject.face.clone().requires_grad_()
    window = subject.windows[subject.patch_index][None].clone().requires_grad_()
    subject.value_of_pixels(face, subject.residual_of(window)).sum().backward()
    assert float(face.grad.abs().max()) > 0
    assert float(window.grad.abs().max()) > 0
    assert all(weight.grad is None for weight in subject.model.parameters())


def test_rows_are_independent(subject):
    faces = torch.cat([subject.face, subject.face.flip(-1), subject.face / 2])
    residuals = torch.cat([subject.residual, -subject.residual, subject.residual.flip(-1)])
    with torch.no_grad():
        together = subject.value_of_pixels(faces, residuals)
        alone = [subject.value_of_pixels(faces[[row]], residuals[[row]])[0] for row in range(3)]
    torch.testing.assert_close(together, torch.stack(alone), atol=1e-4, rtol=1e-4)
    assert len({round(float(value), 6) for value in alone}) == 3


def test_a_subject_changes_nothing_of_its_verdict(detector, verdict):
    subject = Subject.of(detector, verdict)
    before = [tensor.clone() for tensor in (verdict.features.image, verdict.features.noise)]
    for tensor in (subject.image, subject.noise, subject.text, subject.face, subject.windows):
        tensor.add_(1)
    assert torch.equal(verdict.features.image, before[0])
    assert torch.equal(verdict.features.noise, before[1])
    fresh = Subject.of(detector, verdict)
    assert fresh.explained == pytest.approx(verdict.margin, abs=1e-5)


def test_a_mirrored_picture_is_taken_as_it_is(smalls):
    small = smalls["each"]
    verdict = small(crops()[0], cropped=True)
    crop = replace(verdict.face.crop, face=verdict.face.crop.face[:, ::-1])
    mirrored = Subject.of(small, replace(verdict, face=replace(verdict.face, crop=crop)))
    assert torch.equal(mirrored.face, Subject.of(small, verdict).face.flip(-1))


def test_another_face_brings_its_own_features(subject):
    other = subject.seen_as(face=subject.face.flip(-1))
    with torch.no_grad():
        torch.testing.assert_close(other.image, subject.image_of(subject.face.flip(-1)))
    torch.testing.assert_close(other.noise, subject.noise, atol=1e-4, rtol=1e-4)
    assert other.explained != subject.explained
    assert torch.equal(other.windows, subject.windows)


def test_other_weights_see_the_same_face(smalls, verdict, detector):
    subject = Subject.of(detector, verdict)
    other = subject.under(smalls["each"])
    assert other.model is smalls["each"].model
    assert torch.equal(other.face, subject.face)
    assert other.image.shape == (1, 16)
    assert other.text.shape == (len(verdict.hierarchy), 16)


def test_sentence_features_are_those_of_the_descriptions(subject):
    rows = [row.sentences for row in subject.hierarchy]
    known = subject.sentence_features(subject.model.sentences_read(rows))
    assert set(known) == {sentence for row in rows for sentence in row}
    combined = subject.model.combine_sentences(rows, known)
    torch.testing.assert_close(combined, subject.text, atol=1e-5, rtol=1e-5)
