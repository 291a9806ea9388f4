"""One set of colours for figures and page: blue is towards real, vermilion towards fake.

The pair keeps its contrast under the common forms of colour blindness (Okabe and Ito, 2008); signed values that are
not about real and fake use purple and green instead, so that a colour never has two meanings on a page.
"""

REAL = "#0b67ac"
FAKE = "#bf4a00"
NEUTRAL = "#6b7280"
GRID = "rgba(128, 134, 145, 0.28)"
LETTERS = "#7b828e"  # 4.0:1 on white and 4.2:1 on the dark page: large enough letters read on both
NEGATIVE = (150, 70, 165)  # purple and green of a middle lightness: strong on white and on the dark page
POSITIVE = (30, 140, 75)


def mixed(colour: str, share: float) -> str:
    """`colour` (#rrggbb) over the neutral grey, `share` 0..1 of it → "rgb(r, g, b)".

    Raises ValueError for a share outside 0..1.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"The share is {share}; a number from 0 to 1 is needed.")
    parts = zip(_channels(colour), _channels(NEUTRAL), strict=True)
    return "rgb({}, {}, {})".format(*(round(share * a + (1 - share) * b) for a, b in parts))


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
