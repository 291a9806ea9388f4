"""What a run leaves out, and that nothing is left out by mistake."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfclip.data.cache import Entry
from mfclip.data.leave_out import LeaveOut


def entry(generator: str, fake: bool = False, kind: str = "", source: str = "") -> Entry:
    return Entry(0, 1, "a.png", generator, ("a", "b", "c", "d"), fake, "g", "train", kind=kind, source=source)


LFW, FFHQ = entry("lfw"), entry("ffhq")
SDXL = entry("sdxl", True, "entire_face_synthesis")
SWAP = entry("swapper", True, "face_swap")
BLEND = entry("blend", True, "face_swap", source="lfw")
COPY = entry("copy", True, "reconstruction", source="ffhq")
USED = entry("lfw", source="lfw")
ALL = (LFW, FFHQ, SDXL, SWAP, BLEND, COPY, USED)


@pytest.mark.parametrize(
    "text, left",
    [
        ("", ()),
        ("generator=sdxl", (SDXL,)),
        (" generator = blend ", (BLEND,)),
        ("kind=face_swap", (SWAP, BLEND)),
        ("real=lfw", (LFW, BLEND, USED)),
        ("real=ffhq", (FFHQ, COPY)),
        ("generator=sdxl, blend,sdxl", (SDXL, BLEND)),
        ("real=lfw,ffhq", (LFW, FFHQ, BLEND, COPY, USED)),
    ],
)
def test_what_is_held_back(text, left):
    leave_out = LeaveOut.parse(text)
    leave_out.check(ALL)
    assert tuple(e for e in ALL if leave_out.excludes(e)) == left
    assert LeaveOut.parse(str(leave_out)) == leave_out


@pytest.mark.parametrize(
    "text, said",
    [
        ("generator=lfw", "no picture has the generator lfw; there are: blend, copy, sdxl, swapper"),
        ("real=lfw,sdxl", "no picture has the real sdxl; there are: ffhq, lfw"),
        ("kind=faceswap", "there are: entire_face_synthesis, face_swap, reconstruction"),
    ],
)
def test_a_name_that_occurs_nowhere_is_refused_with_those_there_are(text, said):
    with pytest.raises(ValueError, match=said):
        LeaveOut.parse(text).check(ALL)


@pytest.mark.parametrize("text", ["sdxl", "=sdxl", "generator=", "generator=a,", "family=gan", "generator"])
def test_other_texts_are_refused(text):
    with pytest.raises(ValueError, match="generator=NAME, kind=NAME or real=NAME"):
        LeaveOut.parse(text)


names = st.sampled_from(["lfw", "ffhq", "sdxl", ""])


@given(st.sampled_from(["generator", "kind", "real"]), names.filter(bool), names, st.booleans(), names, names)
def test_what_check_accepts_is_excluded_and_nothing_else(what, name, generator, fake, kind, source):
    item = entry(generator, fake, kind if fake else "", source)
    leave_out = LeaveOut(what, (name,))
    if leave_out.excludes(item):
        leave_out.check([item])
    else:
        with pytest.raises(ValueError, match="no picture has the"):
            leave_out.check([item])
