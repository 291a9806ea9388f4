"""Tables of scored pictures whose answers are known by hand."""

import dataclasses

import numpy as np
import pytest

from mfclip.config import DecisionConfig
from mfclip.data.cache import Entry
from mfclip.data.leave_out import LeaveOut
from mfclip.data.readouts import Readouts
from mfclip.evaluation.ablations import counterparts, facts, row_name
from mfclip.evaluation.card import origin_of_weights
from mfclip.evaluation.levels import level_accuracies
from mfclip.evaluation.protocols import left_out_pictures
from mfclip.evaluation.report import rows_of
from mfclip.evaluation.scores import group_weights
from mfclip.evaluation.scoring import Scored, Subject
from mfclip.evaluation.tables import against, mean_over_generators, measure, row, sources_alike, words
from mfclip.prompts import Hierarchy, describe_forgery, describe_real

REAL = describe_real()
SWAP, DIFFUSION, GAN = (
    describe_forgery("face_swap", "graphics", "FaceSwap"),
    describe_forgery("entire_face_synthesis", "diffusion", "SDXL"),
    describe_forgery("entire_face_synthesis", "gan", "StyleGAN2"),
)
UNKNOWN = describe_forgery("entire_face_synthesis", "diffusion", "next year's")
DECISION = DecisionConfig(a=1.0, b=1.0, c=0.0, temperature=1.0, low=0.3, high=0.7, origin="by hand")


def _entry(description, generator, group, split="test", **more):
    return Entry(
        0,
        120,
        f"{generator}/{group}.png",
        generator,
        description.sentences,
        description.fake,
        group,
        split,
        **more,
    )


def _scored(entries, margins, similarities=None, recompressed=None, partner=None):
    half = np.array(margins) / 2
    fake = np.array([entry.fake for entry in entries])
    names = {key: np.array([getattr(e, key) for e in entries]) for key in ("generator", "path", "group")}
    table = np.zeros((len(entries), 4)) if similarities is None else np.array(similarities)
    readouts = Readouts(half, half, half, half, fake, similarities=table, **names)
    chance = 1 / (1 + np.exp(-np.array(margins)))
    again = None if recompressed is None else np.array(recompressed)
    hierarchy = Hierarchy((REAL, SWAP, DIFFUSION, GAN))
    scores = {"detector": np.array(margins), "head alone": half}
    return Scored(tuple(entries), readouts, scores, {"detector": chance}, DECISION, hierarchy, again, partner)


def _eight():
    reals = [_entry(REAL, "camera", f"r{number}") for number in range(4)]
    forged = [
        _entry(SWAP, "faceswap", f"s{number}", kind="face_swap", family="graphics") for number in range(2)
    ]
    forged += [_entry(DIFFUSION, "sdxl", f"d{number}", kind="entire_face_synthesis") for number in range(2)]
    return reals + forged


def test_words_are_the_detector_s_own_and_the_rest_is_counted():
    margins = [-3.0, -3.0, 0.1, 3.0, 3.0, 3.0, -3.0, 3.0]
    scored = _scored(_eight(), margins, recompressed=[0.04, 0.6, 0.5, 0.9, 0.9, 0.9, 0.1, 0.2])
    assert scored.words().tolist() == [
        "little", "uncertain", "uncertain", "substantial", "substantial", "substantial", "little", "uncertain"
    ]  # fmt: skip
    found = words(scored, group_weights(scored.fake, scored.group))
    assert found["uncertain"]["value"] == pytest.approx(3 / 8)
    assert (found["right_of_the_rest"]["value"], found["right_of_the_rest"]["n"]) == (pytest.approx(3 / 5), 5)
    assert found["turned_by_recompression"]["value"] == pytest.approx(2 / 8)
    assert found["reals_called_substantial"]["value"] == 0.25
    assert found["in_the_band"]["value"] == pytest.approx(1 / 8) and found["readouts_disagree"]["value"] == 0


def test_a_condition_holds_every_generator_kind_and_source():
    found = measure(_scored(_eight(), [-3.0, -2.0, -1.0, 1.0, 2.0, 3.0, 0.5, 4.0]))
    assert found["generators"]["sdxl"]["detector"]["value"] == pytest.approx(7 / 8)
    assert found["generators"]["faceswap"]["detector"]["value"] == 1
    assert found["mean_over_generators"]["detector"]["value"] == pytest.approx(15 / 16)
    scored = _scored(_eight(), [-3.0, -2.0, -1.0, 1.0, 2.0, 3.0, 0.5, 4.0])
    weights = group_weights(scored.fake, scored.group)
    assert mean_over_generators(scored, weights, "detector", {"sdxl", "another"}).value == pytest.approx(
        7 / 8
    )
    assert mean_over_generators(scored, weights, "detector", ("another",)) is None
    assert mean_over_generators(scored, weights, "detector", ("camera",)) is None
    assert set(found["kinds"]) == {"face_swap", "entire_face_synthesis"} and set(found["families"]) == {
        "graphics"
    }
    assert found["reals"]["camera"]["called_substantial"]["value"] == 0.25
    assert found["above_baseline"] == 0  # there is none to be above


def test_one_class_has_recall_or_false_alarms_and_no_auc():
    reals = _scored(_eight()[:4], [-3.0, -2.0, 0.5, 1.0])
    found = row(reals, np.ones(4, bool))
    assert set(found) == {"forgeries", "reals", "metrics"}
    assert found["metrics"]["detector"]["false_alarms_at_one_half"]["value"] == 0.5
    forged = _scored(_eight()[4:], [-3.0, 2.0, 0.5, 1.0])
    assert row(forged, np.ones(4, bool))["metrics"]["detector"]["recall_at_cut_off"]["value"] == 0.5
    assert "average_precision" not in measure(forged)["overall"]


def test_a_made_forgery_stands_against_its_own_original_only():
    entries = []
    for number in range(3):
        entries.append(_entry(REAL, "camera", f"g{number}"))
        entries.append(_entry(GAN, "maker" if number else "other", f"g{number}", pair=2 * number))
    margins = [
        5.0,
        6.0,
        0.0,
        1.0,
        0.5,
        1.5,
    ]  # the other maker's original scores above every forgery of 'maker'
    scored = _scored(entries, margins, partner=np.array([-1, 0, -1, 2, -1, 4]))
    chosen = scored.fake & (scored.column("generator") == "maker")
    assert against(scored, chosen).tolist() == [False, False, True, True, True, True]
    assert row(scored, against(scored, chosen))["detector"]["value"] == 1


def test_sources_counted_alike_are_the_mean_over_pairs_of_a_generator_and_a_source():
    reals = [_entry(REAL, "many", f"m{number}") for number in range(6)] + [_entry(REAL, "few", "f0")]
    forged = [
        _entry(SWAP, "faceswap", "s0"),
        _entry(DIFFUSION, "sdxl", "d0"),
        _entry(DIFFUSION, "sdxl", "d1"),
    ]
    scored = _scored(reals + forged, [-3, -3, -3, -3, -3, -3, 2, 1, 3, 1])
    # Against the many all are right; against the one: the swap is wrong, of the two others one.
    found = sources_alike(scored)
    assert found["detector"]["value"] == pytest.approx((1 + 0 + 1 + 0.5) / 4)
    assert measure(scored)["all"]["detector"]["value"] == pytest.approx((18 + 1) / 21)
    assert sources_alike(_scored(reals, [-1.0] * 7)) == {}
    again = dataclasses.replace(scored, scores=scored.scores | {"baseline": -scored.scores["detector"]})
    assert sources_alike(again)["difference"]["value"] == pytest.approx(2 * 0.625 - 1)


def test_levels_are_named_by_the_largest_share_and_unknown_names_are_not_asked_for():
    entries = [
        _entry(REAL, "camera", "r"),
        _entry(SWAP, "faceswap", "a"),
        _entry(GAN, "gan", "b"),
        _entry(UNKNOWN, "new", "c"),
    ]
    # Rows: real, swap, diffusion, GAN. The GAN picture is taken for diffusion: right kind, wrong family and generator.
    similarities = [[9, 0, 0, 0], [0, 5, 1, 1], [0, 1, 4, 3], [0, 0, 6, 1]]
    found = level_accuracies(_scored(entries, [-1.0, 1.0, -1.0, 1.0], similarities))
    assert found["authenticity"]["accuracy"]["value"] == 0.75
    assert found["forgery kind"]["accuracy"]["value"] == 1 and found["forgery kind"]["chance"] == 0.5
    assert found["family"]["accuracy"]["value"] == pytest.approx(2 / 3) and found["family"]["names"] == 3
    assert found["generator"]["accuracy"]["n"] == 2 and found["generator"]["unnamed"] == 1
    assert found["generator"]["confusion"]["StyleGAN2"] == {"SDXL": 1}
    assert found["family"]["balanced_accuracy"]["value"] == pytest.approx(2 / 3)


def test_what_is_left_out_is_scored_unless_its_kin_was_trained_on():
    @dataclasses.dataclass
    class Faces:
        entries: list

    entries = [
        _entry(DIFFUSION, "sdxl", "p1", "train"),  # left out, alone: scored
        _entry(DIFFUSION, "sdxl", "p2", "validation"),  # left out, its sibling was trained on: dropped
        _entry(DIFFUSION, "flux", "p2", "train"),
        _entry(DIFFUSION, "flux", "p3", "test"),  # another generator: not asked about
        _entry(REAL, "camera", "r1", "test"),  # reals of the test split: scored
        _entry(REAL, "phone", "r2", "train"),
        _entry(REAL, "phone", "r3", "test"),
    ]
    keep = left_out_pictures(Faces(entries), LeaveOut.parse("generator=sdxl"))
    assert [keep(entry) for entry in entries] == [True, False, False, False, True, False, True]
    keep = left_out_pictures(Faces(entries), LeaveOut.parse("real=phone"))
    assert [keep(entry) for entry in entries] == [False, False, False, True, False, True, True]


def test_a_run_is_compared_with_its_seed_of_what_the_sweep_says(tmp_path):
    assert row_name("no-noise-seed12") == "no-noise" and row_name("full") == "full"
    runs = ["full-seed0", "full-seed1", "no-noise-seed1", "trained-text-seed0", "joint-text-seed0"]
    assert counterparts(tmp_path, runs)["no-noise-seed1"] == "full-seed1"
    assert counterparts(tmp_path, runs)["full-seed1"] is None
    sweep = '{"rows": [{"folder": "joint-text-seed0", "against": "trained-text"}]}'
    (tmp_path / "sweep.json").write_text(sweep, encoding="utf-8")
    assert counterparts(tmp_path, runs)["joint-text-seed0"] == "trained-text-seed0"
    assert counterparts(tmp_path, ["no-noise", "lone"]) == {"no-noise": None, "lone": None}


def test_a_run_s_steps_are_those_it_began_from_too(tiny):
    first = {"steps": 500, "started_from": None}
    for steps, before in ((800, first), (None, None)):
        record = {"steps": 300, "started_from": {"record": before}}
        assert facts(Subject("run", "0" * 64, tiny, record))["steps"] == steps


def test_csv_rows_say_whose_figure_of_what_it_is():
    figure = {"value": 0.5, "low": 0.4, "high": 0.6, "n": 9}
    generator = {"baseline": figure, "metrics": {"detector": {"ece": figure}}}
    results = {
        "protocol": "in-domain",
        "command": "…",
        "conditions": {"as given": {"generators": {"sdxl": generator}}},
        "robustness": {"curves": {"blur": [{"strength": 2.0, "auc": figure}]}},
    }
    told = [
        tuple(line[key] for key in ("condition", "subset", "scorer", "metric")) for line in rows_of(results)
    ]
    assert told == [
        ("as given", "generators / sdxl", "baseline", "auc"),
        ("as given", "generators / sdxl", "detector", "ece"),
        ("robustness", "blur / 2.0", "detector", "auc"),
    ]


@pytest.mark.parametrize(
    ("kind", "text", "words", "never"),
    [
        ("efficientnet", "frozen", ("EfficientNet-Lite0 (Apache 2.0", "distilled from"), "from scratch"),
        ("conv", "frozen", ("vision was trained from scratch", "distilled from"), "EfficientNet"),
        ("conv", "trained", ("text tower was trained from scratch",), "distilled"),
        ("clip", "trained", ("have the shape of CLIP's", "random weights"), "began from"),
    ],
)
def test_the_card_says_what_the_weights_grew_from(kind, text, words, never):
    told = origin_of_weights({"image": {"kind": kind}}, {"recipe": {"text": text}})
    assert all(word in told for word in words) and never not in told
    assert "authors" in told and "published none" in told


def test_the_card_names_the_pretrained_towers_of_a_run_or_of_one_before_it():
    towers = {
        "asked": "openai",
        "file": "open_clip_model.safetensors",
        "commit": "c" * 40,
        "sha256": "d" * 64,
    }
    first = {"recipe": {"text": "frozen"}, "pretrained": towers}
    later = {"recipe": {"text": "frozen"}, "pretrained": None, "started_from": {"record": first}}
    for record in (first, later):
        told = origin_of_weights({"image": {"kind": "clip"}}, record)
        assert "open_clip_model.safetensors at commit " + "c" * 40 in told and "d" * 64 in told
        assert "published none" in told and "random" not in told
