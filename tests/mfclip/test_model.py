import numpy as np
import pytest
import torch
from torch.nn import functional as F

from mfclip import MFCLIP
from mfclip.config import TINY
from mfclip.model import as_pixels
from mfclip.patches import quarters
from mfclip.prompts import published_hierarchy
from tests.mfclip.conftest import make_tiny

ROWS = [list(row.sentences) for row in published_hierarchy()]


@pytest.fixture
def encoding(tiny, faces):
    with torch.no_grad():
        return tiny.encode_faces(faces)


def windows_of(faces) -> torch.Tensor:
    return quarters(torch.tensor(faces).movedim(-1, 1)).movedim(2, -1)


def test_an_encoding(tiny, faces, encoding):
    count = len(faces)
    assert encoding.image.shape == encoding.noise.shape == encoding.fused.shape == (count, TINY.embed_dim)
    assert torch.equal(encoding.fused, encoding.image + encoding.noise)
    assert encoding.patch_index.shape == (count,) and encoding.patch_index.dtype == torch.int64
    assert encoding.homogeneity.shape == (count, 4) and encoding.residual.shape == (count, 3, 112, 112)
    assert torch.equal(encoding.patch_index, encoding.homogeneity.argmin(dim=1))
    assert torch.allclose(encoding.direction.norm(dim=-1), torch.ones(count))


def test_the_quarters_of_the_face_are_the_default_windows(tiny, faces, encoding):
    with torch.no_grad():
        same = tiny.encode_faces(faces, windows_of(faces))
    assert torch.equal(same.fused, encoding.fused) and torch.equal(same.homogeneity, encoding.homogeneity)


def test_windows_from_elsewhere_change_the_noise_stream_alone(tiny, faces, encoding):
    with torch.no_grad():
        other = tiny.encode_faces(faces, windows_of(faces[::-1].copy()))
        three = tiny.encode_faces(faces, windows_of(faces)[:, :3])
    assert torch.equal(other.image, encoding.image) and not torch.allclose(other.noise, encoding.noise)
    assert three.homogeneity.shape == (len(faces), 3)


def test_the_choice_can_be_frozen(tiny, faces, encoding):
    frozen = torch.tensor([3, 2, 1, 0, 3])
    with torch.no_grad():
        found = tiny.encode_faces(faces, patch_index=frozen)
        again = tiny.encode_faces(faces, patch_index=encoding.patch_index)
    assert torch.equal(found.patch_index, frozen) and torch.equal(found.image, encoding.image)
    assert torch.equal(found.homogeneity, encoding.homogeneity), "the scores are what they are"
    assert torch.equal(again.fused, encoding.fused)


def test_bytes_floats_arrays_and_tensors_are_the_same(tiny, faces, encoding):
    with torch.no_grad():
        for given in (torch.tensor(faces), faces.astype(np.float32), torch.tensor(faces).double()):
            assert torch.equal(tiny.encode_faces(given).fused, encoding.fused)


@pytest.mark.parametrize(
    ("faces_shape", "windows_shape", "said"),
    [
        ((1, 3, 224, 224), None, r"Faces have shape \(1, 3, 224, 224\); \(…, 224, 224, 3\)"),
        ((1, 224, 224, 4), None, "Faces have shape"),
        ((224, 224, 3), None, "Faces have 3 axes"),
        ((2, 224, 224, 3), (2, 4, 100, 100, 3), "Windows have shape"),
        ((2, 224, 224, 3), (3, 4, 112, 112, 3), "for 2 faces; one set of candidates a face"),
        ((2, 224, 224, 3), (2, 112, 112, 3), "one set of candidates a face"),
    ],
)
def test_other_shapes_are_refused(tiny, faces_shape, windows_shape, said):
    windows = None if windows_shape is None else np.zeros(windows_shape, dtype=np.uint8)
    with pytest.raises(ValueError, match=said):
        tiny.encode_faces(np.zeros(faces_shape, dtype=np.uint8), windows)


@pytest.mark.parametrize("index", [[4], [-1], [0, 1], 0])
def test_an_index_without_a_candidate_is_refused(tiny, faces, index):
    with pytest.raises(ValueError, match="one number of 0 to 3 a face is needed"):
        tiny.encode_faces(faces[:1], patch_index=torch.tensor(index))


def test_head_predictor_and_similarities_read_the_direction(tiny, encoding):
    with torch.no_grad():
        text = tiny.encode_descriptions(ROWS)
        logits, predicted = tiny.head_logits(encoding.fused), tiny.predict_text(encoding.fused)
        similarities = tiny.similarities(encoding.fused, text)
        assert (
            logits.shape == (5, 2)
            and predicted.shape == (5, TINY.embed_dim)
            and similarities.shape == (5, len(ROWS))
        )
        assert torch.allclose(logits, tiny.head_logits(7 * encoding.fused), atol=1e-5)
        assert torch.allclose(similarities, tiny.similarities(7 * encoding.fused, 0.1 * text), atol=1e-4)
        cosines = F.normalize(encoding.fused, dim=-1) @ F.normalize(text, dim=-1).T
    assert torch.allclose(similarities, cosines / 0.07, atol=1e-4), "s starts at 1 / 0.07"


def test_a_seed_makes_the_same_model(faces, tiny):
    again = make_tiny(faces[:3])
    with torch.no_grad():
        assert torch.equal(again.encode_faces(faces[:1]).fused, tiny.encode_faces(faces[:1]).fused)


def test_half_precision_scores_are_near(tiny, faces, encoding):
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        half = tiny.encode_faces(faces).fused.float()
    assert float(F.cosine_similarity(half, encoding.fused).min()) > 0.99


def test_every_parameter_learns_from_the_objective(faces):
    """No dead weight: each gets a gradient from head, alignment, gate and predictor together."""
    from mfclip import losses

    model = make_tiny(faces[:3]).train()
    caption = torch.arange(5) % 2
    encoding, text = model.encode_faces(faces), model.encode_descriptions(ROWS[:2])
    gates = model.alignment(encoding.direction, F.normalize(text, dim=-1))
    loss = F.cross_entropy(model.head_logits(encoding.fused), caption)
    loss = loss + losses.contrastive(model.similarities(encoding.fused, text), gates, caption)
    loss = loss + losses.predicted_text(model.predict_text(encoding.fused), text[caption], 0.5)
    loss.backward()
    dead = [
        name for name, p in model.named_parameters() if p.grad is None or not bool(p.grad.abs().max() > 0)
    ]
    assert dead == []


def test_as_pixels_keeps_gradients_and_leaves_the_input():
    pixels = torch.rand(2, 5, 5, 3, requires_grad=True)
    moved = as_pixels(pixels, 5, "Things")
    assert moved.shape == (2, 3, 5, 5)
    moved.sum().backward()
    assert torch.equal(pixels.grad, torch.ones(2, 5, 5, 3))


def test_read_only_and_mirrored_arrays_are_taken_without_a_warning(recwarn):
    picture = np.arange(75, dtype=np.uint8).reshape(5, 5, 3)
    picture.flags.writeable = False
    assert torch.equal(as_pixels(picture[::-1], 5, "Things"), as_pixels(picture[::-1].copy(), 5, "Things"))
    assert as_pixels(picture, 5, "Things").shape == (3, 5, 5) and not recwarn.list


def test_the_scale_is_positive_whatever_is_learned():
    with torch.device("meta"):
        model = MFCLIP(TINY)
    assert model.scale.shape == () and model.device.type == "meta"
