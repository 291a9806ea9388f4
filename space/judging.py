"""What happens to a session when a visitor does something: the detector is asked here and nowhere else."""

from mfclip import Detector, NoFace, Verdict
from mfclip.photo import Photo
from mfclip.tokens import count_tokens, tokenize
from space.components.face_image import Refused
from space.gpu import on_gpu
from space.session import Session
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


def settle(detector: Detector, session: Session) -> Session:
    """The rows changed, or the face did: the verdict under them, or the sentence why there is none."""
    if session.place == "photo" and session.problem:
        return session
    try:
        hierarchy = session.hierarchy()
        if session.start is None:
            tokenize(hierarchy.sentences)  # refuses a sentence that is too long
            return session.revised(None)
        if hierarchy == session.start.hierarchy:
            return session.revised(session.start)
        return session.revised(detector.revise(session.start, hierarchy))
    except ValueError as error:
        return session.refused(str(error), "descriptions")


def tokens(sentences: tuple[str, ...]) -> tuple[int, ...]:
    """How many of the 77 tokens each sentence takes."""
    return tuple(count_tokens(sentence) for sentence in sentences)


def verdict_json(detector: Detector, photo: Given, cropped: bool) -> dict:
    """The verdict as JSON-able data. Raises NoFace or ValueError with the sentence to show."""
    if photo is None:
        raise ValueError(words.NO_PHOTO)
    if isinstance(photo, Refused):
        raise ValueError(photo.sentence)
    return ask(detector, photo, cropped, 0).to_dict()
