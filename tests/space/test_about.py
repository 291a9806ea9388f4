"""What the page says of its checkpoint: every figure is the one in the files, and nothing is said without them."""

import json
import shutil
import string

import gradio as gr
import pytest

from mfclip.hub import CARD, RESULTS, read_checkpoint
from space.checkpoint_facts import card_of, measured_of
from space.components.about_card import PLACE, about_card, split_about
from space.components.markup import percent, text
from space.tabs import about
from space.text import LANGUAGES, about_en, about_zh, speaking, words
from space.text.toolkit import spoken


@pytest.fixture(scope="module", autouse=True)
def both_languages():
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(LANGUAGES, "en", (*LANGUAGES["en"], about_en))
        patch.setitem(LANGUAGES, "zh", (about_zh, *LANGUAGES.get("zh", LANGUAGES["en"])))
        yield


def figure(value, low, high, n):
    return {"value": value, "low": low, "high": high, "n": n}


def results(sha256: str) -> dict:
    """An evaluation with figures that no template could hold by chance."""
    return {
        "protocol": "in-domain",
        "split": "test",
        "same_pictures_as_trained_on": True,
        "checkpoint": {"weights_sha256": sha256},
        "conditions": {
            "re-saved": {
                "reals": {
                    "mild": {"verdict_substantial": figure(0.013, 0.0, 0.031, 301)},
                    "harsh": {"verdict_substantial": figure(0.471, 0.223, 1.0000000000000002, 17)},
                },
                "words": {
                    "reals_called_substantial": figure(0.037, 0.019, 0.061, 318),
                    "forgeries_called_little": figure(0.083, 0.047, 0.129, 207),
                    "uncertain": figure(0.43, 0.4, 0.5, 525),
                    "right_of_the_rest": figure(0.91, 0.9, 0.93, 300),
                },
                "overall": {"auc": figure(0.87, 0.84, 0.89, 525)},
                "generators": {
                    "strange": {"detector": figure(0.53, 0.4, 0.7, 40)},
                    "easy": {"detector": figure(0.99, 0.98, 1.0, 50)},
                },
            }
        },
    }


CARD_TEXT = """---
license: cc-by-nc-4.0
---
# A checkpoint

## Model details

- **How it decides**: by a rule.
- **Licence**: weights CC BY-NC 4.0. Most photographs are
  for research only.

## Bias, risks and limits

- It is `weak` on *something*
  over two lines.
- <script>alert(1)</script> and {{value}}.

## Training

- Not a limit.
"""


@pytest.fixture
def folder(checkpoint, tmp_path):
    """A copy of the checkpoint with an evaluation and a card of our own."""
    copy = tmp_path / "copied"
    shutil.copytree(checkpoint, copy)
    (copy / CARD).write_text(CARD_TEXT, encoding="utf-8")
    (copy / RESULTS).write_text(json.dumps(results(read_checkpoint(copy).sha256)), encoding="utf-8")
    return copy


def test_both_languages_have_the_same_sentences_and_fields():
    def names(module):
        return {name for name in vars(module) if name.isupper()}

    def fields(value):
        return sorted(name for _, name, _, _ in string.Formatter().parse(str(value)) if name is not None)

    assert names(about_en) == names(about_zh) and len(names(about_en)) > 15
    for name in names(about_en) - {"ABOUT_LICENCES"}:
        assert fields(getattr(about_en, name)) == fields(getattr(about_zh, name)), name
    assert about_en.ABOUT_LICENCES.keys() == about_zh.ABOUT_LICENCES.keys()


def test_false_alarms_come_first_and_are_those_measured(folder):
    html = about_card(read_checkpoint(folder))
    order = [
        html.index(said)
        for said in ("318 photos", percent(0.037, 1), "harsh", "mild", "207 forgeries", "<dl>")
    ]
    assert order == sorted(order)
    for shown in (
        percent(0.019, 1),
        percent(0.471, 1),
        percent(1, 1),
        percent(0.083, 1),
        percent(0.43),
        percent(0.91),
    ):
        assert shown in html
    assert (
        f"weakest on strange, with {percent(0.53)}" in html
        and f"strongest on easy, with {percent(0.99)}" in html
    )
    assert words.EVIDENCE_SHORT["substantial"] in html and text(about_en.ABOUT_NONE_SEEN) not in html
    assert text(about_en.ABOUT_SAME_SOURCES) in html and "protocol “in-domain”" in html


def test_a_source_without_an_alarm_is_not_said_to_be_free_of_them(folder):
    checkpoint = read_checkpoint(folder)
    told = results(checkpoint.sha256)
    told["conditions"]["re-saved"]["reals"]["mild"]["verdict_substantial"] = figure(0.0, 0.0, 0.0, 60)
    (folder / RESULTS).write_text(json.dumps(told), encoding="utf-8")
    html = about_card(checkpoint)
    assert f"{percent(0, 1)} – {percent(0.05, 1)}" in html and text(about_en.ABOUT_NONE_SEEN) in html


def test_the_weights_are_named_with_hash_size_rule_and_licence(folder):
    checkpoint = read_checkpoint(folder)
    html = about_card(checkpoint)
    assert "copied" in html and f"<code>{checkpoint.sha256}</code>" in html
    count = sum(tensor.numel() for tensor in checkpoint.state.values())
    assert f"{count / 1e6:.2f} million" in html
    assert text(spoken(checkpoint.config["decision"]["origin"])) in html
    assert "<dd>CC BY-NC 4.0. Most photographs are for research only.</dd>" in html
    assert about_en.ABOUT_REVISION not in html


def test_the_limits_of_the_card_are_told_as_text(folder):
    card = card_of(read_checkpoint(folder))
    assert card.licence == "cc-by-nc-4.0"
    assert card.limits[0] == "It is weak on something over two lines." and len(card.limits) == 2
    html = about_card(read_checkpoint(folder))
    assert "<script" not in html and "{{" not in html and "alert(1)" in html


@pytest.mark.parametrize("broken", ["", "{}", "[]", "null", '{"checkpoint": {"weights_sha256": 1}}'])
def test_without_an_evaluation_of_these_weights_nothing_is_claimed(folder, broken):
    checkpoint = read_checkpoint(folder)
    assert measured_of(checkpoint) is not None
    (folder / RESULTS).write_text(broken, encoding="utf-8")
    html = about_card(checkpoint)
    assert measured_of(checkpoint) is None and text(about_en.ABOUT_UNMEASURED) in html
    assert "<table" not in html and checkpoint.sha256 in html


def test_an_evaluation_of_other_weights_is_not_shown(folder):
    (folder / RESULTS).write_text(json.dumps(results("0" * 64)), encoding="utf-8")
    assert text(about_en.ABOUT_UNMEASURED) in about_card(read_checkpoint(folder))


def test_an_evaluation_with_a_figure_missing_is_not_shown(folder):
    checkpoint = read_checkpoint(folder)
    told = results(checkpoint.sha256)
    told["conditions"]["re-saved"]["words"]["reals_called_substantial"] = None
    (folder / RESULTS).write_text(json.dumps(told), encoding="utf-8")
    assert measured_of(checkpoint) is None


def test_without_a_card_the_licence_is_not_stated(folder):
    (folder / CARD).unlink()
    html = about_card(read_checkpoint(folder))
    assert text(about_en.ABOUT_NO_CARD) in html and text(about_en.ABOUT_LICENCE_UNKNOWN) in html


def test_a_detector_without_a_checkpoint_has_nothing_to_show():
    html = about_card(None)
    assert text(about_en.ABOUT_NO_CHECKPOINT) in html and "<dl>" not in html


def test_the_checkpoint_that_ships_has_a_card_and_a_licence(checkpoint):
    card = card_of(read_checkpoint(checkpoint))
    assert card is not None and card.licence == "cc-by-nc-4.0" and "non-commercial" in card.why
    assert len(card.limits) >= 5


def test_it_speaks_chinese(folder):
    with speaking("zh"):
        html = about_card(read_checkpoint(folder))
    assert text(about_zh.ABOUT_LIMITS) in html and percent(0.037, 1) in html and "{" not in html


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_account_holds_the_place_of_the_card_once(language):
    from pathlib import Path

    path = Path(about_en.__file__).with_name(f"about_{language}.md")
    before, after = split_about(path.read_text(encoding="utf-8"))
    assert path.read_text(encoding="utf-8").count(PLACE) == 1 and PLACE not in before + after
    assert "MFCLIP" in before and "2409.09724" in after and "EXIF" in after and "MIT" in after
    assert split_about("all of it") == ("all of it", "")


def test_the_section_keeps_its_order():
    with gr.Blocks() as blocks:
        tab = about.draw("<p>card</p>")
    order = [
        block.elem_id
        for block in blocks.blocks.values()
        if str(getattr(block, "elem_id", "")).startswith("mf-about")
    ]
    assert order == ["mf-about", "mf-about-checkpoint", "mf-about-closing"]
    assert tab.measured.value == "<p>card</p>" and tab.opening.value in words.ABOUT
    assert tab.show.value and tab.json.label
