"""Every real face with the forgeries made of it, cached: the pairs that a run learns from.

A real is used in one or two *versions*: as it is, where the forgery is then put back into the photograph and given the
photograph's own JPEG generation (same tables, grid and subsampling), and rescaled by 0.5–1.3, which scrambles the old
JPEG grid for original and forgery alike. No size is reserved for reals: with forgeries of small regions only, a run
took sharp, large faces for real (hand-made composites of 600 px fell to an AUC of 0.27). Each version is an entry of
the cache, its forgeries follow it and point back to it (`Entry.pair`).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile, get_sampling
from torch.utils.data import DataLoader, Dataset
from tqdm import tqdm

from mfclip.data.cache import Entry, RegionCache, write_cache
from mfclip.data.history import FILTERS, SHORTEST, resize_square
from mfclip.preprocess import NATIVE_LIMIT, re_encode
from mfclip.prompts import describe_forgery
from mfclip.threads import one_thread
from mfclip.training.forgeries import edits
from mfclip.training.forgeries.autoencoders import UPSAMPLERS, Autoencoder, copy_face
from mfclip.training.forgeries.blends import self_blend
from mfclip.training.forgeries.denoiser import Denoiser, redraw_face

VERSION = 3
"""Raised whenever the way forgeries are made changes, so that none from a cache is taken for another."""
AS_IS = 0.5
"""Share of held-out reals that are forged as they are; training reals are used both ways."""

ORIENTATION = 0x0112
"""EXIF tag of a photograph's orientation."""


@dataclass(frozen=True)
class Maker:
    """A generator of ours: its ingredient, its id in manifests and figures, and its place in the hierarchy."""

    ingredient: str
    generator: str
    kind: str
    family: str
    name: str

    @property
    def sentences(self) -> tuple[str, str, str, str]:
        """The four sentences said of its forgeries."""
        return describe_forgery(self.kind, self.family, self.name).sentences


def _autoencoder_maker(upsampler: str) -> Maker:
    generator = f"autoencoder_{upsampler.replace('-', '_')}"
    return Maker("autoencoder", generator, "reconstruction", "autoencoder", f"{upsampler} autoencoder")


MAKERS = {
    maker.generator: maker
    for maker in (
        *map(_autoencoder_maker, UPSAMPLERS),
        Maker("denoiser", "denoiser", "reconstruction", "diffusion", "partial denoising"),
        Maker("blend", "self_blend", "face_swap", "graphics", "self-blending"),
        Maker("edit", "edit_warp", "attribute_manipulation", "manual", "warping"),
        Maker("edit", "edit_inpaint", "attribute_manipulation", "manual", "inpainting"),
        Maker("edit", "edit_clone", "attribute_manipulation", "manual", "cloning"),
        Maker("edit", "edit_touch_up", "attribute_manipulation", "manual", "retouching"),
    )
}
"""Every generator of ours by its id."""

EDITS = ("edit_warp", "edit_inpaint", "edit_clone", "edit_clone", "edit_touch_up")
"""Edits are drawn evenly from this list."""


class Forger:
    """The trained generators, and one function that applies any of them to a region."""

    def __init__(self, autoencoders: dict[str, Autoencoder], denoiser: Denoiser, donors: RegionCache) -> None:
        self.autoencoders, self.denoiser, self.donors = autoencoders, denoiser, donors
        self.sources: dict[tuple[str, str], list[int]] = {}
        for index, entry in enumerate(donors.entries):
            if not entry.fake:
                self.sources.setdefault((entry.generator, entry.split), []).append(index)

    def forge(
        self, ingredient: str, region: np.ndarray, entry: Entry, rng: np.random.Generator
    ) -> tuple[str, np.ndarray]:
        """A forgery of the ingredient made of a region (S, S, 3) uint8 → the maker's id and the forged region.

        Raises KeyError for an ingredient that is not in recipes.INGREDIENTS.
        """
        return self._by_ingredient[ingredient](region, entry, rng)

    @property
    def _by_ingredient(self) -> dict[str, Callable[..., tuple[str, np.ndarray]]]:
        return {
            "autoencoder": self._copy,
            "denoiser": lambda region, entry, rng: ("denoiser", redraw_face(self.denoiser, region, rng)),
            "blend": lambda region, entry, rng: ("self_blend", self_blend(region, rng)),
            "edit": self._edit,
        }

    def _group(self, index: int) -> str:
        return self.donors.entries[index].group

    def _copy(self, region: np.ndarray, entry: Entry, rng: np.random.Generator) -> tuple[str, np.ndarray]:
        names = sorted(self.autoencoders)
        name = names[rng.integers(len(names))]
        upsampler = name.rsplit("-", 1)[0]
        return _autoencoder_maker(upsampler).generator, copy_face(self.autoencoders[name], region)

    def _edit(self, region: np.ndarray, entry: Entry, rng: np.random.Generator) -> tuple[str, np.ndarray]:
        # A donor comes from the same source and split, so that no picture of one split is seen in another, and from
        # another group: of its own, a face would be pasted onto itself.
        donors = [i for i in self.sources[entry.generator, entry.split] if self._group(i) != entry.group]
        choice = [name for name in EDITS if donors or name != "edit_clone"]
        generator = choice[rng.integers(len(choice))]
        if generator == "edit_clone":
            donor = self.donors.region(donors[rng.integers(len(donors))])
            return generator, edits.clone(region, donor, rng)
        change = {
            "edit_warp": edits.warp,
            "edit_inpaint": edits.inpaint,
            "edit_touch_up": edits.touch_up,
        }[generator]
        return generator, change(region, rng)


def with_own_generation(path: Path, square: tuple[int, int, int, int], forged: np.ndarray) -> np.ndarray:
    """Put a forged region back into its photograph and re-save it with the photograph's own JPEG tables and grid.

    square: (x0, y0, x1, y1) of the region in the photograph's pixels. A photograph that is no JPEG, or one that its
    EXIF data turn (its grid lies elsewhere), leaves the region as it is.
    """
    with Image.open(path) as image:
        if not isinstance(image, JpegImageFile) or image.getexif().get(ORIENTATION, 1) != 1:
            return forged
        tables, sampling = image.quantization, get_sampling(image)
        whole = np.array(image.convert("RGB"))
    x0, y0, x1, y1 = square
    whole[y0:y1, x0:x1] = forged
    return re_encode(whole, qtables=tables, subsampling=max(sampling, 0))[y0:y1, x0:x1]


class _Versions(Dataset):
    """Item i: real i's versions with the forgeries of each, drawn from the real's own random numbers."""

    def __init__(self, faces: RegionCache, forger: Forger, seed: int, photographs: Path) -> None:
        self.faces, self.forger, self.seed, self.photographs = faces, forger, seed, photographs
        self.reals = [index for index, entry in enumerate(faces.entries) if not entry.fake]

    def __len__(self) -> int:
        return len(self.reals)

    def __getitem__(self, number: int) -> list[tuple[np.ndarray, list[tuple[str, np.ndarray]]]]:
        index = self.reals[number]
        entry, region = self.faces.entries[index], self.faces.region(index)
        rng = np.random.default_rng([self.seed, 1, index])
        usable = entry.square is not None and entry.square[2] - entry.square[0] == entry.side
        if entry.split == "train":
            plan = [True, False] if usable else [False, False]
            plan_of = [("autoencoder", "denoiser", "blend", "edit"), ("autoencoder", "blend", "edit")]
        else:
            plan, plan_of = [usable and rng.random() < AS_IS], [("autoencoder", "denoiser", "blend", "edit")]
        return [
            self._version(entry, region, as_is, made, rng) for as_is, made in zip(plan, plan_of, strict=True)
        ]

    def _version(
        self, entry: Entry, region: np.ndarray, as_is: bool, made: tuple[str, ...], rng: np.random.Generator
    ) -> tuple[np.ndarray, list[tuple[str, np.ndarray]]]:
        original = np.array(region) if as_is else _rescaled(region, rng)
        forgeries = []
        for ingredient in made:
            generator, forged = self.forger.forge(ingredient, original, entry, rng)
            if as_is and entry.square is not None:
                forged = with_own_generation(self.photographs / entry.path, entry.square, forged)
            forgeries.append((generator, forged))
        return original, forgeries


def _rescaled(region: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    side = int(region.shape[0] * rng.uniform(0.5, 1.3))
    side = min(max(side, SHORTEST), NATIVE_LIMIT)
    return resize_square(region, side, FILTERS[rng.integers(len(FILTERS))])


def _one_thread(_: int) -> None:
    torch.set_num_threads(1)


def make_forgeries(
    faces: RegionCache,
    forger: Forger,
    seed: int,
    folder: Path,
    photographs: Path,
    fingerprint: str,
    workers: int = 2,
) -> RegionCache:
    """Forge every real of `faces` and cache originals and forgeries in `folder`; an up-to-date cache is read.

    fingerprint: of everything the forgeries depend on.
    """
    if (folder / "index.json").is_file():
        made = RegionCache(folder)
        if made.fingerprint == fingerprint:
            return made
    versions = _Versions(faces, forger, seed, photographs)

    def items() -> Iterator[tuple[dict, np.ndarray]]:
        loader = DataLoader(
            versions, batch_size=None, num_workers=workers, worker_init_fn=_one_thread, collate_fn=_as_made
        )
        count = 0
        for index, found in zip(versions.reals, tqdm(loader, desc="forging", unit="face"), strict=True):
            entry = faces.entries[index]
            for original, forgeries in found:
                place = count
                yield _fields(entry, None, None), original
                count += 1
                for generator, forged in forgeries:
                    yield _fields(entry, MAKERS[generator], place), forged
                    count += 1

    # Sums of more threads round otherwise: a forgery must not depend on how many processes share the work.
    with one_thread():
        return write_cache(folder, fingerprint, items(), [])


def _as_made(item: list) -> list:
    return item


def _fields(entry: Entry, maker: Maker | None, place: int | None) -> dict:
    fields = {"path": entry.path, "group": entry.group, "split": entry.split}
    if maker is None:
        return {**fields, "generator": entry.generator, "sentences": entry.sentences, "fake": False}
    told = {
        "generator": maker.generator,
        "sentences": maker.sentences,
        "kind": maker.kind,
        "family": maker.family,
    }
    return {**fields, **told, "fake": True, "pair": place, "source": entry.generator}
