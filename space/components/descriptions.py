"""The hierarchy as a tree to choose from, and what an edit did to the verdict."""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from mfclip.config import DecisionConfig
from mfclip.prompts import LEVELS, MAX_CHARACTERS
from mfclip.tokens import CONTEXT
from space.components.control import control_card
from space.components.markup import notice, percent, quiet, signed, text
from space.session import SHOWN, Change, Choice, Row, Session, short, short_labels
from space.text import joined, words
from space.text.toolkit import spoken

_WORD = re.compile(r"[^\W_]+")  # as mfclip.words parts words

MANY = 24
"""Unseen words that are named below the editor."""

# The list is drawn anew after every edit. A press is therefore answered when the pointer goes down, before the field
# that was left can redraw the list under the pointer; and the keyboard's place in the list, and how far it was
# scrolled, are given back.
CHOOSE = """
let byKey = false, scrolled = 0;
const chosen = () => element.querySelector('input:checked, [aria-pressed=true]');
const codeOf = (part) => part.dataset.code ?? part.querySelector('input').value;
const typing = (target) => target.closest('textarea, [contenteditable], input:not([type=radio]):not([type=checkbox])');
element.addEventListener('pointerdown', (event) => {
  const part = event.target.closest('label, .mf-branch');
  if (!part || event.button) return;
  event.preventDefault();
  if (document.activeElement) document.activeElement.blur();
  const input = part.querySelector('input');
  if (input) input.checked = true;
  byKey = false;
  trigger('choose', {key: Number(codeOf(part))});
});
element.addEventListener('click', (event) => {
  if (event.detail) { event.preventDefault(); return; }
  const branch = event.target.closest('.mf-branch');
  if (!branch) return;
  byKey = true;
  trigger('choose', {key: Number(branch.dataset.code)});
});
element.addEventListener('change', (event) => {
  byKey = true;
  trigger('choose', {key: Number(event.target.value)});
});
element.addEventListener('scroll', (event) => { scrolled = event.target.scrollTop; }, true);
watch('value', () => {
  const list = element.querySelector('.mf-list');
  if (list) list.scrollTop = scrolled;
  if (byKey && document.activeElement === document.body && chosen()) chosen().focus();
});
document.addEventListener('keydown', (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.altKey || event.key.toLowerCase() !== 'z') return;
  if (!element.offsetParent || typing(event.target)) return;
  event.preventDefault();
  trigger(event.shiftKey ? 'redo' : 'undo', {});
});
"""


def description_list(session: Session, chosen: int) -> str:
    """HTML: the tree of descriptions, a button a branch and a radio button a row, with short sentences, similarity and
    share; `chosen`: the code of a `Choice`."""
    head = "".join(f"<span>{text(name)}</span>" for name in words.LIST_HEAD)
    views = session.now.descriptions if session.now else ()
    edited = set(session.edited)
    drawn = []
    shares = {row.key: view.probability for row, view in zip(session.rows, views, strict=False)}
    numbers = {row.key: place for place, row in enumerate(session.rows)}
    for choice, rows in _tree(session.rows):
        if choice.level:
            share = sum(shares[row.key] for row in rows) if shares else None
            drawn.append(_branch(choice, rows, choice.code == chosen, share, session.unseen))
            continue
        row = rows[0]
        view = views[numbers[row.key]] if views else None
        said = ("—", "—") if view is None else (signed(view.similarity), percent(view.probability, 1))
        drawn.append(
            _row(row, numbers[row.key] + 1, row.key == chosen, row.key in edited, said, session.unseen)
        )
    legend = f'<p class="mf-small"><span class="mf-unseen">abc</span> {text(words.UNSEEN_LEGEND)}</p>'
    return (
        f'<fieldset class="mf-list"><legend class="mf-hidden">{text(words.LIST_LEGEND)}</legend>'
        f'<div class="mf-row mf-list-head" aria-hidden="true">{head}</div>{"".join(drawn)}</fieldset>'
        f"{legend if session.unseen else ''}"
    )


def _tree(rows: Sequence[Row], level: int = 1) -> Iterator[tuple[Choice, list[Row]]]:
    """Branches and rows from top to bottom, alike ones together, in the order in which they first appear.

    A branch all of whose sentences are one and the same has no branches below it, as in `mfclip.tree`.
    """
    if level == len(LEVELS) or len({sentence for row in rows for sentence in row.sentences}) == 1:
        if level > 1:
            yield from ((Choice(row.key), [row]) for row in rows)
            return
    stems = [(row.fake, row.sentences[:level]) for row in rows]
    first = {stem: place for place, stem in reversed(list(enumerate(stems)))}
    ordered = sorted(range(len(rows)), key=lambda place: first[stems[place]])
    for _, places in groupby(ordered, key=lambda place: stems[place]):
        members = [rows[place] for place in places]
        yield Choice(members[0].key, level), members
        yield from _tree(members, level + 1)


def token_line(
    counts: Sequence[int | None], unseen: Sequence[str] = (), levels: Sequence[str] = LEVELS
) -> str:
    """HTML below the editor: tokens of the sentences of `levels`, of the 77 allowed (None: too long to be counted),
    and the words of them that no face was trained with."""
    parts = []
    for level, count in zip(levels, counts, strict=True):
        kind = ' class="mf-over"' if count is None or count > CONTEXT else ""
        said = words.TOKENS_TOO_LONG.format(limit=MAX_CHARACTERS) if count is None else count
        parts.append(f"<span{kind}>{text(spoken(level))} {text(said)}</span>")
    line = f'<p class="mf-small mf-tokens">{text(words.TOKENS.format(limit=CONTEXT))} {" · ".join(parts)}</p>'
    return line + (_unseen_line(unseen) if unseen else "")


def _unseen_line(unseen: Sequence[str]) -> str:
    shown = [f'<bdi class="mf-unseen">{text(word[:SHOWN])}</bdi>' for word in unseen[:MANY]]
    if len(unseen) > MANY:
        shown.append(text(words.UNSEEN_MORE.format(count=len(unseen) - MANY)))
    before, after = words.UNSEEN_LINE.split("{words}")
    return f'<p class="mf-small">{text(before)}{text(words.LIST_JOIN).join(shown)}{text(after)}</p>'


def marked(sentence: str, unseen: frozenset[str]) -> str:
    """HTML of a visitor's sentence, whatever its direction, its words in `unseen` (lower-cased) marked as such."""
    parts, end = [], 0
    for match in _WORD.finditer(sentence):
        if match[0].lower() in unseen:
            parts.append(
                f'{text(sentence[end : match.start()])}<span class="mf-unseen">{text(match[0])}</span>'
            )
            end = match.end()
    return f"<bdi>{''.join(parts)}{text(sentence[end:])}</bdi>"


def change_card(session: Session, decision: DecisionConfig) -> str:
    """HTML: the verdict under the edited rows beside the pinned one; the sentence where the rows are at fault."""
    if session.problem and session.place == "descriptions":
        return notice(spoken(session.problem))
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
    unmoved = joined(words.HEAD_STAYS, words.LANGUAGE_MUTE if decision.b == 0 else "")
    return (
        f'<div class="mf-change" role="status"><p class="mf-said">{text(_in_words(change, session))}</p>'
        f'<table class="mf-table"><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table>'
        f'<p class="mf-small">{text(unmoved)}</p>{control_card(session.control, change)}</div>'
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


def _branch(
    choice: Choice, rows: Sequence[Row], chosen: bool, share: float | None, unseen: frozenset[str]
) -> str:
    sentence = rows[0].sentences[choice.level - 1][:SHOWN].strip() or "—"
    side = "fake" if rows[0].fake else "real"
    count = words.BRANCH_ONE if len(rows) == 1 else words.BRANCH_COUNT.format(count=len(rows))
    said = words.BRANCH_SAID.format(name=sentence, count=count)
    mark = f'<span class="mf-side mf-{side}">{text(words.SIDES[side])}</span>' if choice.level == 1 else ""
    name = (
        "" if choice.level == 1 and short(sentence).split(" ")[0] == side else marked(short(sentence), unseen)
    )
    return (
        f'<button type="button" class="mf-branch mf-level-{choice.level}" data-code="{choice.code}" '
        f'aria-pressed="{"true" if chosen else "false"}" aria-label="{text(said)}" title="{text(sentence)}">'
        f'<span class="mf-name">{mark}{name}<small>{text(count)}</small></span>'
        f'<span class="mf-number">{"—" if share is None else percent(share, 1)}</span></button>'
    )


def _row(
    row: Row,
    number: int,
    chosen: bool,
    edited: bool,
    numbers: tuple[str, str],
    unseen: frozenset[str],
) -> str:
    side = "fake" if row.fake else "real"
    generator = short_labels(row)[3]
    mark = f'<span class="mf-chip">{text(words.EDITED)}</span>' if edited else ""
    title = text(" · ".join(sentence[:MAX_CHARACTERS] for sentence in row.sentences))
    return (
        f'<label class="mf-row" title="{title}"><input type="radio" name="mf-description" value="{row.key}"'
        f'{" checked" if chosen else ""}><span class="mf-at">{number}</span>'
        f'<span class="mf-side mf-{side}">{text(words.SIDES[side])}</span>'
        f'<span class="mf-name">{marked(generator, unseen)}{mark}</span>'
        f'<span class="mf-number">{numbers[0]}</span><span class="mf-number">{numbers[1]}</span></label>'
    )
