"""What stands before gradio's routes: refusals in one sentence, and the headers of every answer.

gradio takes a simple post from any website, fetches any public address for anybody (`/file=http…`, and wherever a file
is due), reads bodies of any length, sends no headers for safety, and has routes that write a visitor's page to the
disk. All of it is settled here, for the page as for the named endpoints.
"""

import asyncio
import json
import os
from pathlib import Path
from types import ModuleType
from urllib.parse import urlsplit

import gradio as gr
from fastapi import HTTPException
from gradio import processing_utils
from gradio.route_utils import FnIndexInferError
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from space.components.face_image import MAX_BYTES
from space.text import guard_en, guard_zh
from space.uploads import has_room

MOST = MAX_BYTES * 4 // 3 + 500_000
"""Bytes of a request's body: a picture of the largest size as base64, and what comes with it."""

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
FILE = "/gradio_api/file"
PROXY = "/gradio_api/proxy="
UPLOAD = "/gradio_api/upload"
UNUSED = (
    "/gradio_api/deep_link",  # writes what a visitor's page shows, photo included, to the disk
    "/gradio_api/component_server",
    "/gradio_api/custom_component",  # prints what it was asked
    "/gradio_api/dev",
    "/gradio_api/process_recording",
    "/gradio_api/profiling",
    "/gradio_api/run-history",
    "/gradio_api/stream",
    "/gradio_api/undo-vibe-edit",
    "/gradio_api/vibe-",
    "/login",
)
"""Beginnings of routes of gradio's that this page has no use for."""

UNREADABLE = (FnIndexInferError, KeyError, IndexError, TypeError, ValueError)
"""What gradio's routes raise at questions of another shape, and write to the log with words of whoever asked. Errors of
listeners are not among them: gradio answers those itself."""

_OWN = "'self'"
_HUB = " https://huggingface.co https://*.huggingface.co" if os.environ.get("SPACE_ID") else ""
POLICY = "; ".join(
    (
        f"default-src {_OWN}",
        # gradio compiles listeners in the browser and writes styles and scripts into the page
        f"script-src {_OWN} 'unsafe-inline' 'unsafe-eval' blob:",
        f"style-src {_OWN} 'unsafe-inline'",
        f"img-src {_OWN} data: blob:{_HUB}",
        f"font-src {_OWN} data:",
        f"media-src {_OWN} data: blob:",
        f"connect-src {_OWN} data: blob:{_HUB}",
        f"worker-src {_OWN} blob:",
        "object-src 'none'",
        f"base-uri {_OWN}",
        f"form-action {_OWN}",
    )
)
"""Nothing of a visitor's can be sent elsewhere, not even by a script that somebody got into the page. Who may show the
page in a frame is left open: a Space is one, and courses embed it."""

HEADERS = {
    "content-security-policy": POLICY,
    "permissions-policy": "camera=(self), microphone=(), geolocation=(), payment=(), usb=()",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
}


def ask_nobody() -> None:
    """From now on gradio refuses an address where a file is due, instead of fetching it."""

    async def refuse(url: str, cache_dir: str) -> str:
        raise gr.Error(guard_en.OUTSIDE, print_exception=False)

    processing_utils.async_ssrf_protected_download = refuse


class Guard:
    """ASGI middleware. uploads: their folder, which takes no more once it is full. waiting: the queue's size."""

    def __init__(self, app: ASGIApp, uploads: Path, waiting: int) -> None:
        self.app, self.uploads, self.waiting = app, uploads, waiting

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or hand on with the body counted and the answer's headers completed."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        said = _sentences(Headers(scope=scope))
        refusal = await self._refusal(scope, said)
        dressed = _dressed(scope, send)
        if refusal is not None:
            await _answer(dressed, *refusal)
            return
        if scope["method"] in SAFE_METHODS:
            await self.app(scope, receive, dressed)
            return
        started = False

        async def begin(message: Message) -> None:
            nonlocal started
            started = True
            await dressed(message)

        try:
            await self.app(scope, _counted(receive, said), self._told(scope, begin, said))
        except ClientDisconnect:  # a closed laptop, and nobody left to answer
            return
        except UNREADABLE:
            if started:
                raise
            await _answer(dressed, 400, said.UNREADABLE)

    async def _refusal(self, scope: Scope, said: ModuleType) -> tuple[int, str] | None:
        path, headers = scope["path"], Headers(scope=scope)
        if _reaches_out(path):
            return 403, said.OUTSIDE
        if path.startswith(UNUSED):
            return 404, said.NOWHERE
        if scope["method"] in SAFE_METHODS:
            return None
        if _foreign(headers):
            return 403, said.FOREIGN
        length = headers.get("content-length", "")
        if length.isdecimal() and (len(length) > 12 or int(length) > MOST):  # int refuses thousands of digits
            return 413, said.TOO_LARGE.format(limit=MOST // 1_000_000)
        if path.rstrip("/").endswith(UPLOAD) and not await asyncio.to_thread(has_room, self.uploads):
            return 507, said.NO_ROOM
        return None

    def _told(self, scope: Scope, send: Send, said: ModuleType) -> Send:
        """With the queue's refusal in words of ours. Browsers get it as 429: of 503 the page shows no words but its
        own, in English."""
        held: list[Message] = []
        status = 429 if "sec-fetch-site" in Headers(scope=scope) else 503

        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 503:
                held.append(message)
                return
            if not held:
                await send(message)
                return
            held.append(message)
            if message.get("more_body"):
                return
            if any(b"Queue is full" in part.get("body", b"") for part in held):
                await _answer(send, status, said.BUSY.format(waiting=self.waiting))
                return
            for part in held:
                await send(part)

        return tell


def _sentences(headers: Headers) -> ModuleType:
    """In the language of the page that asks, or of the browser."""
    if urlsplit(headers.get("referer", "")).path.rstrip("/").endswith("/zh"):
        return guard_zh
    if "referer" in headers:
        return guard_en
    return guard_zh if headers.get("accept-language", "").lower().startswith("zh") else guard_en


def _reaches_out(path: str) -> bool:
    """Whether a path asks the server to fetch something elsewhere."""
    if PROXY in path:
        return True
    _, found, rest = path.partition(FILE)
    return bool(found) and rest.lstrip("=/ ").lower().startswith(("http:", "https:"))


def _foreign(headers: Headers) -> bool:
    """Whether a browser says that another website sent this; programs say nothing, and are no danger to anybody."""
    sent = headers.get("sec-fetch-site")
    if sent is not None:
        return sent not in ("same-origin", "none")
    origin = headers.get("origin")
    if origin is None:
        return False
    # Without https a browser does not say where it sends from, other than by this.
    own = (headers.get("host"), headers.get("x-forwarded-host"), os.environ.get("SPACE_HOST"))
    return urlsplit(origin).netloc not in {host for host in own if host}


def _dressed(scope: Scope, send: Send) -> Send:
    """With HEADERS on the answer; what was uploaded is kept by no browser."""

    async def dress(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
            if FILE in scope["path"]:
                headers["cache-control"] = "no-store"
        await send(message)

    return dress


def _counted(receive: Receive, said: ModuleType) -> Receive:
    """A body that did not say its length is refused when it has become too long."""
    read = 0

    async def count() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > MOST:
            raise HTTPException(413, said.TOO_LARGE.format(limit=MOST // 1_000_000))
        return message

    return count


async def _answer(send: Send, status: int, sentence: str) -> None:
    body = json.dumps({"detail": sentence}, ensure_ascii=False).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
