import dataclasses

import pytest
import torch
from torch.nn import functional as F

from benchmarks.language import joint_text_feature
from mfclip import MFCLIP
from mfclip.config import AUTHORS, TINY
from mfclip.language import SEAM, LanguageEncoder, end_to_end
from mfclip.prompts import published_hierarchy
from mfclip.tokens import Tokens, tokenize

EXACT = 1e-5  # float32, sums in another order

ROWS = [list(row.sentences) for row in published_hierarchy()]
SMALL = dataclasses.replace(AUTHORS.text, width=64, layers=2, heads=4)


@pytest.fixture(scope="module")
def published():
    """A small published language encoder: 308 places, read at level 1."""
    torch.manual_seed(1)
    return LanguageEncoder(SMALL, 64).eval()


def test_cutting_after_the_end_token_changes_nothing(tiny):
    tokens = tokenize([sentence for row in ROWS for sentence in row])
    padded = Tokens(F.pad(tokens.ids, (0, 77 - tokens.ids.shape[1])), tokens.end)
    garbage = padded.ids.clone()
    later = torch.arange(77)[None] > tokens.end[:, None]
    garbage[later] = 1234
    with torch.no_grad():
        cut = tiny.language(tokens)
        assert torch.allclose(cut, tiny.language(padded), atol=EXACT)
        assert torch.allclose(cut, tiny.language(Tokens(garbage, tokens.end)), atol=EXACT)


def test_the_published_read_out_equals_the_joint_308_tokens(published):
    with torch.no_grad():
        alone = published(tokenize([row[0] for row in ROWS]))
        together = joint_text_feature(published, ROWS)
    assert torch.allclose(alone, together, atol=EXACT)
    assert float((alone[0] - alone[1]).abs().max()) > 100 * EXACT


def test_the_published_weights_of_levels_say_that_three_are_dead(published, tiny):
    assert published.level_weights.tolist() == [1, 0, 0, 0]
    weights = tiny.language.level_weights
    assert float(weights.detach().sum()) == pytest.approx(1) and bool((weights > 0).all())


def test_levels_are_summed_as_directions(tiny, random):
    sentences = torch.randn(3, 4, TINY.embed_dim, generator=random)
    with torch.no_grad():
        feature = tiny.language.combine(sentences)
        by_hand = sum(
            w * F.normalize(sentences[:, i], dim=-1) for i, w in enumerate(tiny.language.level_weights)
        )
        assert torch.allclose(feature, by_hand, atol=1e-6)
        scaled = tiny.language.combine(sentences * torch.tensor([1.0, 9, 0.1, 3])[None, :, None])
    assert torch.allclose(feature, scaled, atol=1e-6), "a long sentence feature is not a heavy one"


def test_rows_do_not_depend_on_their_neighbours(tiny):
    with torch.no_grad():
        together = tiny.encode_descriptions(ROWS)
        alone = torch.cat([tiny.encode_descriptions([row]) for row in ROWS])
    assert torch.allclose(together, alone, atol=EXACT)


def test_equal_sentences_are_encoded_once(tiny, monkeypatch):
    counts = []
    encode = MFCLIP.encode_sentences
    monkeypatch.setattr(
        MFCLIP, "encode_sentences", lambda self, s: (counts.append(len(s)), encode(self, s))[1]
    )
    with torch.no_grad():
        tiny.encode_descriptions(ROWS)
    assert counts == [len(published_hierarchy().sentences)]


def test_bad_rows_are_refused(tiny):
    with pytest.raises(ValueError, match="There are 0 descriptions"):
        tiny.encode_descriptions([])
    with pytest.raises(ValueError, match="Description 2 has 3 sentences; 4 are needed"):
        tiny.encode_descriptions([ROWS[0], ROWS[1][:3]])
    with pytest.raises(ValueError, match="at most 77"):
        tiny.encode_descriptions([[*ROWS[0][:3], "word " * 90]])


class TestReadJointly:
    """The ablation: four sentences end to end, read at the last end token."""

    @pytest.fixture(scope="class")
    def joint(self):
        config = dataclasses.replace(TINY.text, context=308, levels="joint")
        torch.manual_seed(3)
        with torch.no_grad():
            model = MFCLIP(dataclasses.replace(TINY, text=config))
            # Places as large as words: an order that is not read would otherwise be lost in the rounding.
            model.language.tower.positional_embedding.normal_(std=0.1)
        return model.eval()

    def test_each_sentence_keeps_its_start_and_end(self):
        together = end_to_end([SEAM.join(row) for row in (ROWS[1], ROWS[0])])
        apart = [tokenize([sentence]).ids[0].tolist() for sentence in ROWS[1]]
        length = sum(map(len, apart))
        assert together.ids[0, :length].tolist() == sum(apart, []) and together.end[0] == length - 1
        start, end = apart[0][0], apart[0][-1]
        assert [(row == start).sum().item() for row in together.ids] == [4, 4]
        assert together.ids[torch.arange(2), together.end].tolist() == [end, end]

    @pytest.mark.parametrize("level", range(4))
    def test_every_level_moves_the_feature_and_gets_a_gradient(self, joint, level):
        changed = [*ROWS[1]]
        changed[level] = "a drawing of a house"
        with torch.no_grad():
            before, after = joint.encode_descriptions([ROWS[1], changed])
        assert float((before - after).abs().max()) > 1e-3
        tokens = joint.language.tokens([SEAM.join(ROWS[1])])
        embedded = joint.language.embed(tokens.ids).detach().requires_grad_()
        feature, _ = joint.language.read(embedded, tokens.end)
        (gradient,) = torch.autograd.grad(feature.square().sum(), embedded)
        assert bool((gradient.abs().amax(dim=-1) > 0).all())

    def test_the_order_of_levels_is_read(self, joint):
        with torch.no_grad():
            one, other = joint.encode_descriptions([ROWS[1], ROWS[1][::-1]])
        assert float((one - other).abs().max()) > 1e-3

    def test_rows_do_not_depend_on_their_neighbours(self, joint):
        with torch.no_grad():
            together = joint.encode_descriptions(ROWS)
            alone = torch.cat([joint.encode_descriptions([row]) for row in ROWS])
        assert torch.allclose(together, alone, atol=EXACT)

    def test_a_description_is_one_text_that_is_encoded_once(self, joint):
        texts = joint.sentences_read([ROWS[1], ROWS[0], ROWS[1]])
        assert texts == [SEAM.join(ROWS[1]), SEAM.join(ROWS[0])]
        with torch.no_grad():
            known = dict(zip(texts, joint.encode_sentences(texts), strict=True))
            rows = [ROWS[0], ROWS[1], ROWS[0]]
            assert torch.allclose(joint.combine_sentences(rows, known), joint.encode_descriptions(rows))

    def test_levels_have_no_weights(self, joint):
        assert joint.language.level_weights.tolist() == []
        assert not any("level" in name for name in joint.state_dict())

    def test_a_sentence_that_is_too_long_is_named(self, joint):
        with pytest.raises(ValueError, match="“word word.*at most 77"):
            joint.encode_descriptions([[*ROWS[0][:3], "word " * 90]])

    def test_more_than_four_sentences_are_refused(self, joint):
        with pytest.raises(ValueError, match="has 5 sentences; at most 4 are read together"):
            joint.encode_descriptions([[*ROWS[0][:3], f"a face{SEAM}a mask"]])
