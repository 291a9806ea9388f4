"""Beside an edit: what sentences without a meaning do in the same places."""

from space.components.markup import signed, text
from space.session import Change, Control
from space.text import words

DIGITS = 3  # of a change of the margin, as in the table above it
ROOM = 0.06  # share of the strip that is left free at either end


def control_card(control: Control | None, change: Change) -> str:
    """HTML: the edit's change of the margin on one line with those of the unrelated sentences, and what that means.

    Empty where there is no control.
    """
    if control is None:
        return ""
    said = {
        "edit": signed(change.margin, DIGITS),
        "low": signed(min(control.changes), DIGITS),
        "high": signed(max(control.changes), DIGITS),
        "mean": signed(control.mean, DIGITS),
    }
    form = words.CONTROL_WITHIN if control.covers(change.margin) else words.CONTROL_BEYOND
    places = words.CONTROL_PLACE if control.places == 1 else words.CONTROL_PLACES.format(count=control.places)
    count = len(control.changes)
    keys = zip(("edit", "other", "zero"), words.CONTROL_KEY, strict=True)
    key = "".join(f'<span><i class="mf-dot mf-dot-{kind}"></i>{text(name)}</span>' for kind, name in keys)
    return (
        f'<div class="mf-control"><p class="mf-label">{text(words.CONTROL_TITLE)}</p>'
        f'<div class="mf-strip" role="img" aria-label="{text(words.CONTROL_ALT.format(count=count, **said))}">'
        f"{_dots(control, change.margin)}</div>"
        f'<p class="mf-small mf-strip-key" aria-hidden="true">{key}</p><p>{text(form.format(**said))}</p>'
        f'<p class="mf-small">{text(words.CONTROL_HOW.format(count=count, places=places))}</p></div>'
    )


def _dots(control: Control, edit: float) -> str:
    """Marks on a line that holds zero, the edit and every control."""
    values = (0.0, edit, *control.changes)
    low, high = min(values), max(values)
    width = (high - low) or 1.0

    def mark(kind: str, value: float) -> str:
        place = 100 * (ROOM + (1 - 2 * ROOM) * (value - low) / width)
        return f'<i class="mf-dot mf-dot-{kind}" style="left:{place:.2f}%"></i>'

    others = "".join(mark("other", value) for value in control.changes)
    return mark("zero", 0.0) + others + mark("edit", edit)
