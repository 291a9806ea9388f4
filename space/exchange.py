"""Descriptions that leave the page and come back: as a JSON file, and as the last part of a link."""

import base64
import binascii
import json
import zlib
from collections.abc import Sequence

from mfclip.prompts import Description, Hierarchy
from mfclip.tokens import tokenize
from space.session import Row
from space.text import words

MAX_BYTES = 200_000
"""Of a JSON text: 64 descriptions of ordinary sentences take a tenth of it."""

MAX_CODE = 8_000
"""Characters of a link's last part: browsers, mail and chats carry so many."""

SAID = 320  # characters of a problem, which may quote what was read


def to_json(rows: Sequence[Row]) -> str:
    """Rows as typed, with or without fault, as the text that `from_json` reads."""
    return json.dumps(_listed(rows), indent=1, ensure_ascii=False)


def from_json(content: bytes) -> tuple[Description, ...]:
    """Descriptions from a JSON text in UTF-8.

    Raises ValueError with one sentence that holds the remedy: too large, no text, no JSON, another shape, over 64
    descriptions, a side missing, a sentence empty, over 1000 characters or over 77 tokens.
    """
    if len(content) > MAX_BYTES:
        raise ValueError(words.IMPORT_LARGE.format(size=len(content), limit=MAX_BYTES))
    try:
        listed = json.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise ValueError(words.IMPORT_BINARY.format(export=words.EXPORT)) from None
    except json.JSONDecodeError as error:
        place = {"line": error.lineno, "column": error.colno}
        raise ValueError(words.IMPORT_JSON.format(**place, expected=words.EXPECTED)) from None
    except (RecursionError, ValueError):
        # ValueError: Python reads no whole number of more than 4300 digits.
        raise ValueError(words.IMPORT_DEEP.format(expected=words.EXPECTED)) from None
    try:
        # Before the hierarchy refuses half a character in its own words, which are in one language only.
        json.dumps(listed, ensure_ascii=False).encode("utf-8")
        hierarchy = Hierarchy.from_json(listed)
        tokenize(hierarchy.sentences)
    except UnicodeEncodeError:
        raise ValueError(words.IMPORT_LETTERS) from None
    except RecursionError:
        raise ValueError(words.IMPORT_DEEP.format(expected=words.EXPECTED)) from None
    except ValueError as error:
        raise ValueError(_brief(str(error))) from None
    return hierarchy.descriptions


def to_code(rows: Sequence[Row]) -> str:
    """Rows as letters, digits, "-" and "_". Raises ValueError where they would take more than MAX_CODE."""
    content = json.dumps(_listed(rows), separators=(",", ":"), ensure_ascii=False).encode("utf-8")
    code = base64.urlsafe_b64encode(zlib.compress(content, 9)).decode("ascii").rstrip("=")
    if len(code) > MAX_CODE:
        raise ValueError(words.LINK_LONG.format(size=len(code), limit=MAX_CODE))
    return code


def from_code(code: str) -> tuple[Description, ...]:
    """Descriptions from `to_code`'s text. Raises ValueError with one sentence, as `from_json` does."""
    if len(code) > MAX_CODE:
        raise ValueError(words.LINK_LONG.format(size=len(code), limit=MAX_CODE))
    unpacking = zlib.decompressobj()
    try:
        packed = base64.b64decode(code.encode("ascii") + b"=" * (-len(code) % 4), b"-_", validate=True)
        content = unpacking.decompress(packed, MAX_BYTES + 1)
    except (UnicodeEncodeError, binascii.Error, zlib.error):
        raise ValueError(words.LINK_CUT) from None
    if len(content) > MAX_BYTES:
        raise ValueError(words.LINK_LARGE.format(limit=MAX_BYTES))
    if not unpacking.eof:
        raise ValueError(words.LINK_CUT)
    return from_json(content)


def _listed(rows: Sequence[Row]) -> list[dict[str, object]]:
    return [{"fake": row.fake, "sentences": list(row.sentences)} for row in rows]


def _brief(problem: str) -> str:
    """A problem without the middle of what it quotes at length; its end holds the remedy."""
    if len(problem) <= SAID:
        return problem
    return f"{problem[: SAID // 2].rstrip()} … {problem[-SAID // 2 :].lstrip()}"
