"""Many visitors at once: whether each gets the answer to their own face, how long it takes, what the server keeps."""

import asyncio
import math
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import numpy as np

import mfclip
from benchmarks.report import Line
from benchmarks.verdict import MEMORY
from benchmarks.visitors_client import Answer, Page, Refused, Visitor
from benchmarks.visitors_faces import Known, faces
from benchmarks.visitors_server import Server
from space.page import SWEEP
from space.start import WAITING

SAME = 1e-3  # of probabilities and of margins, between the page's process and this one
ADDS_UP = 1e-3  # logits, the ledger's shares against the margin that came with them
GROWTH = 5  # percent over all requests (design §8)
PATIENCE = 1800  # seconds for all visitors of a crowd; whoever has no answer then hangs
SETTLED = 50  # requests before the first reading of memory: threads, caches and heaps grow to their size
AT_A_TIME = 4  # visitors while memory is watched

Way = Callable[[Visitor, Known], Coroutine[Any, Any, Answer]]


@dataclass(frozen=True)
class Plan:
    """How much is asked. crowds: visitors at once; requests: while memory is watched; beyond: more than can wait.

    rest: seconds without a request before memory is read. Between answers the server holds up to space.memory.MUCH that
    it has freed, a tenth of all; its sweep hands that back, and what remains is what it keeps.
    """

    crowds: tuple[int, ...] = (1, 10, 50)
    requests: int = 500
    beyond: int = WAITING + 30
    rest: float = SWEEP + 5


QUICK = Plan(crowds=(1, 3), requests=4, beyond=0, rest=0)


async def by_page(visitor: Visitor, face: Known) -> Answer:
    """Through the page's own, private listeners."""
    return await visitor.by_page(face.content, face.name)


async def by_endpoint(visitor: Visitor, face: Known) -> Answer:
    """Through /verdict and /explain."""
    return await visitor.by_endpoint(face.content, face.name)


WAYS: dict[str, Way] = {"page": by_page, "endpoints": by_endpoint}


@dataclass(frozen=True)
class Visits:
    """A crowd's answers beside the faces they are to. hanging: how many had none after PATIENCE."""

    faces: tuple[Known, ...]
    answers: tuple[Answer | None, ...]

    @property
    def served(self) -> list[tuple[Known, Answer]]:
        """Faces with their answers, without refusals."""
        pairs = zip(self.faces, self.answers, strict=True)
        return [(face, answer) for face, answer in pairs if answer is not None and not answer.sentence]

    @property
    def refused(self) -> list[str]:
        """The sentences of those who got no answer."""
        return [answer.sentence for answer in self.answers if answer is not None and answer.sentence]

    @property
    def hanging(self) -> int:
        """How many heard nothing."""
        return sum(answer is None for answer in self.answers)

    @property
    def mixed(self) -> int:
        """How many got a verdict that is not their face's, or explanations that do not add up to their verdict."""
        return sum(not _own(face, answer) for face, answer in self.served)


def _own(face: Known, answer: Answer) -> bool:
    gaps = (answer.probability - face.probability, answer.margin - face.margin)
    return max(map(abs, gaps)) <= SAME and abs(answer.ledger - answer.margin) <= ADDS_UP


async def crowd(client: httpx.AsyncClient, page: Page, known: Sequence[Known], way: Way) -> Visits:
    """All at once, one visitor a face."""

    async def one(face: Known) -> Answer:
        try:
            return await way(Visitor(client, page), face)
        except Refused as refusal:
            return Answer(sentence=refusal.sentence or f"HTTP {refusal.status} without a word")
        except httpx.HTTPError as error:
            return Answer(sentence=f"{type(error).__name__}: {error}")

    tasks = [asyncio.create_task(one(face)) for face in known]
    done, late = await asyncio.wait(tasks, timeout=PATIENCE)
    for task in late:
        task.cancel()
    return Visits(tuple(known), tuple(task.result() if task in done else None for task in tasks))


async def verdict_only(visitor: Visitor, face: Known) -> Answer:
    """One question of an endpoint, so that a whole crowd asks within a moment."""
    started = time.perf_counter()
    photo = await visitor.upload(face.content, face.name)
    said = await visitor.ask("verdict", photo, False)
    return Answer(said["probability"], said["margin"], said["margin"], time.perf_counter() - started)


def latency(name: str, seconds: Sequence[float]) -> Line:
    """A row of the latency table: the median, and in the note the 95th percentile and the slowest."""
    middle, late = np.percentile(seconds, [50, 95]) if seconds else (math.nan, math.nan)
    note = f"median; p95 {late:.2f}, slowest {max(seconds, default=math.nan):.2f}"
    return Line(name, float(middle), "seconds", "", None, note)


async def crowds(client: httpx.AsyncClient, page: Page, known: Sequence[Known], plan: Plan) -> list[Line]:
    """The latency table, then how many answers were wrong, refused or missing over all crowds."""
    lines, all_visits = [], []
    for name, way in WAYS.items():
        for size in plan.crowds:
            visits = await crowd(client, page, known[:size], way)
            all_visits.append(visits)
            times = [answer for _, answer in visits.served]
            who = f"{name}, {size} at once"
            lines.append(latency(f"{who}: verdict", [answer.verdict for answer in times]))
            lines.append(latency(f"{who}: explained", [answer.explained for answer in times]))
    answers = sum(len(visits.faces) for visits in all_visits)
    sentences = sorted({sentence for visits in all_visits for sentence in visits.refused})
    note = f"of {answers}, each with a face of its own: P(fake), margin and ledger"
    lines.append(
        Line("answers to another face", sum(each.mixed for each in all_visits), "answers", "≤", 0, note)
    )
    lost = sum(len(each.refused) + each.hanging for each in all_visits)
    return [*lines, Line("visitors without an answer", lost, "visitors", "≤", 0, "; ".join(sentences))]


async def beyond(client: httpx.AsyncClient, page: Page, known: Sequence[Known], visitors: int) -> list[Line]:
    """More at once than can wait: some are refused with a sentence, nobody hangs, the others get their answer."""
    asking = [known[number % len(known)] for number in range(visitors)]
    visits = await crowd(client, page, asking, verdict_only)
    sentences = sorted(set(visits.refused))
    note = f"of {visitors} at once, {WAITING} may wait: {' / '.join(sentences)}"
    return [
        Line("refused with a sentence", len(visits.refused), "visitors", "≥", 1, note),
        Line("left hanging or given another's answer", visits.hanging + visits.mixed, "visitors", "≤", 0),
    ]


async def requests(
    client: httpx.AsyncClient, page: Page, known: Sequence[Known], server: Server, plan: Plan
) -> list[Line]:
    """Memory while `plan.requests` visitors come and go: one in ten uses the page, the others the endpoints."""
    ways = (by_page, *[verdict_only, by_endpoint, verdict_only] * 3)
    count, wrong = plan.requests, 0

    async def come(first: int, last: int) -> None:
        nonlocal wrong
        for start in range(first, last, AT_A_TIME):
            numbers = range(start, min(start + AT_A_TIME, last))
            visits = await asyncio.gather(
                *(crowd(client, page, [known[n % len(known)]], ways[n % len(ways)]) for n in numbers)
            )
            wrong += sum(visit.mixed + visit.hanging + len(visit.refused) for visit in visits)

    settled = min(SETTLED, count)
    await come(0, settled)
    await asyncio.sleep(plan.rest)
    before = server.mebibytes
    await come(settled, settled + count)
    await asyncio.sleep(plan.rest)
    after = server.mebibytes
    note = f"{before:.0f} → {after:.0f} MiB, each after a rest; {settled} requests before, {count} between"
    return [
        Line("growth of the server", 100 * (after / before - 1), "percent", "≤", GROWTH, note),
        Line("largest memory of the server", server.peak, "MiB", "≤", MEMORY, "resident, from its start on"),
        Line("wrong or missing answers on the way", wrong, "answers", "≤", 0),
    ]


def measure(plan: Plan) -> list[Line]:
    """All of a plan, against a server started for it with the checkpoint that this process uses too."""
    known = faces(mfclip.load(device="cpu"), max(plan.crowds))

    async def ask(server: Server) -> list[Line]:
        unbounded = httpx.Limits(max_connections=None, max_keepalive_connections=None)
        async with httpx.AsyncClient(base_url=server.address, timeout=PATIENCE, limits=unbounded) as client:
            page = Page((await client.get("/config")).json())
            lines = await crowds(client, page, known, plan)
            if plan.beyond:
                lines += await beyond(client, page, known, plan.beyond)
            return lines + await requests(client, page, known, server, plan)

    with Server() as server:
        lines = asyncio.run(ask(server))
        server.stop()
        left = server.files
    shown = ", ".join(left[:3])
    return [*lines, Line("files left when it was told to stop", len(left), "files", "≤", 0, shown)]


def run() -> list[Line]:
    """The whole plan: about twelve minutes on two free cores."""
    return measure(Plan())
