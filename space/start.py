"""Load the detector, build the page, serve it; say in one sentence why not."""

import signal
import sys
import time
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import gradio as gr
from starlette.middleware import Middleware

from mfclip import CheckpointError, Detector, load
from mfclip.faces import keep_no_pool
from space import gpu
from space.guard import Guard, ask_nobody
from space.memory import bound_arenas, forget_pages, give_back
from space.page import KEEP, SWEEP, build
from space.text import words
from space.theme import CSS, Theme, colours
from space.uploads import own_folder, sweep_on

BROKEN_CHECKPOINT = 3
"""Exit code, the same as the command line's."""

MAX_FILE = "20mb"
WAITING = 60  # questions, one a visitor; a ZeroGPU Space would otherwise queue one
SESSIONS = 200  # each holds 0.6 MB, a verdict and its explanations


def start() -> int:
    """Serve until stopped. Returns the exit code: 0, or BROKEN_CHECKPOINT with a sentence on stderr.

    Address and port come from gradio's own GRADIO_SERVER_NAME and GRADIO_SERVER_PORT, the checkpoint from
    MFCLIP_CHECKPOINT.
    """
    bound_arenas()
    keep_no_pool()
    # What a service manager sends would end the process before the uploads are deleted.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt):
        try:
            # A forked ZeroGPU call can return CPU tensors only, and `tiny` needs no accelerator.
            detector = load(device="cpu" if gpu.lent() else None)
        except CheckpointError as error:
            sys.stderr.write(f"{error}\n")
            return BROKEN_CHECKPOINT
        with own_folder() as uploads:
            serve(detector, uploads)
    return 0


def serve(detector: Detector, uploads: Path, wait: bool = True) -> gr.Blocks:
    """Serve the page of a detector until interrupted, or, without `wait`, until the page is closed.

    uploads: the folder that gradio was told of.
    """
    page = build(detector)
    forget_pages()
    give_back()
    page.queue(max_size=WAITING, default_concurrency_limit=1, api_open=False)
    ask_nobody()
    sweep_on(uploads, SWEEP, KEEP, lambda: kept(page), give_back)
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
        app_kwargs=guarded(uploads),
        prevent_thread_lock=True,
    )
    try:
        while wait and page.is_running:
            time.sleep(0.2)
    except KeyboardInterrupt:
        # Not gradio's own waiting: it leaves answers that are still being streamed, and the threads behind them.
        page.close(verbose=False)
    return page


def guarded(uploads: Path) -> dict[str, Any]:
    """What makes gradio's server stand behind the guard, and describe no routes but the named endpoints."""
    guard = Middleware(Guard, uploads=uploads, waiting=WAITING)
    return {"middleware": [guard], "docs_url": None, "redoc_url": None, "openapi_url": None}


def kept(page: gr.Blocks) -> frozenset[str]:
    """Paths of files that the page itself shows, such as its first example."""
    return frozenset(path for block in page.blocks.values() for path in getattr(block, "keep_in_cache", ()))
