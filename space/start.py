"""Load the detector, build the page, serve it; say in one sentence why not."""

import ctypes
import sys
from importlib.util import find_spec

from mfclip import CheckpointError, load
from space import gpu
from space.page import build
from space.text import words
from space.theme import CSS, Theme, colours

BROKEN_CHECKPOINT = 3
"""Exit code, the same as the command line's."""

MAX_FILE = "20mb"
WAITING = 20  # visitors; a ZeroGPU Space would otherwise queue one
SESSIONS = 200  # each holds about one megabyte: two verdicts on one face


ARENAS = 2
_M_ARENA_MAX = -8  # glibc's malloc.h


def bound_arenas() -> bool:
    """Let threads share ARENAS heaps of glibc's malloc; whether this C library could be told.

    It gives every thread a heap of its own, up to eight a core, and returns little of them: the server, which answers
    in threads, grew by 200 MB in a few visits.
    """
    try:
        return bool(ctypes.CDLL(None).mallopt(_M_ARENA_MAX, ARENAS))
    except (OSError, AttributeError, TypeError):  # another C library, or none by that name
        return False


def start() -> int:
    """Serve until stopped. Returns the exit code: 0, or BROKEN_CHECKPOINT with a sentence on stderr.

    Address and port come from gradio's own GRADIO_SERVER_NAME and GRADIO_SERVER_PORT, the checkpoint from
    MFCLIP_CHECKPOINT.
    """
    bound_arenas()
    try:
        # A forked ZeroGPU call can return CPU tensors only, and `tiny` needs no accelerator.
        detector = load(device="cpu" if gpu.lent() else None)
    except CheckpointError as error:
        sys.stderr.write(f"{error}\n")
        return BROKEN_CHECKPOINT
    page = build(detector)
    page.queue(max_size=WAITING, default_concurrency_limit=1)
    page.launch(
        theme=Theme(),
        css=colours(),
        css_paths=CSS,
        head=words.HEAD,
        footer_links=["api", "settings"],
        run_history=False,
        enable_monitoring=False,
        max_file_size=MAX_FILE,
        show_error=False,
        state_session_capacity=SESSIONS,
        pwa=False,
        mcp_server=find_spec("mcp") is not None,  # the extra `mcp`: named endpoints as tools for agents
    )
    return 0
