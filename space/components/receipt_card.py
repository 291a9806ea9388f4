"""A receipt in words that a newcomer understands: does the explanation hold, and what each reading says."""

from explain import METRICS, Reading, Receipt
from space.components.markup import percent, signed, text
from space.text import joined, words
from space.text.toolkit import known, spoken

SIGNS = {"holds": "✓", "weak": "~", "fails": "✕"}
UNMEASURED = " Not measured, for their cost: "
"""What begins the part of a receipt's reason that names readings which were left out."""

MARKS = {True: "✓", False: "✕", None: "·"}


def told(receipt: Receipt, extent: str = "") -> str:
    """What a receipt means, in sentences. extent: the sentence that says how much was tested."""
    if receipt.method == "ledger" and receipt.verdict == "holds":  # no map: nothing was taken away
        return str(words.RECEIPT_SUMS)
    lined = [reading for reading in receipt.readings if reading.passed is not None]
    passed = sum(bool(reading.passed) for reading in lined)
    count = words.RECEIPT_COUNT.format(passed=passed, lined=len(lined))
    return joined(words.RECEIPT_MEANS[receipt.verdict], count, extent)


def receipt_card(receipt: Receipt, quick: bool = True) -> str:
    """HTML of a receipt. quick: whether it was the quick test or the full one, which is said."""
    meaning = told(receipt, words.RECEIPT_QUICK if quick else words.RECEIPT_FULL)
    return (
        f'<article class="mf-receipt mf-{receipt.verdict}"><h3><span class="mf-receipt-sign" aria-hidden="true">'
        f"{SIGNS[receipt.verdict]}</span> {text(words.RECEIPT_VERDICTS[receipt.verdict])}</h3>"
        f"<p>{text(meaning)}</p>"
        f"{_table(receipt)}{_beyond(receipt)}</article>"
    )


def _beyond(receipt: Receipt) -> str:
    """HTML: what the reason tells beyond the table, which holds every reading: what was not measured, or why nothing
    could be."""
    rule, mark, names = receipt.reason.partition(UNMEASURED)
    more = [spoken(rule)] if known(rule) else []
    if mark:
        unread = (_name(name) for name in names.removesuffix(".").split(", "))
        more.append(words.RECEIPT_UNMEASURED.format(names=words.LIST_JOIN.join(unread)))
    return f'<p class="mf-small">{text(joined(*more))}</p>' if more else ""


def _name(metric: str) -> str:
    return str(words.RECEIPT_METRICS[metric][0]) if metric in words.RECEIPT_METRICS else metric


def said(reading: Reading) -> tuple[str, str, str]:
    """A reading as (name, value, sentence), for a metric without words of its own its question."""
    known = words.RECEIPT_METRICS.get(reading.metric)
    if known is None:
        question = METRICS[reading.metric].question if reading.metric in METRICS else reading.metric
        return reading.metric, signed(reading.value), question
    name, sentence, form = known
    value = _value(reading.value, form)
    return name, value, sentence.format(value=value)


def _value(value: float, form: str) -> str:
    if form == "percent":
        return percent(value, 0 if value == 0 or value >= 0.1 else 1)
    return f"{value:.1e}" if form == "small" else signed(value)


def _table(receipt: Receipt) -> str:
    head = "".join(f'<th scope="col">{text(name)}</th>' for name in words.RECEIPT_HEAD)
    rows = "".join(_row(reading) for reading in receipt.readings)
    return (
        f'<table class="mf-table mf-readings"><caption class="mf-hidden">{text(words.RECEIPT_TABLE)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _row(reading: Reading) -> str:
    name, value, sentence = said(reading)
    kind = {True: "mf-passed", False: "mf-missed", None: "mf-reported"}[reading.passed]
    # A line is written in the metric's own terms; without one there is nothing to pass.
    line = (
        ""
        if reading.passed is None
        else f"<small>{text(words.RECEIPT_LINE.format(line=spoken(reading.line)))}</small>"
    )
    return (
        f'<tr class="{kind}"><th scope="row"><span aria-hidden="true">{MARKS[reading.passed]}</span> {text(name)}'
        f"<small>{text(words.RECEIPT_MARKS[reading.passed])}</small></th>"
        f'<td class="mf-number">{text(value)}</td><td>{text(sentence)}{line}</td></tr>'
    )
