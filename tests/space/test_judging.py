"""Photo and edits against a real detector: what follows from what, whatever its numbers."""

import pytest

from mfclip.photo import read_photo
from space.components.face_image import Refused
from space.judging import judge, settle, verdict_json

LONG = " ".join(["word"] * 90)


def test_a_photo_is_judged_and_pinned(judged):
    assert judged.start is judged.now and judged.problem == "" and judged.change.margin == 0


def test_an_edit_moves_language_and_not_the_head_and_leaves_the_image_encoder_alone(
    detector, judged, monkeypatch
):
    def forbidden(*_, **__):
        raise AssertionError("the image encoder was called for an edit")

    monkeypatch.setattr(detector.model, "encode_faces", forbidden)
    edited = settle(detector, judged.with_text(1, True, ("a cat", "a dog", "a painting", "a castle in fog")))
    assert edited.now.language != judged.now.language and edited.now.head == judged.now.head
    assert edited.change.language == pytest.approx(edited.now.language - judged.now.language)
    assert edited.change.margin == pytest.approx(
        detector.config.decision.b * edited.change.language, abs=1e-5
    )
    back = settle(detector, edited.reset())
    assert (
        back.now is judged.start
        and back.change.margin == back.change.language == back.change.probability == 0
    )


@pytest.mark.parametrize(
    ("sentences", "said"),
    [
        ((LONG, "b", "c", "d"), "92 tokens; at most 77"),
        (("", "b", "c", "d"), "authenticity sentence is empty"),
        (("a", "b", "c", " \n"), "generator sentence is empty"),
    ],
)
@pytest.mark.parametrize("with_photo", [True, False])
def test_a_row_at_fault_leaves_one_sentence_and_no_verdict(
    detector, begun, judged, sentences, said, with_photo
):
    session = (judged if with_photo else begun).with_text(1, True, sentences)
    session = settle(detector, session)
    assert said in session.problem and session.place == "descriptions" and session.now is None
    assert session.row(1).sentences == sentences
    mended = settle(detector, session.with_text(1, True, ("a", "b", "c", "d")))
    assert mended.problem == "" and (mended.now is not None) == with_photo


@pytest.mark.parametrize(("fake", "said"), [(True, "no real description"), (False, "no fake description")])
def test_a_hierarchy_needs_both_sides(detector, judged, fake, said):
    session = judged
    for row in judged.rows:
        session = session.with_text(row.key, fake, row.sentences)
    session = settle(detector, session)
    assert said in session.problem and session.now is None


def test_edits_outlive_a_new_photo(detector, judged, two_faces):
    edited = settle(detector, judged.with_text(1, True, ("a cat", "a dog", "a painting", "fog")))
    other = judge(detector, edited, read_photo(two_faces), face=1)
    assert other.edited == (1,) and other.start is not judged.start and other.now is not other.start
    assert other.now.hierarchy == other.hierarchy() and other.start.hierarchy == detector.hierarchy


def test_no_face_means_a_sentence_and_no_score(detector, judged, landscape):
    session = judge(detector, judged, read_photo(landscape))
    assert "No face was found" in session.problem and session.now is None and session.start is None
    still = settle(detector, session.with_text(1, True, ("a", "b", "c", "d")))
    assert still.problem == session.problem and still.now is None
    assert judge(detector, still, read_photo(landscape), cropped=True).now is not None


def test_the_second_face_is_another_verdict(detector, begun, two_faces):
    first, second = (judge(detector, begun, read_photo(two_faces), face=face).start for face in (0, 1))
    assert first.face.box != second.face.box and first.faces == second.faces
    refused = judge(detector, begun, read_photo(two_faces), face=9)
    assert "Face 10 was asked for" in refused.problem and refused.start is None


def test_taking_the_photo_away_clears_everything(detector, judged):
    session = judge(detector, judged, None)
    assert session.start is None and session.now is None and session.problem == ""


def test_an_unreadable_photo_clears_everything(detector, judged):
    session = judge(detector, judged, Refused("It is damaged."))
    assert session.problem == "It is damaged." and session.now is None and session.start is None


def test_json_says_what_is_missing(detector, astronaut):
    with pytest.raises(ValueError, match="Give a photo"):
        verdict_json(detector, None, False)
    content = verdict_json(detector, read_photo(astronaut), False)
    assert {"evidence", "probability", "margin", "tree", "descriptions"} <= set(content)
