"""What a visit leaves on the disk: the upload until it is old enough, and nothing else."""

import io
import re
import tempfile
import time

import gradio as gr
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from PIL import Image

from space import page
from tests.explain.conftest import make_small

LONG = 60.0
"""Seconds after which a test gives up waiting: a bound for busy machines, many times what is needed."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Both temporary folders, gradio's and the system's, as one that is empty at first."""
    made = tmp_path_factory.mktemp("disk")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(made / "uploads"))
        patch.setattr(tempfile, "tempdir", str(made))
        patch.setattr(page, "SWEEP", 1)
        patch.setattr(page, "KEEP", 2)
        yield made


@pytest.fixture(scope="module")
def client(folder):
    blocks = page.build(make_small())
    with TestClient(gr.mount_gradio_app(FastAPI(), blocks, path="/", run_history=False)) as client:
        yield client


def files(folder) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def ask(client, name: str, photo, *told) -> str:
    started = client.post(f"/gradio_api/call/{name}", json={"data": [photo, *told]})
    stream = client.get(f"/gradio_api/call/{name}/{started.json()['event_id']}").text
    return re.findall(r"event: (\w+)\n", stream)[-1]


def test_an_upload_goes_when_it_is_old_and_nothing_else_is_left(client, folder, astronaut):
    known = files(folder)
    buffer = io.BytesIO()
    Image.fromarray(astronaut).save(buffer, "PNG")
    given = client.post("/gradio_api/upload", files={"files": ("somebody.png", buffer.getvalue())})
    photo = {"path": given.json()[0], "meta": {"_type": "gradio.FileData"}}
    new = [name for name in files(folder) if name not in known]
    assert len(new) == 1 and new[0].endswith("somebody.png")
    assert ask(client, "verdict", photo, False) == "complete"
    assert ask(client, "explain", photo, "ledger", "margin", "{}", False) == "complete"
    left = [name for name in files(folder) if name not in known]
    assert left in (new, [])  # slow machines may have swept it already; nothing was added
    end = time.monotonic() + LONG
    while [name for name in files(folder) if name not in known] and time.monotonic() < end:
        time.sleep(0.2)
    assert files(folder) == known
    assert ask(client, "verdict", photo, False) == "error"
