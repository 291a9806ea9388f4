"""What drove the verdict, as sentences made from the ledger's numbers, and how far the explaining has come."""

import math

import numpy as np

from explain.against import LEAST
from space.components.markup import percent, quiet, signed, text
from space.components.work_line import about, bar_line, ended_line
from space.explained import DEFAULT, Explained
from space.text import joined, words
from space.text.toolkit import spoken


def cause(explained: Explained, temperature: float) -> str:
    """Sentences: the largest share on the verdict's side, the next, and the largest against it; "" without a ledger.

    temperature: of the decision, P(fake) = σ(margin ∕ temperature). A share multiplies the odds by e^(share ∕
    temperature), exactly, which says more to most readers than its logits.
    """
    result = explained.results.get("ledger")
    if result is None:
        return ""
    shares = np.asarray(result.values["contributions"], dtype=np.float64)
    base = float(np.asarray(result.values["base"]).reshape(-1)[0])
    total = base + float(shares.sum())
    names = [words.PLAYER_NAMES.get(name, name) for name in result.labels["contributions"]]
    side = 1.0 if shares.sum() >= 0 else -1.0
    order = [int(i) for i in np.argsort(-side * shares, kind="stable") if abs(shares[i]) >= LEAST]
    if not order:
        return words.CAUSE_NOTHING.format(least=LEAST, points=f"{25 * LEAST / temperature:.1f}")
    for_it = [i for i in order if side * shares[i] > 0]
    against = [i for i in reversed(order) if side * shares[i] < 0]
    told = [(words.CAUSE_MOST, i) for i in for_it[:1]] + [(words.CAUSE_NEXT, i) for i in for_it[1:2]]
    told += [(words.CAUSE_AGAINST, i) for i in against[:1]]
    said = [_share(form, names[i], shares[i], temperature) for form, i in told]
    said += [] if against else [words.CAUSE_ALONE]
    before, after = (percent(1 / (1 + math.exp(-margin / temperature))) for margin in (base, total))
    if side * total < 0:
        said.append(
            words.CAUSE_START.format(side=words.SIDE_NAMES["fake" if side > 0 else "real"], before=before)
        )
    said.append(words.CAUSE_TOTAL.format(base=signed(base), total=signed(total), before=before, after=after))
    said.append(words.CAUSE_UNIT.format(double=f"{temperature * math.log(2):.2f}"))
    return joined(*said)


def _share(form: str, name: str, value: float, temperature: float) -> str:
    side = words.SIDE_NAMES["fake" if value > 0 else "real"]
    times = f"{math.exp(abs(value) / temperature):.2g}"
    return form.format(player=name, value=signed(abs(value)).lstrip("+"), side=side, times=times)


def cause_card(explained: Explained, temperature: float) -> str:
    """HTML of the sentences, empty while there is no ledger. temperature: as for `cause`."""
    said = cause(explained, temperature)
    if not said:
        return ""
    title = f'<p class="mf-label">{text(words.CAUSE_TITLE)}</p>'
    return f'<div class="mf-cause" role="status">{title}<p>{text(said)}</p></div>'


def progress_line(
    number: int, count: int, method: str, seconds: float | None = None, share: float = 0.0
) -> str:
    """HTML: step `number` of `count`, and about how long the rest takes (s, None where it is not known); share: of that
    step, 0..1, which is done."""
    left = "" if seconds is None else words.LEFT.format(seconds=about(seconds))
    said = words.EXPLAINING.format(name=words.METHOD_NAMES[method], number=number, count=count, left=left)
    return bar_line(said, (number - 1 + share) / count)


def done_line(seconds: float, methods: tuple[str, ...] = DEFAULT) -> str:
    """HTML: what explained the verdict, and how long it took (s)."""
    names = words.LIST_JOIN.join(words.METHOD_NAMES[name] for name in methods)
    return ended_line(words.EXPLAINED.format(seconds=f"{seconds:.1f}", methods=names))


def nothing() -> str:
    """HTML of a section without anything to explain."""
    return quiet(words.NOT_EXPLAINED)


def audit_guide() -> str:
    """HTML: how the figure of the audit is read."""
    return (
        f'<p class="mf-label">{text(words.AUDIT_READ_TITLE)}</p>'
        f'<p class="mf-small">{text(words.AUDIT_READ)}</p>'
    )


def remarks(explained: Explained, place: str) -> str:
    """HTML: what a section's explanation cannot say, and what was noticed on the way, folded up."""
    result = explained.results.get(place)
    if result is None:
        return ""
    notes = "".join(f"<li>{text(spoken(note))}</li>" for note in result.notes)
    listed = f'<p class="mf-label">{text(words.NOTES_TITLE)}</p><ul>{notes}</ul>' if notes else ""
    return (
        f'<details class="mf-remarks"><summary>{text(words.CAVEAT_TITLE)}</summary><p>{text(spoken(result.caveat))}</p>'
        f"{listed}</details>"
    )
