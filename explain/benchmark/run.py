"""A run over faces: in one process or several, kept face by face, so that it can be ended and taken up again."""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import torch

from explain.benchmark.faces import Case
from explain.benchmark.protocol import Entry, face_rows
from explain.metrics import Settings
from mfclip.detector import Detector, load
from mfclip.errors import NoFace

ROWS, PLAN = "faces.jsonl", "plan.json"


@dataclass(frozen=True)
class Plan:
    """What is run on every face. checkpoint: as `mfclip.load` takes it, None for the bundled one; weights: its hash.

    sane: on how many of the faces a method is also run on the mixed-up model and on unrelated sentences.
    """

    checkpoint: str | None
    weights: str
    methods: tuple[str, ...]
    target: str
    sane: int
    settings: Settings

    def to_dict(self) -> dict[str, Any]:
        """JSON-able; two runs of the same content can share a folder."""
        told = asdict(self)
        return {**told, "methods": list(self.methods), "settings": asdict(self.settings)}


def judge(detector: Detector, plan: Plan, folder: Path, case: Case, sane: bool) -> dict[str, Any]:
    """One photograph's line: its rows, or why it was left out."""
    entries = [Entry.parse(text) for text in plan.methods]
    try:
        verdict = detector(folder / case.path)
    except (NoFace, ValueError) as error:
        return {**case.to_dict(), "skipped": str(error)}
    rows = face_rows(detector, verdict, entries, plan.target, sane, plan.settings)
    return {**case.to_dict(), "margin": verdict.margin, "probability": verdict.probability, "rows": rows}


_worker: dict[str, Any] = {}


def _start(plan: Plan, folder: Path, threads: int) -> None:
    torch.set_num_threads(threads)
    _worker.update(detector=load(plan.checkpoint), plan=plan, folder=folder)


def _work(case: Case, sane: bool) -> dict[str, Any]:
    return judge(_worker["detector"], _worker["plan"], _worker["folder"], case, sane)


def judged(
    plan: Plan, folder: Path, cases: Sequence[tuple[Case, bool]], workers: int
) -> Iterator[dict[str, Any]]:
    """Lines of cases with their `sane`, as they are done. One process loads the detector once; several share cores."""
    threads = max(1, (os.cpu_count() or 1) // workers)
    if workers == 1:
        _start(plan, folder, threads)
        yield from (_work(*case) for case in cases)
        return
    with ProcessPoolExecutor(
        workers, mp_context=get_context("spawn"), initializer=_start, initargs=(plan, folder, threads)
    ) as pool:
        waiting = [pool.submit(_work, *case) for case in cases]
        try:
            for done in as_completed(waiting):
                yield done.result()
        finally:
            # An ended run must not go on with what nobody waits for.
            pool.shutdown(wait=True, cancel_futures=True)


def kept(out: Path, plan: Plan) -> list[dict[str, Any]]:
    """The lines that an earlier run of the same plan left in a folder. Raises ValueError for another plan's."""
    place = out / PLAN
    if not place.is_file():
        out.mkdir(parents=True, exist_ok=True)
        place.write_text(json.dumps(plan.to_dict(), indent=1) + "\n", encoding="utf-8")
        return []
    told, ours = json.loads(place.read_text(encoding="utf-8")), json.loads(json.dumps(plan.to_dict()))
    other = sorted(key for key in ours if told.get(key) != ours[key])
    if other:
        raise ValueError(
            f"{out} holds a run with other {', '.join(other)}; give another --out, or delete that folder."
        )
    rows = out / ROWS
    lines = rows.read_text(encoding="utf-8").splitlines() if rows.is_file() else []
    found = []
    for line in lines:
        try:
            found.append(json.loads(line))
        except json.JSONDecodeError:
            # The line that was being written when a run was ended; its face is done again.
            continue
    return found


def run(
    plan: Plan,
    folder: Path,
    cases: Sequence[Case],
    out: Path,
    workers: int = 1,
    told: Callable[[int, int], None] = lambda done, of: None,
) -> list[dict[str, Any]]:
    """Lines of all cases, in their order; those that `out` holds already are not done again.

    told: called with (done, of). Raises ValueError where `out` holds another plan's run.
    """
    lines = {line["photo"]: line for line in kept(out, plan)}
    todo = [(case, number < plan.sane) for number, case in enumerate(cases) if case.path not in lines]
    told(len(cases) - len(todo), len(cases))
    with (out / ROWS).open("a", encoding="utf-8") as file:
        if file.tell() and not (out / ROWS).read_bytes().endswith(b"\n"):
            file.write("\n")
        for line in judged(plan, folder, todo, workers):
            lines[line["photo"]] = line
            file.write(json.dumps(line) + "\n")
            file.flush()
            told(sum(case.path in lines for case in cases), len(cases))
    return [lines[case.path] for case in cases]
