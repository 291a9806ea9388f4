"""What the toolkit says in English (`explain`, `mfclip`), in the words of the page.

The toolkit does not know the page, so the page translates by what was said. The tables SAID_… of a language hold
{the toolkit's sentence: the page's}. `{}` stands for whatever the toolkit filled in; in the page's sentence `{}` or
`{0}` repeats it, `{:said}` puts it into the page's words too, and `{:listed}` does so for every part of a list,
and `{:quoted}` writes a file's name, which the toolkit puts in straight quotes, in those of the language.
"""

import re
from functools import cache, reduce

from space.text import LANGUAGES, language, words

SLOT = re.compile(r"\{(\d*)(?::(said|listed|quoted))?\}")
_ANY = "((?:(?!<br>).)*?)"  # within a line of a figure
_NEGATIVE = re.compile(r"-[\d.]+ ?%?")
_CHINESE_LATIN = re.compile(r"[\u4e00-\u9fff][A-Za-z0-9%]")


def spoken(sentence: str) -> str:
    """A sentence or name of the toolkit in the words of the page; one that the page has no words for as it is."""
    exact, forms = _tables(language())
    if sentence in exact:
        return exact[sentence]
    for form, said in forms:
        found = form.fullmatch(sentence)
        if found:
            return _filled(said, found.groups())
    return sentence


def known(sentence: str) -> bool:
    """Whether the page has words of its own for a sentence of the toolkit, in the language that is spoken."""
    exact, forms = _tables(language())
    return sentence in exact or any(form.fullmatch(sentence) for form, _ in forms)


def listed(names: str) -> str:
    """The toolkit's "one, two" in the words of the page, joined as the language joins."""
    return str(words.LIST_JOIN).join(spoken(name) for name in names.split(", "))


@cache
def _tables(name: str) -> tuple[dict[str, str], tuple[tuple[re.Pattern[str], str], ...]]:
    """The sentences without anything filled in, and the forms, those that leave the least open first."""
    exact: dict[str, str] = {}
    open_ones: dict[str, str] = {}
    for module in LANGUAGES[name]:
        for table in (value for key, value in vars(module).items() if key.startswith("SAID_")):
            for sentence, said in table.items():
                (open_ones if "{}" in sentence else exact)[sentence] = said
    ordered = sorted(open_ones.items(), key=lambda pair: -len(pair[0].replace("{}", "")))
    return exact, tuple((_form(sentence), said) for sentence, said in ordered)


def _form(sentence: str) -> re.Pattern[str]:
    return re.compile(_ANY.join(map(re.escape, sentence.split("{}"))), re.DOTALL)


def _filled(said: str, parts: tuple[str, ...]) -> str:
    """The page's sentence with the toolkit's parts in its slots."""
    numbers = iter(range(len(parts)))
    pieces, end = [], 0
    for slot in SLOT.finditer(said):
        part = parts[int(slot[1]) if slot[1] else next(numbers)]
        pieces += [said[end : slot.start()], _part(part, slot[2])]
        end = slot.end()
    pieces.append(said[end:])
    return reduce(_beside, pieces, "")


def _part(part: str, how: str | None) -> str:
    if how == "said":
        return spoken(part)
    if how == "listed":
        return listed(part)
    if how == "quoted":
        return f"“{part[1:-1]}”" if part[:1] in ("'", '"') else part
    return part.replace("-", "−") if _NEGATIVE.fullmatch(part) else part


def _beside(before: str, after: str) -> str:
    """Chinese characters stand apart from Latin letters and numbers, as everywhere on the page."""
    edge = f"{before[-1:]}{after[:1]}"
    apart = len(edge) == 2 and (_CHINESE_LATIN.fullmatch(edge) or _CHINESE_LATIN.fullmatch(edge[::-1]))
    return f"{before} {after}" if apart else before + after
