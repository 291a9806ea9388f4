"""The register of methods, their knobs as data, and how one is run."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from explain.result import Result
from explain.subject import Subject

Progress = Callable[[int, int], None]
"""Called between steps with (done, of). A caller cancels by raising from it: methods leave nothing behind."""


def ignore_progress(done: int, of: int) -> None:
    """The progress callback of callers that want none."""


@dataclass(frozen=True)
class Knob:
    """A setting of a method, described so that a page can build its control.

    kind: 'choice' (one of choices), 'integer' or 'number' (low to high), 'switch' (bool), 'text'. `choices` may be
    empty for a choice whose values come from the subject (a layer, a description); the method checks it.
    """

    name: str
    kind: Literal["choice", "integer", "number", "switch", "text"]
    default: Any
    help: str
    choices: tuple[Any, ...] = ()
    low: float | None = None
    high: float | None = None

    def check(self, value: Any) -> Any:
        """The value, in the knob's type. Raises ValueError with what is allowed."""
        if self.kind == "switch" and isinstance(value, bool):
            return value
        if self.kind == "text" and isinstance(value, str):
            return value
        if self.kind == "choice" and (not self.choices or value in self.choices):
            return value
        numeric = isinstance(value, int | float) and not isinstance(value, bool)
        if self.kind in ("integer", "number") and numeric:
            whole = self.kind == "number" or float(value).is_integer()
            if (
                whole
                and (self.low is None or value >= self.low)
                and (self.high is None or value <= self.high)
            ):
                return float(value) if self.kind == "number" else int(value)
        allowed = ", ".join(map(repr, self.choices)) or {
            "switch": "true or false",
            "text": "a text",
        }.get(
            self.kind,
            f"{'a whole number' if self.kind == 'integer' else 'a number'} of {self.low} to {self.high}",
        )
        raise ValueError(f"{self.name} is {value!r}; allowed: {allowed}.")


Function = Callable[..., Result]
"""(subject, progress, **knobs) → Result."""


@dataclass(frozen=True)
class Method:
    """A method: the question it answers, its knobs, and the function. kind: what its result holds ('ledger', 'map',
    'words', 'pairs', 'noise', 'audit'), which is what a figure goes by."""

    name: str
    question: str
    kind: str
    function: Function
    knobs: tuple[Knob, ...] = ()

    def run(self, subject: Subject, progress: Progress = ignore_progress, **settings: Any) -> Result:
        """Check the settings, run, and time it. Raises ValueError for an unknown or impossible setting."""
        known = {knob.name: knob for knob in self.knobs}
        unknown = sorted(set(settings) - set(known))
        if unknown:
            raise ValueError(f"{self.name} has no settings {unknown}; it has {', '.join(known) or 'none'}.")
        chosen: Mapping[str, Any] = {
            name: knob.check(settings.get(name, knob.default)) for name, knob in known.items()
        }
        started = time.perf_counter()
        result = self.function(subject, progress, **chosen)
        return replace(
            result,
            method=self.name,
            target=str(subject.target),
            explained=subject.explained,
            knobs=chosen,
            seconds=time.perf_counter() - started,
            checkpoint=subject.detector.name,
            subject=subject,
        )
