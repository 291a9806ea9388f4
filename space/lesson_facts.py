"""What the lesson measures on a face: one record a step, plain numbers, without torch and without words."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sight:
    """Step 1. names, fake, cosines: of every description, in the page's order; scale: s; language: its margin, in
    logits; size: numbers in a direction."""

    names: tuple[str, ...]
    fake: tuple[bool, ...]
    cosines: tuple[float, ...]
    scale: float
    language: float
    size: int


@dataclass(frozen=True)
class Noise:
    """Step 2. homogeneity, residuals (mean sizes), patches (data URLs): of every candidate; index: the chosen one;
    margin: of the verdict; without: the margin when the noise stream is silent."""

    homogeneity: tuple[float, ...]
    residuals: tuple[float, ...]
    patches: tuple[str, ...]
    index: int
    margin: float
    without: float


@dataclass(frozen=True)
class Shares:
    """Step 3. levels, streams: Shapley values in logits; base: the value with none of them; margin: with all;
    weights: learned, of the levels, () where they have none."""

    levels: tuple[float, ...]
    streams: tuple[float, ...]
    base: float
    margin: float
    weights: tuple[float, ...]


@dataclass(frozen=True)
class Pair:
    """A face with one description: similarity s·v̂·t̂, gate 0..1, weight as a negative of the loss."""

    name: str
    similarity: float
    gate: float
    weight: float


@dataclass(frozen=True)
class Pairs:
    """Step 4. margin, without: in logits, with pair attention and with it taken out. absent: the checkpoint was
    trained without it. slots: of the published table; floor: the least weight of a negative."""

    pairs: tuple[Pair, ...]
    margin: float
    without: float
    absent: bool
    slots: int
    floor: float


@dataclass(frozen=True)
class Probe:
    """One input of the published computation: largest gradient of the verdict, changes of verdict and language margin
    in logits, largest change of the text feature when all tokens are read (None: not an input of the text)."""

    name: str
    gradient: float
    verdict: float
    language: float
    feature: float | None = None


@dataclass(frozen=True)
class Published:
    """Step 5. levels, others: what was found of them; moving, speaking: how many levels can move the verdict, and the
    language margin; distinct: different text features among the descriptions."""

    levels: tuple[Probe, ...]
    others: tuple[Probe, ...]
    moving: int
    speaking: int
    descriptions: int
    distinct: int
    tokens: int
    parameters: int


@dataclass(frozen=True)
class Map:
    """One of step 6's maps as a data URL. strongest: its strongest cell, (row, column) from 1; peak: its size there,
    in logits, None where it has no unit. name: 'trained', 'forgotten' or 'edges'."""

    name: str
    url: str
    strongest: tuple[int, int]
    peak: float | None


@dataclass(frozen=True)
class Maps:
    """Step 6. maps: in the order shown; alike: rank correlations of the sizes drawn, by pair of names; signed: that of
    the two detectors' signed maps; line: from which on a map is not trusted; coloured: data URL of the trained map
    with its signs."""

    maps: tuple[Map, ...]
    alike: dict[tuple[str, str], float]
    signed: float
    line: float
    side: int
    coloured: str
