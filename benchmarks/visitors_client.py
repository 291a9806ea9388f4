"""A client of our own: what a browser asks while a visitor uses the page, and what another program asks."""

import asyncio
import json
import math
import time
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import httpx

API = "/gradio_api"


class Refused(Exception):
    """The server did not take a question. status: of HTTP; sentence: what it said."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(f"{status}: {sentence}")
        self.status, self.sentence = status, sentence


@dataclass(frozen=True)
class Answer:
    """What one visitor got: P(fake) and margin, what the ledger's shares and base add up to, and how long it took.

    verdict, explained: seconds from the upload's start to the verdict, and to the last explanation. sentence: why
    there is no answer, "" if there is one.
    """

    probability: float = 0.0
    margin: float = 0.0
    ledger: float = 0.0
    verdict: float = 0.0
    explained: float = 0.0
    sentence: str = ""


def summed(ledger: Mapping[str, Any]) -> float:
    """What a ledger's base and shares add up to, in logits."""
    return float(sum(ledger["values"]["contributions"]) + ledger["values"]["base"][0])


class Page:
    """The page's listeners, as its /config tells a browser of them."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        self.config = config
        self.named = {item["props"].get("elem_id"): item["id"] for item in reversed(config["components"])}

    def listener(self, name: str, event: str) -> dict[str, Any]:
        """The listener of an event (change, click) of the component with that elem_id, beside the browser's own."""
        target = [self.named[name], event]
        return next(each for each in self._served if target in each["targets"])

    @cached_property
    def opening(self) -> list[dict[str, Any]]:
        """What a browser asks for first, to get a session of its own."""
        return [each for each in self._served if any(event == "load" for _, event in each["targets"])]

    @cached_property
    def _served(self) -> list[dict[str, Any]]:
        return [each for each in self.config["dependencies"] if each["backend_fn"]]

    def after(self, listener: Mapping[str, Any]) -> list[dict[str, Any]]:
        """What a browser asks the server for once a listener has answered."""
        found = (each for each in self._served if each["trigger_after"] == listener["id"])
        return [{**each, "targets": listener["targets"]} for each in found]

    @cached_property
    def values(self) -> dict[int, Any]:
        """What every component shows at first, by its id."""
        return {item["id"]: item["props"].get("value") for item in self.config["components"]}

    def given(self, listener: Mapping[str, Any], **told: Any) -> list[Any]:
        """The listener's inputs as a browser sends them; told: by elem_id with "_" for "-". States stay empty."""
        ours = {self.named[name.replace("_", "-")]: value for name, value in told.items()}
        kinds = {item["id"]: item["type"] for item in self.config["components"]}
        return [
            ours[key] if key in ours else None if kinds[key] == "state" else self.values[key]
            for key in listener["inputs"]
        ]


class Visitor:
    """One visitor with a session of their own. client: speaks to the server's address; page: what `Page` read."""

    def __init__(self, client: httpx.AsyncClient, page: Page) -> None:
        self.client, self.page = client, page
        self.session = uuid.uuid4().hex

    async def upload(self, content: bytes, name: str) -> dict[str, Any]:
        """A file → the data that stands for it in later questions."""
        said = await self.client.post(f"{API}/upload", files={"files": (name, content)})
        _check(said)
        return {"path": said.json()[0], "meta": {"_type": "gradio.FileData"}, "orig_name": name}

    async def ask(self, endpoint: str, *data: Any) -> Any:
        """A named endpoint's answer. Raises Refused with the sentence instead of one."""
        started = await self.client.post(f"{API}/call/{endpoint}", json={"data": list(data)})
        _check(started)
        event = ""
        address = f"{API}/call/{endpoint}/{started.json()['event_id']}"
        async with self.client.stream("GET", address) as stream:
            async for line in stream.aiter_lines():
                if line.startswith("event: "):
                    event = line[7:]
                elif line.startswith("data: ") and event in ("complete", "error"):
                    found = json.loads(line[6:])
                    if event == "complete":
                        return found[0]
                    raise Refused(stream.status_code, _sentence(found))
        raise Refused(0, "the answer broke off")

    async def trigger(self, listener: Mapping[str, Any], data: list[Any]) -> list[Any]:
        """A listener's last values, asked for as a browser does. Raises Refused."""
        target = listener["targets"][0][0]
        body = {"data": data, "fn_index": listener["id"], "trigger_id": target, "session_hash": self.session}
        if not listener["queue"]:
            said = await self.client.post(f"{API}/run/predict", json=body)
            _check(said)
            return said.json()["data"]
        joined = await self.client.post(f"{API}/queue/join", json=body)
        _check(joined)
        asked = joined.json()["event_id"]
        address = f"{API}/queue/data"
        async with self.client.stream("GET", address, params={"session_hash": self.session}) as stream:
            async for line in stream.aiter_lines():
                told = json.loads(line[6:]) if line.startswith("data: ") else {}
                if told.get("msg") == "process_completed" and told["event_id"] == asked:
                    if not told["success"]:
                        raise Refused(stream.status_code, _sentence(told["output"]))
                    return told["output"].get("data", [])
        raise Refused(0, "the answer broke off")

    async def open(self) -> None:
        """Open the page, as a browser does that has loaded it. Raises Refused."""
        for listener in self.page.opening:
            await self.trigger(listener, self.page.given(listener))

    async def follow(self, listener: Mapping[str, Any]) -> list[Any]:
        """All values of what a browser asks for after a listener, and after that. Raises Refused."""
        values = []
        for chained in self.page.after(listener):
            values += await self.trigger(chained, self.page.given(chained))
            values += await self.follow(chained)
        return values

    @asynccontextmanager
    async def here(self) -> AsyncIterator[None]:
        """The page is open inside the block: a browser says so all the time, and the server learns when it closes."""

        async def beat() -> None:
            async with self.client.stream("GET", f"{API}/heartbeat/{self.session}") as stream:
                async for _ in stream.aiter_lines():
                    continue

        beating = asyncio.create_task(beat())
        try:
            yield
        finally:
            beating.cancel()
            with suppress(asyncio.CancelledError, httpx.HTTPError):
                await beating

    async def by_page(self, content: bytes, name: str) -> Answer:
        """Give a photo to the page, wait for verdict and explanations, download the report."""
        async with self.here():
            await self.open()
            started = time.perf_counter()
            photo = await self.upload(content, name)
            look = self.page.listener("mf-photo", "change")
            await self.trigger(look, self.page.given(look, mf_photo=photo))
            judged = time.perf_counter() - started
            await self.follow(look)
            explained = time.perf_counter() - started
            save = self.page.listener("mf-report-json", "click")
            report = json.loads((await self.trigger(save, self.page.given(save)))[0])
        verdict = report["verdict"]
        ledgers = (summed(result) for result in report["results"] if result["method"] == "ledger")
        return Answer(verdict["probability"], verdict["margin"], next(ledgers, math.nan), judged, explained)

    async def by_endpoint(self, content: bytes, name: str) -> Answer:
        """Ask /verdict, then /explain, as another program does."""
        started = time.perf_counter()
        photo = await self.upload(content, name)
        verdict = await self.ask("verdict", photo, False)
        judged = time.perf_counter() - started
        told = await self.ask("explain", photo, "ledger", "margin", "{}", False)
        explained = time.perf_counter() - started
        shared = summed(told["result"])
        return Answer(verdict["probability"], verdict["margin"], shared, judged, explained)


def _check(said: httpx.Response) -> None:
    if said.is_success:
        return
    try:
        found = said.json()
    except ValueError:
        found = said.text
    raise Refused(said.status_code, _sentence(found))


def _sentence(found: Any) -> str:
    if isinstance(found, dict):
        found = found.get("detail") or found.get("error")
    return str(found or "").strip()
