"""The finished table on disk, whole or not at all: CSV, or Parquet through pyarrow."""

import csv
import json
import os
from collections.abc import Iterable, Mapping
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any

from mfclip.drafts import whole_file
from mfclip.scoring.judging import COLUMNS

ENDINGS = (".csv", ".parquet")
ROW_GROUP = 10_000
WHOLE_NUMBERS = ("face", "faces", "patch")
WORDS = ("path", "sha256", "label", "photo", "evidence", "doubts", "error")


def check_out(out: Path) -> None:
    """Raises ValueError if a table cannot be written there: wrong ending, no such folder, package missing."""
    if out.suffix not in ENDINGS:
        raise ValueError(f"--out {out}: its name must end in {' or '.join(ENDINGS)}.")
    if not out.parent.is_dir() or out.is_dir():
        raise ValueError(f"--out {out}: it must name a file in a folder that exists.")
    if not os.access(out.parent, os.W_OK):
        raise ValueError(f"--out {out}: its folder may not be written to; choose another one.")
    if out.suffix == ".parquet":
        _pyarrow("pyarrow")


def write_table(out: Path, rows: Iterable[Mapping[str, Any]], about: Mapping[str, Any]) -> None:
    """Write the rows of COLUMNS, None as an empty cell or null: beside `out`, then renamed to it.

    about: what the table was made with, JSON-able, kept in a Parquet file's metadata under `mfclip`. Raises OSError.
    """
    write = _write_parquet if out.suffix == ".parquet" else _write_csv
    with whole_file(out) as draft:
        write(draft, rows, about)


def _write_csv(path: Path, rows: Iterable[Mapping[str, Any]], _: Mapping[str, Any]) -> None:
    with path.open("w", newline="", encoding="utf-8") as stream:
        table = csv.DictWriter(stream, COLUMNS)
        table.writeheader()
        table.writerows(rows)


def _write_parquet(path: Path, rows: Iterable[Mapping[str, Any]], about: Mapping[str, Any]) -> None:
    arrow, parquet = _pyarrow("pyarrow"), _pyarrow("pyarrow.parquet")
    kinds = {name: arrow.int64() for name in WHOLE_NUMBERS} | {name: arrow.string() for name in WORDS}
    schema = arrow.schema([(name, kinds.get(name, arrow.float64())) for name in COLUMNS])
    schema = schema.with_metadata({"mfclip": json.dumps(about)})
    with parquet.ParquetWriter(path, schema) as writer:
        left = iter(rows)
        while some := list(islice(left, ROW_GROUP)):
            writer.write_table(arrow.Table.from_pylist([dict(row) for row in some], schema=schema))


def _pyarrow(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError:
        raise ValueError(
            "A Parquet file needs the package pyarrow, which is not installed: run pip install "
            "'mfclip-explainer[score]', or give --out a name that ends in .csv."
        ) from None
