import dataclasses
import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import mfclip
from mfclip import CheckpointError, Description, Detector, Hierarchy, NoFace
from mfclip.config import TINY, DecisionConfig
from mfclip.detector import BATCH, PAIRS_A_THREAD
from mfclip.hub import read_checkpoint, write_checkpoint
from mfclip.prompts import describe_forgery, describe_real, published_hierarchy
from mfclip.threads import one_thread
from tests.mfclip.conftest import make_tiny

SAME = 1e-4  # batch invariance, design §8
RULE = DecisionConfig(a=0.6, b=0.3, c=-0.2, temperature=1.3, low=0.4, high=0.6, origin="a test")


@pytest.fixture(scope="module")
def config():
    return dataclasses.replace(TINY, decision=RULE)


@pytest.fixture(scope="module")
def state(golden):
    return make_tiny(golden["images_rgb"]).state_dict()


@pytest.fixture(scope="module")
def folder(tmp_path_factory, config, state) -> Path:
    """A checkpoint with random weights."""
    folder = tmp_path_factory.mktemp("checkpoints") / "random"
    write_checkpoint(folder, config.to_dict(), state, "# Random weights\n")
    return folder


@pytest.fixture
def detector(folder) -> Detector:
    """Fresh, with nothing remembered."""
    return mfclip.load(folder, device="cpu")


@pytest.fixture
def edited() -> Hierarchy:
    rows = published_hierarchy().descriptions
    return Hierarchy((rows[0], Description(("a drawing", *rows[1].sentences[1:]), fake=True), *rows[2:4]))


@pytest.fixture
def encoded(detector, monkeypatch) -> dict[str, list[int]]:
    """How many faces and sentences each call to the encoders was given."""
    counts = {"faces": [], "sentences": []}
    model = detector.model
    faces, sentences = model.encode_faces, model.encode_sentences

    def count_faces(rows, *rest, **more):
        counts["faces"].append(len(rows))
        return faces(rows, *rest, **more)

    def count_sentences(rows):
        counts["sentences"].append(len(rows))
        return sentences(rows)

    monkeypatch.setattr(model, "encode_faces", count_faces)
    monkeypatch.setattr(model, "encode_sentences", count_sentences)
    return counts


def numbers(verdict) -> list[float]:
    return [
        *(verdict.probability, verdict.margin, verdict.head, verdict.language, verdict.recompressed),
        *(view.similarity for view in verdict.descriptions),
        *verdict.patch.homogeneity,
    ]


def same(first, second, atol: float = SAME) -> bool:
    return first.patch.index == second.patch.index and np.allclose(
        numbers(first), numbers(second), atol=atol, rtol=0
    )


class TestAVerdict:
    def test_the_margin_is_the_stored_rule(self, detector, astronaut):
        verdict = detector(astronaut)
        assert verdict.margin == pytest.approx(
            RULE.a * verdict.head + RULE.b * verdict.language + RULE.c, abs=1e-9
        )
        assert verdict.probability == pytest.approx(
            1 / (1 + np.exp(-verdict.margin / RULE.temperature)), abs=1e-9
        )
        assert verdict.checkpoint == "random" and verdict.hierarchy == published_hierarchy()

    def test_the_readouts_are_the_models_own(self, detector, astronaut):
        verdict = detector(astronaut)
        crop = verdict.face.crop
        rows = [list(row.sentences) for row in verdict.hierarchy]
        with torch.no_grad():
            encoding = detector.model.encode_faces(crop.face[None], crop.windows[None])
            logits = detector.model.head_logits(encoding.fused)[0]
            similarities = detector.model.similarities(
                encoding.fused, detector.model.encode_descriptions(rows)
            )[0]
        assert verdict.head == pytest.approx(float(logits[1] - logits[0]), abs=SAME)
        assert np.allclose([view.similarity for view in verdict.descriptions], similarities, atol=SAME)
        fake = similarities[1:].logsumexp(0) - np.log(len(rows) - 1)
        assert verdict.language == pytest.approx(float(fake - similarities[0]), abs=SAME)

    def test_the_tree_and_the_descriptions_share_the_probability(self, detector, astronaut):
        verdict = detector(astronaut)
        real, fake = verdict.tree.children
        assert fake.probability == pytest.approx(verdict.probability, abs=1e-9)
        assert sum(view.probability for view in verdict.descriptions) == pytest.approx(1, abs=1e-9)
        stack = [verdict.tree]
        while stack:
            node = stack.pop()
            stack += node.children
            if node.children:
                assert sum(child.probability for child in node.children) == pytest.approx(
                    node.probability, abs=1e-9
                )

    def test_the_face_is_where_it_is(self, detector, astronaut):
        verdict = detector(astronaut)
        x0, y0, x1, y1 = verdict.face.crop.region
        assert x1 - x0 == y1 - y0 and x0 < 182 and y0 < 80 and x1 > 270 and y1 > 178
        assert x0 < verdict.face.box.x0 and verdict.face.box.x1 < x1
        assert verdict.face.crop.native and verdict.faces == (verdict.face.box,)

    def test_the_patch_is_the_richest_and_its_residual_that_of_its_pixels(self, detector, astronaut):
        patch = detector(astronaut).patch
        assert patch.index == int(np.argmin(patch.homogeneity)) and len(patch.homogeneity) == 4
        crop = detector(astronaut).face.crop
        left, top = (round(value) for value in patch.frame.to_photo((0, 0)))
        pixels = astronaut[top : top + 112, left : left + 112]
        assert np.array_equal(pixels, crop.windows[patch.index])
        window = torch.tensor(pixels).permute(2, 0, 1)[None].float()
        assert np.allclose(patch.residual, detector.model.noise.residual(window)[0], atol=1e-5)

    def test_it_reads_what_it_is_given(self, detector, astronaut, tmp_path):
        path = tmp_path / "portrait.png"
        Image.fromarray(astronaut).save(path)
        first = detector(path)
        assert first.name == "portrait.png"
        for given in (str(path), path.read_bytes(), Image.fromarray(astronaut), astronaut):
            assert numbers(detector(given)) == numbers(first)

    def test_json_gives_the_same_numbers_back(self, detector, astronaut):
        verdict = detector(astronaut)
        read = json.loads(json.dumps(verdict.to_dict(), allow_nan=False))
        assert read == verdict.to_dict()
        assert read["probability"] == verdict.probability and read["margin"] == verdict.margin
        assert read["readouts"] == {"head": verdict.head, "language": verdict.language}
        assert [row["similarity"] for row in read["descriptions"]] == [
            v.similarity for v in verdict.descriptions
        ]
        assert read["tree"]["children"][1]["probability"] == verdict.tree.children[1].probability
        assert Hierarchy.from_json([{k: r[k] for k in ("fake", "sentences")} for r in read["descriptions"]])

    @pytest.mark.parametrize("face", [0, 1])
    def test_several_faces(self, detector, two_faces, face):
        verdict = detector(two_faces, face=face)
        assert len(verdict.faces) == 2 and verdict.face.box is verdict.faces[face]
        assert (verdict.face.box.centre[0] > 512) == bool(face), "the largest is on the left"

    @pytest.mark.parametrize("face", [2, -1])
    def test_a_face_that_is_not_there(self, detector, two_faces, face):
        with pytest.raises(ValueError, match=f"Face {face + 1} was asked for and photo has 2; choose 1 to 2"):
            detector(two_faces, face=face)

    def test_no_face_no_score(self, detector, landscape):
        with pytest.raises(NoFace, match="No face was found in photo. Use a photo in which"):
            detector(landscape)

    @pytest.mark.parametrize("shape", [(40, 60), (100, 100), (224, 224), (900, 800)])
    def test_a_crop_is_judged_as_it_is(self, detector, landscape, shape):
        picture = np.asarray(Image.fromarray(landscape).resize(shape))
        verdict = detector(picture, cropped=True)
        assert verdict.face.box is None and verdict.faces == ()
        assert verdict.face.crop.region[2] - verdict.face.crop.region[0] == min(shape)
        assert 0 <= verdict.probability <= 1 and verdict.to_dict()["face"]["box"] is None

    def test_a_sentence_that_is_too_long(self, detector, astronaut):
        rows = (describe_real(), describe_forgery("face_swap", "gan", "long " * 90))
        with pytest.raises(ValueError, match="at most 77 are allowed"):
            detector(astronaut, hierarchy=Hierarchy(rows))


class TestAnotherHierarchy:
    def test_the_face_is_not_encoded_again(self, detector, encoded, astronaut, edited):
        first = detector(astronaut)
        assert encoded["faces"] == [2], "as cut, and once re-compressed"
        second = detector(astronaut, hierarchy=edited)
        third = detector.revise(first, edited)
        assert encoded["faces"] == [2]
        assert encoded["sentences"][1:] == [1], "only the sentence that is new"
        assert numbers(second) == numbers(third) and second.hierarchy == third.hierarchy == edited

    def test_it_moves_the_language_and_nothing_else(self, detector, astronaut, edited):
        first = detector(astronaut)
        second = detector.revise(first, edited)
        assert second.head == first.head and second.language != first.language
        assert second.margin - first.margin == pytest.approx(
            RULE.b * (second.language - first.language), abs=1e-9
        )
        assert (
            second.probability != first.probability
            and second.face is first.face
            and second.patch is first.patch
        )

    def test_and_back_again(self, detector, astronaut, edited):
        first = detector(astronaut)
        back = detector.revise(detector.revise(first, edited), first.hierarchy)
        assert numbers(back) == numbers(first) and back.tree == first.tree

    def test_a_remembered_sentence_has_the_numbers_of_a_new_one(self, detector, folder, astronaut, edited):
        detector(astronaut)
        assert same(
            detector(astronaut, hierarchy=edited), mfclip.load(folder, device="cpu")(astronaut, edited), 1e-5
        )

    def test_the_memory_is_bounded(self, folder, monkeypatch, landscape):
        monkeypatch.setattr("mfclip.detector.REMEMBERED_FACES", 2)
        detector = mfclip.load(folder, device="cpu")
        crops = [landscape[i * 40 : i * 40 + 80, :80] for i in range(4)]
        verdicts = detector.batch(crops, cropped=True)
        assert len(detector._faces._items) == 2
        assert all(same(v, detector(c, cropped=True)) for v, c in zip(verdicts, crops, strict=True))


class TestBatches:
    def test_same_numbers_as_one_by_one_in_any_order(self, folder, landscape):
        crops = [landscape[40 * i : 40 * i + 120 + 8 * i, 60 * i : 60 * i + 120 + 8 * i] for i in range(4)]
        together = mfclip.load(folder, device="cpu").batch(crops, cropped=True)
        backwards = mfclip.load(folder, device="cpu").batch(crops[::-1], cropped=True)[::-1]
        single = mfclip.load(folder, device="cpu")
        for photo, first, second in zip(crops, together, backwards, strict=True):
            alone = single(photo, cropped=True)
            assert same(first, alone) and same(second, alone)
        assert not same(together[0], together[1]), "they do differ"

    def test_with_faces_to_find(self, detector, folder, astronaut, two_faces):
        verdicts = detector.batch([astronaut, two_faces, astronaut[:, ::-1].copy()])
        fresh = mfclip.load(folder, device="cpu")
        for photo, verdict in zip((astronaut, two_faces, astronaut[:, ::-1].copy()), verdicts, strict=True):
            assert same(verdict, fresh(photo))

    def test_the_same_photo_twice_is_encoded_once(self, detector, encoded, landscape):
        first, second = detector.batch([landscape, landscape], cropped=True)
        assert encoded["faces"] == [2] and numbers(first) == numbers(second)

    def test_more_than_a_chunk_and_none(self, detector, encoded, landscape):
        crops = [landscape[i : i + 64, i : i + 64] for i in range(18)]
        with one_thread():
            assert len(detector.batch(crops, cropped=True)) == 18
        whole, left = divmod(BATCH, PAIRS_A_THREAD)
        assert left == 0 and 18 - BATCH < PAIRS_A_THREAD
        expected = [*whole * [2 * PAIRS_A_THREAD], 2 * (18 - BATCH)]
        assert encoded["faces"] == expected, "both crops of a few faces at a time"
        assert detector.batch([]) == []

    def test_a_photo_without_a_face_is_told(self, detector, astronaut, landscape):
        with pytest.raises(NoFace):
            detector.batch([astronaut, landscape])


def test_two_threads_with_different_photos_never_mix(folder, landscape, edited, monkeypatch):
    """More photos than are remembered, so that entries come and go meanwhile."""
    monkeypatch.setattr("mfclip.detector.REMEMBERED_FACES", 1)
    shared = mfclip.load(folder, device="cpu")
    jobs = [
        (landscape[20 * i : 20 * i + 70, :70], hierarchy)
        for i in range(3)
        for hierarchy in (published_hierarchy(), edited)
    ]
    expected = [mfclip.load(folder, device="cpu")(*job, cropped=True) for job in jobs]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda job: shared(*job, cropped=True), jobs * 2))
    for verdict, right in zip(found, expected * 2, strict=True):
        assert same(verdict, right) and verdict.face.crop.region == right.face.crop.region
        assert np.array_equal(verdict.face.crop.face, right.face.crop.face)


class TestThePublishedConfiguration:
    @pytest.fixture
    def published(self, authors):
        yield Detector(authors, "authors")
        authors.requires_grad_(True)

    def test_the_head_alone_decides_and_prompts_are_dead(self, published, astronaut, edited):
        first = published(astronaut)
        second = published.revise(first, edited)
        assert first.margin == first.head == second.margin
        assert second.language != first.language, (
            "level 1 was edited: the readout is there, and without a share"
        )

    def test_levels_2_to_4_are_not_even_encoded(self, published, monkeypatch):
        seen = []
        encode = published.model.encode_sentences
        monkeypatch.setattr(
            published.model, "encode_sentences", lambda rows: (seen.extend(rows), encode(rows))[1]
        )
        features = published.language_features(published_hierarchy())
        assert seen == ["A photo of a real face", "A photo of a fake face"]
        assert features.shape == (8, 512) and torch.equal(features[1], features[7])


class TestLoading:
    def written(self, tmp_path, config, state) -> Path:
        return write_checkpoint(tmp_path / "changed", config, state, "card").folder

    def refusal(self, folder) -> str:
        with pytest.raises(CheckpointError) as error:
            mfclip.load(folder)
        assert "\n" not in str(error.value)
        return str(error.value)

    def test_the_environment_names_one(self, folder, monkeypatch):
        monkeypatch.setenv("MFCLIP_CHECKPOINT", str(folder))
        assert mfclip.load(device="cpu").name == "random"

    def test_it_is_ready_to_judge(self, detector, config):
        assert not detector.model.training and detector.config == config
        assert not any(p.requires_grad for p in detector.model.parameters())
        assert detector.hierarchy == published_hierarchy() and detector.checkpoint.sha256

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            (lambda c: c.update(dropout=0.1), "unknown keys ['dropout']"),
            (lambda c: c["noise"].update(depth=2), "config.noise: unknown keys ['depth']"),
            (lambda c: c.pop("decision"), "missing keys ['decision']"),
            (lambda c: c["text"].pop("heads"), "config.text: unknown keys [], missing keys ['heads']"),
            (lambda c: c["image"].update(stem=[24, 48]), "do not fit it"),
            (lambda c: c.update(hierarchy=c["hierarchy"][:1]), "no fake description"),
        ],
    )
    def test_a_wrong_configuration_is_named(self, tmp_path, config, state, change, said):
        values = json.loads(json.dumps(config.to_dict()))
        change(values)
        message = self.refusal(self.written(tmp_path, values, state))
        assert said in message and "config.json" in message

    def test_a_missing_and_an_extra_weight_are_named(self, tmp_path, config, state):
        changed = {**state, "head.9.weight": torch.ones(2)}
        del changed["predictor.bias"]
        message = self.refusal(self.written(tmp_path, config.to_dict(), changed))
        assert "missing ['predictor.bias']" in message and "extra ['head.9.weight']" in message

    def test_a_wrong_shape_is_named(self, tmp_path, config, state):
        changed = {**state, "head.1.bias": torch.zeros(3)}
        message = self.refusal(self.written(tmp_path, config.to_dict(), changed))
        assert "head.1.bias (3,) instead of (2,)" in message

    @pytest.mark.parametrize("value", [float("nan"), float("inf")])
    def test_weights_that_are_no_numbers_are_refused(self, tmp_path, config, state, value):
        changed = {**state, "head.1.bias": torch.tensor([0.0, value])}
        assert "hold NaN or infinity" in self.refusal(self.written(tmp_path, config.to_dict(), changed))

    def test_a_rule_that_is_no_number_is_refused(self, tmp_path, folder):
        """Hand-written: `write_checkpoint` would not write it."""
        import hashlib

        copy = tmp_path / "copy"
        shutil.copytree(folder, copy)
        text = (copy / "config.json").read_text().replace('"a": 0.6', '"a": NaN')
        (copy / "config.json").write_text(text)
        hashes = (copy / "SHA256").read_text().splitlines()
        hashes[0] = f"{hashlib.sha256(text.encode()).hexdigest()}  config.json"
        (copy / "SHA256").write_text("\n".join(hashes) + "\n")
        assert "config.decision.a is nan; a finite number is expected" in self.refusal(copy)

    def test_half_precision_weights_load_as_float32(self, tmp_path, config, state, astronaut):
        half = {key: value.half() if value.is_floating_point() else value for key, value in state.items()}
        detector = mfclip.load(self.written(tmp_path, config.to_dict(), half), device="cpu")
        assert {p.dtype for p in detector.model.parameters()} == {torch.float32}

    def test_of_the_file_s_weights_a_detector_keeps_the_shapes(self, folder, state):
        kept = mfclip.load(folder, device="cpu").checkpoint.state
        assert {key: (tensor.shape, tensor.dtype) for key, tensor in kept.items()} == {
            key: (tensor.shape, tensor.dtype) for key, tensor in state.items()
        }
        assert {tensor.device.type for tensor in kept.values()} == {"meta"}

    def test_what_was_written_is_what_judges(self, folder, state):
        loaded = read_checkpoint(folder).state
        assert loaded.keys() == state.keys() and all(torch.equal(loaded[key], state[key]) for key in state)
