import json

import numpy as np
import pytest

from mfclip.video.summary import CAUTION, FEWEST, RULE, RUN, Spread, summarise

LEVEL = {"l": ("little", 0.1), "u": ("uncertain", 0.5), "s": ("substantial", 0.95)}


def told(letters: str):
    """A summary of frames one second apart, a letter each."""
    words, chances = zip(*(LEVEL[letter] for letter in letters), strict=True)
    margins = [float(np.log(chance / (1 - chance))) for chance in chances]
    return summarise(range(len(letters)), chances, margins, words)


@pytest.mark.parametrize(
    ("letters", "expected"),
    [
        ("l" * 12, "little"),
        ("s" * 12, "substantial"),
        ("u" * 12, "uncertain"),
        ("l" * 9 + "u" * 3, "little"),
        ("l" * 8 + "u" * 4, "uncertain"),
        ("l" * 11 + "s", "little"),
        ("l" * 10 + "s" * 2, "uncertain"),
        ("s" * 11 + "l", "substantial"),
        ("s" * 10 + "l" * 2, "uncertain"),
        ("l" * 6 + "s" * 6, "uncertain"),
        ("l" * (FEWEST - 1), "uncertain"),
        ("s" * FEWEST, "substantial"),
        ("s", "uncertain"),
        # One in ten frames says the opposite: apart from each other they are noise, in a row they are a passage.
        ("l" * 9 + "s" + "l" * 9 + "s" + "l" * 9 + "s" + "l" * 2, "little"),
        ("l" * 29 + "s" * RUN, "uncertain"),
        ("s" * 29 + "l" * RUN, "substantial"),
    ],
)
def test_the_word_follows_the_rule(letters, expected):
    summary = told(letters)
    assert summary.evidence == expected
    assert bool(summary.reasons) is (expected == "uncertain")
    assert sum(summary.counts.values()) == summary.frames == len(letters)


def test_reasons_name_what_was_counted():
    assert told("sss").reasons == (f"3 frames of this face were judged, and at least {FEWEST} are needed",)
    assert told("s").reasons[0].startswith("1 frame of this face was judged")
    assert told("uuuuuul").reasons == (
        "most frames are uncertain themselves (1 little, 6 uncertain, 0 substantial)",
    )
    mixed = told("lllllssssl")
    assert mixed.reasons == (
        "the frames do not agree well enough (6 little, 0 uncertain, 4 substantial)",
        "evidence is substantial from 5.0 to 8.0 s",
    )
    assert mixed.runs == ((5, 8),)


def test_the_sentence_holds_the_spread_and_the_caution():
    assert told("l" * 12).sentence == (
        "Little evidence of forgery in 12 of 12 frames (median P(fake) = 10%, middle half 10% to 10%). "
        "Frames of one clip are not independent."
    )
    assert told("ls").sentence.startswith(
        "Uncertain (median P(fake) = 52%, middle half 31% to 74%, 2 frames): 2 frames of this face were"
    )


def test_many_frames_make_no_new_probability():
    few, many = told("s" * 6), told("s" * 600)
    assert few.probability == many.probability and many.probability.highest == 0.95


def test_a_spread_is_numpys():
    values = np.random.default_rng(0).random(37).tolist()
    assert list(vars(Spread.of(values)).values()) == pytest.approx(
        np.quantile(values, [0, 0.25, 0.5, 0.75, 1])
    )
    assert set(vars(Spread.of([0.3])).values()) == {0.3}
    with pytest.raises(ValueError, match="at least 1"):
        Spread.of([])


def test_a_summary_is_json_able():
    summary = told("llllsss")
    again = json.loads(json.dumps(summary.to_dict()))
    assert again == summary.to_dict() and again["counts"]["substantial"] == 3


def test_frames_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match=r"lengths \[1, 2\]"):
        summarise([0.0], [0.1, 0.2], [0.0], ["little"])
    with pytest.raises(ValueError, match=r"lengths \[0\]"):
        summarise([], [], [], [])
    with pytest.raises(ValueError, match="'real'; allowed: little, uncertain, substantial"):
        summarise([0.0], [0.1], [0.0], ["real"])


def test_rule_and_caution_say_what_the_numbers_are():
    assert "75%" in RULE and "10%" in RULE and "fewer than 5" in RULE and "no 3 frames in a row" in RULE
    assert "not independent" in CAUTION and "has not been measured" in CAUTION
