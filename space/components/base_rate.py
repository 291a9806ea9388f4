"""Base rate: of 100 alarms, how many would be right, by a slider that the browser alone answers."""

from mfclip.rates import Rates, Share
from space.components.markup import percent, quiet, text
from space.text import words

FIRST = 1
"""Forged photos of 100 that the slider begins with."""

SQUARES = 100

SLIDE = """
const say = (box, name, values) => {
  let said = box.dataset[name];
  for (const [key, value] of Object.entries(values)) said = said.replace('{' + key + '}', value);
  return said;
};
const right = (forged, hits, alarms) => {
  const good = forged * hits, bad = (1 - forged) * alarms;
  return good + bad > 0 ? good / (good + bad) : null;
};
const count = (number) => Math.round(number).toLocaleString('en');
element.addEventListener('input', (event) => {
  const box = event.target.closest('.mf-base');
  if (!box || !event.target.matches('.mf-base-slider')) return;
  const forged = Number(event.target.value), share = forged / 100;
  const [hits, hitsLow, hitsHigh] = JSON.parse(box.dataset.hits);
  const [alarms, alarmsLow, alarmsHigh] = JSON.parse(box.dataset.alarms);
  const value = right(share, hits, alarms);
  const low = right(share, hitsLow, alarmsHigh) ?? value, high = right(share, hitsHigh, alarmsLow) ?? value;
  const sentence = value === null ? box.dataset.none
    : say(box, 'right', {right: count(100 * value), low: count(100 * low), high: count(100 * high)});
  const shown = say(box, 'value', {forged});
  box.querySelector('.mf-base-value').textContent = shown;
  event.target.setAttribute('aria-valuetext', shown);
  box.querySelector('.mf-base-said').textContent = sentence;
  box.querySelector('.mf-base-counted').textContent = say(box, 'counted', {
    forged: count(1000 * share), genuine: count(1000 * (1 - share)),
    hits: count(1000 * share * hits), alarms: count(1000 * (1 - share) * alarms)});
  const full = value === null ? -1 : Math.round(100 * value);
  box.querySelectorAll('.mf-base-squares i').forEach((square, number) => {
    square.className = full < 0 ? '' : number < full ? 'mf-right' : 'mf-wrong';
  });
  box.querySelector('.mf-base-squares').setAttribute('aria-label', sentence);
});
"""
"""The script of the component that holds it: the slider's sentence and squares, from the rates in the markup."""


def base_rate(rates: Rates | None, forged: int = FIRST) -> str:
    """HTML of slider, sentence and 100 squares; forged: photos of 100 to begin with; the sentence without rates."""
    if rates is None:
        return quiet(words.BASE_UNKNOWN)
    sentence, full = _sentence(rates, forged / 100)
    value = words.BASE_VALUE.format(forged=forged)
    kinds = [""] * SQUARES if full is None else ["mf-right"] * full + ["mf-wrong"] * (SQUARES - full)
    squares = "".join(f'<i class="{kind}"></i>' for kind in kinds)
    right, wrong = (text(name) for name in words.BASE_SQUARES)
    return (
        f'<div class="mf-base" {_data(rates)}>'
        f'<label class="mf-base-label"><span>{text(words.BASE_SLIDER)}</span>'
        f'<input class="mf-base-slider" type="range" min="0" max="100" step="1" value="{forged}" '
        f'aria-valuetext="{text(value)}"></label>'
        f'<p class="mf-base-value" aria-hidden="true">{text(value)}</p>'
        f'<p class="mf-said mf-base-said" role="status">{text(sentence)}</p>'
        f'<div class="mf-base-squares" role="img" aria-label="{text(sentence)}">{squares}</div>'
        f'<p class="mf-small mf-base-key" aria-hidden="true"><i class="mf-right"></i>{right} '
        f'<i class="mf-wrong"></i>{wrong}</p>'
        f'<p class="mf-small mf-base-counted">{text(_counted(rates, forged / 100))}</p>'
        f'<p class="mf-small">{text(_source(rates))}</p></div>'
    )


def _sentence(rates: Rates, share: float) -> tuple[str, int | None]:
    """What is said, and how many of 100 squares are right; None where nothing raises an alarm."""
    found = rates.right_of_alarms(share)
    if found is None:
        return words.BASE_NO_ALARM, None
    right, low, high = (_whole(100 * part) for part in found)
    return words.BASE_RIGHT.format(right=right, low=low, high=high), right


def _counted(rates: Rates, share: float) -> str:
    forged, genuine = 1000 * share, 1000 * (1 - share)
    return words.BASE_COUNTED.format(
        forged=f"{_whole(forged):,}",
        genuine=f"{_whole(genuine):,}",
        hits=_whole(forged * rates.hits.value),
        alarms=_whole(genuine * rates.false_alarms.value),
    )


def _whole(number: float) -> int:
    """Rounded as the script rounds: a half goes up."""
    return int(number + 0.5)


def _source(rates: Rates) -> str:
    alarms, hits = rates.false_alarms, rates.hits
    return words.BASE_SOURCE.format(
        alarms=percent(alarms.value, 1),
        alarms_low=percent(alarms.low, 1),
        alarms_high=percent(alarms.high, 1),
        reals=alarms.pictures,
        hits=percent(hits.value),
        hits_low=percent(hits.low),
        hits_high=percent(hits.high),
        forgeries=hits.pictures,
        generators=len(rates.generators),
    )


def _data(rates: Rates) -> str:
    """Attributes that the script reads: both rates with their intervals, and the sentences to fill in."""

    def numbers(share: Share) -> str:
        return text([share.value, share.low, share.high])

    said = {
        "right": words.BASE_RIGHT,
        "counted": words.BASE_COUNTED,
        "value": words.BASE_VALUE,
        "none": words.BASE_NO_ALARM,
    }
    sentences = " ".join(f'data-{name}="{text(sentence)}"' for name, sentence in said.items())
    return f'data-hits="{numbers(rates.hits)}" data-alarms="{numbers(rates.false_alarms)}" {sentences}'
