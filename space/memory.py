"""What the server keeps in memory, for how long, and what it hands back to the system."""

import ctypes
import mmap
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
from gradio import state_holder

CLOSED = 600
"""Seconds after which the server forgets a visitor whose page was closed or lost its line; gradio waits an hour."""

MUCH = 128 * 2**20
"""Bytes that answers may leave behind before they are handed back."""

ARENAS = 2
_M_ARENA_MAX = -8  # glibc's malloc.h

_at_last = 0  # bytes in memory when some were handed back last


def bound_arenas() -> bool:
    """Let threads share ARENAS heaps of glibc's malloc; whether this C library could be told.

    It gives every thread a heap of its own, up to eight a core, and returns little of them: the server, which answers
    in threads, grew by 200 MB in a few visits.
    """
    try:
        return bool(ctypes.CDLL(None).mallopt(_M_ARENA_MAX, ARENAS))
    except (OSError, AttributeError, TypeError):  # another C library, or none by that name
        return False


def give_back() -> None:
    """Hand freed memory back to the system, where this C library can: 150 MB once the page is built, 100 after a face
    was explained. Takes milliseconds, and whoever needs the memory next has to fetch it again."""
    global _at_last
    with suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)
    _at_last = resident()


def give_back_much() -> None:
    """`give_back`, if the process has grown by more than MUCH since the last time.

    For what is done in no time: a verdict leaves 75 MB behind, which the next one uses again; handing them back each
    time takes as long as the verdict. Left alone, the pieces that do not fit anew add up to 330 MB in a hundred photos
    of different sizes.
    """
    if resident() - _at_last > MUCH:
        give_back()


def resident() -> int:
    """Bytes of this process in memory; 0 where the system does not tell as Linux does."""
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * mmap.PAGESIZE
    except (OSError, ValueError, IndexError):
        return 0


class _Nothing(dict[int, dict[str, Any]]):
    """A dictionary that takes everything and holds nothing: every key is there, with an empty dictionary."""

    def __contains__(self, key: object) -> bool:
        return True

    def __getitem__(self, key: int) -> dict[str, Any]:
        return {}

    def __setitem__(self, key: int, value: dict[str, Any]) -> None:
        pass


class Forgetful(state_holder.SessionState):
    """A visitor's state: what the page's own states hold, and not gradio's copy of all that the page shows.

    gradio writes down every value that goes to or comes from a visitor's page, the photo included, for links that bring
    it back (which the guard refuses): several megabytes of figures and pictures a visitor.
    """

    def __init__(self, blocks: gr.Blocks) -> None:
        # gradio describes every component of the page to every visitor's state, 35 ms; here it is shown none.
        bare: Any = SimpleNamespace(default_config=blocks.default_config, blocks=())
        super().__init__(bare)
        self.config_values = _Nothing()
        self.STATE_TTL_WHEN_CLOSED = CLOSED


def forget_pages() -> None:
    """From now on gradio's servers in this process keep `Forgetful` states."""
    state_holder.SessionState = Forgetful  # type: ignore[misc]
