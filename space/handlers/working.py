"""Work that takes seconds, told step by step: it runs beside the page, which can leave it at any time."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, ThreadPoolExecutor
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Event
from typing import Generic, TypeVar

from explain.methods import Progress

Outcome = TypeVar("Outcome")

TELL = 0.5
"""Seconds between two looks at the work: so long at most does a visitor who stops it wait for the page."""


@dataclass(frozen=True)
class Step:
    """How far the work is. done of `of` steps are behind it; left: seconds to go by the pace so far, None at first."""

    done: int
    of: int
    left: float | None


class Work(Generic[Outcome]):
    """One task, begun when its steps are asked for.

    task: is handed the progress callback that explain's functions take. A gradio listener that yields between the
    steps can be cancelled; the task then ends at its next step, since a thread cannot be ended from outside.
    """

    def __init__(self, task: Callable[[Progress], Outcome]) -> None:
        self._task = task
        self._told: SimpleQueue[tuple[int, int] | None] = SimpleQueue()
        self._left = Event()
        self._outcomes: Iterator[Outcome] = iter(())

    def steps(self) -> Iterator[Step]:
        """Steps as they are done, one at least every TELL seconds, until the task has ended."""
        started = time.monotonic()
        executor = ThreadPoolExecutor(1, "mf-work")
        self._outcomes = executor.map(self._run, [self._task])
        executor.shutdown(wait=False)
        done, of = 0, 1
        try:
            while True:
                yield Step(done, of, _left(time.monotonic() - started, done, of))
                ended, newest = self._latest()
                if ended:
                    break
                done, of = newest or (done, of)
        finally:
            self._left.set()

    def outcome(self) -> Outcome:
        """What the task gave, to be asked once, after its steps; raises what the task raised."""
        return next(self._outcomes)

    def _latest(self) -> tuple[bool, tuple[int, int] | None]:
        """Whether the task has ended, and the newest progress within TELL seconds, None if there is none."""
        newest: tuple[int, int] | None = None
        deadline = time.monotonic() + TELL
        while (rest := deadline - time.monotonic()) > 0:
            try:
                told = self._told.get(timeout=rest)
            except Empty:
                break
            if told is None:
                return True, newest
            newest = told
        return False, newest

    def _progress(self, done: int, of: int) -> None:
        if self._left.is_set():
            raise CancelledError
        self._told.put((done, of))

    def _run(self, task: Callable[[Progress], Outcome]) -> Outcome:
        try:
            return task(self._progress)
        finally:
            self._told.put(None)


def _left(elapsed: float, done: int, of: int) -> float | None:
    return elapsed / done * (of - done) if done else None
