"""Receipts: the proof beside an explanation, on this very face.

The rules of the verdict. *holds*: every line that was measured is passed. *fails*: a vital reading is no better than
chance, or no vital line is passed, or there is nothing to prove because the map says the same of every cell. *weak*:
everything between. For cells the vital readings are deletion and insertion; for a sum, the sum.
"""

import time
from collections.abc import Callable, Sequence
from importlib import import_module

from explain.cost import counting
from explain.methods import Method, Progress, ignore_progress
from explain.metrics import CELLS, METRICS, QUICK, Metric, Settings, Trial
from explain.metrics.field import BATCH
from explain.metrics.trial import FIELDS
from explain.progress import Bar
from explain.result import Reading, Receipt, Result
from explain.subject import Subject
from mfclip.detector import Detector

__all__ = ["METRICS", "QUICK", "Settings", "receipt"]

CHANCE = 0.5
"""What a random map beats of random orders, on average."""

AGAIN, AGAIN_QUICK = 400.0, 100.0
"""Forward-equivalents that running the method again may cost before a reading is left out unless asked for."""

Rerun = Callable[[Subject], Result]


def receipt(
    detector: Detector,
    result: Result,
    metrics: Sequence[str] | None = None,
    orders: int | None = None,
    seed: int = 0,
    progress: Progress = ignore_progress,
    quick: bool = False,
    values: str | None = None,
    kind: str | None = None,
    rerun: Rerun | None = None,
    settings: Settings | None = None,
) -> Receipt:
    """Test an explanation on the face that it explains; deterministic by seed.

    metrics: names of METRICS; None takes all that apply, save those that would run a costly method too often, which
    the reason then names. orders: random orders to compare with, 20 unless given. quick: one fill and half the points.
    values: the array of cells to test, one of FIELDS; the first that the result holds unless given. kind and rerun: of
    a method that is not in METHODS. settings: overrule everything else. progress may raise to cancel.
    Raises ValueError for a result without its subject (one that was loaded from disk), of another detector, or that
    nothing can test, and for a metric that does not exist or apply.
    """
    subject = _subject_of(detector, result)
    method = import_module("explain").METHODS.get(result.method)
    kind = kind or (method.kind if method else "map")
    settings = settings or _settings(orders, seed, quick)
    trial = Trial(
        subject,
        result,
        settings,
        name=_array_of(result, values) if kind in CELLS else "map",
        kind=kind,
        rerun=rerun or (_rerun_of(method, result) if method else None),
    )
    chosen, left_out = _chosen(trial, kind, metrics, quick)
    started = time.perf_counter()
    readings = []
    with counting(subject) as cost:
        bar, work = Bar(progress), [1 + metric.work(trial) for metric in chosen]
        for number, metric in enumerate(chosen):
            share = [sum(work[:count]) / sum(work) for count in (number, number + 1)]
            trial.step = _Steps(bar.between(*share), work[number] / BATCH)
            trial.step()
            readings.append(metric.function(trial))
    bar.to(1.0)
    verdict, reason = judged(readings, constant=kind in CELLS and trial.constant)
    if left_out:
        reason += f" Not measured, for their cost: {', '.join(left_out)}."
    return Receipt(
        result.method, verdict, reason, tuple(readings), cost.passes, time.perf_counter() - started
    )


class _Steps:
    """Counts the batches of one reading and moves its part of the bar: half of the way when as many have run as were
    expected, never to the end, since nobody knows how many there will be."""

    def __init__(self, progress: Progress, expected: float) -> None:
        self._progress, self._expected, self._count = progress, max(1.0, expected), 0

    def __call__(self) -> None:
        share = self._count / (self._count + self._expected)
        self._count += 1
        self._progress(int(1000 * share), 1000)


def judged(readings: Sequence[Reading], constant: bool = False) -> tuple[str, str]:
    """Verdict and reason of readings, by the rules at the head of this file. constant: the cells are all alike."""
    if constant:
        return "fails", "It fails: the map says the same of every cell."
    lined = [reading for reading in readings if reading.passed is not None]
    missed = [reading for reading in lined if not reading.passed]
    vital = [reading for reading in lined if METRICS[reading.metric].vital]
    by_chance = [r for r in vital if r.metric in ("deletion", "insertion") and r.value <= CHANCE]
    if not lined:
        return "weak", "Weak: nothing was measured that has a line to pass."
    if by_chance or (vital and not any(reading.passed for reading in vital)):
        return "fails", f"It fails: {_told(missed)}."
    if missed:
        return "weak", f"Weak: {_told(missed)}; {len(lined) - len(missed)} of {len(lined)} lines are passed."
    return "holds", f"It holds, {len(lined)} of {len(lined)} lines passed: {_told(vital or lined)}."


def _told(readings: Sequence[Reading]) -> str:
    return "; ".join(f"{r.metric} {r.value:.3g} (line: {r.line})" for r in readings)


def _subject_of(detector: Detector, result: Result) -> Subject:
    if result.subject is None:
        raise ValueError(
            f"The {result.method or 'given'} result holds no subject, as one loaded from disk; explain the verdict "
            "again and pass that result."
        )
    if result.subject.detector is not detector:
        raise ValueError(
            f"The result was made with the detector {result.subject.detector.name} and another one was passed; "
            "pass the detector that explained."
        )
    return result.subject


def _settings(orders: int | None, seed: int, quick: bool) -> Settings:
    base = QUICK if quick else Settings()
    orders = base.orders if orders is None else orders
    if not 2 <= orders <= 1000:
        raise ValueError(
            f"orders is {orders}; 2 to 1000 random orders can be compared with (20 is the default)."
        )
    return Settings(**{**vars(base), "orders": orders, "seed": seed})


def _array_of(result: Result, values: str | None) -> str:
    held = [name for name in FIELDS if name in result.values]
    if values is None and held:
        return held[0]
    if values not in held:
        raise ValueError(
            f"The {result.method or 'given'} result holds no cells {values or 'map'!r}; it holds "
            f"{', '.join(held) or 'none that a receipt can test'}."
        )
    return values


def _rerun_of(method: Method, result: Result) -> Rerun:
    return lambda subject: method.run(subject, **result.knobs)


def _chosen(
    trial: Trial, kind: str, names: Sequence[str] | None, quick: bool
) -> tuple[list[Metric], list[str]]:
    """The metrics to read, in the order of METRICS, and the names of those left out for their cost."""
    possible = [
        metric
        for metric in METRICS.values()
        if kind in metric.kinds and (not metric.reruns or trial.rerun) and metric.applies(trial)
    ]
    if not possible:
        tested = sorted({kind for metric in METRICS.values() for kind in metric.kinds})
        raise ValueError(
            f"There is no receipt for a result of kind {kind!r}; there is one for {', '.join(tested)}."
        )
    if names is not None:
        wrong = [name for name in names if name not in {metric.name for metric in possible}]
        if wrong or not names:
            raise ValueError(
                f"The metrics {wrong or list(names)} cannot be read for a {kind} of {trial.result.method!r}; "
                f"choose from {', '.join(metric.name for metric in possible)}."
            )
        return [metric for metric in possible if metric.name in names], []
    chosen, left_out, spent = [], [], 0.0
    budget = AGAIN_QUICK if quick else AGAIN
    for metric in possible:
        cost = metric.cost(trial) if metric.reruns else 0.0
        if cost and (spent + cost > budget or (quick and metric.thorough)):
            left_out.append(metric.name)
            continue
        spent += cost
        chosen.append(metric)
    return chosen, left_out
