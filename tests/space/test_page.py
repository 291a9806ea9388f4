"""The page as a server answers it: wiring, formats, and bad input sent by a client."""

import base64
import io
import json
import re
import resource
import struct
import zlib

import gradio as gr
import numpy as np
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from PIL import Image

from space.components.face_image import MAX_BYTES, Refused, read_payload
from space.page import build
from space.text import words

INPUTS = ("image", "checkbox", "radio", "textbox", "button", "number")


@pytest.fixture(scope="module")
def blocks(detector):
    return build(detector)


@pytest.fixture(scope="module")
def client(blocks):
    with TestClient(gr.mount_gradio_app(FastAPI(), blocks, path="/", run_history=False)) as client:
        yield client


def shown(blocks):
    return [block for block in blocks.blocks.values() if getattr(block, "visible", True)]


def feeding(blocks):
    """Ids of components that trigger a listener or are read by one."""
    ids = set()
    for fn in blocks.fns.values():
        ids |= {target[0] for target in fn.targets} | {block._id for block in fn.inputs}
    return ids


def upload(client, content: bytes, name: str) -> dict:
    path = client.post("/gradio_api/upload", files={"files": (name, content)}).json()[0]
    return {"path": path, "meta": {"_type": "gradio.FileData"}}


def ask(client, photo, *told, name="verdict") -> tuple[str, object]:
    """What an endpoint answers: the event's name and its data."""
    data = [photo, *(told or ((False,) if name == "verdict" else ()))]
    started = client.post(f"/gradio_api/call/{name}", json={"data": data})
    assert started.status_code == 200, started.text
    stream = client.get(f"/gradio_api/call/{name}/{started.json()['event_id']}").text
    event, answer = re.findall(r"event: (\w+)\ndata: (.*)", stream)[-1]
    return event, json.loads(answer)


def encoded(pixels, kind="PNG") -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind)
    return buffer.getvalue()


def bomb(side: int = 13000) -> bytes:
    """A PNG of a few kilobytes that claims side × side pixels."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        )

    row = b"\0" + bytes(3 * side)
    squeezed = zlib.compressobj(9)
    body = b"".join(squeezed.compress(row) for _ in range(40)) + squeezed.flush()
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def test_every_shown_input_feeds_a_listener(blocks):
    fed = feeding(blocks)
    idle = [
        f"{b.get_block_name()} {b.elem_id}"
        for b in shown(blocks)
        if b.get_block_name() in INPUTS and b._id not in fed and b.interactive is not False
    ]
    assert not idle
    assert len([b for b in shown(blocks) if b.get_block_name() in INPUTS]) >= 12


def test_every_picture_comes_as_png_and_has_words_for_it(blocks):
    pictures = [block for block in blocks.blocks.values() if block.get_block_name() in ("image", "gallery")]
    assert pictures and all(block.format == "png" and block.alt_text for block in pictures)
    html = "".join(str(block.value) for block in blocks.blocks.values() if block.get_block_name() == "html")
    assert set(re.findall(r"data:image/(\w+)", html)) == {"png"}
    for tag in re.findall(r"<img [^>]*>", html):
        # The layers of a map have no words of their own: the map that holds them has.
        assert re.search(r'alt="[^"]+"|class="mf-(under|over)"', tag), tag[:80]
    for tag in re.findall(r'<div class="mf-map"[^>]*>', html):
        assert re.search(r'role="img" aria-label="[^"]+"', tag)
    for tag in re.findall(r"<svg [^>]*>", html):
        assert re.search(r'role="img" aria-label="[^"]+"', tag)


def test_every_input_has_a_label(blocks):
    for block in shown(blocks):
        if block.get_block_name() in ("image", "checkbox", "radio", "textbox"):
            assert block.label, block.elem_id
        if block.get_block_name() == "button":
            assert block.value


def test_three_endpoints_are_public_described_and_named(blocks, client):
    named = client.get("/gradio_api/info").json()
    assert (
        list(named["named_endpoints"]) == ["/verdict", "/explain", "/prompts"]
        and not named["unnamed_endpoints"]
    )
    for name, told in named["named_endpoints"].items():
        assert told["description"] and told["parameters"][0]["parameter_name"] == "photo", name
        assert all(not parameter["parameter_name"].startswith("param_") for parameter in told["parameters"])
    public = [fn.api_name for fn in blocks.fns.values() if fn.api_visibility == "public"]
    assert public == ["verdict", "explain", "prompts"]


def test_sessions_are_written_by_one_listener_at_a_time(blocks):
    state = next(block for block in blocks.blocks.values() if block.get_block_name() == "state")
    writers = [fn for fn in blocks.fns.values() if state in fn.outputs]
    # What opens a page writes only where nothing is, and waits for nobody.
    (opening,) = (fn for fn in writers if not fn.queue)
    assert [event for _, event in opening.targets] == ["load"]
    assert len(writers) > 10
    queued = {(fn.concurrency_id, fn.concurrency_limit) for fn in writers if fn is not opening}
    assert queued == {("session", 1)}


def test_first_paint_holds_a_judged_example(blocks):
    html: dict[str, str] = {}
    for block in blocks.blocks.values():
        if block.get_block_name() == "html":
            html.setdefault(block.elem_id, block.value)  # the first page is the English one
    assert (
        any(said in html["mf-verdict"] for said in words.EVIDENCE.values())
        and words.CAUTION in html["mf-verdict"]
    )
    assert 'class="mf-picture mf-face"' in html["mf-face-view"] and html["mf-patch-view"].count("<img") == 4
    assert html["mf-change"].startswith('<div class="mf-change"')


def test_nothing_is_kept_or_told(blocks, client):
    assert blocks.delete_cache[1] <= 900 and blocks.delete_cache[0] <= 120
    assert blocks.analytics_enabled is False
    assert client.get("/gradio_api/runs").status_code == 404


def test_the_endpoint_answers_with_the_verdict(client, detector, astronaut):
    name, data = ask(client, upload(client, encoded(astronaut), "face.png"))
    assert name == "complete"
    verdict = data[0]
    assert verdict["probability"] == pytest.approx(detector(astronaut).probability, abs=1e-4)
    assert sum(row["probability"] for row in verdict["descriptions"]) == pytest.approx(1)
    assert verdict["photo"] == "face.png"


def test_a_picture_inside_the_request_is_read_the_same_way(client, astronaut):
    url = "data:image/png;base64," + base64.b64encode(encoded(astronaut)).decode()
    name, data = ask(client, {"url": url})
    assert name == "complete" and data[0]["faces_found"] == 1


def test_an_explanation_is_answered_with_its_numbers(client, detector, astronaut):
    event, data = ask(
        client,
        upload(client, encoded(astronaut), "face.png"),
        "ledger",
        "margin",
        "{}",
        False,
        name="explain",
    )
    assert event == "complete", data
    told = data[0]
    shares = told["result"]["values"]["contributions"]
    assert sum(shares) + told["result"]["values"]["base"][0] == pytest.approx(told["margin"], abs=1e-4)
    assert told["margin"] == pytest.approx(detector(astronaut).margin, abs=1e-4) and "receipt" not in told


def test_prompts_answer_with_the_change(client, detector, astronaut):
    photo = upload(client, encoded(astronaut), "face.png")
    rows = [["real", "a", "b", "c", "d"], ["fake", "e", "f", "g", "h"]]
    event, data = ask(client, photo, json.dumps(rows), name="prompts")
    assert event == "complete", data
    start = detector(astronaut)
    assert data[0]["margin"] == pytest.approx(start.margin + data[0]["change"]["margin"], abs=1e-4)
    assert [row["sentences"][0] for row in data[0]["descriptions"]] == ["a", "e"]


@pytest.mark.parametrize(
    ("name", "told", "said"),
    [
        ("explain", ("nothing", "margin", "{}", False), "There is no method 'nothing'"),
        ("explain", ("grid", "margin", '{"progress": 1}', False), "grid has no settings ['progress']"),
        ("explain", ("grid", "margin", '{"layer": "9"}', False), "layer is '9'"),
        ("explain", ("grid", "elsewhere", "{}", False), "elsewhere"),
        ("explain", ("grid", "margin", "[1]", False), "a JSON object"),
        ("explain", ("grid", "margin", "{", False), "not valid JSON"),
        ("prompts", ("[[[[",), "not valid JSON"),
        ("prompts", ("[" * 5000 + "]" * 5000,), "descriptions"),
        ("prompts", ('[["real", 1, 2, 3, 4]]',), "five texts"),
        ("prompts", ('[["real", "a", "b", "c", "d"]]',), "no fake description"),
        ("prompts", ('[["real", "a", "b", "c", "d"], ["fake", "e", "", "g", "h"]]',), "Row 2"),
        ("prompts", ("x" * 300_000,), "at most 200000 are read"),
    ],
)
def test_wrong_questions_get_one_sentence(client, astronaut, name, told, said):
    event, data = ask(client, upload(client, encoded(astronaut), "face.png"), *told, name=name)
    assert event == "error" and said in data["error"], data
    assert "Traceback" not in data["error"]


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"", "empty.png", "is empty"),
        (b"hello", "note.png", "not a picture this detector can read"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'></svg>", "a.svg", "SVG drawing"),
        (b"GIF89a" + bytes(40), "a.gif", "GIF picture"),
        (bomb(), "bomb.png", "megapixels"),
        (encoded(np.zeros((1, 1, 3), np.uint8)), "dot.png", "at least 32"),
    ],
    ids=["empty", "text", "svg", "gif", "bomb", "one-pixel"],
)
def test_bad_pictures_get_one_sentence(client, content, name, said):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    event, data = ask(client, upload(client, content, name))
    assert event == "error" and said in data["error"], data
    assert "Traceback" not in data["error"] and "/gradio/" not in data["error"]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # KiB


def test_a_truncated_jpeg_and_a_landscape_and_nothing(client, astronaut, landscape):
    broken = encoded(astronaut, "JPEG")[:4000]
    for photo, said in (
        (upload(client, broken, "cut.jpg"), "damaged or incomplete"),
        (upload(client, encoded(landscape), "hills.png"), "No face was found"),
        (None, words.NO_PHOTO),
    ):
        event, data = ask(client, photo)
        assert event == "error" and said in data["error"] and set(data) & {"probability"} == set()


def test_files_of_the_server_cannot_be_named(client):
    started = client.post(
        "/gradio_api/call/verdict",
        json={"data": [{"path": "/etc/hostname", "meta": {"_type": "gradio.FileData"}}, False]},
    )
    stream = client.get(f"/gradio_api/call/verdict/{started.json()['event_id']}").text
    assert "event: error" in stream and "event: complete" not in stream


def test_an_upload_that_was_deleted_is_asked_for_again(tmp_path):
    gone = type("Payload", (), {"url": None, "path": str(tmp_path / "gone.png")})
    assert read_payload(gone) == Refused(words.UPLOAD_GONE)
    assert read_payload(None) is None


def test_requests_that_carry_too_much_or_no_base64_are_refused():
    def sent(url):
        return read_payload(type("Payload", (), {"url": url, "path": None}))

    assert sent("data:image/png;base64,#!") == Refused(words.NOT_BASE64)
    assert sent("data:image/png;base64," + "A" * (MAX_BYTES * 4 // 3)) == Refused(words.TOO_MANY_BYTES)
