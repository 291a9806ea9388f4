"""The campaigns: what is damaged, and the part of the public face it is given to."""

import hashlib
import json
import math
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import torch
from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis import strategies as st

import mfclip
from mfclip.config import TINY, ImageConfig, NoiseConfig, TextConfig
from mfclip.hub import CONFIG, HASHES, WEIGHTS, write_checkpoint
from mfclip.photo import read_photo
from mfclip.preprocess import FACE_SIZE, WINDOW
from mfclip.prompts import Hierarchy
from space.exchange import from_code, from_json, to_code, to_json
from space.session import Row
from tests.fuzz import structures
from tests.fuzz.corpus import seeds
from tests.fuzz.mutation import damaged_picture
from tests.fuzz.watch import Watch

SMALL = replace(
    TINY,
    name="small",
    embed_dim=16,
    text=TextConfig(8, layers=1, heads=1, context=77, activation="gelu", levels="each"),
    image=ImageConfig("conv", (4, 8, 16, 16), patch=16, width=16, layers=1, heads=1, activation="gelu"),
    noise=NoiseConfig("grid", (4, 8, 16, 16), patch=16, width=16, layers=1, heads=1),
)
"""A configuration whose weights are read in milliseconds."""


@cache
def _detector() -> mfclip.Detector:
    return mfclip.load(device="cpu")


@cache
def _verdict() -> mfclip.Verdict:
    return _detector()(seeds()["png"])


def _sound(verdict: mfclip.Verdict) -> None:
    shares = [row.probability for row in verdict.descriptions]
    numbers = [verdict.probability, verdict.margin, verdict.recompressed, *shares]
    if not all(map(math.isfinite, numbers)) or not 0 <= verdict.probability <= 1:
        raise AssertionError(f"the verdict holds {numbers}")


def _photo(data: bytes) -> None:
    photo = read_photo(data)
    if photo.rgb.dtype != "uint8" or photo.rgb.shape != (photo.height, photo.width, 3):
        raise AssertionError(f"the photo is {photo.rgb.dtype} {photo.rgb.shape}")
    _sound(_detector()(photo))


def pictures(watch: Watch, first: int, count: int) -> None:
    """`count` damaged pictures from number `first` on, through `detector(photo)`."""
    _photo(seeds()["png"])
    for number in range(first, first + count):
        data = damaged_picture(number)
        watch.case(f"picture {number}", lambda data=data: _photo(data))


def untouched(watch: Watch) -> None:
    """The corpus itself, through `detector(photo)`."""
    for name, data in seeds().items():
        watch.case(name, lambda data=data: _photo(data))


def _hierarchy(document: Any) -> None:
    hierarchy = Hierarchy.from_json(document)
    if Hierarchy.from_json(hierarchy.to_json()) != hierarchy:
        raise AssertionError("the hierarchy does not come back from its own JSON")
    _sound(_detector().revise(_verdict(), hierarchy))


def _table(rows: Any) -> None:
    hierarchy = Hierarchy.from_rows(rows)
    if Hierarchy.from_rows(hierarchy.to_rows()) != hierarchy:
        raise AssertionError("the hierarchy does not come back from its own rows")
    _sound(_detector().revise(_verdict(), hierarchy))


def _descriptions(read: Callable[[Any], tuple[mfclip.Description, ...]], content: Any) -> None:
    found = read(content)
    rows = [Row(number, row.fake, row.sentences) for number, row in enumerate(found)]
    if from_json(to_json(rows).encode()) != found:
        raise AssertionError("the descriptions do not come back from their own file")
    if from_code(to_code(rows)) != found:
        raise AssertionError("the descriptions do not come back from their own link")


def _configuration(values: Any) -> None:
    config = mfclip.Config.from_dict(values)
    if mfclip.Config.from_dict(json.loads(json.dumps(config.to_dict()))) != config:
        raise AssertionError("the configuration does not come back from its own JSON")
    with torch.device("meta"):  # shapes without memory
        model = mfclip.MFCLIP(config).eval()
        model.image(torch.zeros(1, 3, FACE_SIZE, FACE_SIZE))
        model.noise(torch.zeros(1, 3, WINDOW, WINDOW))


def hierarchies(watch: Watch, first: int, count: int) -> None:
    """Damaged hierarchies as lists, texts and tables, through both readers of `Hierarchy` and `Detector.revise`."""
    _verdict()
    quarter = count // 4
    documents = structures.hierarchies | structures.broken_texts(structures.hierarchies)
    _draw(watch, first, count - quarter, documents, _hierarchy)
    _draw(watch, first, quarter, structures.tables, _table)


def imported(watch: Watch, first: int, count: int) -> None:
    """Damaged files and links of the page, through its import."""
    half = count // 2
    _draw(watch, first, count - half, structures.imports(), lambda content: _descriptions(from_json, content))
    _draw(watch, first, half, structures.codes(), lambda code: _descriptions(from_code, code))


def configurations(watch: Watch, first: int, count: int) -> None:
    """Damaged configurations, through `Config.from_dict` and the building of the network they describe."""
    _draw(watch, first, count, structures.configurations, _configuration)


def headers(watch: Watch, first: int, count: int) -> None:
    """Damaged safetensors headers and config.json texts, hashes true, through `mfclip.load` of a folder."""
    with _checkpoint() as (folder, sound):
        config = (folder / CONFIG).read_text(encoding="utf-8")
        tenth = count // 10
        length = 8 + int.from_bytes(sound[:8], "little")
        header, numbers = json.loads(sound[8:length]), sound[length:]
        weights = structures.weight_files(header).map(lambda drawn: (config.encode(), *drawn))
        texts = structures.broken_texts(structures.damaged(st.just(json.loads(config)), most=1))
        written = texts.map(
            lambda text: (text.encode("utf-8", "surrogatepass"), sound[:length], "as they are")
        )

        def load(drawn: tuple[bytes, bytes, str]) -> None:
            text, head, after = drawn
            _loaded(folder, text, head + structures.NUMBERS[after](numbers))

        for documents, share in ((weights, count - tenth), (written, tenth)):
            _draw(watch, first, share, documents, load)


def _loaded(folder: Path, config: bytes, weights: bytes) -> None:
    lines = []
    for name, body in ((CONFIG, config), (WEIGHTS, weights)):
        (folder / name).write_bytes(body)
        lines.append(f"{hashlib.sha256(body).hexdigest()}  {name}\n")
    (folder / HASHES).write_text("".join(lines), encoding="ascii")
    mfclip.load(folder, device="cpu")


@contextmanager
def _checkpoint() -> Iterator[tuple[Path, bytes]]:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "small"
        torch.manual_seed(0)
        write_checkpoint(folder, SMALL.to_dict(), mfclip.MFCLIP(SMALL).state_dict(), "A card.")
        yield folder, (folder / WEIGHTS).read_bytes()


def _draw(
    watch: Watch, first: int, count: int, documents: st.SearchStrategy[Any], work: Callable[[Any], None]
) -> None:
    """`count` different documents, drawn from seed `first`, each a case."""

    @seed(first)
    @settings(
        max_examples=count,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
    )
    @given(documents)
    def one(document: Any) -> None:
        watch.case(f"seed {first}: {_shown(document)}", lambda: work(document))

    one()


def _shown(document: Any) -> str:
    if isinstance(document, tuple):  # config.json and weights: of the latter the header says enough
        return " ".join(_shown(part[:400]) for part in document)
    return ascii(document if isinstance(document, str | bytes) else structures.as_text(document))[:400]


CAMPAIGNS: dict[str, Callable[[Watch, int, int], None]] = {
    "pictures": pictures,
    "hierarchies": hierarchies,
    "imports": imported,
    "configurations": configurations,
    "headers": headers,
}
