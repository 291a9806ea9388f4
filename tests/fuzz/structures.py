"""Damage to what is written as JSON: hypothesis picks places in a sound document and what stands there instead."""

import base64
import copy
import json
import math
import sys
import zlib
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from mfclip.config import AUTHORS, CLIP_B16, TINY
from mfclip.prompts import published_hierarchy

DTYPES = (
    "F64",
    "F32",
    "F16",
    "BF16",
    "F8_E4M3",
    "F8_E5M2",
    "F4",
    "C64",
    "I64",
    "U64",
    "U16",
    "U8",
    "BOOL",
    "f32",
    "X",
)

HOSTILE_TEXTS = (
    "", " ", "\0", "\ud800", "a\udfff", "\u202eevil", "e" + "\u0301" * 900, "👩‍👩‍👧‍👦" * 30, "İ" * 100, "\ufeff",
    "<script>alert(1)</script>", "<end_of_text><start_of_text>", "<end_of_text>" * 20, "&amp;" * 200, "â€™" * 100,
    "'" * 500, "x" * 1_000, "x" * 1_001, "字" * 1_000, "\u2028", "a\r\nb", "{0} %s {name}", "../../etc/passwd", "nan",
    "the source generative model of this photo is ", "9" * 5_000, "' or '1'='1", "\u0000" * 50, "ﷺ" * 300,
)  # fmt: skip
HOSTILE_NUMBERS = (
    0, -1, 1, 2, 3, 7, 76, 77, 78, 308, 2**31, 2**63, 2**64, 10**30, 10**400, -(10**400), 0.5, -0.0, 1e308, 1e-320,
    float("nan"), float("inf"), float("-inf"), True,
)  # fmt: skip


def _nested(depth: int) -> Any:
    inside: Any = []
    for _ in range(depth):
        inside = [inside]
    return inside


# Not among HOSTILE_NUMBERS: Python writes no whole number of more than 4300 digits, and hypothesis writes its samples.
digits = st.just(5_000).map(lambda power: 10**power)
letters = st.text(st.characters(exclude_categories=()), max_size=12)
texts = st.sampled_from(HOSTILE_TEXTS) | letters
scalars = (
    st.none()
    | st.booleans()
    | texts
    | st.sampled_from(HOSTILE_NUMBERS)
    | digits
    | st.integers()
    | st.floats()
)
values = (
    st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=3),
        max_leaves=8,
    )
    | st.sampled_from([50, 400]).map(_nested)
    | st.sampled_from([["x"] * 2_000, {"x" * 3_000: 1}, [0] * 2_000])
)


def places(document: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) below a document."""
    found, waiting = [], [document]
    while waiting:
        holder = waiting.pop()
        keys = holder.keys() if isinstance(holder, dict) else range(len(holder))
        for key in keys:
            found.append((holder, key))
            if isinstance(holder[key], dict | list):
                waiting.append(holder[key])
    return found


def _damage(draw: Any, holder: Any, key: Any) -> None:
    what = draw(st.sampled_from(["replace", "replace", "scalar", "remove", "rename", "repeat", "borrow"]))
    if what == "remove":
        del holder[key]
    elif what == "rename" and isinstance(holder, dict):
        holder[draw(texts)] = holder.pop(key)
    elif what == "repeat" and isinstance(holder, list):
        holder[key:key] = [copy.deepcopy(holder[key])] * draw(st.sampled_from([1, 3, 70, 500]))
    elif what == "borrow":
        other, name = _one_of(draw, places(holder))
        holder[key] = copy.deepcopy(other[name])
    else:
        # A copy: what is drawn from a list of samples is the sample itself, and may be damaged in its turn.
        holder[key] = copy.deepcopy(draw(values if what == "replace" else scalars))


def _one_of(draw: Any, found: list[Any]) -> Any:
    return found[draw(st.integers(0, len(found) - 1))]


@st.composite
def damaged(draw: Any, documents: st.SearchStrategy[Any], most: int = 3) -> Any:
    """A document after none to `most` damages."""
    document = copy.deepcopy(draw(documents))
    for _ in range(draw(st.integers(0, most))):
        found = places(document) if isinstance(document, dict | list) else []
        if not found:
            return draw(values)
        _damage(draw, *_one_of(draw, found))
    return document


hierarchies = damaged(st.just(published_hierarchy().to_json()))
tables = damaged(st.just(published_hierarchy().to_rows())).filter(lambda rows: isinstance(rows, list))
configurations = damaged(st.sampled_from([config.to_dict() for config in (TINY, TINY, CLIP_B16, AUTHORS)]))


def as_text(document: Any) -> str:
    """JSON of a document, whatever it holds: Python's own words for what JSON has none for, digits without a limit."""
    limit = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    try:
        return json.dumps(document, default=str)
    finally:
        sys.set_int_max_str_digits(limit)


@st.composite
def broken_texts(draw: Any, documents: st.SearchStrategy[Any]) -> str:
    """JSON texts: of damaged documents as they are, cut, deeply nested, spliced."""
    text = as_text(draw(documents))
    what = draw(st.sampled_from(["as it is", "as it is", "cut", "insert", "nested", "twice"]))
    at = draw(st.integers(0, len(text)))
    if what == "cut":
        return text[:at]
    if what == "insert":
        return text[:at] + draw(texts) + text[at:]
    if what == "nested":
        depth = draw(st.sampled_from([900, 5_000, 90_000]))
        return draw(st.sampled_from(["[", '{"a":'])) * depth + draw(st.sampled_from(["", "]" * depth]))
    return text * 2 if what == "twice" else text


@st.composite
def imports(draw: Any) -> bytes:
    """Contents of a file that a visitor opens as descriptions."""
    text = draw(broken_texts(hierarchies))
    content = text.encode(draw(st.sampled_from(["utf-8", "utf-8", "utf-8-sig", "utf-16"])), "surrogatepass")
    at = draw(st.integers(0, len(content)))
    return content[:at] + draw(st.just(b"") | st.binary(max_size=4)) + content[at:]


@st.composite
def codes(draw: Any) -> str:
    """Last parts of links: packed imports, damaged before packing or after."""
    content = draw(imports())
    if draw(st.integers(0, 9)) == 0:
        content += b" " * draw(st.sampled_from([199_000, 300_000, 5_000_000]))
    code = base64.urlsafe_b64encode(zlib.compress(content, 9)).decode("ascii").rstrip("=")
    at = draw(st.integers(0, len(code)))
    return draw(st.sampled_from([code, code, code[:at], code[:at] + draw(texts) + code[at:]]))


NUMBERS: dict[str, Callable[[bytes], bytes]] = {
    "as they are": lambda numbers: numbers,
    "none": lambda numbers: b"",
    "cut": lambda numbers: numbers[:-1],
    "longer": lambda numbers: numbers + b"\0",
    "twice": lambda numbers: numbers * 2,
}
"""What may become of the numbers in a safetensors file."""


@st.composite
def weight_files(draw: Any, header: dict[str, Any]) -> tuple[bytes, str]:
    """A damaged header of a safetensors file (its tensors, its JSON, its length), and one of NUMBERS to follow it.

    Not the whole file: hypothesis keeps what it has drawn, and a thousand files are gigabytes.
    """
    header = copy.deepcopy(header)
    names = st.sampled_from(sorted(header))
    for _ in range(draw(st.integers(0, 2))):
        tensor = header.get(draw(names))
        if isinstance(tensor, dict) and "dtype" in tensor:
            _damage_tensor(draw, tensor)
    if draw(st.booleans()):
        if draw(st.booleans()):
            name = draw(names)
            header[draw(st.sampled_from(sorted(header))) + "_"] = header.pop(name, {})
        text = json.dumps(header).encode("utf-8")
    else:
        text = draw(broken_texts(damaged(st.just(header), most=2))).encode("utf-8", "surrogatepass")
    said, after = len(text), "as they are"
    if draw(st.integers(0, 3)) == 0:
        said = draw(st.sampled_from([said, 0, 1, max(0, said - 1), said + 1, 10**8, 2**63, 2**64 - 1]))
        after = draw(st.sampled_from(sorted(NUMBERS)))
    return said.to_bytes(8, "little") + text, after


def _damage_tensor(draw: Any, tensor: dict[str, Any]) -> None:
    what = draw(
        st.sampled_from(["dtype", "like", "like", "turned", "line", "shape", "flat", "empty", "offsets"])
    )
    if what == "dtype":
        tensor["dtype"] = draw(st.sampled_from(DTYPES))
    elif what == "like":  # as many bytes a number: the file is sound, and its weights are nonsense
        alike = {"F32": ("I32", "U32", "F32"), "I64": ("F64", "U64", "C64")}
        tensor["dtype"] = draw(st.sampled_from(alike.get(tensor["dtype"], DTYPES)))
    elif what == "turned":
        tensor["shape"] = tensor["shape"][::-1]
    elif what == "line":
        tensor["shape"] = [math.prod(tensor["shape"])]
    elif what == "shape":
        tensor["shape"] = draw(
            st.lists(st.sampled_from([0, 1, 2, 2**31, 2**32, 2**63, 2**64 - 1, -1]), max_size=4)
        )
    elif what == "flat":
        tensor["shape"] = [1] * draw(st.sampled_from([0, 5, 70, 3_000])) + tensor["shape"]
    elif what == "empty":
        tensor["shape"], start = [0, *tensor["shape"]], tensor["data_offsets"][0]
        tensor["data_offsets"] = [start, start]
    else:
        shift = draw(st.sampled_from([-4, 4, 1, 2**32, 2**64]))
        tensor["data_offsets"] = [at + shift for at in tensor["data_offsets"]]
