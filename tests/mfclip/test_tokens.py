import open_clip
import pytest
import torch

from mfclip.prompts import published_hierarchy
from mfclip.tokens import CONTEXT, VOCABULARY, count_tokens, tokenize

SENTENCES = published_hierarchy().sentences


def test_ids_are_those_of_clip():
    ours, theirs = tokenize(SENTENCES), open_clip.tokenize(list(SENTENCES))
    assert torch.equal(ours.ids, theirs[:, : ours.ids.shape[1]])
    assert not theirs[:, ours.ids.shape[1] :].any(), "nothing is cut off but padding"
    assert torch.equal(ours.end, theirs.argmax(dim=-1))


def test_level_1_ends_at_place_7():
    assert tokenize(["A photo of a real face"]).end.tolist() == [7]
    assert count_tokens("A photo of a real face") == 8


def test_capitals_make_no_difference():
    assert torch.equal(tokenize(["A PHOTO of a Face"]).ids, tokenize(["a photo of a face"]).ids)


def test_the_77th_token_is_the_last():
    longest = " ".join(["face"] * (CONTEXT - 2))
    assert count_tokens(longest) == CONTEXT
    assert tokenize([longest]).end.tolist() == [CONTEXT - 1]
    with pytest.raises(
        ValueError, match=r"“face face .*…” has 78 tokens; at most 77 are allowed\. Shorten it"
    ):
        tokenize(["short", longest + " face"])


@pytest.mark.parametrize(
    "sentence", ["é漢字🙂", "&nbsp;", "\u200b", "<end_of_text> more", "a\nb\tc", "0" * 70]
)
def test_odd_sentences_are_ids_of_the_vocabulary(sentence):
    tokens = tokenize([sentence])
    assert 0 <= int(tokens.ids.min()) and int(tokens.ids.max()) < VOCABULARY
    assert tokens.ids.shape == (1, int(tokens.end[0]) + 1) and count_tokens(sentence) == tokens.ids.shape[1]
    assert tokens.ids[0, 0] == 49406 and tokens.ids[0, -1] == 49407


def test_no_sentence_is_no_row():
    assert tokenize([]).ids.shape[0] == 0
