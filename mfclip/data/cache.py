"""Decoded face regions on disk, so that a photograph is opened once.

A cache is two files: `regions.bin` with the uint8 RGB squares end to end, `index.json` with one entry each and the
fingerprint of what they were cut from. It is read by memory map, so loader processes share it.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from mfclip.data.sources import Source
from mfclip.preprocess import MARGIN, NATIVE_LIMIT, cut_square, face_region, within_limit
from mfclip.prompts import Description


@dataclass(frozen=True)
class Entry:
    """One cached region: where it lies, how large it is, and what is known of it. `pair`: index of its original."""

    offset: int
    side: int
    path: str
    generator: str
    sentences: tuple[str, str, str, str]
    fake: bool
    group: str
    split: str
    pair: int | None = None

    @property
    def description(self) -> Description:
        """The four sentences said of this face."""
        return Description(self.sentences, self.fake)


class RegionCache:
    """Read access to a cache folder: `entries` and `region(index)`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        index = json.loads((folder / "index.json").read_text(encoding="utf-8"))
        self.fingerprint: str = index["fingerprint"]
        self.broken: list[str] = index["broken"]
        self.entries = [Entry(**{**item, "sentences": tuple(item["sentences"])}) for item in index["entries"]]
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
    with (folder / "regions.bin").open("wb") as file:
        for fields, region in items:
            file.write(np.ascontiguousarray(region).tobytes())
            entries.append(asdict(Entry(offset=offset, side=region.shape[0], **fields)))
            offset += region.nbytes
    content = {"fingerprint": fingerprint, "broken": broken, "entries": entries}
    (folder / "index.json").write_text(json.dumps(content), encoding="utf-8")
    return RegionCache(folder)


def fields_of(source: Source) -> dict:
    """The entry fields that a photograph's own region carries."""
    return {
        "path": source.path,
        "generator": source.generator,
        "sentences": source.description.sentences,
        "fake": source.fake,
        "group": source.group,
        "split": source.split,
    }


def read_region(path: Path, box: tuple[float, float, float, float]) -> np.ndarray:
    """Open a photograph and cut its face region at native resolution, reduced to NATIVE_LIMIT where larger."""
    with Image.open(path) as image:
        rgb = np.asarray(image.convert("RGB"))
    return within_limit(cut_square(rgb, face_region(box, rgb.shape[1], rgb.shape[0])))


def cache_photographs(folder: Path, sources: list[Source], photographs: Path) -> RegionCache:
    """Cut every photograph once; an up-to-date cache is read, not rebuilt. Broken files are named in the index."""
    told = json.dumps([[fields_of(source), source.box] for source in sources]) + f"{MARGIN} {NATIVE_LIMIT}"
    fingerprint = hashlib.sha256(told.encode()).hexdigest()
    if (folder / "index.json").is_file():
        cache = RegionCache(folder)
        if cache.fingerprint == fingerprint:
            return cache
    broken: list[str] = []

    def regions() -> Iterator[tuple[dict, np.ndarray]]:
        for source in tqdm(sources, desc="cutting faces", unit="photo"):
            try:
                yield fields_of(source), read_region(photographs / source.path, source.box)
            except OSError as error:
                broken.append(f"{source.path}: {error}")

    return write_cache(folder, fingerprint, regions(), broken)
