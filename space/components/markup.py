"""Safe pieces of HTML. Everything a visitor can write goes through `text`."""

import base64
import html
import io

import numpy as np
from PIL import Image

# gr.HTML fills `${…}` and `{{…}}` templates, so their letters must not reach it either.
_TEMPLATE = str.maketrans({"{": "&#123;", "}": "&#125;", "$": "&#36;", "`": "&#96;"})


def text(value: object) -> str:
    """`value` as text that no browser and no template takes for anything else."""
    return html.escape(str(value)).translate(_TEMPLATE)


def png(pixels: np.ndarray) -> str:
    """uint8 (H, W, 3 or 4) → a data URL holding a PNG without metadata."""
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(buffer, "PNG", compress_level=3)
    return png_url(buffer.getvalue())


def png_url(content: bytes) -> str:
    """The bytes of a PNG → a data URL holding them."""
    return "data:image/png;base64," + base64.b64encode(content).decode("ascii")


def signed(value: float, digits: int = 2) -> str:
    """ "+0.25", "−1.30", "0.00": a true minus sign, and no sign at zero."""
    rounded = f"{abs(value):.{digits}f}"
    if float(rounded) == 0:
        return rounded
    return ("+" if value > 0 else "−") + rounded


def percent(value: float, digits: int = 0) -> str:
    """0..1 → "37 %"."""
    return f"{100 * value:.{digits}f}\u2009%"


def rounded_parts(parts: tuple[float, ...], digits: int = 2, kept: int = 0) -> tuple[float, ...]:
    """`parts` rounded so that they add up to their rounded sum, each off by less than one last digit.

    kept: how many of the last ones are rounded as they would be alone, so that they read the same everywhere; two
    others at least.
    """
    unit, others = 10**-digits, len(parts) - kept
    floors = [int(part // unit) for part in parts[:others]] + [round(part / unit) for part in parts[others:]]
    missing = round(sum(parts) / unit) - sum(floors)
    order = sorted(range(others), key=lambda i: parts[i] / unit - floors[i], reverse=True)
    for i in order[:missing]:
        floors[i] += 1
    return tuple(round(floor * unit, digits) for floor in floors)


def notice(sentence: str, kind: str = "problem") -> str:
    """One sentence in a box; a problem is read out by screen readers at once."""
    role = "alert" if kind == "problem" else "status"
    return f'<div class="mf-notice mf-{kind}" role="{role}">{text(sentence)}</div>'


def quiet(sentence: str) -> str:
    """What stands where a result would be."""
    return f'<p class="mf-empty">{text(sentence)}</p>'
