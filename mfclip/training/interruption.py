"""Being asked to stop: the step at hand is finished and saved, and only then does a run end."""

import signal
from types import FrameType, TracebackType
from typing import Any, Self

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StopRequest:
    """Within this context SIGINT (Ctrl-C) and SIGTERM set `asked` and nothing else; a second SIGINT interrupts at once.

    Outside the main thread, where Python allows no handlers, signals keep their usual effect.
    """

    def __init__(self) -> None:
        self.asked = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        for number in SIGNALS:
            try:
                self._before[number] = signal.signal(number, self._ask)
            except ValueError:  # not the main thread
                break
        return self

    def _ask(self, number: int, frame: FrameType | None) -> None:
        if self.asked and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.asked = True

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)


def leave_stopping_to_the_trainer(worker: int) -> None:
    """For a loader's processes: Ctrl-C reaches them too, but batches are needed until the trainer has saved."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
