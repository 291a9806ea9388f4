"""The lesson as data: six steps, each asking before it tells what was measured on the face at hand.

Nothing is measured here: `space.handlers.learn` fills the records of `space.lesson_facts`, and a builder turns each
into a `Step`. Which choice is right follows from the numbers, never from the text.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from space.components.markup import rounded_parts, signed
from space.lesson_facts import Map, Maps, Noise, Pairs, Published, Shares, Sight
from space.text import words

NAMES = tuple(f"LESSON_{name}" for name in ("SIGHT", "NOISE", "LEVELS", "PAIRS", "PUBLISHED", "MAPS"))
"""What the sentences of each step are called by."""

COUNT = len(NAMES)
"""Steps of the lesson."""

ALIKE = 1e-6
"""Cosines and shares that differ by less are the same: what the order of sums makes of float32."""

LETTERS = "ABC"
SLIGHT = 0.1  # logits: below it a change of the margin is called small


@dataclass(frozen=True)
class Picture:
    """A picture of a step: what stands under it, its data URL, and what it shows in words."""

    label: str
    url: str
    said: str


@dataclass(frozen=True)
class Table:
    """Numbers of a reveal, as text. head: column names; rows: one cell for each of them, the first names the row."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Step:
    """One step of the lesson.

    number: 1 to COUNT. text: paragraphs before the question. choices: what the reader can answer; right: positions of
    those the measurement agrees with (more than one where they tie). reveal, table, revealed: what is shown after the
    answer. pictures: shown with the question. look: where on the page the same thing is to be seen. problem: one
    sentence why nothing could be measured; there are then no choices.

    Raises ValueError where a question has fewer than two choices or none of them is right.
    """

    number: int
    title: str
    text: tuple[str, ...]
    look: str
    question: str = ""
    choices: tuple[str, ...] = ()
    right: tuple[int, ...] = ()
    reveal: tuple[str, ...] = ()
    table: Table | None = None
    pictures: tuple[Picture, ...] = ()
    revealed: tuple[Picture, ...] = ()
    problem: str = ""

    def __post_init__(self) -> None:
        if not 1 <= self.number <= COUNT:
            raise ValueError(f"The step is {self.number}; the lesson has 1 to {COUNT}.")
        if not self.choices and not self.right:
            return
        if len(self.choices) < 2 or not self.right or not set(self.right) <= set(range(len(self.choices))):
            raise ValueError(
                f"Step {self.number} has {len(self.choices)} choices, of which {self.right} are right; at least 2 "
                "choices are needed and at least one of them has to be right."
            )


def paragraphs(number: int) -> tuple[str, ...]:
    """The paragraphs of a step, their fields still empty."""
    return tuple(getattr(words, f"{NAMES[number - 1]}_TEXT"))


def untold(number: int, text: tuple[str, ...], problem: str) -> Step:
    """A step whose question could not be measured, with the sentence why."""
    title, look = _frame(number)
    return Step(number, title, text, look, problem=problem)


def sight(facts: Sight) -> Step:
    """Step 1: what CLIP sees."""
    title, look = _frame(1)
    order = sorted(range(len(facts.cosines)), key=lambda row: -facts.cosines[row])
    last = len(order) - 1
    offered = sorted({order[place] for place in (0, round(last / 3), round(2 * last / 3), last)})
    named = [_row_name(facts, row) for row in offered]
    high, low = facts.cosines[order[0]], facts.cosines[order[-1]]
    filled = {
        "count": len(order),
        "nearest": _row_name(facts, order[0]),
        "farthest": _row_name(facts, order[-1]),
        "high": signed(high, 3),
        "low": signed(low, 3),
        "scale": f"{facts.scale:.2f}",
        "language": signed(facts.language, 3),
    }
    rows = tuple(
        (name, signed(facts.cosines[row], 3), signed(facts.scale * facts.cosines[row], 2))
        for name, row in zip(named, offered, strict=True)
    )
    return Step(
        1,
        title,
        _filled(words.LESSON_SIGHT_TEXT, size=facts.size),
        look,
        words.LESSON_SIGHT_QUESTION,
        tuple(named),
        tuple(place for place, row in enumerate(offered) if high - facts.cosines[row] < ALIKE),
        _filled(words.LESSON_SIGHT_REVEAL, **filled),
        Table(words.LESSON_SIGHT_TABLE, words.LESSON_SIGHT_HEAD, rows),
    )


def noise(facts: Noise) -> Step:
    """Step 2: why noise."""
    title, look = _frame(2)
    ranked = sorted(facts.homogeneity)
    filled = {
        "number": facts.index + 1,
        "lowest": f"{facts.homogeneity[facts.index]:.4f}",
        "next": f"{ranked[1]:.4f}",
        "margin": signed(facts.margin, 3),
        "without": signed(facts.without, 3),
        "ablation": signed(facts.margin - facts.without, 3),
    }
    names = tuple(
        words.LESSON_NOISE_CHOICE.format(number=number, place=place)
        for number, place in enumerate(words.LESSON_NOISE_PLACES, 1)
    )
    rows = zip(names, facts.homogeneity, facts.residuals, strict=True)
    return Step(
        2,
        title,
        _filled(words.LESSON_NOISE_TEXT, count=len(facts.homogeneity)),
        look,
        words.LESSON_NOISE_QUESTION,
        names,
        (facts.index,),
        _filled(words.LESSON_NOISE_REVEAL, **filled),
        Table(
            words.LESSON_NOISE_TABLE,
            words.LESSON_NOISE_HEAD,
            tuple((name, f"{score:.4f}", f"{size:.3f}") for name, score, size in rows),
        ),
        tuple(
            Picture(name, url, words.LESSON_NOISE_PATCH.format(number=number))
            for number, (name, url) in enumerate(zip(names, facts.patches, strict=True), 1)
        ),
    )


def shares(facts: Shares) -> Step:
    """Step 3: why hierarchical prompts."""
    title, look = _frame(3)
    largest = max(map(abs, facts.levels))
    dead = largest < ALIKE
    right = [place for place, share in enumerate(facts.levels) if largest - abs(share) < ALIKE]
    shown = rounded_parts((facts.base, *facts.streams, *facts.levels), 3)
    of_streams, of_levels = shown[1:3], shown[3:]
    filled = {
        "level": words.LESSON_LEVELS[right[0]],
        "share": signed(of_levels[right[0]], 3),
        "image": signed(of_streams[0], 3),
        "noise": signed(of_streams[1], 3),
        "margin": signed(facts.margin, 3),
    }
    weights = [f"{weight:.2f}" for weight in facts.weights] or ["–"] * len(facts.levels)
    rows = (
        (words.LESSON_LEVELS_BASE, "", signed(shown[0], 3)),
        *((name, "", signed(share, 3)) for name, share in zip(words.LESSON_STREAMS, of_streams, strict=True)),
        *(
            (name, weight, signed(share, 3))
            for name, weight, share in zip(words.LESSON_LEVELS, weights, of_levels, strict=True)
        ),
        (words.LESSON_LEVELS_SUM, "", signed(sum(shown), 3)),
    )
    return Step(
        3,
        title,
        words.LESSON_LEVELS_TEXT,
        look,
        words.LESSON_LEVELS_QUESTION,
        (*words.LESSON_LEVELS, words.LESSON_LEVELS_NONE),
        (len(facts.levels),) if dead else tuple(right),
        _filled(words.LESSON_LEVELS_DEAD if dead else words.LESSON_LEVELS_REVEAL, **filled),
        Table(words.LESSON_LEVELS_TABLE, words.LESSON_LEVELS_HEAD, rows),
    )


def pairs(facts: Pairs) -> Step:
    """Step 4: what sample pair attention does."""
    title, look = _frame(4)
    change = facts.margin - facts.without
    rows = tuple(
        (
            pair.name,
            signed(pair.similarity, 3),
            f"{pair.gate:.2f}",
            signed(pair.similarity * pair.gate, 3),
            f"{pair.weight:.2f}",
        )
        for pair in facts.pairs
    )
    reveal = _filled(
        words.LESSON_PAIRS_REVEAL,
        margin=signed(facts.margin, 6),
        without=signed(facts.without, 6),
        change=_number(change, 6),
    )
    return Step(
        4,
        title,
        _filled(words.LESSON_PAIRS_TEXT, slots=facts.slots, floor=f"{facts.floor:g}"),
        look,
        words.LESSON_PAIRS_QUESTION,
        _filled(words.LESSON_PAIRS_CHOICES, line=f"{SLIGHT:g}"),
        (0 if change == 0 else 1 if abs(change) < SLIGHT else 2,),
        (*reveal, *[words.LESSON_PAIRS_ABSENT] * facts.absent),
        Table(words.LESSON_PAIRS_TABLE, words.LESSON_PAIRS_HEAD, rows),
    )


def published(facts: Published) -> Step:
    """Step 5: why the published code's prompts were dead."""
    title, look = _frame(5)
    rows = tuple(
        (
            probe.name,
            _size(probe.gradient),
            _number(probe.verdict),
            _number(probe.language),
            "–" if probe.feature is None else _size(probe.feature),
        )
        for probe in (*facts.others, *facts.levels)
    )
    filled = {
        "moving": facts.moving,
        "speaking": facts.speaking,
        "levels": len(facts.levels),
        "descriptions": facts.descriptions,
        "distinct": facts.distinct,
        "tokens": facts.tokens,
    }
    answers = (0, 1, 2, 2, 3)
    return Step(
        5,
        title,
        _filled(words.LESSON_PUBLISHED_TEXT, tokens=facts.tokens, parameters=f"{facts.parameters:,}"),
        look,
        words.LESSON_PUBLISHED_QUESTION,
        words.LESSON_PUBLISHED_CHOICES,
        (answers[facts.moving],),
        _filled(words.LESSON_PUBLISHED_REVEAL, **filled),
        Table(words.LESSON_PUBLISHED_TABLE, words.LESSON_PUBLISHED_HEAD, rows),
    )


def maps(facts: Maps) -> Step:
    """Step 6: how heat maps mislead."""
    title, look = _frame(6)
    letters = {shown.name: letter for shown, letter in zip(facts.maps, LETTERS, strict=True)}
    peaks = {shown.name: shown.peak or 0.0 for shown in facts.maps}
    names = {
        "trained": words.LESSON_MAPS_TRAINED,
        "forgotten": words.LESSON_MAPS_FORGOTTEN,
        "edges": words.LESSON_MAPS_EDGES,
    }
    trusted = abs(facts.signed) < facts.line
    filled = {
        **letters,
        "strongest": f"{peaks['trained']:.2g}",
        "strongest_forgotten": f"{peaks['forgotten']:.2g}",
        "signed": signed(facts.signed),
        "line": f"{facts.line:g}",
        "finding": words.LESSON_MAPS_PASSES if trusted else words.LESSON_MAPS_FAILS,
    }
    rows = tuple(
        (words.LESSON_MAPS_PAIR.format(first=names[first], second=names[second]), signed(value))
        for (first, second), value in facts.alike.items()
    )
    choices = tuple(words.LESSON_MAPS_CHOICE.format(letter=letter) for letter in LETTERS)
    return Step(
        6,
        title,
        words.LESSON_MAPS_TEXT,
        look,
        words.LESSON_MAPS_QUESTION,
        choices,
        tuple(place for place, shown in enumerate(facts.maps) if shown.name == "trained"),
        _filled(words.LESSON_MAPS_REVEAL, **filled),
        Table(words.LESSON_MAPS_TABLE, words.LESSON_MAPS_HEAD, rows),
        tuple(
            Picture(choice, shown.url, _told(shown, letter, facts.side))
            for choice, shown, letter in zip(choices, facts.maps, LETTERS, strict=True)
        ),
        (Picture(words.LESSON_MAPS_SIGNED, facts.coloured, words.LESSON_MAPS_SIGNED),),
    )


def _frame(number: int) -> tuple[str, str]:
    look = getattr(words, f"{NAMES[number - 1]}_LOOK").format(**words.TABS, audit=words.AUDIT_BUTTON)
    return getattr(words, f"{NAMES[number - 1]}_TITLE"), look


def _filled(sentences: Sequence[str], **values: object) -> tuple[str, ...]:
    return tuple(sentence.format(**values) for sentence in sentences)


def _row_name(facts: Sight, row: int) -> str:
    side = words.LESSON_SIDES[facts.fake[row]]
    return words.LESSON_SIGHT_CHOICE.format(number=row + 1, side=side, name=facts.names[row])


def _told(shown: Map, letter: str, side: int) -> str:
    place = words.LESSON_MAPS_PLACE.format(row=shown.strongest[0], column=shown.strongest[1])
    return words.LESSON_MAPS_PICTURE.format(letter=letter, side=side, strongest=place)


def _number(value: float, digits: int = 3) -> str:
    """A signed number; a zero says whether it is one or was only rounded to one."""
    if value == 0:
        return words.LESSON_EXACTLY_ZERO
    shown = signed(value, digits)
    return shown if shown[0] in "+−" else f"{value:+.1e}".replace("-", "−")


def _size(value: float) -> str:
    """A number without a sign, three digits; a zero that is no rounding says so."""
    return words.LESSON_EXACTLY_ZERO if value == 0 else f"{value:.3g}"
