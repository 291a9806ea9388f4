"""A server of its own: its queue when it is full, and its folder of uploads, which is gone when it is told to stop."""

import asyncio
import socket
import time

import httpx
import pytest

from benchmarks.visitors_server import Server
from space import uploads
from space.start import WAITING
from space.text import guard_en
from tests.asynchronous import finished

NAME = "a-name-nobody-else-has.png"
SERVER = """
import time

import gradio as gr
from space import start
from space.components.face_image import face_image

def verdict(given):
    time.sleep(0.2)
    raise gr.Error(given.sentence, print_exception=False)

def build(detector):
    with gr.Blocks() as page:
        gr.Button().click(verdict, face_image(), None, api_name="verdict")
    return page

start.load, start.build = lambda **told: None, build
raise SystemExit(start.start())
"""
"""app.py with another page and no detector, whose loading is not what is tried."""


@pytest.fixture(scope="module")
def server():
    with Server(("-c", SERVER)) as server:
        yield server


def test_more_questions_than_can_wait_get_a_sentence_and_nobody_hangs(server):
    async def ask(client, photo) -> str:
        started = await client.post("/gradio_api/call/verdict", json={"data": [photo]})
        if started.status_code == 503:
            return started.json()["detail"]
        return (await client.get(f"/gradio_api/call/verdict/{started.json()['event_id']}")).text

    async def crowd() -> list[str]:
        unbounded = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(base_url=server.address, timeout=120, limits=unbounded) as client:
            path = (await client.post("/gradio_api/upload", files={"files": (NAME, b"no picture")})).json()[0]
            photo = {"path": path, "meta": {"_type": "gradio.FileData"}}
            return await asyncio.gather(*(ask(client, photo) for _ in range(WAITING + 40)))

    answers = finished(crowd())
    refused = [answer for answer in answers if answer == guard_en.BUSY.format(waiting=WAITING)]
    answered = [answer for answer in answers if "event: error" in answer and NAME in answer]
    assert len(refused) >= 1 and len(answered) >= WAITING and len(refused) + len(answered) == len(answers)


def test_a_server_told_to_stop_leaves_no_file_and_has_written_nothing_of_its_visitors(server):
    httpx.post(f"{server.address}/gradio_api/upload", files={"files": (NAME, b"another")})
    httpx.post(f"{server.address}/gradio_api/call/verdict", json=[NAME])
    broken_off(server.address)
    halves = [name for name in server.files if name.count("/") == 1]  # whole ones lie a folder deeper
    assert any(NAME in name for name in server.files) and len(halves) == 1, server.files
    server.stop()
    assert server.files == [] and server.code == 0
    assert "Traceback" not in server.log, server.log
    assert not [secret for secret in (NAME, "POST", "GET") if secret in server.log]


def broken_off(address: str) -> None:
    """Half an upload: what a closed laptop sends."""
    host, port = address.removeprefix("http://").split(":")
    head = (
        f"POST /gradio_api/upload HTTP/1.1\r\nHost: {host}\r\nContent-Length: 2000000\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\n\r\n"
        '--x\r\nContent-Disposition: form-data; name="files"; filename="half.png"\r\n\r\n'
    )
    with socket.create_connection((host, int(port))) as line:
        line.sendall(head.encode() + bytes(500_000))
        time.sleep(1)


def test_what_was_broken_off_is_swept_and_what_the_page_shows_is_not(tmp_path):
    spared, old = tmp_path / "kept" / "example.jpg", tmp_path / "sha" / "face.png"
    for path in (spared, old, tmp_path / "tmpabcd"):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
    assert uploads.sweep(tmp_path, 60, {str(spared)}) == 0 and old.is_file()
    time.sleep(0.05)
    assert uploads.sweep(tmp_path, 0.01, {str(spared)}) == 2
    assert spared.is_file() and not old.exists() and not (tmp_path / "tmpabcd").exists()


def test_the_thread_sweeps_and_ends_with_the_folder(tmp_path):
    folder = tmp_path / "uploads"
    folder.mkdir()
    (folder / "face.png").write_bytes(b"x")
    uploads.sweep_on(folder, 0.05, 0.01, tuple)
    end = time.monotonic() + 10
    while (folder / "face.png").exists():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_folders_of_killed_servers_go_and_those_of_running_ones_stay(tmp_path, monkeypatch):
    monkeypatch.setenv(uploads.GIVEN, str(tmp_path))
    dead, alive = tmp_path / f"{uploads.PREFIX}dead", tmp_path / f"{uploads.PREFIX}alive"
    other = tmp_path / "somebody-else"
    for folder in (dead, alive, other):
        folder.mkdir()
        (folder / "face.png").write_bytes(b"x")
    monkeypatch.setattr(uploads, "ABANDONED", 0.2)
    time.sleep(0.3)
    alive.touch()
    with uploads.own_folder() as own:
        assert not dead.exists() and (alive / "face.png").is_file() and (other / "face.png").is_file()
        (own / "face.png").write_bytes(b"x")
    assert not own.exists()


def test_the_folder_has_room_until_bytes_or_files_are_too_many(tmp_path, monkeypatch):
    (tmp_path / "a").write_bytes(bytes(100))
    assert uploads.has_room(tmp_path)
    monkeypatch.setattr(uploads, "MOST_BYTES", 100)
    assert not uploads.has_room(tmp_path)
    monkeypatch.setattr(uploads, "MOST_BYTES", 1000)
    monkeypatch.setattr(uploads, "MOST_FILES", 1)
    assert not uploads.has_room(tmp_path)
