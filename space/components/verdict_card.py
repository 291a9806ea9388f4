"""The verdict in words, its probability with the band of uncertainty, and the sum it comes from."""

from mfclip import Verdict
from mfclip.config import DecisionConfig
from mfclip.preprocess import MILD_QUALITY
from space.components.markup import notice, percent, quiet, rounded_parts, signed, text
from space.session import Session
from space.text import joined, words
from space.text.toolkit import spoken

SIGNS = {"little": "●", "uncertain": "◆", "substantial": "▲"}
DIGITS = 3  # of the sum
WIDEST = 0.5  # share of the bar's track that the longest part of a sum fills


def verdict_card(session: Session, decision: DecisionConfig) -> str:
    """HTML of the card; the sentence instead where there is no verdict."""
    if session.problem and session.place == "photo":
        return notice(spoken(session.problem))
    if session.now is None:
        return quiet(words.DESCRIPTIONS_WRONG if session.problem else words.NO_PHOTO)
    verdict = session.now
    return (
        f'<article class="mf-card mf-{verdict.evidence}" aria-label="{text(words.VERDICT)}"'
        f' data-example="{text(session.example)}"><p class="mf-small mf-earlier-said">{text(words.EARLIER)}</p>'
        f'<p class="mf-small mf-whose">{text(whose(session))}</p>{_headline(verdict)}'
        f"{_scale(verdict, decision)}{_doubts(verdict)}{_edited(session)}"
        f'<p class="mf-caution">{text(words.CAUTION)}</p></article>'
    )


def whose(session: Session) -> str:
    """Which photo the verdict is of: an example by its title, else the visitor's own."""
    if not session.example:
        return str(words.YOUR_PHOTO)
    return str(words.EXAMPLE_SHOWN).format(title=words.EXAMPLE_TEXTS[session.example][0])


def pending_card() -> str:
    """HTML of the card while a photo is being looked at."""
    return f'<article class="mf-card mf-pending" aria-busy="true"><p>{text(words.LOOKING)}</p></article>'


def readouts_card(session: Session, decision: DecisionConfig) -> str:
    """HTML of the sum head + language + constant = margin, and where the numbers come from."""
    if session.now is None:
        return quiet(words.NOTHING)
    verdict = session.now
    parts = (decision.a * verdict.head, decision.b * verdict.language, decision.c)
    shown = rounded_parts(parts, DIGITS, kept=1)
    widest = max(map(abs, (*parts, verdict.margin))) or 1.0
    sources = (
        f"{signed(verdict.head)} × {decision.a:.3g}",
        f"{signed(verdict.language)} × {decision.b:.3g}",
        "",
    )
    rows = [
        _part(name, note, source, value, part / widest)
        for name, note, source, value, part in zip(
            words.PARTS, words.PART_NOTES, sources, shown, parts, strict=True
        )
    ]
    total = _part(words.MARGIN, "", "", sum(shown), verdict.margin / widest, "mf-total")
    together = words.WITH_CONSTANT.format(
        head=signed(shown[0], DIGITS), language=signed(shown[1] + shown[2], DIGITS)
    )
    chance = words.CHANCE.format(
        temperature=f"{decision.temperature:.3g}", chance=percent(verdict.probability, 1)
    )
    origin = words.ORIGIN.format(origin=spoken(decision.origin))
    return (
        f'<div class="mf-sum"><div class="mf-sum-head" aria-hidden="true"><span>{text(words.TOWARDS_REAL)}</span>'
        f"<span>{text(words.TOWARDS_FAKE)}</span></div>"
        f'<table><caption class="mf-hidden">{text(words.SUM_CAPTION)}</caption>'
        f"<tbody>{''.join(rows)}{total}</tbody></table>"
        f'<p class="mf-small">{text(joined(together, chance, origin))}</p></div>'
    )


def _headline(verdict: Verdict) -> str:
    notes = (words.PHOTO_NOTE.format(note=spoken(note)) for note in verdict.note.split("; ") if note)
    note = "".join(f'<p class="mf-small">{text(sentence)}</p>' for sentence in notes)
    return (
        f'<h3><span class="mf-sign" aria-hidden="true">{SIGNS[verdict.evidence]}</span> '
        f"{text(words.EVIDENCE[verdict.evidence])}</h3>"
        f'<p class="mf-chance">{text(words.PROBABILITY)} <strong>{percent(verdict.probability)}</strong></p>{note}'
    )


def _scale(verdict: Verdict, decision: DecisionConfig) -> str:
    low, high = decision.low, decision.high
    said = words.SCALE.format(
        chance=percent(verdict.probability),
        low=percent(low),
        high=percent(high),
        again=percent(verdict.recompressed),
    )
    again = words.RECOMPRESSED.format(again=percent(verdict.recompressed), quality=MILD_QUALITY)
    band = words.BAND.format(low=percent(low), high=percent(high)) if high > low else words.NO_BAND
    return (
        f'<div class="mf-scale" role="img" aria-label="{text(said)}">'
        f'<span class="mf-band" style="left:{100 * low:.2f}%;width:{100 * (high - low):.2f}%"></span>'
        f'<span class="mf-again" style="left:{100 * verdict.recompressed:.2f}%"></span>'
        f'<span class="mf-here" style="left:{100 * verdict.probability:.2f}%"></span></div>'
        f'<div class="mf-ends" aria-hidden="true"><span>{text(words.SCALE_ENDS[0])}</span>'
        f"<span>{text(words.SCALE_ENDS[1])}</span></div>"
        f'<p class="mf-small mf-key"><span><i class="mf-key-band" aria-hidden="true"></i>{text(band)}</span> '
        f'<span><i class="mf-key-again" aria-hidden="true"></i>{text(again)}</span></p>'
    )


def _doubts(verdict: Verdict) -> str:
    if not verdict.doubts:
        return ""
    said = (words.CLAUSE.format(clause=spoken(clause)) for clause in verdict.doubts)
    clauses = "".join(f"<li>{text(sentence[0].upper() + sentence[1:])}</li>" for sentence in said)
    return f'<div class="mf-doubts"><p>{text(words.DOUBTS)}</p><ul>{clauses}</ul></div>'


def _edited(session: Session) -> str:
    count = len(session.edited) + session.removed
    if not count or session.start is None:
        return ""
    sentence = words.UNDER_EDITS.format(chance=percent(session.start.probability))
    return f'<p class="mf-small mf-edited">{text(sentence)}</p>'


def _part(name: str, note: str, source: str, value: float, share: float, kind: str = "") -> str:
    side = "fake" if share > 0 else "real"
    width = 100 * WIDEST * abs(share)
    left = 50 if share > 0 else 50 - width
    small = f"<small>{text(note)}</small>" if note else ""
    return (
        f'<tr class="{kind}"><th scope="row">{text(name)}{small}</th><td class="mf-source">{text(source)}</td>'
        f'<td class="mf-track" aria-hidden="true"><span class="mf-fill mf-{side}" '
        f'style="left:{left:.2f}%;width:{width:.2f}%"></span></td>'
        f'<td class="mf-number">{signed(value, DIGITS)}</td></tr>'
    )
