"""The readings that a receipt is made of: one function each, what it asks, of which results, at what cost."""

from explain.metrics.captum_metrics import infidelity, sensitivity
from explain.metrics.deletion import agreement, deletion, insertion
from explain.metrics.flip import flip
from explain.metrics.randomised import prompt, prompts_count, randomisation
from explain.metrics.saco import polarity, saco
from explain.metrics.stability import CHANGES, stability
from explain.metrics.sums import completeness, ledger_sum, pair_identity
from explain.metrics.trial import QUICK, Metric, Settings, Trial
from explain.metrics.wording import word_deletion, word_order

__all__ = ["METRICS", "QUICK", "Metric", "Settings", "Trial"]

CELLS = ("map", "mixing", "noise")
"""Kinds of results that hold signed or unsigned cells over the face or the patch."""


def _claims_a_sum(trial: Trial) -> bool:
    return trial.result.gap is not None


def _sentences_count(trial: Trial) -> bool:
    return not trial.unsigned and prompts_count(trial.subject)


_ALL = (
    Metric(
        "completeness",
        "Do the shares add up to what they explain?",
        (*CELLS, "words"),
        function=completeness,
        applies=_claims_a_sum,
    ),
    Metric(
        "deletion",
        "Does the target fall faster when the named cells go first than in random orders?",
        CELLS,
        function=deletion,
        passes=42,
        vital=True,
        orders=True,
    ),
    Metric(
        "insertion",
        "Does the target stay when the named cells are the last to go?",
        CELLS,
        function=insertion,
        passes=42,
        vital=True,
    ),
    Metric(
        "agreement",
        "Over random sets of cells, does what the map says is gone go with what the target lost?",
        CELLS,
        function=agreement,
    ),
    Metric(
        "saco",
        "Does a group of cells with a larger share have a larger effect when it goes alone?",
        CELLS,
        function=saco,
        passes=30,
    ),
    Metric(
        "polarity",
        "Does each of the strongest cells, gone alone, move the target as its sign says?",
        CELLS,
        function=polarity,
        passes=20,
    ),
    Metric(
        "infidelity",
        "How much of the effect of random holes does the map not foresee?",
        CELLS,
        function=infidelity,
        passes=10,
    ),
    Metric(
        "flip",
        "Do the first three segments turn the verdict, more than three random ones?",
        CELLS,
        function=flip,
        passes=3,
    ),
    Metric(
        "randomisation",
        "Does the map change when the weights' places are mixed up?",
        CELLS,
        function=randomisation,
        reruns=1,
    ),
    Metric(
        "prompt",
        "Does the map change when the sentences speak of something else?",
        CELLS,
        function=prompt,
        reruns=2,
        applies=_sentences_count,
    ),
    Metric(
        "stability",
        "Does the map stay when the photo is changed a little and the verdict stays?",
        CELLS,
        function=stability,
        passes=len(CHANGES),
        reruns=len(CHANGES),
        thorough=True,
    ),
    Metric(
        "sensitivity",
        "How much does the map change when the picture hardly does?",
        CELLS,
        function=sensitivity,
        reruns=10,
    ),
    Metric(
        "ledger sum",
        "Do base and shares add up to the target?",
        ("ledger",),
        function=ledger_sum,
        vital=True,
    ),
    Metric(
        "word order",
        "Do the words stand in the order of what the target loses without each?",
        ("words",),
        function=word_order,
        vital=True,
    ),
    Metric(
        "word deletion",
        "Does the target fall faster when the named words go first than in random orders?",
        ("words",),
        function=word_deletion,
    ),
    Metric(
        "pair identity",
        "Do the pairs add up to their four terms?",
        ("pairs",),
        function=pair_identity,
        vital=True,
    ),
)

METRICS: dict[str, Metric] = {metric.name: metric for metric in _ALL}
"""Every metric by its name, in the order of a receipt."""
