"""The parts that receipts are made of, against answers worked out by hand."""

from dataclasses import replace

import numpy as np
import pytest
import torch

import explain
from explain.metrics.deletion import against, area, beaten, gone, ranked
from explain.metrics.field import Field, remembered
from explain.metrics.fills import STILL, neighbours, solved
from explain.metrics.flip import segments
from explain.metrics.randomised import alike, made_pictures, randomised, randomised_model
from explain.metrics.saco import consistency
from explain.metrics.trial import Settings
from explain.metrics.wording import shortened
from explain.receipts import receipt
from explain.result import Result
from explain.subject import Subject
from mfclip.prompts import FAKE_SENTENCE, REAL_SENTENCE
from tests.explain import spoken
from tests.explain.conftest import crops
from tests.explain.toys import bright_square


def random() -> np.random.Generator:
    return np.random.default_rng(0)


def test_orders_put_the_largest_first_and_ties_at_random():
    assert ranked(np.array([1.0, 3.0, -2.0]), random()).tolist() == [1, 0, 2]
    tied = {tuple(ranked(np.ones(3), np.random.default_rng(seed))) for seed in range(60)}
    assert len(tied) == 6
    removed = gone(np.array([[2, 0, 1]]), np.array([1, 2]))
    assert removed.tolist() == [[[False, False, True], [True, False, True]]]


def test_areas_and_shares_beaten():
    shares = np.array([0.0, 0.25, 0.5, 1.0])
    assert area(np.array([4.0, 2.0, 2.0, 0.0]), shares, 0.5) == pytest.approx((0.75 + 0.5) / 0.5)
    assert area(np.array([4.0, 2.0, 2.0, 0.0]), shares, 1.0) == pytest.approx(0.75 + 0.5 + 0.5)
    assert beaten(1.0, np.array([0.0, 1.0, 2.0, 3.0])) == 0.5 + 0.125
    found = against(
        np.array([1.0, 0.0, 0.0]), np.array([[1.0, 1, 1], [1, 0.5, 0]]), np.array([0, 0.5, 1]), 1.0
    )
    assert found["half"]["beaten"] == 1.0 and found["half"]["area"] == 0.5
    assert found["all"]["beaten"] == 1.0 and found["all"]["random area"] == pytest.approx(0.75)
    turned = against(
        np.array([1.0, 0.0, 0.0]), np.array([[1.0, 1, 1], [1, 0.5, 0]]), np.array([0, 0.5, 1]), -1.0
    )
    assert turned["half"]["beaten"] == 0.0


@pytest.mark.parametrize("cells", [1, 7, 49, 196])
def test_a_curve_holds_the_half_and_all(cells):
    counts = Settings().counts(cells)
    assert counts[-1] == cells and max(1, round(cells / 2)) in counts and counts[0] >= 1
    assert (np.diff(counts) > 0).all()
    assert Settings(whole=False).counts(196)[-1] == 98


def test_saco_by_hand():
    shares = np.array([3.0, 1.0, 0.0])
    assert consistency(shares, np.array([5.0, 2.0, 1.0])) == 1
    assert consistency(shares, np.array([1.0, 2.0, 5.0])) == -1
    # (1,2) in order counts 2, (1,3) in order 3, (2,3) out of order 1: (2 + 3 − 1) / 6
    assert consistency(shares, np.array([5.0, 1.0, 2.0])) == pytest.approx(4 / 6)
    assert consistency(np.ones(3), np.array([5.0, 1.0, 2.0])) == 0
    several = consistency(np.stack([shares, shares[::-1]]), np.array([5.0, 2.0, 1.0]))
    assert several.tolist() == [1, -1]


def test_saco_of_mixed_up_groups_is_near_zero():
    source, effects = random(), np.arange(10.0)
    found = consistency(np.stack([source.permutation(effects) for _ in range(2000)]), effects)
    assert abs(found.mean()) < 0.03


def test_neighbours_weigh_one_inside_and_less_at_the_border():
    weights = neighbours(5, torch.device("cpu"))
    assert torch.equal(weights, weights.T)
    assert weights[12].sum() == pytest.approx(1) and weights[0].sum() == pytest.approx(2 / 6 + 1 / 12)
    assert weights[12, 7] == pytest.approx(1 / 6) and weights[12, 6] == pytest.approx(1 / 12)


@pytest.mark.parametrize("threads", [1, 2])
def test_the_linear_fill_restores_a_ramp_and_keeps_what_is_known(threads):
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        ramp = torch.arange(14.0).expand(14, 14)
        known = torch.stack([ramp, ramp.T, 2 * ramp - 3])[None].repeat(9, 1, 1, 1)
        removed = torch.zeros(9, 14, 14, dtype=torch.bool)
        removed[:, 4:9, 3:11] = True
        found = solved(torch.where(removed[:, None], torch.tensor(1e3), known), removed)
    finally:
        torch.set_num_threads(before)
    assert torch.allclose(found, known, atol=1e-3)


def test_where_everything_is_gone_the_linear_fill_is_the_mean():
    known = torch.rand(2, 3, 7, 7)
    removed = torch.ones(2, 7, 7, dtype=torch.bool)
    removed[1, 0, 0] = False
    found = solved(known, removed)
    assert torch.allclose(found[0], known[0].mean(dim=(-2, -1), keepdim=True).expand(3, 7, 7))
    assert torch.allclose(found[1], known[1, :, :1, :1].expand(3, 7, 7), atol=1e-4)


def test_fills_leave_what_is_kept_and_differ_in_what_is_gone(smalls):
    detector = smalls["each"]
    toy = bright_square(detector, detector(crops()[0], cropped=True))
    removed = torch.zeros(1, 14, 14, dtype=torch.bool)
    removed[0, 2:5, 8:11] = True
    pictures = {fill: Field(toy, "face", 14).without(removed, fill) for fill in (*STILL, "linear")}
    inside = (slice(None), slice(None), slice(32, 80), slice(128, 176))
    for picture in pictures.values():
        same = picture == toy.face
        assert same.all(dim=1).sum() >= 224 * 224 - 48 * 48
        # The bright square is gone: every fill is darker, whatever it goes by.
        assert picture[inside].mean() < 0.7 * toy.face[inside].mean()
    assert pictures["mean"][inside].std(dim=(-2, -1)).max() < 1e-3
    assert 1 < pictures["linear"][inside].std() < 10


def test_a_fill_does_not_depend_on_its_batch(smalls):
    detector = smalls["each"]
    toy = bright_square(detector, detector(crops()[0], cropped=True))
    removed = torch.from_numpy(random().random((40, 14, 14)) < 0.4)
    field = Field(toy, "face", 14)
    together = field.without(removed, "linear")
    assert torch.allclose(together[7:8], field.without(removed[7:8], "linear"), atol=1e-3)


def test_what_is_remembered_is_forgotten_with_the_face(smalls):
    detector = smalls["each"]
    first = bright_square(detector, detector(crops()[0], cropped=True))
    second = first.seen_as()
    calls = []

    def compute():
        calls.append(1)
        return len(calls)

    assert remembered(first, "key", compute) == remembered(first, "key", compute) == 1
    # Other pixels, or only embeddings of its own: nothing of the one is taken for the other's.
    assert remembered(second, "key", compute) == 2
    assert remembered(first.under(smalls["joint"]), "key", compute) == 3


def test_another_face_before_the_streams_changes_the_value(smalls):
    detector = smalls["each"]
    subject = Subject.of(detector, detector(crops()[0], cropped=True))
    same = subject.seen_as()
    assert same.explained == pytest.approx(subject.explained, abs=1e-5)
    moved = subject.seen_as(face=subject.face.flip(-1), residual=subject.residual / 2)
    assert not torch.allclose(moved.image, subject.image) and not torch.allclose(moved.noise, subject.noise)
    assert torch.equal(moved.residual, subject.residual / 2) and moved.patch_index == subject.patch_index
    with torch.no_grad():
        value = subject.value_of_pixels(subject.face.flip(-1), subject.residual / 2)
    assert moved.explained == pytest.approx(float(value[0]), abs=1e-5)


def test_mixed_up_weights_keep_their_numbers_and_lose_their_places(smalls):
    model = smalls["each"].model
    forgotten = randomised_model(model, 0)
    again, other = randomised_model(model, 0), randomised_model(model, 1)
    moved = 0
    for (name, old), new in zip(model.named_parameters(), forgotten.parameters(), strict=True):
        assert torch.equal(old.flatten().sort().values, new.flatten().sort().values), name
        moved += not torch.equal(old, new)
        assert not new.requires_grad
    assert moved > 10
    pairs = zip(forgotten.state_dict().values(), again.state_dict().values(), strict=True)
    assert all(torch.equal(one, two) for one, two in pairs)
    assert not torch.equal(forgotten.predictor.weight, other.predictor.weight)
    faces = crops()[:4]
    features = forgotten.encode_faces(faces, made_pictures(4, 112, random())[:, None]).fused
    assert torch.isfinite(features).all() and features.std(dim=0).max() > 0
    assert randomised(smalls["each"]) is randomised(smalls["each"])


def test_made_pictures_fall_like_photographs():
    pictures = made_pictures(4, 64, random()).astype(float)
    power = np.abs(np.fft.fft2(pictures.mean(axis=-1) - pictures.mean(axis=(1, 2, 3))[:, None, None])) ** 2
    assert power[:, 0, 2].mean() > 20 * power[:, 0, 20].mean()


def test_rank_correlation_of_maps():
    ramp = np.arange(4.0).reshape(2, 2)
    assert alike(ramp, ramp**3) == pytest.approx(1) and alike(ramp, -ramp) == pytest.approx(-1)
    assert alike(ramp, np.zeros((2, 2))) == 0


def test_segments_cover_every_cell_once():
    for side, count in ((14, 49), (7, 49), (5, 25)):
        parts = segments(side)
        assert parts.shape == (count, side * side) and (parts.sum(axis=0) == 1).all()
    assert segments(14)[0].reshape(14, 14)[:2, :2].all() and segments(14)[0].sum() == 4


def test_words_are_left_out_without_a_trace():
    assert (
        shortened("This is a photo of a fake face", np.array([[5, 7], [21, 25]])) == "This a photo of a face"
    )
    assert shortened("This", np.array([[0, 4]])) == ""
    assert shortened("blue-green", np.array([[4, 5]])) == "blue green"


@pytest.fixture(scope="module")
def said():
    """A language that adds up its words, its words' worth known, and the result that says just that."""
    rows = [
        (False, (REAL_SENTENCE,) * 4),
        (True, (FAKE_SENTENCE, "a drawn moon", "some red cats", "loud trains")),
    ]
    subject = spoken.subject(rows)
    sentences = list(dict.fromkeys(sentence for _, row in rows for sentence in row))
    words, spans, numbers, places = [], [], [], []
    for number, sentence in enumerate(sentences):
        at = 0
        for word in sentence.split():
            at = sentence.index(word, at)
            spans.append((at, at + len(word)))
            words.append(word)
            numbers.append(number)
            at += len(word)
        for row, (_, texts) in enumerate(rows):
            places += [(number, row, level) for level, text in enumerate(texts) if text == sentence]
    share = {
        n: sum((1 if rows[p[1]][0] else -1) / 4 for p in places if p[0] == n) for n in range(len(sentences))
    }
    worth = [spoken.worth(subject, word) * share[n] for word, n in zip(words, numbers, strict=True)]
    values = {
        "contributions": np.array(worth),
        "sentence": np.array(numbers),
        "span": np.array(spans),
        "places": np.array(places),
    }
    labels = {"agreement": tuple(sentences), "contributions": tuple(words)}
    return Result(
        values=values,
        labels=labels,
        site="words",
        sign="positive towards fake",
        unit="logits",
        gap=0.0,
        cost=0.0,
        caveat="made for a test",
        subject=subject,
    )


def test_true_words_hold_and_others_fail(said):
    detector, few = said.subject.detector, Settings(orders=20)
    proof = receipt(detector, said, kind="words", settings=few)
    assert proof.verdict == "holds", proof.reason
    order = next(reading for reading in proof.readings if reading.metric == "word order")
    # Equal words have equal worth, and rounding ranks them.
    assert order.value > 0.99
    assert order.detail["lost"] == pytest.approx(said.values["contributions"].tolist(), abs=1e-4)
    shares = said.values["contributions"]
    for wrong in (-shares, np.ones_like(shares), random().permutation(shares)):
        other = replace(said, values={**said.values, "contributions": wrong})
        assert (
            receipt(detector, other, ["word order", "word deletion"], kind="words", settings=few).verdict
            != "holds"
        )
    inverted = replace(said, values={**said.values, "contributions": -shares})
    assert receipt(detector, inverted, ["word order"], kind="words", settings=few).verdict == "fails"


def test_words_of_a_real_method_can_be_tested(smalls):
    for kind in ("each", "joint"):
        detector = smalls[kind]
        result = explain.explain(detector, detector(crops()[0], cropped=True), "words", description=1)
        proof = receipt(detector, result, settings=Settings(orders=3))
        by_name = {reading.metric: reading for reading in proof.readings}
        lost = np.array(by_name["word order"].detail["lost"])
        assert np.allclose(lost, result.values["left_out"], atol=1e-4)
        assert 0 <= by_name["word deletion"].value <= 1


def test_words_that_are_not_read_hold_when_they_are_said_to_be_nothing(smalls):
    detector = smalls["authors"]
    result = explain.explain(detector, detector(crops()[0], cropped=True), "words", description=1)
    proof = receipt(detector, result, settings=Settings(orders=3))
    assert not result.values["contributions"].any() and proof.verdict == "holds"
    invented = {**result.values, "contributions": np.arange(len(result.values["contributions"])) / 10}
    assert receipt(detector, replace(result, values=invented), ["word order"]).verdict == "fails"
