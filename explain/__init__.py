"""Why the detector decided as it did: arrays in, results out. `explain.figures` draws them.

    import explain, mfclip
    detector = mfclip.load()
    verdict = detector("portrait.jpg")
    result = explain.explain(detector, verdict, "ledger")   # result.ranked(), result.values, result.save("folder")
    receipt = explain.receipt(detector, result)             # receipt.verdict: holds, weak or fails; receipt.reason
    figure = explain.figures.draw(result)                   # plotly; theme="dark", face=verdict.face.crop.face

`METHODS` holds every method by name, with its question and its knobs as data; `METRICS` every reading that a receipt
may hold. Drawing is imported on first use, so that `import explain` loads no plotly. Two things that no single verdict
asks for: `explain.pair_attention.pair_attention` for a set of faces, and `explain.pairs.map_of`, the map of any edited
prompt from one result of `pairs`.
"""

from importlib import import_module
from typing import Any

from explain import (
    attention,
    audit,
    counterfactuals,
    grid,
    ledger,
    noise,
    occlusion,
    pair_attention,
    pairs,
    pixels,
    words,
)
from explain.methods import Knob, Method, Progress, ignore_progress
from explain.receipts import METRICS, receipt
from explain.result import Reading, Receipt, Result
from explain.subject import Subject
from explain.targets import MARGIN, Target
from mfclip.detector import Detector
from mfclip.verdict import Verdict

__all__ = [
    "MARGIN",
    "METHODS",
    "METRICS",
    "Knob",
    "Method",
    "Reading",
    "Receipt",
    "Result",
    "Subject",
    "Target",
    "explain",
    "receipt",
]

METHODS: dict[str, Method] = {
    method.name: method
    for method in [
        ledger.METHOD,
        audit.METHOD,
        pixels.METHOD,
        occlusion.METHOD,
        grid.METHOD,
        attention.METHOD,
        words.METHOD,
        pairs.METHOD,
        noise.METHOD,
        pair_attention.METHOD,
        counterfactuals.METHOD,
    ]
}
"""Every method by its name, in the order of a page."""


def explain(
    detector: Detector,
    verdict: Verdict,
    method: str = "ledger",
    target: Target | str = MARGIN,
    progress: Progress = ignore_progress,
    **knobs: Any,
) -> Result:
    """Explain one verdict.

    method: a name of METHODS; its `knobs` say which settings may follow. target: what is explained, a `Target` or
    'margin', 'head', 'language' or 'description:ROW'. progress: called between the steps of long methods with (done,
    of); raising from it cancels. Raises ValueError for an unknown method, target or setting, or for a verdict of
    another checkpoint.
    """
    if method not in METHODS:
        raise ValueError(f"There is no method {method!r}; choose one of {', '.join(METHODS)}.")
    return METHODS[method].run(Subject.of(detector, verdict, target), progress, **knobs)


def __getattr__(name: str) -> Any:
    if name == "figures":
        return import_module("explain.figures")
    raise AttributeError(f"module 'explain' has no attribute {name!r}; it offers {', '.join(__all__)}")
