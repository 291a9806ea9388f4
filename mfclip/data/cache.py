"""Decoded face regions on disk, so that a photograph is opened once.

A cache is a folder with `regions.bin`, the uint8 RGB squares end to end, and `index.json`, one entry each and a
fingerprint of what the entries say and what they were cut from. It is read by memory map, so loader processes share
it. The cache of photographs (`cache_photographs`) also knows each square by its content, so that a changed label or
split cuts nothing anew; see mfclip/data/regions.py.
"""

import hashlib
import json
import logging
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock
from tqdm import tqdm

from mfclip.data.regions import Place, RegionStore, replace_text
from mfclip.data.sources import Source
from mfclip.prompts import Description

_NAMED = 8  # broken files named in the log line; index.json names them all

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Entry:
    """One cached region: where it lies, how large it is, and what is known of it.

    offset: bytes into regions.bin. side: pixels. path: of the photograph, relative to its folder. generator: who made
    it, of a real face the set it comes from. kind, family: of the forgery, '' for reals. pair: index of its original
    in the same cache. source: of a forgery made here, the generator (the set) of its original, else ''.
    square: (x0, y0, x1, y1) in photo pixels that the region was cut from, before any reduction to NATIVE_LIMIT.
    """

    offset: int
    side: int
    path: str
    generator: str
    sentences: tuple[str, str, str, str]
    fake: bool
    group: str
    split: str
    pair: int | None = None
    kind: str = ""
    family: str = ""
    source: str = ""
    square: tuple[int, int, int, int] | None = None

    @property
    def description(self) -> Description:
        """The four sentences said of this face."""
        return Description(self.sentences, self.fake)

    @classmethod
    def from_json(cls, item: dict[str, Any]) -> "Entry":
        """An entry from its fields as index.json holds them."""
        square = item.get("square")
        tuples = {"sentences": tuple(item["sentences"]), "square": None if square is None else tuple(square)}
        return cls(**{**item, **tuples})


class RegionCache:
    """Read access to a cache folder: `entries` and `region(index)`.

    fingerprint: of the entries and what they were cut from. broken: 'path: reason' of each photograph left out.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        index = json.loads((folder / "index.json").read_text(encoding="utf-8"))
        self.fingerprint: str = index["fingerprint"]
        self.broken: list[str] = index["broken"]
        self.entries = [Entry.from_json(item) for item in index["entries"]]
        self._bytes = np.memmap(folder / "regions.bin", dtype=np.uint8, mode="r")

    def __len__(self) -> int:
        return len(self.entries)

    def region(self, index: int) -> np.ndarray:
        """(S, S, 3) uint8 RGB of entry `index`."""
        entry = self.entries[index]
        size = entry.side * entry.side * 3
        return self._bytes[entry.offset : entry.offset + size].reshape(entry.side, entry.side, 3)


def write_cache(
    folder: Path, fingerprint: str, items: Iterable[tuple[dict, np.ndarray]], broken: list[str]
) -> RegionCache:
    """Write (entry fields without offset and side, square region) pairs; the index last, so a half is never read."""
    folder.mkdir(parents=True, exist_ok=True)
    entries, offset = [], 0
    # Beside and then over the old file: a process that has the old one mapped keeps it whole.
    draft = folder / "regions.bin.part"
    with draft.open("wb") as file:
        for fields, region in items:
            file.write(np.ascontiguousarray(region).tobytes())
            entries.append(Entry(offset=offset, side=region.shape[0], **fields))
            offset += region.nbytes
    (folder / "index.json").unlink(missing_ok=True)
    os.replace(draft, folder / "regions.bin")
    _write_index(folder, fingerprint, entries, broken)
    return RegionCache(folder)


def _write_index(folder: Path, fingerprint: str, entries: list[Entry], broken: list[str]) -> None:
    content = {"fingerprint": fingerprint, "broken": broken, "entries": [asdict(entry) for entry in entries]}
    replace_text(folder / "index.json", json.dumps(content))


def fields_of(source: Source) -> dict[str, Any]:
    """The entry fields that a photograph's own region carries."""
    return {
        "path": source.path,
        "generator": source.generator,
        "sentences": source.description.sentences,
        "fake": source.fake,
        "group": source.group,
        "split": source.split,
        "kind": source.kind,
        "family": source.family,
    }


def cache_photographs(folder: Path, sources: list[Source], photographs: Path) -> RegionCache:
    """Cut the face of every photograph that is not cut yet, and index them all in the order of `sources`.

    folder: of the cache. photographs: what the paths of `sources` are relative to. Regions are kept by the photograph's
    bytes, its face box and the crop settings, so changed labels, splits or rows cut only what is new; regions no
    longer listed stay in the file until the folder is deleted. A face whose box is not given is found, once. Files
    that cannot be read and photographs without a face are left out, counted and named in the log and in `broken`.
    Two processes may ask at once; the second waits and finds the work done. The fingerprint is the SHA-256 of all
    entries' fields and content keys in order: it changes with pixels, boxes, labels, splits, order and crop settings,
    and with nothing else. Raises ValueError if no photograph is usable.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "lock"):
        store = RegionStore(folder)
        entries: list[Entry] = []
        keys: list[str] = []
        broken: list[str] = []
        try:
            for source in tqdm(sources, desc="faces", unit="photo"):
                try:
                    key, place = store.region_of(photographs / source.path, source.box)
                except (OSError, ValueError) as error:
                    broken.append(f"{source.path}: {_reason(error)}")
                else:
                    keys.append(key)
                    entries.append(_entry(source, place))
        finally:
            # Also after Ctrl+C: hours of finding and cutting are worth keeping.
            store.close()
        _tell(broken, len(sources))
        told = json.dumps([[key, asdict(replace(e, offset=0))] for key, e in zip(keys, entries, strict=True)])
        _write_index(folder, hashlib.sha256(told.encode()).hexdigest(), entries, broken)
        return RegionCache(folder)


def _entry(source: Source, place: Place) -> Entry:
    return Entry(offset=place.offset, side=place.side, square=place.square, **fields_of(source))


def _reason(error: Exception) -> str:
    return (isinstance(error, OSError) and error.strerror) or str(error)


def _tell(broken: list[str], count: int) -> None:
    """Name what could not be used; raises ValueError if that is everything."""
    if not count:
        raise ValueError("No photograph is listed; give a folder that holds some.")
    if len(broken) == count:
        raise ValueError(f"None of the {count} photographs can be used, for example {broken[0]}")
    if broken:
        more = f" (and {len(broken) - _NAMED} more, in index.json)" if len(broken) > _NAMED else ""
        listed = "; ".join(broken[:_NAMED])
        _log.warning("%d of %d photographs are left out: %s%s", len(broken), count, listed, more)
