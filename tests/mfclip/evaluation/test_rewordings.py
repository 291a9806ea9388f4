import json

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from mfclip.data.cache import write_cache
from mfclip.data.held_out import HeldOut
from mfclip.evaluation.rewordings import face_axis, read_rewordings, rewordings, sentence_scores
from mfclip.prompts import FAKE_SENTENCE, REAL_SENTENCE, describe_forgery, describe_real


@pytest.fixture(scope="module")
def faces(tmp_path_factory):
    """Eight validation squares: smooth reals, noisy forgeries; and one of another split."""
    rng = np.random.default_rng(0)
    items = []
    for number in range(9):
        fake = number % 2 == 1
        row = describe_forgery("entire_face_synthesis", "gan", "Toy") if fake else describe_real()
        region = np.full((224, 224, 3), 60 + 10 * number, np.uint8)
        if fake:
            region = rng.integers(0, 255, region.shape).astype(np.uint8)
        fields = {
            "path": f"{number}.png",
            "generator": "toy" if fake else "camera",
            "sentences": row.sentences,
            "fake": fake,
            "group": str(number),
            "split": "validation" if number < 8 else "train",
        }
        items.append((fields, region))
    return write_cache(tmp_path_factory.mktemp("faces"), "none", items, [])


def test_the_list_is_forty_sentences_half_of_them_about_forgeries():
    items = read_rewordings()
    assert len(items) == 40 and sum(item.fake for item in items) == 20


@pytest.mark.parametrize(
    "text", ["", "{}", '[{"sentence": "a"}]', '[{"sentence": "a", "fake": true}]', "[1]"]
)
def test_a_list_that_cannot_be_used_is_refused(tmp_path, text):
    path = tmp_path / "list.json"
    path.write_text(text)
    with pytest.raises(ValueError, match="list.json .*give"):
        read_rewordings(path)


def test_the_axis_is_the_difference_of_mean_directions(tiny, faces):
    held_out = HeldOut(faces, "validation")
    axis, counts = face_axis(tiny, held_out)
    batch = held_out[0]
    with torch.no_grad():
        directions = F.normalize(tiny.encode_faces(batch.faces, batch.windows).fused, dim=-1)
    expected = directions[batch.labels == 1].mean(dim=0) - directions[batch.labels == 0].mean(dim=0)
    assert torch.allclose(axis, expected, atol=1e-5)
    assert counts == {"reals": 4, "forgeries": 4}


def test_one_class_is_not_enough(tiny, faces):
    with pytest.raises(ValueError, match="4 reals and 0 forgeries"):
        face_axis(tiny, HeldOut(faces, "validation", keep=lambda entry: not entry.fake))


def test_default_sentences_stand_on_both_sides_of_the_midpoint(tiny, faces):
    found = rewordings(tiny, faces)
    axis, _ = face_axis(tiny, HeldOut(faces, "validation"))
    real, fake = sentence_scores(tiny, [REAL_SENTENCE, FAKE_SENTENCE], axis)
    assert found["midpoint"] == pytest.approx((real + fake) / 2, abs=1e-6)
    assert found["half_distance"] == pytest.approx((fake - real) / 2, abs=1e-6)


def test_figures_are_those_of_the_sentences(tiny, faces):
    found = rewordings(tiny, faces, seen=("a", "photo", "of", "face"))
    rows = found["sentences"]
    assert len(rows) == 40
    assert all(row["right"] == ((row["score"] > 0) == row["fake"]) for row in rows if row["score"])
    share = np.mean([row["right"] for row in rows])
    assert found["right_side"]["all"]["value"] == pytest.approx(share)
    sides = [np.mean([row["right"] for row in rows if row["fake"] is side]) for side in (False, True)]
    told = [found["right_side"][name]["value"] for name in ("real", "forged")]
    assert told == pytest.approx(sides)
    assert found["right_side"]["all"]["low"] <= share <= found["right_side"]["all"]["high"]
    assert 0 <= found["auc"]["low"] <= found["auc"]["value"] <= found["auc"]["high"] <= 1
    assert rows[0]["unseen"] == ["an", "authentic"]
    assert json.loads(json.dumps(found)) == found


def test_a_model_that_knows_the_words_is_right_everywhere(tiny, faces, monkeypatch):
    items = {item.sentence: item.fake for item in read_rewordings()}
    axis, _ = face_axis(tiny, HeldOut(faces, "validation"))

    def knowing(rows):
        sides = [items.get(row[0], row[0] == FAKE_SENTENCE) for row in rows]
        return torch.stack([axis if side else -axis for side in sides])

    monkeypatch.setattr(tiny, "encode_descriptions", knowing)
    found = rewordings(tiny, faces)
    assert found["right_side"]["all"]["value"] == 1 and found["auc"]["value"] == 1
    monkeypatch.setattr(tiny, "encode_descriptions", lambda rows: -knowing(rows))
    assert rewordings(tiny, faces)["auc"]["value"] == 0
