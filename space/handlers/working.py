"""Work that takes seconds, told step by step: it runs beside the page, which can leave it at any time."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, ThreadPoolExecutor
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Event, Lock
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from weakref import WeakValueDictionary

from explain.methods import Progress
from space.explained import same
from space.memory import give_back

if TYPE_CHECKING:
    from mfclip.verdict import Verdict

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

    task: is handed the progress callback that explain's functions take. Work that is left, by `leave` or by closing its
    steps as gradio does for a listener that is cancelled, ends at its next step, since a thread cannot be ended from
    outside.
    """

    def __init__(self, task: Callable[[Progress], Outcome]) -> None:
        self._task = task
        self._told: SimpleQueue[tuple[int, int] | None] = SimpleQueue()
        self._left = Event()
        self.stopped = False  # by the visitor, who is to be told
        self._outcomes: Iterator[Outcome] = iter(())

    @property
    def left(self) -> bool:
        """Whether nobody waits for the outcome any more, which is then not to be shown."""
        return self._left.is_set()

    def leave(self) -> None:
        """End the steps now and the task at its next one; nothing happens to work that is done."""
        self._left.set()
        self._told.put(None)

    def steps(self) -> Iterator[Step]:
        """Steps as they are done, one at least every TELL seconds, until the task has ended or was left."""
        if self.left:
            return
        started = time.monotonic()
        executor = ThreadPoolExecutor(1, "mf-work")
        self._outcomes = executor.map(self._run, [self._task])
        executor.shutdown(wait=False)
        done, of, ended = 0, 1, False
        try:
            while not (ended or self.left):
                yield Step(done, of, _left(time.monotonic() - started, done, of))
                ended, newest = self._latest()
                done, of = newest or (done, of)
        finally:
            if not ended:
                self.leave()

    def outcome(self) -> Outcome:
        """What the task gave, to be asked once, after its steps and unless it was left; raises what the task raised."""
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
            give_back()
            self._told.put(None)


class Visit:
    """The verdict that stands on one visitor's page, and the work that runs for it.

    Listeners run beside one another, each with the session as it was when it began: this is the one thing that they
    share, so that a newer verdict ends the work for an older one. gradio copies a state's first value for every visitor
    and hands that copy itself to every listener.
    """

    def __init__(self, verdict: "Verdict | None" = None) -> None:
        self._verdict = verdict
        self._running: WeakValueDictionary[str, _Running] = WeakValueDictionary()
        self._lock = Lock()

    def __deepcopy__(self, memo: Any) -> "Visit":
        return Visit(self._verdict)

    def shows(self, verdict: "Verdict | None") -> bool:
        """From now on this verdict stands, or one is awaited (None). Whether that is another one than before: the work
        for any other ends."""
        with self._lock:
            changed = not _alike(self._verdict, verdict)
            self._verdict = verdict
            for running in list(self._running.values()):
                if not _alike(running.verdict, verdict):
                    running.leave()
        return changed

    def stop(self, name: str) -> None:
        """The visitor stopped the work of that name, if there is any."""
        with self._lock:
            running = self._running.get(name)
            if running is not None:
                running.stopped = True
                running.leave()

    def begin(self, name: str, verdict: "Verdict", task: Callable[[Progress], Outcome]) -> Work[Outcome]:
        """Work for a verdict, under a name of which there is one at a time. It is left from the start if that verdict
        does not stand any more."""
        work: _Running[Outcome] = _Running(task, verdict)
        with self._lock:
            earlier = self._running.get(name)
            if earlier is not None:
                earlier.leave()
            self._running[name] = work
            if not _alike(self._verdict, verdict):
                work.leave()
        return work


class _Running(Work[Outcome]):
    """Work for a verdict."""

    def __init__(self, task: Callable[[Progress], Outcome], verdict: "Verdict") -> None:
        super().__init__(task)
        self.verdict = verdict


def _alike(one: "Verdict | None", other: "Verdict | None") -> bool:
    return one is other or (one is not None and other is not None and same(one, other))


def _left(elapsed: float, done: int, of: int) -> float | None:
    return elapsed / done * (of - done) if done else None
