"""Forgeries from reals: small up-sampling autoencoders that copy a real face.

A generator's decoder enlarges a small feature map, and the way it does so (nearest neighbour, bilinear, transposed
convolution, pixel shuffle) leaves traces in neighbouring pixels. Passing a *real* face through a small autoencoder
gives a copy that differs from it in those traces and in nothing else: same person, same light, same camera. The
autoencoders are trained in the same run, on random pieces of the training reals only.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile, get_sampling
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm import tqdm

from mfclip.data.cache import Entry, RegionCache, write_cache
from mfclip.data.history import FILTERS, SHORTEST
from mfclip.preprocess import re_encode
from mfclip.prompts import describe_forgery
from mfclip.training.recipes import Recipe

UPSAMPLERS = ("nearest", "bilinear", "transposed", "pixel-shuffle")
HALVINGS = (1, 2)
LATENTS = {1: 6, 2: 40}
"""Channels of the feature map by depth: half and five sixths of the picture's numbers."""

PIECE = 64
LARGEST_COPY = 480
"""Copies wider than this many pixels are made of a reduced region, to bound the time of a run."""


def generator_name(upsampler: str) -> str:
    """The level-4 name of an autoencoder's copies."""
    return f"{upsampler} autoencoder"


def _upsample(kind: str, width: int) -> list[nn.Module]:
    if kind == "transposed":
        return [nn.ConvTranspose2d(width, width, 4, 2, 1)]
    if kind == "pixel-shuffle":
        return [nn.Conv2d(width, 4 * width, 3, padding=1), nn.PixelShuffle(2)]
    return [nn.Upsample(scale_factor=2, mode=kind), nn.Conv2d(width, width, 3, padding=1)]


class Autoencoder(nn.Module):
    """`halvings` strided convolutions down to a small feature map, as many up-samplings of one kind back.

    The decoder adds detail to an enlarged average of the picture, so that tones survive from the first step on and
    training goes into what the up-sampler draws. The feature map holds LATENTS[halvings] numbers a position, against
    3·4^halvings in the picture.
    """

    def __init__(self, upsampler: str, halvings: int, width: int = 32) -> None:
        super().__init__()
        latent = LATENTS[halvings]
        width = width * halvings
        down: list[nn.Module] = [nn.Conv2d(3, width // 2, 3, padding=1), nn.SiLU()]
        inputs = width // 2
        for _ in range(halvings):
            down += [nn.Conv2d(inputs, width, 4, 2, 1), nn.SiLU()]
            inputs = width
        up: list[nn.Module] = [nn.Conv2d(latent, width, 3, padding=1), nn.SiLU()]
        for _ in range(halvings):
            up += [*_upsample(upsampler, width), nn.SiLU()]
        up += [nn.Conv2d(width, width // 2, 3, padding=1), nn.SiLU(), nn.Conv2d(width // 2, 3, 3, padding=1)]
        self.down = nn.Sequential(*down, nn.Conv2d(width, latent, 3, padding=1))
        self.up = nn.Sequential(*up)
        self.factor = 2**halvings
        self.enlarge = "nearest" if upsampler == "nearest" else "bilinear"

    def forward(self, x: Tensor) -> Tensor:
        """(B, 3, H, W), −1..1, H and W multiples of 4 → the same shape."""
        tones = F.interpolate(F.avg_pool2d(x, self.factor), scale_factor=self.factor, mode=self.enlarge)
        return self.up(self.down(x)) + tones


def reconstruction_loss(copy: Tensor, original: Tensor) -> Tensor:
    """Mean absolute error of values and of horizontal and vertical neighbour differences."""
    loss = (copy - original).abs().mean()
    for axis in (-1, -2):
        loss = loss + 0.5 * (copy.diff(dim=axis) - original.diff(dim=axis)).abs().mean()
    return loss


def _pieces(cache: RegionCache, indices: list[int], rng: np.random.Generator, count: int) -> Tensor:
    pieces = []
    for index in rng.choice(indices, count):
        region = cache.region(int(index))
        left, top = rng.integers(0, region.shape[0] - PIECE + 1, 2)
        pieces.append(region[top : top + PIECE, left : left + PIECE])
    return torch.from_numpy(np.stack(pieces)).permute(0, 3, 1, 2).float() / 127.5 - 1


def train_autoencoders(cache: RegionCache, recipe: Recipe, folder: Path) -> dict[str, Autoencoder]:
    """Train one autoencoder per up-sampler and depth on pieces of training reals; weights are kept in `folder`.

    Returns them by name ('nearest 1', …), in evaluation mode.
    """
    reals = [i for i, entry in enumerate(cache.entries) if not entry.fake and entry.split == "train"]
    trained = {}
    folder.mkdir(parents=True, exist_ok=True)
    for upsampler in UPSAMPLERS:
        for halvings in HALVINGS:
            name = f"{upsampler} {halvings}"
            torch.manual_seed(recipe.seed)
            model = Autoencoder(upsampler, halvings)
            path = folder / f"autoencoder-{upsampler}-{halvings}.pt"
            if path.is_file():
                model.load_state_dict(torch.load(path, weights_only=True))
            else:
                _fit(model, name, cache, reals, recipe)
                torch.save(model.state_dict(), path)
            trained[name] = model.eval()
    return trained


def _fit(model: Autoencoder, name: str, cache: RegionCache, reals: list[int], recipe: Recipe) -> None:
    rng = np.random.default_rng([recipe.seed, len(name)])
    optimiser = torch.optim.Adam(model.parameters(), 3e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, total_steps=recipe.autoencoder_steps)
    bar = tqdm(range(recipe.autoencoder_steps), desc=f"autoencoder {name}", unit="step")
    for _ in bar:
        original = _pieces(cache, reals, rng, 12)
        copy = model(original)
        loss = reconstruction_loss(copy, original)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        bar.set_postfix(grey_levels=f"{(copy - original).abs().mean().item() * 127.5:.1f}")


def copy_face(model: Autoencoder, region: np.ndarray) -> np.ndarray:
    """Pass a square region (S, S, 3) uint8 through an autoencoder → the same shape."""
    side = region.shape[0]
    x = torch.from_numpy(np.array(region)).permute(2, 0, 1)[None].float() / 127.5 - 1
    spare = -side % 4
    with torch.inference_mode():
        y = model(F.pad(x, (0, spare, 0, spare), mode="replicate"))[0, :, :side, :side]
    return ((y.clamp(-1, 1) + 1) * 127.5).round().byte().permute(1, 2, 0).numpy()


def _photo_with_copy(path: Path, box: tuple[int, int, int, int], copy: np.ndarray) -> np.ndarray:
    """Give the copy the photograph's own JPEG generation: same tables, same grid, same subsampling."""
    with Image.open(path) as image:
        if not isinstance(image, JpegImageFile):
            return copy
        tables = image.quantization
        sampling = get_sampling(image)
        whole = np.array(image.convert("RGB"))
    x0, y0, x1, y1 = box
    whole[y0:y1, x0:x1] = copy
    again = re_encode(whole, qtables=tables, subsampling=max(sampling, 0))
    return again[y0:y1, x0:x1]


def copy_reals(
    cache: RegionCache,
    autoencoders: dict[str, Autoencoder],
    recipe: Recipe,
    folder: Path,
    photographs: Path,
    regions: dict[str, tuple[int, int, int, int]],
) -> RegionCache:
    """Pairs of a real region and its copy, cached: entry 2·i is the real as it was copied, 2·i+1 the copy.

    In four of ten pairs the copy is made of the region as it is and given the photograph's own JPEG generation; in
    the others the region is first rescaled by 0.5–1.3, which scrambles the old JPEG grid for both alike.
    regions: by path, the region's square in photo pixels (paths whose cached region was reduced are left out).
    """
    fingerprint = f"{cache.fingerprint} {recipe.seed} {recipe.autoencoder_steps} {recipe.copies_per_real}"
    if (folder / "index.json").is_file():
        made = RegionCache(folder)
        if made.fingerprint == fingerprint:
            return made
    names = sorted(autoencoders)

    def pairs() -> Iterator[tuple[dict, np.ndarray]]:
        rng = np.random.default_rng([recipe.seed, 1])
        reals = [(i, entry) for i, entry in enumerate(cache.entries) if not entry.fake]
        count = 0
        for index, entry in tqdm(reals, desc="copying reals", unit="face"):
            for _ in range(recipe.copies_per_real if entry.split == "train" else 1):
                name = names[rng.integers(len(names))]
                original = cache.region(index)
                as_is = rng.random() < 0.4 and entry.path in regions and entry.side <= LARGEST_COPY
                if not as_is:
                    original = _rescaled(original, rng)
                copy = copy_face(autoencoders[name], original)
                if as_is:
                    copy = _photo_with_copy(photographs / entry.path, regions[entry.path], copy)
                yield _pair_fields(entry, None), original
                yield _pair_fields(entry, name.split(" ")[0], pair=count), copy
                count += 2

    return write_cache(folder, fingerprint, pairs(), [])


def _rescaled(region: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    side = int(region.shape[0] * rng.uniform(0.5, 1.3))
    side = min(max(side, SHORTEST), LARGEST_COPY)
    return np.asarray(Image.fromarray(region).resize((side, side), FILTERS[rng.integers(len(FILTERS))]))


def _pair_fields(entry: Entry, upsampler: str | None, pair: int | None = None) -> dict:
    fields = {key: getattr(entry, key) for key in ("path", "group", "split")}
    if upsampler is None:
        return {**fields, "generator": entry.generator, "sentences": entry.sentences, "fake": False}
    description = describe_forgery("reconstruction", "autoencoder", generator_name(upsampler))
    return {
        **fields,
        "generator": f"autoencoder_{upsampler}",
        "sentences": description.sentences,
        "fake": True,
        "pair": pair,
    }
