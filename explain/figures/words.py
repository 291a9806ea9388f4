"""Words of the prompts: bars beside what leaving each one out truly does, and text underlined in the maps' colours."""

import html

import numpy as np
import plotly.graph_objects as go

from explain.figures.frame import BELOW, LEGEND, ROW, digits_for, dress, padded, rows, said, signed
from explain.figures.palette import FAKE, NEUTRAL, REAL, inks
from explain.figures.scale import scale_of
from explain.result import Result

MOST = 14
"""Words that the bars show: those of the largest share or the largest true change."""

TALL = 36
"""px, height of a bar whose name may take two lines."""

END = 3
"""Words of a sentence's end that tell it from others in a label."""

SENTENCES = 8
"""Sentences that are not folded up."""

# Beside what HTML needs: gradio fills ${…} and {{…}} in HTML that it is given.
_TEMPLATE = str.maketrans({"{": "&#123;", "}": "&#125;", "$": "&#36;", "`": "&#96;"})


def _told_apart(words: list[str], sentences: list[str]) -> list[str]:
    """A word that is shown more than once with the end of its sentence, where sentences differ; the others alone."""
    return [
        f"{word} (… {' '.join(sentence.split()[-END:])})" if words.count(word) > 1 else word
        for word, sentence in zip(words, sentences, strict=True)
    ]


def draw_words(result: Result, theme: str = "light", refuted: bool = False) -> go.Figure:
    """Bars of the strongest words' shares ('contributions'), with a diamond at the change when the word is left out.

    The diamond is the truth that the share is to be compared with; a word's sentence is told on hovering.
    """
    shares, left_out = (
        np.asarray(result.values[name], dtype=np.float64) for name in ("contributions", "left_out")
    )
    if not shares.size:
        return said("There is no word to show.", theme)
    strongest = np.maximum(np.abs(shares), np.abs(left_out))
    order = np.argsort(-strongest, kind="stable")[:MOST]
    ink = inks(theme, refuted)
    digits = digits_for(float(strongest.max()))
    words, sentences = result.labels["contributions"], result.labels["agreement"]
    owners = [sentences[int(result.values["sentence"][number])] for number in order]
    told = [html.escape(owner) for owner in owners]
    figure = go.Figure()
    for colour, name, chosen in (
        (ink.fake, "share, towards fake", shares[order] > 0),
        (ink.real, "share, towards real", shares[order] <= 0),
    ):
        figure.add_bar(
            orientation="h",
            y=np.flatnonzero(chosen),
            x=shares[order][chosen],
            width=0.6,
            marker={"color": colour, "line": {"width": 0}},
            name=name,
            customdata=[told[place] for place in np.flatnonzero(chosen)],
            hovertemplate=f"share %{{x:+.{digits}f}}<br>%{{customdata}}<extra></extra>",
        )
    figure.add_scatter(
        y=list(range(len(order))),
        x=left_out[order],
        mode="markers",
        marker={"symbol": "diamond", "size": 10, "color": ink.letters},
        name="true change when it is left out",
        hovertemplate=f"left out %{{x:+.{digits}f}}<extra></extra>",
    )
    names = _told_apart([words[number] for number in order], owners)
    rows(figure, names)
    figure.update_xaxes(
        title="real ◂ logits ▸ fake",
        range=padded([*shares[order], *left_out[order]], 0.05),
        zeroline=True,
    )
    below = 44 + LEGEND
    return dress(
        figure,
        theme,
        8 + (TALL if names != [words[number] for number in order] else ROW) * len(order) + below,
        margin={"l": 8, "r": 12, "t": 8, "b": below},
        legend=BELOW,
    )


def spans(result: Result, scale: float | None = None, most: int = SENTENCES, refuted: bool = False) -> str:
    """HTML of the sentences, every word underlined in the colour that its share has on the page's maps.

    The `most` sentences whose words move most come first, the others folded up below. scale: logits drawn at full
    strength, the page's `scale_of`. A word that no face was trained with is marked with a dashed frame. refuted:
    underlined in grey, without a sign. Everything is escaped, also against gradio's templates; colours are the style
    sheet's --mf-real and --mf-fake where it has them.
    """
    top = scale or scale_of([result])
    digits = digits_for(top)
    owner, shares = np.asarray(result.values["sentence"]), np.abs(np.asarray(result.values["contributions"]))
    count = len(result.labels["agreement"])
    strongest = [float(shares[owner == number].max(initial=0.0)) for number in range(count)]
    order = sorted(range(count), key=lambda number: -strongest[number])
    lines = [_sentence(result, number, top, digits, refuted) for number in order]
    more = (
        ""
        if count <= most
        else f"<details><summary>{count - most} more</summary>{_list(lines[most:])}</details>"
    )
    return (
        f"{_list(lines[:most])}{more}"
        f'<p class="mf-small">Underlined at full strength: {signed(top, digits)} logits and more (towards fake), '
        f"{signed(-top, digits)} and less (towards real). Dashed: a word that no face was trained with.</p>"
    )


def _list(lines: list[str]) -> str:
    style = "list-style:none;margin:0;padding:0;line-height:2.1"
    return f'<ul class="mf-sentences" style="{style}">{"".join(lines)}</ul>'


def _sentence(result: Result, number: int, top: float, digits: int, refuted: bool) -> str:
    sentence = result.labels["agreement"][number]
    parts, end = [], 0
    for word in np.flatnonzero(np.asarray(result.values["sentence"]) == number):
        start, stop = (int(place) for place in result.values["span"][word])
        parts += [
            _text(sentence[end:start]),
            _word(result, int(word), sentence[start:stop], top, digits, refuted),
        ]
        end = stop
    return f'<li class="mf-sentence">{"".join(parts)}{_text(sentence[end:])}{_place(result, number)}</li>'


def _word(result: Result, number: int, word: str, top: float, digits: int, refuted: bool) -> str:
    share, left_out = (float(result.values[name][number]) for name in ("contributions", "left_out"))
    unseen = "unseen" in result.values and bool(result.values["unseen"][number])
    told = f"{signed(share, digits)} logits; left out: {signed(left_out, digits)}"
    told += "; never seen in training" if unseen else ""
    side = f"var(--mf-fake,{FAKE})" if share > 0 else f"var(--mf-real,{REAL})"
    colour = NEUTRAL if refuted else side
    frame = "outline:1px dashed currentColor;outline-offset:1px;" if unseen else ""
    return (
        f'<span class="mf-word" style="display:inline-block;line-height:1.35;{frame}" title="{_text(told)}">'
        f"{_text(word)}"
        f'<i aria-hidden="true" style="display:block;height:6px;border-radius:2px;background:{colour};'
        f'opacity:{min(1.0, abs(share) / top):.3f}"></i></span>'
    )


def _place(result: Result, number: int) -> str:
    """Which level a sentence stands on, and how many descriptions share it."""
    if "places" not in result.values:
        return ""
    places = np.asarray(result.values["places"])
    here = places[places[:, 0] == number]
    levels = ", ".join(str(level + 1) for level in sorted(set(here[:, 2].tolist())))
    count = len(set(here[:, 1].tolist()))
    shared = f"{count} descriptions" if count > 1 else "1 description"
    return f' <small class="mf-small" style="opacity:.75">level {levels}, {shared}</small>'


def _text(value: str) -> str:
    return html.escape(value).translate(_TEMPLATE)
