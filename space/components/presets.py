"""Other wordings of the same descriptions: the tree keeps its shape, so that one sees what the wording is worth."""

from collections.abc import Sequence

from mfclip.prompts import GENERATOR_OPENING, Description
from space.session import Row, short
from space.text import words


def everyday(rows: Sequence[Row]) -> tuple[Description, ...]:
    """The rows in everyday words: real and forged said plainly, at the same places of the tree."""
    return tuple(_plain(row) for row in rows)


def nonsense(rows: Sequence[Row]) -> tuple[Description, ...]:
    """The rows with an unrelated sentence for every sentence; equal ones stay equal, different ones different."""
    numbers: dict[str, int] = {}
    for row in rows:
        for sentence in row.sentences:
            numbers.setdefault(sentence, len(numbers))
    return tuple(
        _described(row, [unrelated(numbers[sentence]) for sentence in row.sentences]) for row in rows
    )


def unrelated(number: int) -> str:
    """The sentence without a meaning of that number, from 0: 512 different ones, neighbours in no word alike."""
    things, does, places = words.NONSENSE_THINGS, words.NONSENSE_DOES, words.NONSENSE_PLACES
    first, second, third = number % 8, number // 8, number // 64
    return f"{things[first]} {does[(second + first) % 8]} {places[(third + 3 * first) % 8]}"


PRESETS = {"everyday": everyday, "nonsense": nonsense}
"""By name, as the buttons ask for them."""


def _plain(row: Row) -> Description:
    if not row.fake and len(set(row.sentences)) == 1:
        return _described(row, words.EVERYDAY_REAL)
    return _described(row, [_plain_sentence(sentence) for sentence in row.sentences])


def _plain_sentence(sentence: str) -> str:
    if sentence in words.EVERYDAY:
        return str(words.EVERYDAY[sentence])
    if sentence.lower().startswith(GENERATOR_OPENING):
        return str(words.EVERYDAY_GENERATOR).format(name=sentence[len(GENERATOR_OPENING) :].strip())
    return str(words.EVERYDAY_OTHER).format(name=short(sentence))


def _described(row: Row, sentences: Sequence[str]) -> Description:
    first, second, third, fourth = sentences
    return Description((first, second, third, fourth), row.fake)
