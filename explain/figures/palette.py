"""One set of colours for figures and page: blue is towards real, vermilion towards fake.

The pair keeps its contrast under the common forms of colour blindness (Okabe and Ito, 2008); signed values that are
not about real and fake use purple and green instead, so that a colour never has two meanings on a page. What has no
sign at all (attention, richness) is drawn in one hue.
"""

from dataclasses import dataclass, replace
from typing import Literal

REAL = "#0b67ac"
FAKE = "#bf4a00"
NEUTRAL = "#6b7280"
GRID = "rgba(128, 134, 145, 0.28)"
LETTERS = "#7b828e"  # 4.0:1 on white and 4.2:1 on the dark page: large enough letters read on both
NEGATIVE = (150, 70, 165)  # purple and green of a middle lightness: strong on white and on the dark page
POSITIVE = (30, 140, 75)

Theme = Literal["light", "dark"]
Stops = list[tuple[float, str]]


@dataclass(frozen=True)
class Inks:
    """What a figure is drawn with on a page of one theme; real, fake and unsigned at full strength, all #rrggbb.

    letters: 7:1 and more on the page; soft: 4.5:1; real, fake: 3:1 and more, as marks need.
    """

    letters: str
    soft: str
    line: str
    paper: str
    real: str
    fake: str
    unsigned: str
    neutral: str


INKS: dict[str, Inks] = {
    "light": Inks("#1b2430", "#566070", "#dfe1e4", "#ffffff", REAL, FAKE, "#3f3f8f", "#8a919c"),
    "dark": Inks("#e6e9ee", "#a6afbc", "#333b46", "#1b2027", "#3d97dc", "#e8702a", "#a9a6f5", "#7d8794"),
}


def inks(theme: str, refuted: bool = False) -> Inks:
    """The inks of a theme; of a refuted explanation, whose colours mean nothing, all of them grey.

    Raises ValueError for a theme there is none of.
    """
    if theme not in INKS:
        raise ValueError(f"The theme is {theme!r}; allowed: {', '.join(map(repr, INKS))}.")
    ink = INKS[theme]
    if not refuted:
        return ink
    return replace(ink, real=ink.neutral, fake=ink.neutral, unsigned=ink.neutral)


def diverging(theme: str, strongest: float = 1.0, refuted: bool = False) -> Stops:
    """Plotly's colour scale of signed values: blue below zero, vermilion above, transparent at zero.

    strongest: opacity 0..1 at both ends. Opacity is proportional to the value's size, so that on any page zero looks
    like the page and on a face like the face.
    """
    ink = inks(theme, refuted)
    near = 1e-6  # two stops at one place are not allowed
    return [
        (0.0, faded(ink.real, strongest)),
        (0.5 - near, faded(ink.real, 0)),
        (0.5 + near, faded(ink.fake, 0)),
        (1.0, faded(ink.fake, strongest)),
    ]


def rising(theme: str, strongest: float = 1.0, refuted: bool = False) -> Stops:
    """Plotly's colour scale of values without a sign: transparent at zero, one hue, never blue or vermilion."""
    ink = inks(theme, refuted)
    return [(0.0, faded(ink.unsigned, 0)), (1.0, faded(ink.unsigned, strongest))]


def faded(colour: str, opacity: float) -> str:
    """#rrggbb and an opacity 0..1 → "rgba(r, g, b, a)"."""
    return "rgba({}, {}, {}, {:.4g})".format(*channels(colour), opacity)


def mixed(colour: str, share: float) -> str:
    """`colour` (#rrggbb) over the neutral grey, `share` 0..1 of it → "rgb(r, g, b)".

    Raises ValueError for a share outside 0..1.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"The share is {share}; a number from 0 to 1 is needed.")
    parts = zip(channels(colour), channels(NEUTRAL), strict=True)
    return "rgb({}, {}, {})".format(*(round(share * a + (1 - share) * b) for a, b in parts))


def channels(colour: str) -> tuple[int, int, int]:
    """#rrggbb → (r, g, b), 0..255."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
