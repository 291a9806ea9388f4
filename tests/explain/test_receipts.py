"""Receipts tell a true map from a random, an inverted and an empty one, where the evidence is one known square."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import torch

import explain
from explain.cost import forward_operations
from explain.metrics import METRICS, Settings
from explain.progress import WHOLE
from explain.receipts import judged, receipt
from explain.result import Reading
from explain.subject import Subject
from tests.explain.conftest import crops
from tests.explain.toys import SIDE, bright_square, result_of, true_map

FEW = Settings(orders=20, steps=5, whole=False, fills=("mean", "linear"), units=5, samples=5)
CELL_METRICS = ("deletion", "insertion", "agreement", "saco", "polarity", "flip")


@pytest.fixture(scope="module")
def judged_faces(smalls):
    return smalls["each"].batch(list(crops()), cropped=True)


@pytest.fixture(scope="module")
def toy(smalls, judged_faces):
    return bright_square(smalls["each"], judged_faces[0])


@pytest.fixture(scope="module")
def prove(toy):
    def proof(cells, **settings):
        return receipt(toy.detector, result_of(toy, cells), **{"settings": FEW, **settings})

    return proof


def values(proof) -> dict[str, float]:
    return {reading.metric: reading.value for reading in proof.readings}


def passed(proof) -> dict[str, bool]:
    return {reading.metric: reading.passed for reading in proof.readings if reading.passed is not None}


def random_map(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((SIDE, SIDE))


def test_the_true_map_holds(prove):
    proof = prove(true_map())
    assert proof.verdict == "holds", proof.reason
    assert all(passed(proof)[name] for name in CELL_METRICS)
    assert values(proof)["saco"] == 1 and values(proof)["infidelity"] == pytest.approx(0, abs=1e-4)


def test_its_scale_does_not_matter(prove):
    assert values(prove(1000 * true_map())) == pytest.approx(values(prove(true_map())))


def test_the_inverted_map_fails(prove):
    proof = prove(-true_map())
    assert proof.verdict == "fails"
    assert not any(passed(proof)[name] for name in CELL_METRICS)
    assert values(proof)["deletion"] == 0 and values(proof)["saco"] == -1 and values(proof)["polarity"] == 1


@pytest.mark.parametrize("level", [0.0, 1.0, -3.0])
def test_a_constant_map_fails_and_says_why(prove, level):
    proof = prove(np.full((SIDE, SIDE), level))
    assert proof.verdict == "fails" and "the same of every cell" in proof.reason
    assert not any(passed(proof)[name] for name in CELL_METRICS)


def test_a_random_map_scores_worse_than_the_true_one(prove):
    true = values(prove(true_map()))
    found = [prove(random_map(seed)) for seed in range(8)]
    verdicts = [proof.verdict for proof in found]
    assert "holds" not in verdicts and verdicts.count("fails") >= 6, verdicts
    for proof in found:
        random = values(proof)
        assert random["agreement"] < true["agreement"] and random["saco"] < true["saco"]
        assert random["polarity"] > true["polarity"] and random["infidelity"] > true["infidelity"]
        assert random["deletion"] + random["insertion"] < true["deletion"] + true["insertion"]


def test_a_map_half_right_is_weak(prove):
    noisy = true_map() + 0.02 * random_map(0)
    proof = prove(noisy)
    assert proof.verdict == "weak" and "polarity" in proof.reason
    assert passed(proof)["deletion"] and passed(proof)["insertion"]


def test_a_map_without_a_sign_speaks_for_the_side_of_the_verdict(smalls, judged_faces):
    toy = bright_square(smalls["each"], judged_faces[1], weight=-1.0)
    assert toy.explained < 0
    result = result_of(toy, true_map())
    assert receipt(toy.detector, result, CELL_METRICS, kind="mixing", settings=FEW).verdict == "holds"
    assert receipt(toy.detector, result, CELL_METRICS, kind="map", settings=FEW).verdict == "fails"


def test_the_same_seed_gives_the_same_receipt(prove):
    def told(seed):
        proof = prove(random_map(1), settings=replace(FEW, seed=seed))
        return json.dumps(
            [(reading.metric, reading.value, dict(reading.detail)) for reading in proof.readings]
        )

    assert told(0) == told(0)
    assert told(0) != told(1)


def test_a_receipt_can_be_written_as_json(prove):
    text = json.dumps(prove(true_map()).to_dict(), allow_nan=False)
    assert json.loads(text)["verdict"] == "holds"


def test_random_orders_are_computed_once_for_all_maps_of_a_face(smalls, judged_faces):
    toy = bright_square(smalls["each"], judged_faces[2])
    seen = []
    plain = type(toy).image_of

    class Counting(type(toy)):
        def image_of(self, faces):
            seen.append(len(faces))
            return plain(self, faces)

    counting = Counting(toy.detector, toy.verdict, toy.target)
    vars(counting).update(face=toy.face, residual=toy.residual)
    first, second = (result_of(counting, random_map(seed)) for seed in (0, 1))
    receipt(toy.detector, first, ["deletion"], settings=FEW)
    orders = sum(seen)
    seen.clear()
    receipt(toy.detector, second, ["deletion"], settings=FEW)
    points, fills = FEW.steps, len(FEW.fills)
    # One face more where the cost of one forward pass is counted for the first time.
    assert orders - fills * points * (1 + FEW.orders) in (0, 1)
    assert sum(seen) == fills * points


def test_threads_share_the_random_orders_and_agree(smalls, judged_faces):
    toy = bright_square(smalls["each"], judged_faces[3])
    maps = [random_map(seed) for seed in range(4)]
    alone = [values(receipt(toy.detector, result_of(toy, cells), settings=FEW)) for cells in maps]
    again = bright_square(smalls["each"], judged_faces[3])
    gate = threading.Barrier(4)

    def proof(cells):
        gate.wait()
        return values(receipt(again.detector, result_of(again, cells), settings=FEW))

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(proof, maps)) == alone


class Stop(Exception):
    pass


def test_a_receipt_can_be_cancelled_and_asked_for_again(smalls, judged_faces):
    toy = bright_square(smalls["each"], judged_faces[4])
    calls = []

    def progress(done, of):
        calls.append((done, of))
        if len(calls) == 4:
            raise Stop

    with pytest.raises(Stop):
        receipt(toy.detector, result_of(toy, true_map()), settings=FEW, progress=progress)
    assert receipt(toy.detector, result_of(toy, true_map()), settings=FEW).verdict == "holds"


def test_progress_rises_to_its_end_and_deletion_has_the_most_of_it(prove):
    calls = []
    proof = prove(true_map(), progress=lambda done, of: calls.append((done, of)))
    done = [number for number, _ in calls]
    assert {of for _, of in calls} == {WHOLE} and done[-1] == WHOLE
    assert done == sorted(done) and len(set(done)) > len(proof.readings)
    # The random orders, which all readings of a face share, are what takes time.
    alone = []
    prove(true_map(), metrics=["deletion", "infidelity"], progress=lambda done, of: alone.append(done))
    assert any(90 <= number < WHOLE for number in alone)


def test_quick_takes_a_fraction_of_the_passes(toy):
    result = result_of(toy, true_map())
    quick = receipt(toy.detector, result, ["deletion"], quick=True)
    whole = receipt(toy.detector, result, ["deletion"])
    count = [len(next(iter(r.readings[0].detail["fills"].values()))["curve"]) for r in (quick, whole)]
    fills = [len(r.readings[0].detail["fills"]) for r in (quick, whole)]
    assert count == [6, 16] and fills == [1, 3]
    assert quick.verdict == whole.verdict == "holds"


@pytest.fixture(scope="module")
def small_result(smalls, judged_faces):
    """Gradient × activation of the small detector: a method that can run again."""
    return explain.explain(smalls["each"], judged_faces[0], "grid")


def test_a_map_of_mixed_up_weights_differs(smalls, small_result):
    names = ["randomisation", "prompt", "sensitivity"]
    proof = receipt(smalls["each"], small_result, names, settings=replace(FEW, samples=2))
    found = values(proof)
    assert abs(found["randomisation"]) < 0.9 and found["prompt"] < 0.999 and found["sensitivity"] > 0
    other = np.array(proof.readings[0].detail["map"])
    assert other.shape == small_result.values["map"].shape
    assert not np.allclose(other, small_result.values["map"])


def test_a_map_that_only_draws_the_picture_fails_the_mixed_up_weights(toy):
    grey = toy.face.mean(dim=1)[0].reshape(SIDE, 16, SIDE, 16).mean(dim=(1, 3)).numpy()

    def drawn(subject: Subject):
        return result_of(subject, grey)

    proof = receipt(toy.detector, drawn(toy), ["randomisation"], rerun=drawn, settings=FEW)
    assert values(proof) == {"randomisation": pytest.approx(1.0)} and proof.verdict == "weak"


def test_costly_readings_are_left_out_and_named(toy):
    costly = replace(result_of(toy, true_map()), cost=300.0)
    proof = receipt(toy.detector, costly, rerun=lambda s: result_of(s, true_map()), settings=FEW)
    assert "randomisation" in values(proof)
    assert (
        "prompt" not in values(proof)
        and "Not measured, for their cost: prompt, stability, sensitivity." in proof.reason
    )


def test_ledger_words_and_pixels_get_receipts(smalls, judged_faces):
    detector, verdict = smalls["each"], judged_faces[0]
    ledger = receipt(detector, explain.explain(detector, verdict, "ledger"))
    assert ledger.verdict == "holds" and ledger.readings[0].metric == "ledger sum"
    broken = explain.explain(detector, verdict, "ledger")
    shares = broken.values["contributions"] + 0.01
    assert (
        receipt(detector, replace(broken, values={**broken.values, "contributions": shares})).verdict
        == "fails"
    )
    pixels = explain.explain(detector, verdict, "pixels", steps=8, limit=8)
    for name, side in (("map", 14), ("residual map", 7)):
        proof = receipt(detector, pixels, ["deletion", "infidelity"], values=name, settings=FEW)
        curve = proof.readings[0].detail["fills"]["mean"]
        assert curve["curve"][0] == pytest.approx(pixels.explained) and len(curve["removed"]) == 6
        assert curve["removed"][1] == pytest.approx(round(0.1 * side**2) / side**2)


@pytest.mark.parametrize(
    ("method", "knobs"), [("noise", {}), ("grid", {"stream": "noise"}), ("attention", {"stream": "noise"})]
)
def test_maps_of_the_noise_stream_are_tested_on_the_patch(smalls, judged_faces, method, knobs):
    detector = smalls["each"]
    result = explain.explain(detector, judged_faces[0], method, **knobs)
    seen, armed = [], []
    subject = result.subject

    class Watched(Subject):
        def image_of(self, faces):
            assert not armed, "the face was altered"
            return subject.image_of(faces)

        def noise_of(self, residuals):
            seen.append(len(residuals))
            return subject.noise_of(residuals)

    other = Watched(detector, detector(crops()[5], cropped=True))
    forward_operations(other)  # which reads the face, once
    seen.clear()
    armed.append(True)
    watched = replace(result, subject=other)
    receipt(detector, watched, ["deletion"], settings=FEW)
    # The linear fill of other maps of this grid may be remembered already; the map's own curve never is.
    assert sum(seen) >= len(FEW.fills) * FEW.steps


def test_bad_input_gets_one_sentence(smalls, judged_faces, toy):
    detector, result = smalls["each"], result_of(toy, true_map())
    cases = [
        (replace(result, subject=None), {}, "loaded from disk"),
        (result, {"orders": 1}, "orders is 1; 2 to 1000"),
        (result, {"metrics": ["beauty"]}, r"\['beauty'\] cannot be read"),
        (result, {"metrics": ["ledger sum"]}, "choose from deletion"),
        (result, {"metrics": []}, "cannot be read"),
        (result, {"values": "pixels"}, "holds no cells 'pixels'"),
        (result, {"kind": "audit"}, "no receipt for a result of kind 'audit'"),
        (result_of(toy, np.ones((14, 7))), {}, "square cells"),
        (result, {"settings": replace(FEW, fills=("rainbow",))}, "The fill is 'rainbow'; choose one of mean"),
    ]
    for given, settings, told in cases:
        with pytest.raises(ValueError, match=told):
            receipt(detector, given, **settings)
    with pytest.raises(ValueError, match="another one was passed"):
        receipt(smalls["joint"], result)


def test_the_rules_of_the_verdict():
    def reading(metric, value, passed):
        return Reading(metric, value, "a line", passed)

    good = [reading("deletion", 1.0, True), reading("insertion", 1.0, True)]
    assert judged(good)[0] == "holds"
    assert judged([*good, reading("infidelity", 0.9, None)])[0] == "holds"
    assert judged([*good, reading("saco", -0.1, False)])[0] == "weak"
    assert judged([good[0], reading("insertion", 0.8, False)])[0] == "weak"
    assert judged([good[0], reading("insertion", 0.5, False)])[0] == "fails"
    assert judged([reading("deletion", 0.9, False), reading("insertion", 0.9, False)])[0] == "fails"
    assert judged(good, constant=True)[0] == "fails"
    assert judged([reading("infidelity", 0.1, None)])[0] == "weak"


def test_every_metric_is_told_of_and_applies_to_something():
    assert explain.METRICS is METRICS
    kinds = {method.kind for method in explain.METHODS.values()} | {"pairs"}
    for name, metric in METRICS.items():
        assert metric.name == name and metric.question.endswith("?")
        assert kinds & set(metric.kinds)


def test_nothing_is_left_on_the_shared_model(smalls, small_result):
    model = smalls["each"].model
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    receipt(smalls["each"], small_result, settings=replace(FEW, orders=2, samples=2))
    assert all(torch.equal(before[name], weight) for name, weight in model.state_dict().items())
    assert not any(module.training or module._forward_hooks for module in model.modules())
    assert not any(weight.requires_grad for weight in model.parameters())
