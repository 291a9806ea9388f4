"""The hierarchy as a list to choose from, and what an edit did to the verdict."""

from mfclip.config import DecisionConfig
from mfclip.prompts import LEVELS
from mfclip.tokens import CONTEXT
from space.components.markup import notice, percent, quiet, signed, text
from space.session import Change, Row, Session, short_labels
from space.text import words

# The list is drawn anew after every edit. A press is therefore answered when the pointer goes down, before the field
# that was left can redraw the list under the pointer; and the keyboard's place in the list is given back.
CHOOSE = """
let byKey = false;
const chosen = () => element.querySelector('input:checked');
element.addEventListener('pointerdown', (event) => {
  const row = event.target.closest('label');
  if (!row) return;
  event.preventDefault();
  if (document.activeElement) document.activeElement.blur();
  const input = row.querySelector('input');
  input.checked = true;
  byKey = false;
  trigger('choose', {key: Number(input.value)});
});
element.addEventListener('click', (event) => { if (event.detail) event.preventDefault(); });
element.addEventListener('change', (event) => {
  byKey = true;
  trigger('choose', {key: Number(event.target.value)});
});
watch('value', () => {
  if (byKey && document.activeElement === document.body && chosen()) chosen().focus();
});
"""


def description_list(session: Session, chosen: int) -> str:
    """HTML: one radio button a row, with the row's short sentences, similarity and share; `chosen`: a row's key."""
    head = "".join(f"<span>{text(name)}</span>" for name in words.LIST_HEAD)
    views = session.now.descriptions if session.now else ()
    edited = set(session.edited)
    rows = []
    for place, row in enumerate(session.rows):
        view = views[place] if place < len(views) else None
        numbers = ("—", "—") if view is None else (signed(view.similarity), percent(view.probability, 1))
        rows.append(_row(row, place + 1, row.key == chosen, row.key in edited, numbers))
    return (
        f'<fieldset class="mf-list"><legend class="mf-hidden">{text(words.LIST_LEGEND)}</legend>'
        f'<div class="mf-row mf-list-head" aria-hidden="true">{head}</div>{"".join(rows)}</fieldset>'
    )


def token_line(counts: tuple[int, ...]) -> str:
    """HTML: tokens of the four sentences being edited, of the 77 allowed."""
    parts = []
    for level, count in zip(LEVELS, counts, strict=True):
        kind = ' class="mf-over"' if count > CONTEXT else ""
        parts.append(f"<span{kind}>{text(level)} {count}</span>")
    return f'<p class="mf-small mf-tokens">{text(words.TOKENS.format(limit=CONTEXT))} {" · ".join(parts)}</p>'


def change_card(session: Session, decision: DecisionConfig) -> str:
    """HTML: the verdict under the edited rows beside the pinned one; the sentence where the rows are at fault."""
    if session.problem and session.place == "descriptions":
        return notice(session.problem)
    change = session.change
    if change is None or session.now is None or session.start is None:
        return quiet(words.NO_CHANGE_YET)
    before, now = session.start, session.now
    rows = (
        _compared(
            words.LANGUAGE_MARGIN,
            signed(before.language, 3),
            signed(now.language, 3),
            signed(change.language, 3),
        ),
        _compared(
            words.MARGIN, signed(before.margin, 3), signed(now.margin, 3), signed(change.margin, 3), "margin"
        ),
        _compared(
            words.PROBABILITY,
            percent(before.probability, 2),
            percent(now.probability, 2),
            words.POINTS.format(points=signed(100 * change.probability, 2)),
        ),
    )
    head = "".join(f'<th scope="col">{text(name)}</th>' for name in words.CHANGE_HEAD)
    return (
        f'<div class="mf-change" role="status"><p class="mf-said">{text(_in_words(change, session))}</p>'
        f'<table class="mf-table"><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table>'
        f'<p class="mf-small">{text(words.HEAD_STAYS)} '
        f"{text(words.LANGUAGE_MUTE if decision.b == 0 else '')}</p></div>"
    )


def _in_words(change: Change, session: Session) -> str:
    if not session.edited and not session.removed:
        return words.UNEDITED.format(words=words.EVIDENCE_SHORT[change.after])
    names = {"before": words.EVIDENCE_SHORT[change.before], "after": words.EVIDENCE_SHORT[change.after]}
    return (words.WORDS_CHANGED if change.words else words.WORDS_SAME).format(**names)


def _compared(name: str, before: str, now: str, difference: str, kind: str = "") -> str:
    return (
        f'<tr class="mf-delta-{kind}"><th scope="row">{text(name)}</th><td class="mf-number">{text(before)}</td>'
        f'<td class="mf-number">{text(now)}</td><td class="mf-number mf-delta">{text(difference)}</td></tr>'
    )


def _row(row: Row, number: int, chosen: bool, edited: bool, numbers: tuple[str, str]) -> str:
    side = "fake" if row.fake else "real"
    _, kind, family, generator = short_labels(row)
    mark = f'<span class="mf-chip">{text(words.EDITED)}</span>' if edited else ""
    below = " · ".join(label for label in (kind, family) if label != generator)
    title = text(" · ".join(row.sentences))
    return (
        f'<label class="mf-row" title="{title}"><input type="radio" name="mf-description" value="{row.key}"'
        f'{" checked" if chosen else ""}><span class="mf-at">{number}</span>'
        f'<span class="mf-side mf-{side}">{text(words.SIDES[side])}</span>'
        f'<span class="mf-name">{text(generator)}{mark}<small>{text(below)}</small></span>'
        f'<span class="mf-number">{numbers[0]}</span><span class="mf-number">{numbers[1]}</span></label>'
    )
