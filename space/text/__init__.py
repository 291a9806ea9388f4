"""Every sentence a visitor reads, by language; `words` gives those of the language that is being spoken.

A language is a set of modules with the same names as the English ones; a test compares them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import ModuleType
from typing import Any

from space.text import (
    about_en,
    about_zh,
    en,
    explain_en,
    explain_zh,
    lab_en,
    lab_zh,
    lesson_en,
    lesson_zh,
    trust_en,
    trust_zh,
    zh,
)

LANGUAGES: dict[str, tuple[ModuleType, ...]] = {
    "en": (en, explain_en, lab_en, trust_en, lesson_en, about_en),
    "zh": (zh, explain_zh, lab_zh, trust_zh, lesson_zh, about_zh),
}
DEFAULT = "en"

_spoken: ContextVar[str] = ContextVar("spoken", default=DEFAULT)


class Words:
    """The sentences by name, in the language that `speaking` set for the thread at hand."""

    def __getattr__(self, name: str) -> Any:
        if name.isupper():
            for module in LANGUAGES[_spoken.get()]:
                if hasattr(module, name):
                    return getattr(module, name)
        raise AttributeError(f"There is no sentence called {name!r} in {_spoken.get()!r}.")


words = Words()


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Speak a language inside the block; one that there is none of is the default's."""
    before = _spoken.get()
    _spoken.set(language if language in LANGUAGES else DEFAULT)
    try:
        yield
    finally:
        # Not by a token: gradio takes every step of a generator in another context, where it would be refused.
        _spoken.set(before)
