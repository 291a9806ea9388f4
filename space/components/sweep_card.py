"""What a sweep found, in sentences, and its curve as a table for those who cannot see it."""

from explain.figures import SweepWords
from explain.sweep import Sweep
from space.components.markup import percent, quiet, text
from space.text import joined, words


def sweep_words() -> SweepWords:
    """The words of the figure, in the language that is being spoken."""
    return SweepWords(
        axes=words.SWEEP_AXES,
        probability=words.SWEEP_PROBABILITY,
        band=words.SWEEP_BAND,
        reference=words.SWEEP_GIVEN,
        evidence=words.EVIDENCE_SHORT,
    )


def sweep_card(sweep: Sweep | None) -> str:
    """HTML of a sweep, complete or under way; an empty place without one."""
    if sweep is None:
        return quiet(words.SWEEP_EMPTY)
    *words_of_it, span = said(sweep)
    head = "".join(f'<th scope="col">{text(name)}</th>' for name in words.SWEEP_HEAD)
    rows = "".join(
        f'<tr><th scope="row">{text(at(sweep.kind, strength))}</th><td class="mf-number">{percent(chance, 1)}</td>'
        f"<td>{text(words.EVIDENCE_SHORT[word])}</td></tr>"
        for strength, chance, word in zip(
            sweep.strengths.tolist(), sweep.probabilities.tolist(), sweep.evidence, strict=True
        )
    )
    return (
        f'<div class="mf-swept" role="status"><p class="mf-said">{text(joined(*words_of_it))}</p>'
        f'<p class="mf-told">{text(span)}</p></div>'
        f'<details class="mf-remarks"><summary>{text(words.SWEEP_TABLE)}</summary><table class="mf-table">'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></details>"
    )


def said(sweep: Sweep) -> list[str]:
    """Sentences: whether and where the words of the verdict change, and how far P(fake) runs."""
    count, changes = len(sweep.strengths), sweep.changes
    word = words.EVIDENCE_SHORT[sweep.reference_evidence]
    sentences = [] if sweep.complete else [words.SWEEP_UNDER_WAY.format(done=count, count=sweep.of)]
    if changes:
        first = at(sweep.kind, changes[0])
        told = {"word": word, "changed": len(changes), "count": count, "first": first}
        sentences.append(words.SWEEP_CHANGED.format(**told))
    else:
        sentences.append(words.SWEEP_STEADY.format(word=word, count=count))
    if sweep.turns:
        sentences.append(words.SWEEP_TURNED)
    low, high = sweep.span
    chances = {"low": percent(low), "high": percent(high), "reference": percent(sweep.reference)}
    return [*sentences, words.SWEEP_SPAN.format(**chances)]


def at(kind: str, strength: float) -> str:
    """A strength in words: "JPEG quality 65", "shift −8 %"."""
    shown = 100 * strength if kind == "crop" else strength
    return words.SWEEP_AT[kind].format(strength=f"{shown:g}".replace("-", "−"))
