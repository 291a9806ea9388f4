"""A step of the lesson as HTML: the question first, and what was measured behind the answer."""

from space import lesson
from space.components.markup import notice, quiet, text
from space.lesson import Picture, Step, Table
from space.text import words

# The card is drawn anew for every step, and may be drawn again while the reader chooses. What was chosen and answered
# is therefore kept here, by step, until the face or its verdict is another: no old answer stands beside new numbers.
# gradio keeps the nodes that two cards have in common, and with them which button is pressed: that is set anew.
LEARN = """
const answered = new Map();
const chosen = new Map();
let moved = false;
let measuredOn = element.querySelector('.mf-lesson')?.dataset.on;
const find = (what) => element.querySelector(what);
const say = (sentence) => { const status = find('[data-said]'); if (status) status.textContent = sentence; };
const reveal = (value, read) => {
  const card = find('.mf-lesson');
  const right = card.dataset.right.split(' ');
  answered.set(card.dataset.step, value);
  element.querySelectorAll('.mf-lesson-choice').forEach((choice) => {
    const input = choice.querySelector('input');
    const marks = [];
    input.checked = input.value === value;
    input.disabled = true;
    if (input.checked) marks.push(card.dataset.yours);
    if (right.includes(input.value)) marks.push(card.dataset.measured);
    choice.classList.toggle('mf-lesson-hit', right.includes(input.value));
    choice.querySelector('[data-mark]').textContent = marks.join(' · ');
  });
  find('[data-check]').hidden = true;
  find('[data-reveal]').hidden = false;
  if (!read) return;
  say(right.includes(value) ? card.dataset.agrees : card.dataset.differs);
  find('[data-reveal] h4').focus({preventScroll: true});
};
const check = () => {
  const guess = find('.mf-lesson-choice input:checked');
  if (guess) reveal(guess.value, true); else say(find('.mf-lesson').dataset.choose);
};
const marked = () => element.querySelectorAll('.mf-lesson-steps [data-turn]').forEach((button) => {
  button.querySelector('[data-done]').hidden = !answered.has(button.dataset.turn);
});
element.addEventListener('click', (event) => {
  const turn = event.target.closest('[data-turn]');
  if (turn && turn.getAttribute('aria-current') !== 'step') {
    moved = true;
    find('.mf-lesson').setAttribute('aria-busy', 'true');
    say(find('.mf-lesson').dataset.measuring);
    trigger('turn', {step: Number(turn.dataset.turn)});
  }
  if (event.target.closest('[data-check]')) { check(); marked(); }
});
element.addEventListener('change', (event) => {
  if (event.target.type !== 'radio') return;
  chosen.set(find('.mf-lesson').dataset.step, event.target.value);
  say('');
});
element.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.target.type !== 'radio') return;
  event.preventDefault();
  check();
  marked();
});
watch('value', () => {
  const card = find('.mf-lesson');
  if (!card) return;
  if (card.dataset.on !== measuredOn) { answered.clear(); chosen.clear(); }
  measuredOn = card.dataset.on;
  if (moved) find('.mf-lesson h3').focus({preventScroll: true});
  moved = false;
  const step = card.dataset.step;
  const guess = find(`.mf-lesson-choice input[value="${chosen.get(step)}"]`);
  element.querySelectorAll('.mf-lesson-choice input').forEach((input) => { input.checked = input === guess; });
  if (answered.has(step) && find('[data-check]')) reveal(answered.get(step), false);
  marked();
});
"""


def lesson_card(step: Step, measured_on: str = "") -> str:
    """HTML of one step; LEARN makes it answer. What was measured is in it, hidden from everybody until asked for.

    measured_on: a name for the verdict in question; where it changes, answers given so far are forgotten.
    """
    told = {
        "step": step.number,
        "on": measured_on,
        "right": " ".join(map(str, step.right)),
        "choose": words.LESSON_CHOOSE_FIRST,
        "agrees": words.LESSON_RIGHT,
        "differs": words.LESSON_WRONG,
        "yours": words.LESSON_YOURS,
        "measured": words.LESSON_MEASURED,
        "measuring": words.LESSON_MEASURING,
    }
    data = "".join(f' data-{name}="{text(value)}"' for name, value in told.items())
    return (
        f'<section class="mf-lesson" aria-labelledby="mf-lesson-title"{data}>{_steps(step.number)}'
        f'<p class="mf-small">{text(_progress(step.number))}</p>'
        f'<h3 id="mf-lesson-title" tabindex="-1">{text(step.title)}</h3>{_paragraphs(step.text)}'
        f'{_asked(step)}<p class="mf-lesson-said" role="status" data-said></p>{_revealed(step)}'
        f'<p class="mf-lesson-look"><strong>{text(words.LESSON_LOOK)}</strong> {text(step.look)}</p>'
        f"{_turns(step.number)}</section>"
    )


def _progress(number: int) -> str:
    return words.LESSON_PROGRESS.format(number=number, count=lesson.COUNT)


def _steps(current: int) -> str:
    items = []
    for number, name in enumerate(words.LESSON_STEPS, start=1):
        here = ' aria-current="step"' if number == current else ""
        items.append(
            f'<li><button type="button" data-turn="{number}"{here}><b>{number}</b> <span>{text(name)}</span>'
            f'<i data-done hidden><span class="mf-hidden">, {text(words.LESSON_ANSWERED)}</span></i></button></li>'
        )
    label = text(words.LESSON_STEPS_LABEL)
    return f'<nav class="mf-lesson-steps" aria-label="{label}"><ol>{"".join(items)}</ol></nav>'


def _paragraphs(sentences: tuple[str, ...]) -> str:
    return "".join(f"<p>{text(sentence)}</p>" for sentence in sentences)


def _asked(step: Step) -> str:
    if step.problem:
        return quiet(step.problem) if step.problem == words.LESSON_NO_FACE else notice(step.problem)
    if not step.choices:
        return ""
    choices = "".join(
        f'<label class="mf-lesson-choice"><input type="radio" name="mf-lesson-{step.number}" value="{place}">'
        f"<span>{text(choice)}</span><em data-mark></em></label>"
        for place, choice in enumerate(step.choices)
    )
    return (
        f'{_pictures(step.pictures)}<fieldset class="mf-lesson-question"><legend>{text(step.question)}</legend>'
        f'{choices}</fieldset><button type="button" class="mf-lesson-check" data-check>'
        f"{text(words.LESSON_CHECK)}</button>"
    )


def _revealed(step: Step) -> str:
    if not step.choices:
        return ""
    table = "" if step.table is None else _table(step.table)
    return (
        f'<div class="mf-lesson-reveal" data-reveal hidden><h4 tabindex="-1">{text(words.LESSON_REVEAL)}</h4>'
        f"{_paragraphs(step.reveal)}{table}{_pictures(step.revealed)}</div>"
    )


def _pictures(shown: tuple[Picture, ...]) -> str:
    if not shown:
        return ""
    figures = "".join(
        f'<figure><img src="{picture.url}" alt="{text(picture.said)}" width="224" height="224">'
        f"<figcaption>{text(picture.label)}</figcaption></figure>"
        for picture in shown
    )
    return f'<div class="mf-lesson-pictures">{figures}</div>'


def _table(table: Table) -> str:
    head = "".join(f'<th scope="col">{text(name)}</th>' for name in table.head)
    rows = "".join(
        f'<tr><th scope="row">{text(name)}</th>'
        + "".join(f'<td class="mf-number">{text(cell)}</td>' for cell in cells)
        + "</tr>"
        for name, *cells in table.rows
    )
    said = text(table.caption)
    return (
        f'<p class="mf-small" aria-hidden="true">{said}</p>'
        f'<div class="mf-lesson-table" tabindex="0" role="region" aria-label="{said}"><table class="mf-table">'
        f'<caption class="mf-hidden">{said}</caption><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _turns(number: int) -> str:
    buttons = []
    if number > 1:
        buttons.append(
            f'<button type="button" data-turn="{number - 1}">{text(words.LESSON_PREVIOUS)}</button>'
        )
    if number < lesson.COUNT:
        buttons.append(
            f'<button type="button" data-turn="{number + 1}" class="mf-lesson-next">{text(words.LESSON_NEXT)}</button>'
        )
    return f'<p class="mf-lesson-turns">{"".join(buttons)}</p>'
