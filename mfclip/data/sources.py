"""Which photographs there are, what is said about each, and which split it belongs to.

The manifest is a CSV with the columns path, label (real or fake), forgery_kind, family, generator, face_x0, face_y0,
face_x1, face_y1 (photo pixels); paths are relative to its folder. Splits are made of groups, so that two crops of one
picture, or two edits of one face, never fall on both sides.
"""

import csv
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from mfclip.prompts import Description, describe_forgery, describe_real

SPLITS = {"train": 0.60, "validation": 0.16, "test": 0.24}

GENERATOR_NAMES = {
    "sdxl": "SDXL",
    "flux1_schnell": "FLUX.1 schnell",
    "flux1_dev": "FLUX.1 dev",
    "ddpm_unet_celebahq": "DDPM",
    "stylegan2_e4e_sfhq": "StyleGAN2 with e4e",
    "stylegan2_tpdne": "StyleGAN2",
    "faceswap_kowalski": "FaceSwap",
    "photoshop_ciplab": "Photoshop",
}
"""How a generator of the manifest is named in the level-4 sentence; others go by their manifest name."""

_COLUMNS = (
    "path",
    "label",
    "forgery_kind",
    "family",
    "generator",
    "face_x0",
    "face_y0",
    "face_x1",
    "face_y1",
)

_GROUP_PATTERNS = (
    (r"(SFHQ_.+)_r\d+c\d+", r"figure \1"),
    (r"(?:SDXL|FLUX1_\w+?)_image_(\d+)", r"prompt \1"),
    (r"(?:easy|mid|hard)_(\d+)_\d+", r"ciplab \1"),
    (r"real_0*(\d+)", r"number \1"),
    (r"fake_0*(\d+)", r"number \1"),
)
"""File names that tell which pictures belong together: cells of one figure, one prompt, one retouched face."""


@dataclass(frozen=True)
class Source:
    """One photograph of the manifest. box: face in photo pixels (x0, y0, x1, y1), None where it is to be found.

    kind, family: of the forgery, '' for reals.
    """

    path: str
    generator: str
    description: Description
    box: tuple[float, float, float, float] | None
    group: str
    split: str
    kind: str = ""
    family: str = ""

    @property
    def fake(self) -> bool:
        """Whether the photograph is a forgery."""
        return self.description.fake


def group_of(path: str, generator: str) -> str:
    """The group a picture is split by; a picture of unknown kinship is its own group."""
    stem = Path(path).stem
    for pattern, name in _GROUP_PATTERNS:
        if re.fullmatch(pattern, stem):
            return re.sub(pattern, name, stem)
    return f"{generator} {stem}"


def split_of(group: str) -> str:
    """The split of a group, from a hash of its name: stable whatever else the manifest holds."""
    place = int(hashlib.sha256(group.encode()).hexdigest()[:12], 16) / 16**12
    for split, share in SPLITS.items():
        if place < share:
            return split
        place -= share
    return "test"


def read_manifest(folder: Path) -> list[Source]:
    """Read `folder`/manifest.csv.

    Raises ValueError if the file or one of its columns is missing, or if a row's label or box cannot be read.
    """
    path = folder / "manifest.csv"
    if not path.is_file():
        raise ValueError(
            f"{path} does not exist; pass a folder with a manifest.csv of photographs and face boxes."
        )
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        missing = [name for name in _COLUMNS if name not in (reader.fieldnames or ())]
        if missing:
            raise ValueError(f"{path} lacks the columns {missing}; it needs {list(_COLUMNS)}.")
        return [_source(row, number, path) for number, row in enumerate(reader, start=2)]


def _source(row: dict[str, str], number: int, path: Path) -> Source:
    if row["label"] not in ("real", "fake"):
        raise ValueError(f"{path}, line {number}: the label is {row['label']!r}; it must be real or fake.")
    try:
        x0, y0, x1, y1 = (float(row[f"face_{edge}"]) for edge in ("x0", "y0", "x1", "y1"))
    except ValueError:
        raise ValueError(f"{path}, line {number}: the face box cannot be read; give four numbers.") from None
    generator, kind, family = row["generator"], "", ""
    if row["label"] == "real":
        description = describe_real()
    else:
        kind, family = row["forgery_kind"], row["family"]
        name = GENERATOR_NAMES.get(generator, generator)
        description = describe_forgery(kind, family, name)
    group = group_of(row["path"], generator)
    return Source(row["path"], generator, description, (x0, y0, x1, y1), group, split_of(group), kind, family)
