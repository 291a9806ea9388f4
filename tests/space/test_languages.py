"""Every language of the page says what English says: the same sentences, of the same build, in its own words."""

import importlib
import re
import string
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import space.text
from space.text import LANGUAGES, speaking, words

FOLDER = Path(space.text.__file__).parent
ENGLISH = sorted(path.stem for path in FOLDER.glob("*en.py") if path.stem != "said_en")
"""Modules whose names every language has; what is said_… goes by the toolkit's sentences (test_toolkit_words.py)."""
PAIRS = [(name, name.removesuffix("en") + "zh") for name in ENGLISH]

READ_BY_THE_MODEL = {
    "EVERYDAY",
    "EVERYDAY_GENERATOR",
    "EVERYDAY_OTHER",
    "EVERYDAY_REAL",
    "NEW_FAMILY",
    "NEW_GENERATOR",
    "NEW_KIND",
    "NONSENSE_DOES",
    "NONSENSE_PLACES",
    "NONSENSE_THINGS",
    "UNRELATED",
}
PROPER_NAMES = {"ABOUT_LICENCES", "EXPORT_NAME", "TITLE"}
SYMBOLS = {"A", "B", "B − A", "P", "P(fake)", "logits"}
SLOTS = {"ROW", "COLUMN", "VALUE", "WORD", "SUM", "OTHER", "MOST"}  # filled in by scripts of the page
CHINESE = "[\u4e00-\u9fff]"
OTHER_WORDS = {
    "判决": "判定",
    "裕度": "间隔",
    "您": "你",
    "补丁": "图块",
    "提示语": "提示词",
    "残余": "残差",
    "置信度": "P(fake)",
}
"""Words that the glossary in space/text/__init__.py holds off, and the one that it takes."""


def sentences(module: ModuleType) -> dict[str, Any]:
    return {name: value for name, value in vars(module).items() if name.isupper()}


def module(name: str) -> ModuleType:
    return importlib.import_module(f"space.text.{name}")


def build(value: Any) -> Any:
    """Types, keys and lengths of a value, without what it says."""
    if isinstance(value, dict):
        return {key: build(part) for key, part in value.items()}
    if isinstance(value, tuple):
        return tuple(build(part) for part in value)
    return type(value)


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], str]]:
    """(where, text) for every text in a value."""
    if isinstance(value, str):
        yield path, value
    else:
        parts = value.items() if isinstance(value, dict) else enumerate(value)
        for key, part in parts:
            yield from leaves(part, (*path, key))


def beside(pair: tuple[str, str]) -> Iterator[tuple[tuple[Any, ...], str, str]]:
    """(where, English text, other text) for every text of a pair of modules that is translated."""
    english, other = (sentences(module(name)) for name in pair)
    for name in english.keys() - READ_BY_THE_MODEL:
        said = dict(leaves(other[name], (name,)))
        for path, text in leaves(english[name], (name,)):
            yield path, text, said[path]


def coded(path: tuple[Any, ...]) -> bool:
    """Whether the program reads the text at a path: a choice's value, or the form of a reading."""
    name = path[0]
    return (name.endswith("_CHOICES") and len(path) == 3 and path[2] == 1) or (
        name == "RECEIPT_METRICS" and path[2] == 2
    )


def fields(text: str) -> set[tuple[str, ...]]:
    """Format fields with their forms, and the words in capitals that scripts replace."""
    named = {
        (name, form or "", shown or "")
        for _, name, form, shown in string.Formatter().parse(text)
        if name is not None
        and re.fullmatch(r"\w*", name)  # EXPECTED holds JSON's braces and is not formatted
    }
    return named | {(word,) for word in re.findall(r"[A-Z]+", text) if word in SLOTS}


def has_words(text: str) -> bool:
    """Whether there are letters beside the format fields."""
    return re.search("[A-Za-z]", re.sub(r"\{\w*\}", "", text)) is not None


def told(text: str) -> str:
    """A text without HTML tags, code, addresses and JSON in it."""
    return re.sub(r"<[^>]*>|`[^`]*`|\[[^\]]*\]|\([^)]*://[^)]*\)|\{[^}]*\}", "", text)


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair[1])
def test_same_names_of_the_same_build(pair):
    english, other = (sentences(module(name)) for name in pair)
    assert english.keys() == other.keys() and english
    for name in english:
        assert build(english[name]) == build(other[name]), name


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair[1])
def test_same_fields(pair):
    for path, english, other in beside(pair):
        assert fields(english) == fields(other), path


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair[1])
def test_nothing_is_left_in_english(pair):
    for path, english, other in beside(pair):
        if coded(path):
            assert other == english, path
        elif path[0] not in PROPER_NAMES and english not in SYMBOLS and has_words(english):
            assert re.search(CHINESE, other), path


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair[1])
def test_what_the_model_reads_stays_english(pair):
    english, other = (sentences(module(name)) for name in pair)
    for name in english.keys() & READ_BY_THE_MODEL:
        assert other[name] == english[name], name


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair[1])
def test_chinese_is_written_as_chinese(pair):
    """Its own quotes and full-width marks, and a space between Chinese and Latin letters or numbers."""
    for path, _, other in beside(pair):
        plain = re.sub(r"<[^>]*>", "", other)
        for mark in "\"'":
            for quoted in plain.split(mark)[1::2]:
                assert not re.search(CHINESE, quoted), (path, quoted)
        wrong = re.search(
            f"{CHINESE}[,.:;?!()]|{CHINESE}[A-Za-z0-9%]|[A-Za-z0-9%]{CHINESE}|[“‘][^”’]*$", told(other)
        )
        assert wrong is None, (path, wrong)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*zh.*")), ids=lambda path: path.name)
def test_one_word_for_one_thing(path):
    said = path.read_text(encoding="utf-8")
    for other, word in OTHER_WORDS.items():
        assert other not in said, f"{path.name} says {other}; the glossary's word is {word}."


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair[1])
def test_same_figures(pair):
    """A number in a sentence is the same number in every language."""
    for path, english, other in beside(pair):
        numbers = [set(re.findall(r"\d+(?:[.,]\d+)*", told(text))) for text in (english, other)]
        assert numbers[0] == numbers[1], path


def test_tags_of_the_head_are_the_same():
    class Tags(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.found: list[Any] = []

        def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
            kept = [(name, value if name != "content" else bool(value)) for name, value in attributes]
            self.found.append((tag, kept))

        def handle_data(self, data: str) -> None:
            self.found.append(data)

    found = []
    for name in ("en", "zh"):
        tags = Tags()
        tags.feed(module(name).HEAD)
        tags.close()
        found.append(tags.found)
    assert found[0] == found[1] and len(found[0]) == 2


def test_about_has_the_same_paragraphs_and_addresses():
    english, chinese = (module(name).ABOUT for name in ("en", "zh"))
    assert len(english.split("\n\n")) == len(chinese.split("\n\n"))
    for mark in (r"https?://[^)\s]+", r"<!--.*?-->", r"\w+/\w+/\w+\.md"):
        assert re.findall(mark, english) == re.findall(mark, chinese) != []


def test_words_finds_every_sentence_in_chinese(monkeypatch):
    modules = tuple(module(name) for _, name in PAIRS)
    monkeypatch.setitem(LANGUAGES, "zh", modules)
    with speaking("zh"):
        for one in modules:
            for name, value in sentences(one).items():
                assert getattr(words, name) == value
        assert words.VERDICT == "判定"
