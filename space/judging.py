"""What happens to a session when a visitor does something: the detector is asked here and nowhere else."""

from collections.abc import Iterable
from dataclasses import replace

from mfclip import Detector, NoFace, Verdict
from mfclip.photo import Photo
from mfclip.prompts import MAX_CHARACTERS, Hierarchy
from mfclip.tokens import count_tokens, tokenize
from space.components.face_image import Refused
from space.gpu import on_gpu
from space.memory import give_back_much
from space.session import Control, Session
from space.text import words

Given = Photo | Refused | None


@on_gpu
def ask(detector: Detector, photo: Photo, cropped: bool, face: int) -> Verdict:
    """The verdict under the checkpoint's own descriptions; raises what the detector raises."""
    return detector(photo, cropped=cropped, face=face)


def judge(
    detector: Detector, session: Session, photo: Given, cropped: bool = False, face: int = 0
) -> Session:
    """A photo was given, or taken away (None): judge it, then see what the visitor's rows make of it."""
    if photo is None:
        return settle(detector, session.judged(None))
    if isinstance(photo, Refused):
        return session.refused(photo.sentence, "photo")
    try:
        return settle(detector, session.judged(ask(detector, photo, cropped, face)))
    except (NoFace, ValueError) as error:
        return session.refused(str(error), "photo")
    finally:
        give_back_much()


def settle(detector: Detector, session: Session) -> Session:
    """The rows changed, or the face did: the verdict under them, or the sentence why there is none."""
    sentences = {sentence for row in session.rows for sentence in row.sentences}
    session = replace(session, unseen=unseen(detector, sentences), control=None)
    if session.place == "photo" and session.problem:
        return session
    try:
        hierarchy = session.hierarchy()
        if session.start is None:
            tokenize(hierarchy.sentences)  # refuses a sentence that is too long
            return session.revised(None)
        if hierarchy == session.start.hierarchy:
            return session.revised(session.start)
        session = session.revised(detector.revise(session.start, hierarchy))
        return replace(session, control=control(detector, session))
    except ValueError as error:
        return session.refused(str(error), "descriptions")


def control(detector: Detector, session: Session) -> Control | None:
    """What each of the unrelated sentences does in the places of the edited ones; the rows must be without fault.

    Different edited sentences are replaced by different unrelated ones. None where no sentence was edited, or more
    different ones than there are unrelated ones.
    """
    places = session.edited_places
    edited = list(dict.fromkeys(row.sentences[level] for row, level in places))
    others: tuple[str, ...] = words.UNRELATED
    if session.start is None or not 0 < len(edited) <= len(others):
        return None
    changes = []
    for first in range(len(others)):
        instead = {sentence: others[(first + at) % len(others)] for at, sentence in enumerate(edited)}
        rows = {row.key: list(row.sentences) for row in session.rows}
        for row, level in places:
            rows[row.key][level] = instead[row.sentences[level]]
        table = [("fake" if row.fake else "real", *rows[row.key]) for row in session.rows]
        revised = detector.revise(session.start, Hierarchy.from_rows(table))
        changes.append(revised.margin - session.start.margin)
    return Control(tuple(changes), len(places))


def unseen(detector: Detector, sentences: Iterable[str]) -> frozenset[str]:
    """The words of sentences, lower-cased, that no face was trained with; too long a sentence is passed over."""
    read = {sentence for sentence in sentences if len(sentence) <= MAX_CHARACTERS}
    return frozenset(word for sentence in read for word in detector.unseen_words(sentence))


def tokens(sentences: tuple[str, ...]) -> tuple[int | None, ...]:
    """How many of the 77 tokens each sentence takes; None where it has too many characters to be counted."""
    return tuple(
        count_tokens(sentence) if len(sentence) <= MAX_CHARACTERS else None for sentence in sentences
    )


def photo_of(given: Given) -> Photo:
    """The photo that was given. Raises ValueError with the sentence to show where there is none."""
    if given is None:
        raise ValueError(words.NO_PHOTO)
    if isinstance(given, Refused):
        raise ValueError(given.sentence)
    return given


def verdict_json(detector: Detector, photo: Given, cropped: bool) -> dict:
    """The verdict as JSON-able data. Raises NoFace or ValueError with the sentence to show."""
    return ask(detector, photo_of(photo), cropped, 0).to_dict()
