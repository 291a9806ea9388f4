"""The page as app.py serves it, asked by strangers: other websites, outside addresses, hostile words, large bodies."""

import base64
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest

from benchmarks.visitors import by_endpoint, by_page, crowd
from benchmarks.visitors_client import Page, Refused, Visitor
from benchmarks.visitors_faces import faces
from benchmarks.visitors_server import free_port
from space import guard, uploads
from space.components.example_strip import examples
from space.handlers import explaining
from space.start import MAX_FILE, WAITING, serve
from space.text import guard_en, guard_zh
from tests.asynchronous import finished

ELSEWHERE = {"origin": "https://elsewhere.example"}
WORDS = (
    "<img src=x onerror=alert(1)>",
    "\"><script>alert(1)</script><b a='",
    "' onmouseover='alert(1)' x='",
    "</textarea></title><svg onload=alert(1)>",
    "${alert(1)} {{constructor.constructor('alert(1)')()}} `${1}`",
    "javascript:alert(1) &lt;img src=x&gt; \u202eevil\u202c",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(tmp_path_factory.mktemp("temporary")))
        patch.setenv("GRADIO_SERVER_NAME", "127.0.0.1")
        patch.setenv("GRADIO_SERVER_PORT", str(free_port()))
        with uploads.own_folder() as made:
            yield made


@pytest.fixture(scope="module")
def address(detector, folder):
    fetch = guard.processing_utils.async_ssrf_protected_download
    with (
        pytest.MonkeyPatch.context() as patch
    ):  # the two that echo words or add up; the map takes most of the time
        patch.setattr(explaining, "DEFAULT", ("ledger", "words"))
        page = serve(detector, folder, wait=False)
        yield page.local_url
    page.close(verbose=False)
    guard.processing_utils.async_ssrf_protected_download = fetch


@pytest.fixture(scope="module")
def client(address):
    with httpx.Client(base_url=address, timeout=120) as client:
        yield client


@pytest.fixture(scope="module")
def page(client):
    return Page(client.get("/config").json())


@pytest.fixture(scope="module")
def portrait():
    return examples()[0].path.read_bytes()


def upload(client, content: bytes, name: str = "face.png", **headers) -> httpx.Response:
    return client.post("/gradio_api/upload", files={"files": (name, content)}, headers=headers)


def said(answer: httpx.Response) -> str:
    return answer.json()["detail"]


def visit(address, page, deed):
    """What `deed`, given a visitor, comes to."""

    async def go():
        async with httpx.AsyncClient(base_url=address, timeout=120) as client:
            return await deed(Visitor(client, page))

    return finished(go())


class Skeleton(HTMLParser):
    """The tags of a page with the names of their attributes, and every value of one that a browser acts on."""

    def __init__(self) -> None:
        super().__init__()
        self.bones = []

    def handle_starttag(self, tag, attributes):
        acts = [value for name, value in attributes if name in ("href", "src", "action", "style", "srcdoc")]
        self.bones.append((tag, sorted(name for name, _ in attributes), [str(value)[:12] for value in acts]))


def skeleton(values) -> list:
    reader = Skeleton()
    reader.feed("\n".join(value for value in values if isinstance(value, str) and "<" in value))
    reader.close()
    return reader.bones


@pytest.mark.parametrize(
    ("headers", "taken"),
    [
        ({}, True),
        ({"sec-fetch-site": "same-origin", "origin": "https://proxied.example"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "same-site"}, False),
        (ELSEWHERE, False),
        ({"origin": "null"}, False),
        ({**ELSEWHERE, "x-forwarded-host": "elsewhere.example"}, True),
    ],
)
def test_only_the_page_itself_and_programs_may_post(client, headers, taken):
    for answer in (
        upload(client, b"x", **headers),
        client.post("/gradio_api/call/verdict", json={"data": [None, False]}, headers=headers),
    ):
        assert answer.status_code == (200 if taken else 403), answer.text
        assert taken or said(answer) == guard_en.FOREIGN
        assert "access-control-allow-origin" not in answer.headers or taken


def test_the_page_may_post_from_its_own_address(client, address):
    assert upload(client, b"x", origin=address.rstrip("/")).status_code == 200


@pytest.mark.parametrize(
    "path", ["file=http://127.0.0.1/x", "file=HTTPS://example.com", "file/http://a.example", "proxy=http://a"]
)
def test_no_route_fetches_from_elsewhere(client, path):
    answer = client.get(f"/gradio_api/{path}")
    assert answer.status_code == 403 and said(answer) == guard_en.OUTSIDE


@pytest.mark.parametrize("key", ["path", "url"])
def test_no_picture_is_fetched_from_elsewhere(address, page, key):
    photo = {"path": "x.png", key: "https://example.com/face.png", "meta": {"_type": "gradio.FileData"}}
    with pytest.raises(Refused) as refusal:
        visit(address, page, lambda visitor: visitor.ask("verdict", photo, False))
    if key == "path":
        assert refusal.value.sentence == guard_en.OUTSIDE
    assert "Traceback" not in refusal.value.sentence


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "../../../../etc/passwd",
        "..%2f..%2f..%2fetc/passwd",
        "checkpoints/tiny/config.json",
        "app.py",
        "file:///etc/passwd",
        "//etc/passwd",
        "/proc/self/environ",
    ],
)
def test_no_file_of_the_server_is_given_away(client, path):
    for route in ("file=", "file/", "file=/"):
        answer = client.get(f"/gradio_api/{route}{path}")
        assert answer.status_code in (403, 404), (route, path)
    for other in ("/static/", "/assets/"):
        assert client.get(f"{other}..%2f..%2f{path}").status_code in (403, 404)


@pytest.mark.parametrize(
    "name", ["../../../evil.png", "..\\evil.png", "/etc/evil.png", "a\0b.png", "é" * 400]
)
def test_an_upload_lands_in_the_folder_of_uploads(client, folder, name):
    answer = upload(client, b"content", name)
    assert answer.status_code in (200, 400)
    for path in answer.json() if answer.status_code == 200 else ():
        assert folder in Path(path).resolve().parents
    assert not [entry for entry in folder.parent.rglob("*evil*") if folder not in entry.parents]


@pytest.mark.parametrize("name", ["a.html", "a.svg", "a.js", "a.xml", "a.png.html"])
def test_an_uploaded_document_never_runs_in_the_browser(client, name):
    path = upload(client, b"<script>alert(1)</script>", name).json()[0]
    answer = client.get(f"/gradio_api/file={path}")
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["content-type"] == "application/octet-stream"


def test_only_this_user_reads_the_uploads(folder):
    assert folder.stat().st_mode & 0o077 == 0


def test_no_browser_keeps_a_photo(client, portrait):
    path = upload(client, portrait).json()[0]
    answer = client.get(f"/gradio_api/file={path}")
    assert answer.content == portrait and answer.headers["cache-control"] == "no-store"


def test_every_answer_carries_the_headers(client):
    for path in ("/", "/zh", "/config", "/gradio_api/info", "/no/such/page", "/gradio_api/file=http://a"):
        answer = client.get(path)
        assert {name: answer.headers.get(name) for name in guard.HEADERS} == guard.HEADERS, path
    assert "connect-src 'self'" in guard.POLICY and "*" not in guard.POLICY


def test_the_page_loads_nothing_from_elsewhere(client):
    html = client.get("/").text
    for address in re.findall(r"<(?:script|link|img|iframe)[^>]* (?:src|href)=\"([^\"]+)\"", html):
        assert not address.startswith(("http:", "https:", "//")), address


@pytest.mark.parametrize("path", [*guard.UNUSED, "/docs", "/redoc", "/openapi.json", "/gradio_api/runs"])
def test_routes_without_use_are_closed(client, folder, path):
    for answer in (client.get(path, params={"session_hash": "x"}), client.post(path, json={})):
        assert answer.status_code in (404, 405), (path, answer.status_code)
    assert not list(folder.rglob("deep_links"))


def test_nobody_jumps_the_queue(client, page):
    queued = [
        each["api_name"] for each in page.config["dependencies"] if each["queue"] and each["backend_fn"]
    ]
    assert {"verdict", "explain", "prompts"} <= set(queued)
    for name in (*queued[:3], "verdict", "explain", "prompts"):
        answer = client.post(f"/gradio_api/run/{name}", json={"data": [None, False]})
        assert answer.status_code == 404 and "queue" in said(answer), name


def test_bodies_are_bounded_whether_or_not_they_say_their_length(client, folder):
    long = guard.MOST + 1
    whole = client.post("/gradio_api/call/verdict", content=b"x" * long)
    assert whole.status_code == 413 and said(whole) == guard_en.TOO_LARGE.format(limit=guard.MOST // 10**6)
    pieces = (b"[" * 1_000_000 for _ in range(long // 1_000_000 + 1))
    kind = {"content-type": "application/json"}
    piecewise = client.post("/gradio_api/call/verdict", content=pieces, headers=kind)
    assert piecewise.status_code == 413 and said(piecewise) == said(whole)
    assert upload(client, bytes(int(MAX_FILE.removesuffix("mb")) * 1024**2 + 1)).status_code == 413
    assert client.get("/config").is_success


def test_uploads_are_refused_once_the_folder_is_full(client, monkeypatch):
    monkeypatch.setattr(uploads, "MOST_FILES", 0)
    answer = upload(client, b"x")
    assert answer.status_code == 507 and said(answer) == guard_en.NO_ROOM
    assert upload(client, b"x", **{"accept-language": "zh-CN"}).json()["detail"] == guard_zh.NO_ROOM
    here = {"accept-language": "zh-CN", "referer": "http://127.0.0.1/"}
    assert upload(client, b"x", **here).json()["detail"] == guard_en.NO_ROOM


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'{"data": 1}',
        b'{"data": [], "fn_index": -1}',
        b'{"data":[],"fn_index":1e9}',
    ],
)
def test_malformed_questions_get_an_answer_without_a_traceback(client, body, capfd):
    kind = {"content-type": "application/json"}
    for path in ("queue/join", "call/nothing", "call/v2/verdict", "run/predict", "cancel"):
        answer = client.post(f"/gradio_api/{path}", content=body, headers=kind)
        assert 400 <= answer.status_code < 500, (path, answer.text)
        assert "Traceback" not in answer.text and "/site-packages/" not in answer.text
    assert "Traceback" not in capfd.readouterr().err


def edited(address, page, sentences):
    """All that the page shows of a description with these sentences, and the report of it."""

    async def deed(visitor):
        await visitor.open()
        apply = page.listener("mf-apply", "click")
        fields = {f"mf_sentence_{number}": text for number, text in enumerate(sentences, start=1)}
        shown = await visitor.trigger(apply, page.given(apply, **fields))
        shown += await visitor.follow(apply)
        files = []
        for kind in ("html", "json"):
            save = page.listener(f"mf-report-{kind}", "click")
            files.append((await visitor.trigger(save, page.given(save)))[0])
        return shown, files

    return visit(address, page, deed)


@pytest.fixture(scope="module")
def harmless(address, page):
    return edited(address, page, ["harmless words"] * 4)


@pytest.mark.parametrize("said", [WORDS[:4], WORDS[2:]])
def test_hostile_sentences_are_shown_as_text_wherever_they_are_echoed(address, page, harmless, said):
    shown, (html, told) = edited(address, page, said)
    texts = [value for value in shown if isinstance(value, str)]
    assert any("alert(1)" in text for text in texts)  # they are echoed at all
    assert {tag for tag, _, _ in skeleton(texts)} <= {tag for tag, _, _ in skeleton(harmless[0])}
    for bone in (*skeleton(texts), *skeleton([html])):
        assert not [name for name in bone[1] if name.startswith("on")], bone
        assert not [value for value in bone[2] if "javascript:" in value.lower()], bone
    counts = [len(re.findall("<script|<img|<svg|<iframe", file)) for file in (html, harmless[1][0])]
    assert counts[0] == counts[1]
    assert not any("${" in text or "{{" in text for text in texts if "<" in text)
    assert set(said) <= set(_texts(json.loads(told)))  # JSON carries them as they are


def _texts(told) -> list[str]:
    if isinstance(told, dict | list):
        inner = told.values() if isinstance(told, dict) else told
        return [text for value in inner for text in _texts(value)]
    return [told] if isinstance(told, str) else []


@pytest.mark.parametrize("name", ["<img src=x onerror=alert(1)>.png", "${alert(1)}{{x}}.png", "a\"'><b>.png"])
def test_a_hostile_file_name_stays_text(address, page, portrait, name):
    async def deed(visitor):
        await visitor.open()
        photo = await visitor.upload(portrait, name)
        look = page.listener("mf-photo", "change")
        shown = await visitor.trigger(look, page.given(look, mf_photo=photo))
        save = page.listener("mf-report-html", "click")
        content, file, _ = await visitor.trigger(save, page.given(save))
        return shown, content, file

    shown, content, file = visit(address, page, deed)
    assert re.fullmatch(r"mfclip-report\.html", file)
    for tag, names, _ in (*skeleton(shown), *skeleton([content])):
        assert not [each for each in names if each.startswith("on")], (tag, names)
    assert "<img src=x" not in content and "alert(1)}{{" not in "".join(map(str, shown))


@pytest.mark.parametrize(
    "code",
    [
        "<script>alert(1)</script>",
        "A" * 9000,
        "../../etc",
        "%00",
        base64.urlsafe_b64encode(b"x\x9c" * 50).decode(),
    ],
)
def test_a_hostile_link_is_refused_in_words(address, page, code):
    async def deed(visitor):
        opening = next(each for each in page.config["dependencies"] if each["api_name"] == "open_link")
        return await visitor.trigger(opening, [None, code])

    shown = visit(address, page, deed)
    assert not [bone for bone in skeleton(shown) if bone[0] == "script"]
    assert any(isinstance(value, str) and 'role="alert"' in value for value in shown)


def test_visitors_at_once_get_the_answers_to_their_own_faces(detector, address, page):
    known = faces(detector, 3)

    async def go(way):
        async with httpx.AsyncClient(base_url=address, timeout=240) as client:
            return await crowd(client, page, known, way)

    for way in (by_page, by_endpoint):
        visits = finished(go(way))
        assert len(visits.served) == 3 and visits.mixed == 0 and visits.hanging == 0, visits.answers


def test_a_full_queue_is_said_in_the_language_of_the_page(client, monkeypatch):
    from gradio.queueing import Queue

    monkeypatch.setattr(Queue, "__len__", lambda queue: WAITING)
    body = {"data": [None, False]}
    program = client.post("/gradio_api/call/verdict", json=body)
    assert program.status_code == 503 and said(program) == guard_en.BUSY.format(waiting=WAITING)
    browser = {"sec-fetch-site": "same-origin", "referer": f"{client.base_url}zh"}
    joined = {**body, "fn_index": 1, "session_hash": "someone"}
    seen = client.post("/gradio_api/queue/join", json=joined, headers=browser)
    assert seen.status_code == 429 and said(seen) == guard_zh.BUSY.format(waiting=WAITING)
