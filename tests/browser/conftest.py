"""app.py in a process of its own, and Chromium looking at it; what it asks for and complains about is written down."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from mfclip.hub import BUNDLED
from space.text import words

ROOT = Path(__file__).resolve().parents[2]
START = 240  # seconds to start the app; as WAIT, a bound for busy machines
WAIT = 60_000  # milliseconds for anything on the page
HTML = (
    "verdict",
    "readouts",
    "face-view",
    "patch-view",
    "tree-list",
    "descriptions",
    "tokens",
    "change",
    "faces",
    "cause",
    "where-view",
    "where-progress",
    "progress",
)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def address(tmp_path_factory):
    """Where app.py listens, on the bundled checkpoint or the one MFCLIP_TEST_CHECKPOINT names."""
    with served(tmp_path_factory.mktemp("app"), "app.py") as url:
        yield url


@contextmanager
def served(folder: Path, *program: str):
    """The address of a program of ours, given as Python's arguments, while it runs; its log may hold no traceback."""
    port = free_port()
    environment = {
        **os.environ,
        "MFCLIP_CHECKPOINT": os.environ.get("MFCLIP_TEST_CHECKPOINT") or str(BUNDLED / "tiny"),
        "GRADIO_SERVER_PORT": str(port),
        "GRADIO_TEMP_DIR": str(folder / "uploads"),
        "OMP_NUM_THREADS": "2",
    }
    with (folder / "log").open("w") as log:
        app = subprocess.Popen([sys.executable, *program], cwd=ROOT, env=environment, stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}/"
    end = time.monotonic() + START
    try:
        while not answers(url):
            said = (folder / "log").read_text()
            assert app.poll() is None and time.monotonic() < end, f"app.py does not answer at {url}:\n{said}"
            time.sleep(0.2)
        yield url
    finally:
        app.terminate()
        app.wait(timeout=60)
    said = (folder / "log").read_text()
    assert "Traceback" not in said, said


def answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=5).close()
    except (urllib.error.URLError, OSError):
        return False
    return True


@pytest.fixture(scope="session")
def chromium():
    names = ("chromium", "chromium-browser", "google-chrome")
    program = next(filter(None, map(shutil.which, names)), None)
    assert program, "No Chromium found: run make test, which installs it, or install it yourself."
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


def content(selector: str) -> str:
    """A component's own content: beside it gradio keeps an unseen timer, which `innerText` would take in."""
    return f"{selector} .prose" if re.fullmatch(f"#mf-({'|'.join(HTML)})", selector) else selector


@dataclass
class Visit:
    """A page that was opened, and what the browser saw go wrong."""

    page: Page
    address: str
    complaints: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    @property
    def outside(self) -> list[str]:
        own = (self.address, self.address.replace("http", "ws"), "data:", "blob:")
        return [url for url in self.asked if not url.startswith(own)]

    def text(self, selector: str) -> str:
        return self.page.locator(content(selector)).inner_text()

    def wait(self, script: str, value=None) -> None:
        """Until a piece of JavaScript is true of the page."""
        self.page.wait_for_function(script, arg=value, timeout=WAIT)

    def wait_text(self, selector: str, said: str) -> None:
        self.wait("([s, t]) => document.querySelector(s)?.innerText.includes(t)", [content(selector), said])

    def wait_other(self, selector: str, before: str) -> str:
        """Until the text of an element is not `before`, nor that of a photo being looked at or not looked at yet."""
        self.wait(
            "([s, t]) => { const now = document.querySelector(s)?.innerText; "
            "const earlier = document.querySelector('.mf-earlier-said')?.offsetParent; "
            "return now && now !== t && !earlier && !document.querySelector('.mf-pending'); }",
            [content(selector), before],
        )
        return self.text(selector)

    def go(self, url: str) -> None:
        """Leave for another page. What the left one was still waiting for is cut off, which it complains of."""
        known = len(self.complaints)
        self.page.goto(url)
        self.page.wait_for_selector("#mf-verdict .mf-card h3")
        cut = ("AbortError", "Connection errored out", "net::ERR_ABORTED")
        self.complaints[known:] = [
            said for said in self.complaints[known:] if not any(c in said for c in cut)
        ]

    def open(self, tab: str) -> None:
        """Open a tab by its key in words.TABS and wait for it."""
        button = self.page.get_by_role("tab", name=words.TABS[tab], exact=True)
        button.click()
        self.wait(
            "(t) => document.querySelector('[role=tab][aria-selected=true]').innerText === t", words.TABS[tab]
        )

    def sentence(self, number: int):
        return self.page.locator(f"#mf-sentence-{number} textarea, #mf-sentence-{number} input").first

    def choose_row(self, place: int) -> None:
        """Press the row at that place (from 1) and wait until the editor holds it."""
        row = self.page.locator(".mf-list label").nth(place - 1)
        title = row.get_attribute("title")
        row.click()
        self.wait(
            "(t) => [1, 2, 3, 4].map((i) => document.querySelector("
            "`#mf-sentence-${i} textarea, #mf-sentence-${i} input`).value).join(' · ') === t",
            title,
        )

    def give(self, path: Path) -> None:
        """Upload another photo in place of the one shown."""
        clear = self.page.locator("#mf-photo button[aria-label='Remove Image']")
        if clear.count():
            clear.click()
            self.wait("() => document.querySelector('#mf-photo input[type=file]')")
        self.page.locator("#mf-photo input[type=file]").set_input_files(str(path))


@pytest.fixture
def visit(chromium, address, request):
    """The page at first paint. Marks nothing as fine: a test fails on any complaint or outside request."""
    options = getattr(request, "param", {})
    context = chromium.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
    opened = Visit(context.new_page(), address)
    opened.page.set_default_timeout(WAIT)
    opened.page.on("console", lambda m: opened.complaints.append(m.text) if m.type == "error" else None)
    opened.page.on("pageerror", lambda error: opened.complaints.append(str(error)))
    opened.page.on("request", lambda asked: opened.asked.append(asked.url))
    opened.page.goto(address)
    opened.page.wait_for_selector("#mf-verdict .mf-card h3")
    yield opened
    assert not opened.complaints, opened.complaints
    assert not opened.outside, opened.outside
    context.close()


@pytest.fixture
def save(tmp_path):
    """A function that writes an RGB array as PNG and returns its path."""

    def write(pixels, name: str = "photo.png") -> Path:
        Image.fromarray(pixels).save(tmp_path / name)
        return tmp_path / name

    return write
