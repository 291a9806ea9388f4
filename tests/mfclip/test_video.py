import dataclasses
import json
import tracemalloc

import numpy as np
import pytest
from PIL import Image

import mfclip
from mfclip import Description, Detector, Hierarchy, NoFace, predict_video
from mfclip.config import TINY, DecisionConfig
from mfclip.faces import find_faces
from mfclip.training.variants import variant
from mfclip.video import judging
from mfclip.video.stills import open_clip
from tests.mfclip.clips import pasted, write_clip
from tests.mfclip.conftest import make_tiny

SAME = 1e-4
RULE = DecisionConfig(a=0.6, b=0.3, c=-0.2, temperature=1.3, low=0.4, high=0.6, origin="a test")


# A random trunk would hardly tell a sharp face from a soft one; a random plain stem does.
PLAIN = variant("plain-stem", TINY)


@pytest.fixture(scope="module")
def model(golden):
    return make_tiny(golden["images_rgb"], PLAIN)


@pytest.fixture
def detector(model) -> Detector:
    model.config = dataclasses.replace(PLAIN, decision=RULE)
    return Detector(model, "random")


@pytest.fixture
def head(astronaut) -> np.ndarray:
    """Head and shoulders of the portrait: (240, 220, 3)."""
    return astronaut[20:260, 110:330]


@pytest.fixture
def blurred(head) -> np.ndarray:
    """The same, forged by hand: made coarse and resized again, another face for the detector."""
    small = Image.fromarray(head).resize((55, 60), Image.Resampling.BOX)
    return np.asarray(small.resize((head.shape[1], head.shape[0]), Image.Resampling.BICUBIC))


@pytest.fixture
def moving(tmp_path, head):
    """Twelve frames, 1.2 s: the head goes from left to right."""
    return write_clip(tmp_path / "moving.mp4", pasted(head, [(10 + 18 * i, 30) for i in range(12)], 300, 460))


@pytest.fixture
def pair(tmp_path, head):
    """Eight frames: two heads of different size, each moving a little."""
    small = np.asarray(Image.fromarray(head).resize((160, 174), Image.Resampling.LANCZOS))
    pictures = pasted(head, [(10 + 3 * i, 30) for i in range(8)], 300, 560)
    for number, picture in enumerate(pictures):
        x = 370 - 4 * number
        picture[60:234, x : x + 160] = small
    return write_clip(tmp_path / "pair.mp4", pictures)


def test_a_face_that_moves_is_one_track(detector, moving):
    verdict = predict_video(detector, moving, frames=6)
    (track,) = verdict.tracks
    assert len(track.faces) == len(verdict.moments) == 6
    lefts = [face.box.x0 for face in track.faces]
    assert all(15 < step < 60 for step in np.diff(lefts))
    assert (verdict.name, verdict.width, verdict.height, verdict.rate) == ("moving.mp4", 460, 300, 10)
    assert verdict.seconds == pytest.approx(1.2) and verdict.codec == "h264" and verdict.notes == ()
    assert track.summary.frames == 6 and verdict.checkpoint == "random"


def test_each_face_gets_the_numbers_of_a_photo_of_its_frame(detector, pair):
    verdict = predict_video(detector, pair, every=0.4)
    with open_clip(pair) as clip:
        stills = list(clip.stills([0.0, 0.4]))
    for still in stills:
        for number, _ in enumerate(find_faces(still.rgb)):
            photo = detector(still.rgb, face=number)
            face = next(
                face
                for track in verdict.tracks
                for face in track.faces
                if face.seconds == still.seconds and face.box == photo.face.box
            )
            assert face.faces == len(photo.faces)
            assert (face.evidence, face.doubts) == (photo.evidence, photo.doubts)
            for name in ("probability", "margin", "head", "language", "recompressed"):
                assert getattr(face, name) == pytest.approx(getattr(photo, name), abs=SAME)


def test_two_people_are_two_tracks(detector, pair):
    verdict = predict_video(detector, pair)
    assert [track.number for track in verdict.tracks] == [1, 2]
    large, small = verdict.tracks
    assert len(large.faces) == len(small.faces) == 8
    assert all(face.box.x0 < 200 for face in large.faces) and all(face.box.x0 > 300 for face in small.faces)
    assert all(face.faces == 2 for face in large.faces)
    assert [line.split(":")[0] for line in verdict.sentences] == ["Face 1", "Face 2"]


def test_a_clip_real_in_one_half_and_forged_in_the_other_is_uncertain_and_says_when(
    model, tmp_path, head, blurred
):
    pictures = pasted(head, [(40 + i, 30) for i in range(8)], 300, 320)
    pictures += pasted(blurred, [(48 + i, 30) for i in range(8)], 300, 320)
    path = write_clip(tmp_path / "mixed.mp4", pictures, options={"crf": "10"})
    # A rule that tells the two apart, so that what is tested is what becomes of it.
    head_margins = [
        Detector(model, "random")(picture).head
        for picture in (pictures[0], pictures[7], pictures[8], pictures[15])
    ]
    real, forged = np.mean(head_margins[:2]), np.mean(head_margins[2:])
    slope = 8 / (forged - real)
    rule = DecisionConfig(slope, 0.0, -slope * (real + forged) / 2, 1.0, 0.3, 0.7, "a test")
    model.config = dataclasses.replace(PLAIN, decision=rule)
    (track,) = predict_video(Detector(model, "random"), path).tracks
    words = [face.evidence for face in track.faces]
    assert words[:6] == ["little"] * 6 and words[-6:] == ["substantial"] * 6
    summary = track.summary
    assert summary.evidence == "uncertain"
    assert summary.probability.lower < 0.3 and summary.probability.upper > 0.7
    first, last = summary.runs[0]
    assert first == pytest.approx(0.8, abs=0.21) and last == pytest.approx(1.5)
    assert any("evidence is substantial from" in reason for reason in summary.reasons)


def test_faces_are_scored_in_batches(detector, moving, monkeypatch):
    sizes = []
    encode = detector.encode

    def counted(pairs):
        sizes.append(len(pairs))
        return encode(pairs)

    monkeypatch.setattr(detector, "encode", counted)
    monkeypatch.setattr(judging, "BATCH", 5)
    predict_video(detector, moving, frames=12)
    assert sizes == [5, 5, 2]


def test_nothing_is_written_to_disk(detector, moving, tmp_path, monkeypatch):
    room = tmp_path / "room"
    room.mkdir()
    monkeypatch.chdir(room)
    monkeypatch.setenv("TMPDIR", str(room))
    predict_video(detector, moving, frames=2)
    assert list(room.iterdir()) == []


def test_an_edited_hierarchy_is_used(detector, moving):
    rows = detector.hierarchy.descriptions
    edited = Hierarchy((rows[0], Description(("a drawing", *rows[1].sentences[1:]), fake=True)))
    plain, other = (
        predict_video(detector, moving, frames=1, hierarchy=hierarchy) for hierarchy in (None, edited)
    )
    first, second = plain.tracks[0].faces[0], other.tracks[0].faces[0]
    assert first.head == pytest.approx(second.head, abs=SAME) and abs(first.language - second.language) > 1e-3


def test_progress_is_told(detector, moving):
    told = []
    predict_video(detector, moving, frames=3, progress=lambda *numbers: told.append(numbers))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_crops_are_one_face_and_none_is_looked_for(detector, tmp_path, head, monkeypatch):
    path = write_clip(tmp_path / "crops.mp4", [head[:220]] * 6)
    monkeypatch.setattr(judging, "find_faces", None)
    verdict = predict_video(detector, path, cropped=True)
    (track,) = verdict.tracks
    with open_clip(path) as clip:
        (still,) = clip.stills([0.0])
    assert len(track.faces) == 6 and track.faces[0].box is None
    assert track.faces[0].probability == pytest.approx(
        detector(still.rgb, cropped=True).probability, abs=SAME
    )


class TestRefusals:
    def test_a_clip_without_a_face(self, detector, tmp_path, landscape):
        path = write_clip(tmp_path / "hills.mp4", [landscape] * 3)
        with pytest.raises(NoFace, match="No face .* 3 frames of 'hills.mp4' .* pre-cropped mode"):
            predict_video(detector, path)

    def test_faces_too_small_to_be_judged(self, detector, tmp_path, head):
        tiny = np.asarray(Image.fromarray(head).resize((44, 48), Image.Resampling.LANCZOS))
        path = write_clip(tmp_path / "far.mp4", pasted(tiny, [(100, 60)] * 3, 200, 320), options={"crf": "5"})
        assert find_faces(pasted(tiny, [(100, 60)], 200, 320)[0])
        with pytest.raises(NoFace, match="smaller than 32 pixels: give the video at its original size"):
            predict_video(detector, path)

    def test_settings_out_of_range(self, detector, moving):
        for settings in ({"frames": 0}, {"every": -1.0}, {"frames": 3, "every": 1.0}):
            with pytest.raises(ValueError, match="needed|drop one"):
                predict_video(detector, moving, **settings)

    def test_what_is_no_video(self, detector):
        with pytest.raises(ValueError, match="no video that can be read"):
            predict_video(detector, b"no video")


class TestNotes:
    def test_one_frame_gets_no_word_and_says_so(self, detector, tmp_path, head):
        verdict = predict_video(detector, write_clip(tmp_path / "one.mp4", [head]))
        (track,) = verdict.tracks
        assert track.brief and track.summary.evidence == "uncertain"
        assert verdict.notes == ("The clip has 1 different frame at the 32 moments looked at.",)
        assert "1 frame of this face was judged, and at least 5 are needed" in verdict.sentences[0]

    def test_a_crowd_is_cut_down_and_a_cut_is_told(self, detector, tmp_path, pair, monkeypatch):
        monkeypatch.setattr(judging, "MAX_FACES", 1)
        verdict = predict_video(detector, pair, frames=2)
        assert len(verdict.tracks) == 1 and verdict.notes == (
            "Only the 1 largest faces of a frame were judged.",
        )

    def test_scenes_and_long_distances(self, detector, tmp_path, head, landscape):
        scenes = (
            pasted(head, [(10, 20)] * 3, 480, 720) + [landscape] * 3 + pasted(head, [(10, 20)] * 3, 480, 720)
        )
        path = write_clip(tmp_path / "scenes.mp4", scenes, rate=1)
        verdict = predict_video(detector, path, every=3.0)
        assert [track.number for track in verdict.tracks] == [1, 2]
        assert verdict.notes[0].startswith("The scene changes 2 times: faces are not recognised")
        assert verdict.notes[1].startswith("Frames lie up to 3.0 s apart")


def test_a_verdict_is_json_able_and_holds_no_picture(detector, pair):
    verdict = predict_video(detector, pair, frames=2)
    text = json.dumps(verdict.to_dict(), allow_nan=False)
    told = json.loads(text)
    assert told == verdict.to_dict() and len(text) < 20_000
    assert set(told) == {
        *("video", "seconds", "size", "rate", "codec", "moments", "sentences", "tracks", "notes"),
        *("rule", "caution", "checkpoint"),
    }
    assert [len(track["frames"]) for track in told["tracks"]] == [2, 2]


def test_memory_does_not_grow_with_the_number_of_frames(detector, tmp_path, head):
    """Python's own and numpy's memory: what is left after a clip is its numbers."""
    path = write_clip(tmp_path / "long.mp4", pasted(head, [(40, 40)] * 30, 720, 960), rate=20)
    peaks = []
    for frames in (4, 12):
        tracemalloc.start()
        predict_video(detector, path, frames=frames)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.3 * peaks[0] + 5e6


def test_the_public_name_is_lazy():
    assert mfclip.predict_video is judging.predict_video and "predict_video" in mfclip.__all__
