"""What the server keeps of a visitor, and what it hands back."""

import datetime
import platform
import sys

import gradio as gr
import numpy as np
import psutil
import pytest
from fastapi.testclient import TestClient
from gradio import state_holder
from gradio.routes import App

from mfclip.photo import read_photo
from space import judging, memory
from space.handlers import public
from space.memory import (
    CLOSED,
    MUCH,
    Forgetful,
    bound_arenas,
    forget_pages,
    give_back,
    give_back_much,
    resident,
)


@pytest.fixture
def server(monkeypatch):
    """A page that shouts what it is told and remembers the latest, and its state holder."""
    monkeypatch.setattr(state_holder, "SessionState", state_holder.SessionState)
    forget_pages()
    with gr.Blocks() as blocks:
        kept, told, shown = gr.State(""), gr.Textbox(), gr.Textbox()
        told.submit(lambda word: (word.upper(), word), told, [shown, kept], api_name="shout")
        gr.Button().click(lambda word: word, kept, shown, api_name="recall")
    app = App.create_app(blocks)
    with TestClient(app) as client:
        yield client, app.state_holder


def ask(client, name, *data, visitor="ann"):
    sent = {"data": list(data), "session_hash": visitor}
    return client.post(f"/gradio_api/run/{name}", json=sent).json()["data"]


def test_a_visitor_s_states_are_kept_and_what_the_page_shows_is_not(server):
    client, holder = server
    assert ask(client, "shout", "plum")[0] == "PLUM"
    assert ask(client, "recall", None) == ["plum"]
    assert ask(client, "recall", None, visitor="bob") == [""]
    state = holder["ann"]
    assert isinstance(state, Forgetful) and "plum" in state.state_data.values()
    assert not list(state.components) and "plum" not in repr(state.config_values).lower()


def test_gradio_alone_keeps_what_the_page_shows(server, monkeypatch):
    client, holder = server
    monkeypatch.setattr(state_holder, "SessionState", Forgetful.__base__)
    ask(client, "shout", "plum", visitor="cleo")
    assert "PLUM" in repr(list(holder["cleo"].components)), "gradio has mended it: Forgetful can go"


def test_whoever_closed_the_page_is_forgotten_after_minutes_and_nobody_else(server):
    client, holder = server
    for visitor in ("ann", "bob"):
        ask(client, "shout", visitor, visitor=visitor)
    assert CLOSED <= 600
    long_ago = datetime.datetime.now() - datetime.timedelta(seconds=CLOSED + 1)
    for visitor, closed in (("ann", True), ("bob", False)):
        state = holder[visitor]
        state.is_closed = closed
        state._state_ttl = {key: (left, long_ago) for key, (left, _) in state._state_ttl.items()}
    holder.delete_all_expired_state()
    assert ask(client, "recall", None, visitor="ann") == [""]
    assert ask(client, "recall", None, visitor="bob") == ["bob"]


def test_memory_is_bounded_where_the_c_library_can_be_told():
    assert bound_arenas() is (platform.libc_ver()[0] == "glibc")


def test_memory_that_was_freed_goes_back_to_the_system():
    held = [np.ones(7_000) for _ in range(3_000)]  # 168 MB in pieces that malloc keeps for itself
    last, held = held[-1], None
    before = taken()
    give_back()
    assert last.sum() == 7_000
    assert before - taken() > 100_000_000 or platform.libc_ver()[0] != "glibc"


def test_what_verdicts_leave_behind_goes_back_once_it_is_much(monkeypatch):
    size, given = 10**9, []
    monkeypatch.setattr(memory, "_at_last", 0)
    monkeypatch.setattr(memory, "resident", lambda: size)
    give_back()
    monkeypatch.setattr(memory, "give_back", lambda: given.append(size))
    size += MUCH
    give_back_much()
    assert not given
    size += 1
    give_back_much()
    assert given == [size]


def test_memory_is_counted_as_the_system_counts_it():
    assert resident() == (pytest.approx(taken(), abs=10 * 2**20) if sys.platform == "linux" else 0)


def test_every_photo_is_followed_by_a_look_at_the_memory(monkeypatch, detector, begun, astronaut):
    looks = []
    monkeypatch.setattr(judging, "give_back_much", lambda: looks.append("page"))
    monkeypatch.setattr(public, "give_back_much", lambda: looks.append("endpoint"))
    photo = read_photo(astronaut)
    judging.judge(detector, begun, photo)
    judging.judge(detector, begun, read_photo(np.zeros((64, 64, 3), np.uint8)))
    assert looks == ["page"] * 2
    public.Public(detector).verdict(photo)
    with pytest.raises(gr.Error):
        public.Public(detector).explain(photo, method="no such method")
    assert looks == ["page"] * 2 + ["endpoint"] * 2


def taken() -> int:
    """Bytes of this process in memory, as psutil says."""
    return psutil.Process().memory_info().rss
