"""What a benchmark hands back, and the table of it."""

import os
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Line:
    """One measured figure and its bar. relation: '≤' or '≥' between value and bar; '' where nothing is asked."""

    name: str
    value: float
    unit: str
    relation: str
    bar: float | None
    note: str = ""

    @property
    def passed(self) -> bool | None:
        """Whether the bar is met; None without one."""
        if self.bar is None:
            return None
        return self.value <= self.bar if self.relation == "≤" else self.value >= self.bar

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "passed": self.passed}


def median_seconds(work: Callable[[], Any], repeats: int, warm_up: int = 1) -> float:
    """Median wall-clock seconds of `work`, the first `warm_up` calls not counted."""
    for _ in range(warm_up):
        work()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def paired_ratio(
    slow: Callable[[], Any], fast: Callable[[], Any], repeats: int
) -> tuple[float, float, float]:
    """(median of slow / fast, median seconds of slow, of fast), measured in turns so that load hits both alike."""
    slow(), fast()
    pairs = []
    for _ in range(repeats):
        pairs.append((median_seconds(slow, 1, 0), median_seconds(fast, 5, 0)))
    ratios = [first / second for first, second in pairs]
    return (statistics.median(ratios), *(statistics.median(column) for column in zip(*pairs, strict=True)))


def machine() -> dict[str, Any]:
    """What the figures were measured on, and how busy it was."""
    import platform

    import torch

    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "processor": platform.machine(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "torch_threads": torch.get_num_threads(),
        "load_average_1_minute": round(os.getloadavg()[0], 2),
    }


def table(lines: Sequence[Line]) -> str:
    """The lines as text, one a row."""
    width = max(len(line.name) for line in lines)
    rows = []
    for line in lines:
        bar = "" if line.bar is None else f"{line.relation} {line.bar:g}"
        word = {True: "met", False: "MISSED", None: ""}[line.passed]
        rows.append(
            f"{line.name:<{width}}  {line.value:>10.3g}  {bar:>9}  {word:<6}  {line.unit}; {line.note}"
        )
    return "\n".join(row.rstrip("; ") for row in rows) + "\n"
