"""A signed map over the face: two layers whose mixture the visitor sets, and a cell that pointer or arrow keys read."""

import json

import numpy as np

from explain.figures import panels_of, png, scale_of
from explain.result import Result
from mfclip.verdict import Verdict
from space.components.cause import nothing
from space.components.markup import notice, png_url, signed, text
from space.components.markup import png as picture
from space.explained import WHERE, Explained
from space.text import joined, words
from space.text.toolkit import spoken

FACE = 224
"""Pixels along a face, which is what a panel lies over if it is not the patch."""

OPACITY = 80  # per cent, to begin with

READ = """
const cellOf = (map, x, y) => {
  const side = Number(map.dataset.side);
  return [Math.min(side - 1, Math.max(0, y)), Math.min(side - 1, Math.max(0, x))];
};
const read = (map, row, column) => {
  const side = Number(map.dataset.side), values = JSON.parse(map.dataset.values);
  const value = values[row * side + column];
  const cursor = map.querySelector('.mf-cursor');
  cursor.hidden = false;
  cursor.style.left = `${100 * column / side}%`;
  cursor.style.top = `${100 * row / side}%`;
  cursor.style.width = cursor.style.height = `${100 / side}%`;
  map.dataset.row = row; map.dataset.column = column;
  const said = element.querySelector('.mf-cell-said');
  const number = (value > 0 ? '+' : value < 0 ? '−' : '') + Math.abs(value).toFixed(Number(map.dataset.digits));
  said.textContent = said.dataset.form.replace('ROW', row + 1).replace('COLUMN', column + 1).replace('VALUE', number);
};
element.addEventListener('pointermove', (event) => {
  const map = event.target.closest('.mf-map');
  if (!map) return;
  const box = map.getBoundingClientRect(), side = Number(map.dataset.side);
  read(map, ...cellOf(map, Math.floor((event.clientX - box.left) / box.width * side),
                           Math.floor((event.clientY - box.top) / box.height * side)));
});
element.addEventListener('keydown', (event) => {
  const map = event.target.closest('.mf-map');
  const step = {ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0]}[event.key];
  if (!map || !step) return;
  event.preventDefault();
  const middle = Math.floor(Number(map.dataset.side) / 2);
  const row = Number(map.dataset.row ?? middle) + step[0], column = Number(map.dataset.column ?? middle) + step[1];
  read(map, ...cellOf(map, column, row));
});
element.addEventListener('input', (event) => {
  if (event.target.matches('.mf-opacity')) element.style.setProperty('--mf-opacity', event.target.value / 100);
});
"""
"""The script of the component that holds a map: opacity, and the cell under pointer or keyboard."""


def map_view(
    verdict: Verdict | None, explained: Explained, theme: str, smooth: bool = False, own: bool = False
) -> str:
    """HTML of the map of the section `where`; attention is drawn elsewhere.

    smooth: between the cells, in looks only. own: on the map's own scale instead of that of all that is explained.
    """
    problem = explained.problems.get(WHERE)
    if problem:
        return notice(spoken(problem))
    result = explained.results.get(WHERE)
    if verdict is None or result is None:
        return nothing()
    if result.method == "attention":
        return ""
    scale = scale_of([result] if own else explained.results.values())
    refuted = explained.fails(WHERE)
    names = ["map", *(name for name in result.values if name == "residual map")]
    crop = verdict.face.crop
    panels = []
    for name, (_, values, side) in zip(names, panels_of(result), strict=True):
        over_face = side == FACE
        base = crop.face if over_face else crop.windows[verdict.patch.index]
        over = png(result, name, scale, "dark" if theme == "dark" else "light", smooth, refuted=refuted)
        panels.append(_panel(result, values, base, over, "face" if over_face else "patch"))
    failed = notice(words.MAP_REFUTED) if refuted else ""
    form = words.MAP_CELL.format(row="ROW", column="COLUMN", value="VALUE")
    return (
        f'{failed}<div class="mf-maps">{"".join(panels)}</div>'
        f'<label class="mf-slide"><span>{text(words.MAP_OPACITY)}</span>'
        f'<small>{text(words.MAP_ONLY_FACE)}</small><input class="mf-opacity" type="range" min="0" max="100" '
        f'value="{OPACITY}"><small>{text(words.MAP_FULL)}</small></label>'
        f'<p class="mf-cell-said" role="status" data-form="{text(form)}">{text(words.MAP_READ)}</p>'
        f"{legend(scale)}{figures_line(result)}"
    )


def legend(scale: float) -> str:
    """HTML of the page's one signed scale (logits at full strength)."""
    return (
        f'<p class="mf-legend"><span>{signed(-scale)}</span><span class="mf-signed-ramp" aria-hidden="true"></span>'
        f'<span>{signed(scale)}</span><span class="mf-small">{text(words.TOWARDS_REAL)} · 0 · '
        f"{text(words.TOWARDS_FAKE)}</span></p>"
    )


def figures_line(result: Result) -> str:
    """HTML: sum, numerical gap and cost of a map."""
    said = []
    if result.gap is not None:
        total = sum(float(values.sum()) for _, values, _ in panels_of(result))
        said += [
            words.MAP_SUM.format(sum=signed(total)),
            words.MAP_GAP.format(gap=f"{100 * result.gap:.1f} %"),
        ]
    said.append(words.MAP_COST.format(cost=f"{result.cost:.0f}", seconds=f"{result.seconds:.1f}"))
    return f'<p class="mf-small">{text(joined(*said))}</p>'


def _panel(result: Result, values: np.ndarray, base: np.ndarray, over: bytes, panel: str) -> str:
    rows, columns = values.shape
    strongest = int(np.abs(values).argmax())
    row, column = divmod(strongest, columns)
    digits = 3 if float(np.abs(values).max()) < 1 else 2
    said = words.MAP_ALT.format(
        method=words.METHOD_NAMES[result.method],
        panel=words.MAP_PANELS[panel],
        cells=f"{rows} × {columns}",
        row=row + 1,
        column=column + 1,
        value=signed(float(values[row, column]), digits),
    )
    numbers = json.dumps([round(float(value), 4) for value in values.ravel()])
    return (
        f'<figure><div class="mf-map" tabindex="0" role="img" aria-label="{text(said)}" data-side="{rows}" '
        f'data-digits="{digits}" data-values="{text(numbers)}"><img class="mf-under" src="{picture(base)}" alt="">'
        f'<img class="mf-over" src="{png_url(over)}" alt=""><span class="mf-cursor" hidden></span></div>'
        f"<figcaption>{text(words.MAP_PANELS[panel])}</figcaption></figure>"
    )
