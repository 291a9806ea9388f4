"""Two verdicts side by side: cards, shares with their differences, both maps on one scale, and what differs most."""

from dataclasses import dataclass

import numpy as np

from explain import Result
from explain.against import LEAST
from explain.figures import png as coloured
from explain.figures import scale_of
from mfclip import Verdict
from space.components.map_view import legend
from space.components.markup import percent, png, png_url, rounded_parts, signed, text
from space.components.verdict_card import SIGNS
from space.text import joined, words

DIGITS = 3

MUCH = 0.2
"""A change of P(fake) under which the same word for both would mislead."""


@dataclass(frozen=True, eq=False)
class Compared:
    """Two verdicts on faces under the same descriptions. kind: how B came about, 'jpeg', 'mirror' or 'photo'; title:
    what B is called; ledgers and maps: what `ledger` and `grid` say of A and of B, as far as they were asked."""

    kind: str
    title: str
    verdicts: tuple[Verdict, Verdict]
    ledgers: tuple[Result, Result] | None = None
    maps: tuple[Result, Result] | None = None

    @property
    def titles(self) -> tuple[str, str]:
        """What A and B are called."""
        return words.COMPARE_A, self.title

    @property
    def alike(self) -> float | None:
        """How the two maps go together, Pearson's r, −1..1; None for two faces, or where a map says nothing.

        A mirrored face's map is turned back first.
        """
        if self.maps is None or self.kind == "photo":
            return None
        first, second = (np.asarray(one.values["map"], dtype=np.float64) for one in self.maps)
        if self.kind == "mirror":
            second = second[:, ::-1]
        if np.ptp(first) == 0 or np.ptp(second) == 0:
            return None
        return float(np.corrcoef(first.ravel(), second.ravel())[0, 1])


def comparison_said(compared: Compared) -> str:
    """HTML: the words, the numbers, what differs most, and whether the maps agree."""
    word, *rest = sentences(compared)
    told = f'<p class="mf-said">{text(word)}</p><p class="mf-told">{text(joined(*rest))}</p>'
    return f'<div class="mf-change" role="status">{told}</div>'


def sentences(compared: Compared) -> list[str]:
    """What `comparison_said` says, sentence by sentence."""
    first, second = compared.verdicts
    a, b = (words.EVIDENCE_SHORT[verdict.evidence] for verdict in compared.verdicts)
    moved = abs(second.probability - first.probability)
    heading = words.COMPARE_OTHER_WORD.format(a=a, b=b)
    if a == b:
        heading = words.COMPARE_SAME_BUT if moved > MUCH else words.COMPARE_SAME_WORD
        heading = heading.format(word=a, points=round(100 * moved))
    said = [
        heading,
        words.COMPARE_DIFFERENCE.format(
            a=percent(first.probability),
            b=percent(second.probability),
            margin=signed(second.margin - first.margin),
        ),
    ]
    if compared.ledgers is not None:
        said.append(_most(*compared.ledgers))
    if compared.alike is not None:
        said.append(words.COMPARE_ALIKE.format(alike=signed(compared.alike)))
        if compared.kind == "mirror":
            said.append(words.COMPARE_TURNED_BACK)
    return said


def verdict_cards(compared: Compared) -> str:
    """HTML: both faces with their verdicts."""
    pairs = zip(compared.titles, compared.verdicts, strict=True)
    return f'<div class="mf-beside">{"".join(_card(title, verdict) for title, verdict in pairs)}</div>'


def ledger_table(compared: Compared) -> str:
    """HTML: every share of A and of B and their difference; columns and rows add up as they are shown."""
    if compared.ledgers is None:
        return ""
    first, second = compared.ledgers
    names = [words.COMPARE_BASE, *(words.PLAYER_NAMES.get(name, name) for name in _players(first))]
    columns = [_parts(one) for one in (first, second)]
    shown = [rounded_parts(tuple(column.tolist()), DIGITS) for column in columns]
    differences = np.abs(columns[1] - columns[0])
    most = int(differences.argmax()) if differences.max() >= LEAST else -1
    rows = "".join(
        _row(name, a, b, "mf-most" if number == most else "")
        for number, (name, a, b) in enumerate(zip(names, *shown, strict=True))
    )
    head = "".join(f'<th scope="col">{text(name)}</th>' for name in words.COMPARE_HEAD)
    total = _row(words.COMPARE_TOTAL, sum(shown[0]), sum(shown[1]), "mf-total")
    return (
        f'<table class="mf-table mf-compared"><caption class="mf-hidden">{text(words.COMPARE_TABLE)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}{total}</tbody></table>"
    )


def map_pair(compared: Compared, theme: str) -> str:
    """HTML: both maps over their faces, on one scale; theme: 'light' or 'dark'."""
    if compared.maps is None:
        return ""
    scale = scale_of(compared.maps)
    panels = "".join(
        _map(title, verdict, result, scale, theme)
        for title, verdict, result in zip(compared.titles, compared.verdicts, compared.maps, strict=True)
    )
    return f'<p class="mf-label">{text(words.COMPARE_MAPS)}</p><div class="mf-beside">{panels}</div>{legend(scale)}'


def _card(title: str, verdict: Verdict) -> str:
    return (
        f'<figure class="mf-{verdict.evidence}"><img src="{png(verdict.face.crop.face)}" alt="{text(title)}" '
        f'width="224" height="224"><figcaption><strong>{text(title)}</strong><span><span class="mf-sign" '
        f'aria-hidden="true">{SIGNS[verdict.evidence]}</span> {text(words.EVIDENCE[verdict.evidence])}</span>'
        f"<span>{text(words.PROBABILITY)} {percent(verdict.probability)} · {text(words.COMPARE_TOTAL)} "
        f"{signed(verdict.margin)}</span></figcaption></figure>"
    )


def _map(title: str, verdict: Verdict, result: Result, scale: float, theme: str) -> str:
    values = result.values["map"]
    strongest = float(values.ravel()[np.abs(values).argmax()])
    said = words.COMPARE_MAP_ALT.format(title=title, value=signed(strongest))
    over = coloured(result, "map", scale, "dark" if theme == "dark" else "light")
    return (
        f'<figure><div class="mf-map" role="img" aria-label="{text(said)}"><img class="mf-under" '
        f'src="{png(verdict.face.crop.face)}" alt=""><img class="mf-over" src="{png_url(over)}" alt=""></div>'
        f"<figcaption>{text(title)}</figcaption></figure>"
    )


def _players(ledger: Result) -> tuple[str, ...]:
    return tuple(ledger.labels["contributions"])


def _parts(ledger: Result) -> np.ndarray:
    """(1 + players,) what a face that says nothing has, and every share: together the margin."""
    return np.concatenate([np.ravel(ledger.values["base"])[:1], ledger.values["contributions"]]).astype(float)


def _most(first: Result, second: Result) -> str:
    a, b = (np.asarray(one.values["contributions"], dtype=np.float64) for one in (first, second))
    place = int(np.abs(b - a).argmax())
    if abs(b[place] - a[place]) < LEAST:
        return words.COMPARE_NOTHING.format(least=LEAST)
    player = _players(first)[place]
    return words.COMPARE_MOST.format(
        player=words.PLAYER_NAMES.get(player, player), a=signed(a[place]), b=signed(b[place])
    )


def _row(name: str, a: float, b: float, kind: str) -> str:
    cells = "".join(f'<td class="mf-number">{signed(value, DIGITS)}</td>' for value in (a, b))
    return (
        f'<tr class="{kind}"><th scope="row">{text(name)}</th>{cells}'
        f'<td class="mf-number mf-delta">{signed(b - a, DIGITS)}</td></tr>'
    )
