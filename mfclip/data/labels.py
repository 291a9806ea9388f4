"""From what a reader found beside a photograph to a labelled source: sentences, group and split."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from mfclip.data.groups import name_groups
from mfclip.prompts import UNKNOWN_NAME, Description, describe_forgery, describe_real

SPLITS = {"train": 0.60, "validation": 0.16, "test": 0.24}
"""Share of the groups in each split, where the photographs do not bring their own."""

SPLIT_NAMES = {"train": "train", "val": "validation", "validation": "validation", "test": "test"}
"""How splits are called in folders and manifests, and here."""

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
"""How a generator of the manifest is named in the level-4 sentence; others go by the name the data give them."""

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Label:
    """What a reader tells of one photograph.

    path: relative to the folder, with forward slashes. generator: of a real face the set it comes from. kind, family:
    of a forgery. ties: what it belongs to (mfclip/data/groups.py), at least one. box: face in photo pixels
    (x0, y0, x1, y1), None to have it found. split: a value of SPLIT_NAMES, '' where the hash of the group decides.
    """

    path: str
    fake: bool
    generator: str
    ties: tuple[str, ...]
    kind: str = ""
    family: str = ""
    box: Box | None = None
    split: str = ""


@dataclass(frozen=True)
class Source:
    """One labelled photograph. box: face in photo pixels (x0, y0, x1, y1), None where it is to be found.

    generator: of a real face the set it comes from. kind, family: of the forgery, '' for reals.
    """

    path: str
    generator: str
    description: Description
    box: Box | None
    group: str
    split: str
    kind: str = ""
    family: str = ""

    @property
    def fake(self) -> bool:
        """Whether the photograph is a forgery."""
        return self.description.fake


def split_of(group: str) -> str:
    """The split of a group, from a hash of its name: the same for the same name, whatever else the data hold.

    A group is named by the first of all that hangs together: a picture that ties two groups can move one of them, which
    the splits.csv of a run prevents (mfclip/data/splits.py).
    """
    place = int(hashlib.sha256(group.encode()).hexdigest()[:12], 16) / 16**12
    for split, share in SPLITS.items():
        if place < share:
            return split
        place -= share
    return "test"


def sources_of(labels: Sequence[Label]) -> list[Source]:
    """The sources in the order of their labels: grouped by ties, described, and split.

    A photograph without a split of its own takes that of its group where one is given, else the hash's. Raises
    ValueError for a sentence that is too long.
    """
    groups = name_groups([label.ties for label in labels])
    given: dict[str, str] = {}
    for label, group in zip(labels, groups, strict=True):
        if label.split:
            given.setdefault(group, label.split)
    sources = []
    for label, group in zip(labels, groups, strict=True):
        if label.fake:
            name = GENERATOR_NAMES.get(label.generator, label.generator)
            description = describe_forgery(label.kind, label.family, name)
            kind, family = label.kind or UNKNOWN_NAME, label.family or UNKNOWN_NAME
        else:
            description, kind, family = describe_real(), "", ""
        split = label.split or given.get(group) or split_of(group)
        sources.append(
            Source(label.path, label.generator, description, label.box, group, split, kind, family)
        )
    return sources
