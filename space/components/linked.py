"""Words and the face, linked: point at a word and the face shows its map, point at a cell and the words show its
numbers. All of it happens in the browser, from one table of words by cells."""

import base64
import json

import numpy as np

from explain.figures.palette import inks
from explain.result import Result
from mfclip.verdict import Verdict
from space.components.markup import png, signed, text
from space.session import SHOWN, Row, short_labels
from space.text import words

TOP = 32767
"""The largest value of the table as it is sent: whole numbers of 16 bits, so that four digits of any value hold."""

STRONGEST = 0.85  # opacity of a cell at the end of the scale, so that the face stays visible
TINT = 0.5  # the same of a word's ground, on which its letters must stay readable

LINK = """
let table = null, word = 0, cell = null;
const root = () => element.querySelector('.mf-linked');
const buttons = () => [...element.querySelectorAll('.mf-word')];
const shownButtons = () => buttons().filter((button) => !button.closest('[hidden]'));
const number = (value, digits) =>
  (Number(Math.abs(value).toFixed(digits)) ? (value > 0 ? '+' : '−') : '') + Math.abs(value).toFixed(digits);
const said = (form, parts) => form.replace(/ROW|COLUMN|VALUE|SUM|MOST|OTHER|WORD/g, (name) => parts[name]);
const colour = (value, strongest) => {
  const share = Math.min(1, Math.abs(value) / table.scale);
  const ink = value < 0 ? table.real : table.fake;
  return `rgba(${ink}, ${(strongest * share).toFixed(3)})`;
};
const read = () => {
  const data = root()?.dataset;
  table = null;
  if (!data) return;
  const bytes = Uint8Array.from(atob(data.table), (letter) => letter.charCodeAt(0));
  const whole = new DataView(bytes.buffer), side = Number(data.side), unit = Number(data.unit);
  const at = (w, c) => whole.getInt16(2 * (w * side * side + c), true) * unit;
  const digits = Number(data.digits), scale = Number(data.scale);
  table = {at, side, scale, fixed: scale, digits, real: data.real, fake: data.fake, forms: JSON.parse(data.forms)};
};
const nameOf = (w) => element.querySelector(`.mf-word[data-word="${w}"] bdi`).textContent;
const rowOf = (c) => Math.floor(c / table.side) + 1;
const columnOf = (c) => c % table.side + 1;
const tell = (line) => { element.querySelector('.mf-linked-said').textContent = line; };
const tint = () => buttons().forEach((button) => {
  const value = cell === null ? null : table.at(Number(button.dataset.word), cell);
  button.style.backgroundColor = value === null ? '' : colour(value, TINT);
  button.querySelector('small').textContent = value === null ? '' : number(value, table.digits);
  button.setAttribute('aria-pressed', String(Number(button.dataset.word) === word));
});
const mark = () => {
  const cursor = element.querySelector('.mf-linked .mf-cursor');
  cursor.hidden = cell === null;
  if (cell === null) return;
  cursor.style.left = `${100 * (cell % table.side) / table.side}%`;
  cursor.style.top = `${100 * Math.floor(cell / table.side) / table.side}%`;
  cursor.style.width = cursor.style.height = `${100 / table.side}%`;
};
const paint = () => {
  const sheet = element.querySelector('.mf-linked canvas'), ink = sheet.getContext('2d');
  ink.clearRect(0, 0, table.side, table.side);
  for (let c = 0; c < table.side * table.side; c += 1) {
    ink.fillStyle = colour(table.at(word, c), STRONGEST);
    ink.fillRect(c % table.side, Math.floor(c / table.side), 1, 1);
  }
};
const ofWord = (w) => {
  if (!table) return;
  word = w; cell = null;
  paint(); tint(); mark();
  let best = 0, sum = 0;
  for (let c = 0; c < table.side * table.side; c += 1) {
    sum += table.at(w, c);
    if (Math.abs(table.at(w, c)) > Math.abs(table.at(w, best))) best = c;
  }
  if (table.at(w, best) === 0) { tell(said(table.forms.zero, {WORD: nameOf(w)})); return; }
  tell(said(table.forms.word, {ROW: rowOf(best), COLUMN: columnOf(best), SUM: number(sum, table.digits),
    VALUE: number(table.at(w, best), table.digits), WORD: nameOf(w)}));
};
const ofCell = (c) => {
  if (!table) return;
  cell = c;
  tint(); mark();
  const seen = shownButtons().map((button) => Number(button.dataset.word));
  const most = seen.reduce((a, b) => Math.abs(table.at(b, c)) > Math.abs(table.at(a, c)) ? b : a, seen[0] ?? word);
  tell(said(table.forms.cell, {ROW: rowOf(c), COLUMN: columnOf(c), VALUE: number(table.at(word, c), table.digits),
    MOST: number(table.at(most, c), table.digits), OTHER: nameOf(most), WORD: nameOf(word)}));
};
const choose = (description) => {
  for (const part of element.querySelectorAll('.mf-linked-sentence')) {
    const levels = JSON.parse(part.dataset.places)[description];
    part.hidden = !levels;
    if (!levels) continue;
    part.style.order = levels[0];
    part.querySelector('.mf-level').textContent = table.forms.level.replace('LEVELS', levels.join(', '));
  }
};
const strongestShown = () => {
  let best = null, most = -1;
  for (const button of shownButtons()) {
    const w = Number(button.dataset.word);
    for (let c = 0; c < table.side * table.side; c += 1) {
      if (Math.abs(table.at(w, c)) > most) { most = Math.abs(table.at(w, c)); best = w; }
    }
  }
  return best;
};
const rescale = () => {
  const own = element.querySelector('.mf-linked-own').checked, best = own ? strongestShown() : null;
  const cells = [...Array(table.side * table.side).keys()];
  const most = best === null ? 0 : Math.max(...cells.map((c) => Math.abs(table.at(best, c))));
  table.scale = most || table.fixed;
  element.querySelector('.mf-linked-low').textContent = number(-table.scale, table.digits);
  element.querySelector('.mf-linked-high').textContent = number(table.scale, table.digits);
};
const start = () => {
  read();
  if (!table) return;
  choose(element.querySelector('.mf-linked select').value);
  rescale();
  const best = strongestShown();
  if (best !== null) ofWord(best);
};
const cellAt = (event) => {
  const map = event.target.closest('.mf-map');
  if (!map || !table) return null;
  const box = map.getBoundingClientRect();
  const inside = (place) => Math.min(table.side - 1, Math.max(0, Math.floor(place * table.side)));
  return inside((event.clientY - box.top) / box.height) * table.side + inside((event.clientX - box.left) / box.width);
};
// A pointer that rests must not undo what the keyboard shows when words or page move below it.
let place = '';
const moved = (event) => {
  const before = place;
  place = `${event.clientX} ${event.clientY}`;
  return place !== before;
};
const point = (event) => {
  const button = event.target.closest('.mf-word'), c = cellAt(event);
  const w = button && Number(button.dataset.word);
  if (button && (w !== word || cell !== null)) ofWord(w);
  if (c !== null && c !== cell) ofCell(c);
};
element.addEventListener('pointermove', (event) => { if (moved(event)) point(event); });
element.addEventListener('pointerdown', point);
for (const kind of ['focusin', 'click']) {
  element.addEventListener(kind, (event) => { if (event.target.closest('.mf-word')) point(event); });
}
element.addEventListener('keydown', (event) => {
  const step = {ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0]}[event.key];
  if (!step || !table || !event.target.closest('.mf-map')) return;
  event.preventDefault();
  const middle = Math.floor(table.side / 2), top = table.side - 1;
  const from = cell === null ? [middle, middle] : [Math.floor(cell / table.side), cell % table.side];
  const [row, column] = from.map((place, i) => Math.min(top, Math.max(0, place + (cell === null ? 0 : step[i]))));
  ofCell(row * table.side + column);
});
element.addEventListener('change', (event) => {
  if (!table || !event.target.matches('.mf-linked select, .mf-linked-own')) return;
  choose(element.querySelector('.mf-linked select').value);
  rescale();
  if (event.target.matches('.mf-linked-own')) { paint(); tint(); return; }
  const best = strongestShown();
  if (best !== null) ofWord(best);
});
watch('value', start);
start();
""".replace("STRONGEST", str(STRONGEST)).replace("TINT", str(TINT))
"""The script of the component."""


def linked_view(result: Result, verdict: Verdict, rows: tuple[Row, ...], chosen: int, theme: str) -> str:
    """HTML of a result of `pairs` for the margin. rows: the descriptions it is of; chosen: the key of the one shown."""
    table = np.asarray(result.values["pairs"], dtype=np.float64)
    if not table.size or not np.any(table):
        return f'<p class="mf-empty">{text(words.LINKED_MUTE)}</p>'
    side = round(table.shape[1] ** 0.5)
    # The largest pair: on the scale of the whole text's map all of them would be pale.
    scale = float(np.abs(table).max())
    unit = scale / TOP
    digits = 4 if scale < 0.1 else 3
    ink = inks("dark" if theme == "dark" else "light")
    sent = base64.b64encode(np.round(table / unit).astype("<i2").tobytes()).decode("ascii")
    forms = {
        "word": words.LINKED_WORD,
        "cell": words.LINKED_CELL,
        "zero": words.LINKED_ZERO,
        "level": words.LINKED_LEVEL.format(levels="LEVELS"),
    }
    gap = "—" if result.gap is None else f"{100 * result.gap:.0f} %"
    label = text(words.LINKED_FACE.format(cells=f"{side} × {side}"))
    return (
        f'<div class="mf-linked" data-table="{sent}" data-side="{side}" data-unit="{unit:.9g}" '
        f'data-scale="{scale:.9g}" data-digits="{digits}" data-real="{_channels(ink.real)}" '
        f'data-fake="{_channels(ink.fake)}" data-forms="{text(json.dumps(forms, ensure_ascii=False))}">'
        f'<div class="mf-linked-words"><label class="mf-label">{text(words.LINKED_CHOOSE)} '
        f"<select>{_options(rows, chosen)}</select></label>"
        f'<div role="group" aria-label="{text(words.LINKED_WORDS)}" class="mf-linked-sentences">'
        f"{_sentences(result)}</div></div>"
        f'<div class="mf-linked-face"><div class="mf-map" tabindex="0" role="application" aria-label="{label}">'
        f'<img class="mf-under" src="{png(verdict.face.crop.face)}" alt="">'
        f'<canvas class="mf-over" width="{side}" height="{side}"></canvas>'
        f'<span class="mf-cursor" hidden></span></div>{_legend(scale, digits)}</div>'
        f'<p class="mf-linked-said" role="status" aria-live="polite">{text(words.LINKED_START)}</p>'
        f'<p class="mf-small">{text(words.LINKED_NUMBERS.format(sum=signed(float(table.sum()), digits), gap=gap))}'
        "</p></div>"
    )


def _channels(colour: str) -> str:
    return ", ".join(str(int(colour[at : at + 2], 16)) for at in (1, 3, 5))


def _options(rows: tuple[Row, ...], chosen: int) -> str:
    options = []
    for place, row in enumerate(rows):
        picked = " selected" if row.key == chosen else ""
        name = f"{place + 1} · {words.SIDES['fake' if row.fake else 'real']} · {short_labels(row)[3][:60]}"
        options.append(f'<option value="{place}"{picked}>{text(name)}</option>')
    return "".join(options)


def _sentences(result: Result) -> str:
    """Every sentence once, with the descriptions and levels where it stands; the script shows those of one."""
    places: dict[int, dict[int, list[int]]] = {}
    for sentence, description, level in np.asarray(result.values["places"]).tolist():
        places.setdefault(sentence, {}).setdefault(description, []).append(level + 1)
    buttons: dict[int, list[str]] = {}
    unseen = np.asarray(result.values["unseen"]).astype(bool).tolist()
    numbers = np.asarray(result.values["sentence"]).tolist()
    for word, (name, sentence) in enumerate(zip(result.labels["pairs"], numbers, strict=True)):
        kind = "mf-word mf-unseen-word" if unseen[word] else "mf-word"
        buttons.setdefault(sentence, []).append(
            f'<button type="button" class="{kind}" data-word="{word}" aria-pressed="false">'
            f"<bdi>{text(name[:SHOWN])}</bdi><small></small></button>"
        )
    drawn = []
    for sentence, where in places.items():
        shared = f" · {words.LINKED_SHARED.format(count=len(where))}" if len(where) > 1 else ""
        drawn.append(
            f'<div class="mf-linked-sentence" data-places="{text(json.dumps(where))}" hidden>'
            f'<p class="mf-small"><span class="mf-level"></span>{text(shared)}</p>'
            f'<div class="mf-linked-row" dir="auto">{"".join(buttons.get(sentence, []))}</div></div>'
        )
    return "".join(drawn)


def _legend(scale: float, digits: int) -> str:
    return (
        f'<p class="mf-legend"><span class="mf-linked-low">{signed(-scale, digits)}</span>'
        f'<span class="mf-signed-ramp" aria-hidden="true"></span>'
        f'<span class="mf-linked-high">{signed(scale, digits)}</span>'
        f'<span class="mf-small">{text(words.TOWARDS_REAL)} · 0 · {text(words.TOWARDS_FAKE)}</span></p>'
        f'<label class="mf-small"><input type="checkbox" class="mf-linked-own"> {text(words.LINKED_OWN)}</label>'
    )
