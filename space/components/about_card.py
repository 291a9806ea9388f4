"""The weights in use and how often they err, as the files beside them say."""

from mfclip.hub import Checkpoint
from space.checkpoint_facts import Card, Figure, Measured, card_of, measured_of
from space.components.markup import percent, quiet, text
from space.text import joined, words
from space.text.toolkit import spoken

MILLION = 1e6
RULE_OF_THREE = 3
"""Where none of n photos raised an alarm, 3/n is the upper end of the 95 % interval: a bootstrap of zeros has none."""


def about_card(checkpoint: Checkpoint | None) -> str:
    """HTML of the limits, false alarms first, and of the checkpoint: name, hash, size, rule, licence."""
    if checkpoint is None:
        return quiet(words.ABOUT_NO_CHECKPOINT)
    card = card_of(checkpoint)
    return (
        f'<section class="mf-facts"><h3>{text(words.ABOUT_LIMITS)}</h3>{_errors(measured_of(checkpoint))}{_more(card)}'
        f"<h3>{text(words.ABOUT_CHECKPOINT)}</h3>{_weights(checkpoint, card)}</section>"
    )


def split_about(about: str) -> tuple[str, str]:
    """The account's Markdown before and after the place where the card stands; all of it before, without one."""
    before, _, after = about.partition(PLACE)
    return before.strip(), after.strip()


PLACE = "<!-- measured -->"
"""Where in about_en.md and its translations the card stands."""


def _errors(measured: Measured | None) -> str:
    if measured is None:
        return quiet(words.ABOUT_UNMEASURED)
    ranked = sorted(measured.by_generator, key=lambda name: measured.by_generator[name].value)
    ranking = words.ABOUT_RANKING.format(
        auc=percent(measured.auc.value),
        low=percent(measured.auc.low),
        high=percent(measured.auc.high),
        weakest=ranked[0],
        weakest_auc=percent(measured.by_generator[ranked[0]].value),
        strongest=ranked[-1],
        strongest_auc=percent(measured.by_generator[ranked[-1]].value),
    )
    left = words.ABOUT_UNCERTAIN.format(
        uncertain=percent(measured.uncertain.value), right=percent(measured.right.value)
    )
    missed = _share(words.ABOUT_MISSES, "little", measured.misses)
    origin = words.ABOUT_PROTOCOL.format(split=measured.split, protocol=measured.protocol)
    sources = words.ABOUT_SAME_SOURCES if measured.same_sources else ""
    return (
        f"<p><strong>{text(_share(words.ABOUT_ALARMS, 'substantial', measured.alarms))}</strong></p>"
        f"{_by_source(measured)}"
        f"<p>{text(joined(missed, left))}</p><p>{text(ranking)}</p>"
        + (f"<p>{text(sources)}</p>" if sources else "")
        + f'<p class="mf-small">{text(origin)}</p>'
    )


def _share(sentence: str, evidence: str, figure: Figure) -> str:
    return sentence.format(
        pictures=figure.pictures,
        share=percent(figure.value, 1),
        word=words.EVIDENCE_SHORT[evidence],
        low=percent(figure.low, 1),
        high=percent(_high(figure), 1),
    )


def _high(figure: Figure) -> float:
    return figure.high if figure.value > 0 else max(figure.high, min(1.0, RULE_OF_THREE / figure.pictures))


def _by_source(measured: Measured) -> str:
    worst_first = sorted(measured.by_source.items(), key=lambda item: -item[1].value)
    rows = "".join(
        f'<tr><th scope="row">{text(source)}</th><td class="mf-number">{figure.pictures}</td>'
        f'<td class="mf-number">{percent(figure.value, 1)}</td>'
        f'<td class="mf-number">{percent(figure.low, 1)} – {percent(_high(figure), 1)}</td></tr>'
        for source, figure in worst_first
    )
    head = "".join(f'<th scope="col">{text(name)}</th>' for name in words.ABOUT_ALARMS_HEAD)
    said = text(words.ABOUT_ALARMS_TABLE.format(word=words.EVIDENCE_SHORT["substantial"]))
    none = words.ABOUT_NONE_SEEN if any(figure.value == 0 for figure in measured.by_source.values()) else ""
    return (
        f'<p class="mf-small" aria-hidden="true">{said}</p>'
        f'<div class="mf-facts-table" tabindex="0" role="region" aria-label="{said}"><table class="mf-table">'
        f'<caption class="mf-hidden">{said}</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
        + (f'<p class="mf-small">{text(none)}</p>' if none else "")
    )


def _more(card: Card | None) -> str:
    if card is None:
        return quiet(words.ABOUT_NO_CARD)
    if not card.limits:
        return ""
    items = "".join(f"<li>{text(spoken(limit))}</li>" for limit in card.limits)
    return f"<details><summary>{text(words.ABOUT_MORE_LIMITS)}</summary><ul>{items}</ul></details>"


def _weights(checkpoint: Checkpoint, card: Card | None) -> str:
    count = sum(tensor.numel() for tensor in checkpoint.state.values())
    decision = checkpoint.config.get("decision")
    rule = decision.get("origin", "") if isinstance(decision, dict) else ""
    facts = [
        (words.ABOUT_NAME, text(checkpoint.name)),
        (words.ABOUT_REVISION, _code(checkpoint.revision or "")),
        (words.ABOUT_HASH, _code(checkpoint.sha256)),
        (words.ABOUT_SIZE, text(words.ABOUT_PARAMETERS.format(count=f"{count / MILLION:.2f}"))),
        (words.ABOUT_RULE, text(spoken(rule))),
        (words.ABOUT_LICENCE, _licence(card)),
    ]
    rows = "".join(f"<dt>{text(name)}</dt><dd>{value}</dd>" for name, value in facts if value)
    return f"<dl>{rows}</dl>"


def _licence(card: Card | None) -> str:
    if card is None or not card.licence:
        return text(words.ABOUT_LICENCE_UNKNOWN)
    name = words.ABOUT_LICENCES.get(card.licence.lower(), card.licence)
    return text(joined(words.CLAUSE.format(clause=name), spoken(card.why)) if card.why else name)


def _code(value: str) -> str:
    return f"<code>{text(value)}</code>" if value else ""
