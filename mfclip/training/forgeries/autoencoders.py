"""Up-sampling traces: small autoencoders that copy a real face.

A generator's decoder enlarges a small feature map, and the way it does so leaves traces in neighbouring pixels. Passing
a *real* face through a small autoencoder gives a copy that differs from it in those traces: same person, same light,
same camera. A copy that is merely soft would teach that softness is forgery, so each autoencoder is trained with an
adversary on its residual until the copy is as sharp as the original; how sharp it became is measured and stored.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm import tqdm

from mfclip.training.forgeries.pieces import PIECE, Pieces

UPSAMPLERS = ("nearest", "bilinear", "transposed", "pixel-shuffle", "fir")
"""fir: zero insertion and the filter [1, 3, 3, 1], as in StyleGAN's up-sampling."""


@dataclass(frozen=True)
class Shape:
    """One autoencoder: up-sampler, `halvings` of the picture, `latent` channels of the feature map.

    effort: training steps as a multiple of the recipe's. detail: weight of the strength of detail in its loss.
    """

    upsampler: str
    halvings: int
    latent: int
    effort: float = 1.0
    detail: float = 0.5

    @property
    def name(self) -> str:
        """Up-sampler and depth, as in the name of its weights file."""
        return f"{self.upsampler}-{self.halvings}"


SHAPES = (
    *(Shape(upsampler, 2, 20) for upsampler in UPSAMPLERS),
    Shape("transposed", 1, 4),
    Shape("pixel-shuffle", 1, 4),
    Shape("nearest", 3, 150, effort=1.5, detail=1.0),
)
"""What is trained: a third to four fifths of the picture's numbers pass through the feature map.

Depth 3 with nearest-neighbour enlargement is the decoder of latent diffusion models. Bilinear and FIR enlargement at
that depth were tried and left out: in 1,500 steps their copies stayed soft (mean error 4.7 and 9.2 grey levels)."""

BATCH = 8
ADVERSARY_FROM = 0.4
"""Share of the run after which the adversary joins: before it, there is no detail to judge."""


class FirUpsample(nn.Module):
    """Twice the size by zero insertion and a fixed [1, 3, 3, 1] filter on each axis (StyleGAN's choice)."""

    kernel: Tensor

    def __init__(self, width: int) -> None:
        super().__init__()
        line = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 4
        self.register_buffer("kernel", (line[:, None] * line[None]).repeat(width, 1, 1, 1), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) → (B, C, 2H, 2W)."""
        return F.conv_transpose2d(x, self.kernel.to(x.dtype), stride=2, padding=1, groups=x.shape[1])


def _upsample(kind: str, inputs: int, outputs: int) -> list[nn.Module]:
    if kind == "transposed":
        return [nn.ConvTranspose2d(inputs, outputs, 4, 2, 1)]
    if kind == "pixel-shuffle":
        return [nn.Conv2d(inputs, 4 * outputs, 3, padding=1), nn.PixelShuffle(2)]
    if kind == "fir":
        return [FirUpsample(inputs), nn.Conv2d(inputs, outputs, 3, padding=1)]
    return [nn.Upsample(scale_factor=2, mode=kind), nn.Conv2d(inputs, outputs, 3, padding=1)]


class Autoencoder(nn.Module):
    """`halvings` strided convolutions down to a small feature map, as many up-samplings of one kind back.

    The decoder adds detail to an enlarged average of the picture, so that tones survive from the first step on and
    training goes into what the up-sampler draws.
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        widths = [
            16 * 2**depth for depth in range(shape.halvings + 1)
        ]  # 16, 32, 64, 128 from the picture down
        down: list[nn.Module] = [nn.Conv2d(3, widths[0], 3, padding=1), nn.SiLU()]
        for wide, narrow in zip(widths[1:], widths, strict=False):
            down += [nn.Conv2d(narrow, wide, 4, 2, 1), nn.SiLU()]
        up: list[nn.Module] = [nn.Conv2d(shape.latent, widths[-1], 3, padding=1), nn.SiLU()]
        for wide, narrow in zip(widths[:0:-1], widths[-2::-1], strict=True):
            narrow = max(narrow, 24)
            wide = max(wide, 24)
            up += [*_upsample(shape.upsampler, wide, narrow), nn.SiLU()]
        up += [nn.Conv2d(24, 24, 3, padding=1), nn.SiLU(), nn.Conv2d(24, 3, 3, padding=1)]
        self.down = nn.Sequential(*down, nn.Conv2d(widths[-1], shape.latent, 3, padding=1))
        self.up = nn.Sequential(*up)
        self.factor = 2**shape.halvings
        self.enlarge = "nearest" if shape.upsampler == "nearest" else "bilinear"

    def forward(self, x: Tensor) -> Tensor:
        """(B, 3, H, W), −1..1, H and W multiples of 2^halvings → the same shape."""
        x = x.contiguous(memory_format=torch.channels_last)
        tones = F.interpolate(F.avg_pool2d(x, self.factor), scale_factor=self.factor, mode=self.enlarge)
        return self.up(self.down(x)) + tones


def detail(x: Tensor) -> Tensor:
    """(B, 3, H, W) → what a 3×3 average leaves of it: the band in which sharpness and traces live."""
    return x - F.avg_pool2d(F.pad(x, (1, 1, 1, 1), mode="reflect"), 3, 1)


def reconstruction_loss(copy: Tensor, original: Tensor) -> Tensor:
    """Mean absolute error of values and of horizontal and vertical neighbour differences."""
    loss = (copy - original).abs().mean()
    for axis in (-1, -2):
        loss = loss + 0.5 * (copy.diff(dim=axis) - original.diff(dim=axis)).abs().mean()
    return loss


def _adversary() -> nn.Sequential:
    """A patch judge of the detail: (B, 3, H, W) → (B, 1, H/4, W/4), positive for originals."""
    return nn.Sequential(
        nn.Conv2d(3, 24, 4, 2, 1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(24, 48, 4, 2, 1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(48, 1, 3, 1, 1),
    )


def train_autoencoders(pieces: Pieces, steps: int, seed: int, folder: Path) -> dict[str, Autoencoder]:
    """Train every autoencoder of SHAPES on pieces of training reals; weights are kept in `folder`.

    Returns them by name ('nearest-2', …), in evaluation mode.
    """
    trained = {}
    folder.mkdir(parents=True, exist_ok=True)
    for number, shape in enumerate(SHAPES):
        torch.manual_seed(seed)
        model = Autoencoder(shape).to(memory_format=torch.channels_last)
        path = folder / f"autoencoder-{shape.name}.pt"
        if path.is_file():
            model.load_state_dict(torch.load(path, weights_only=True))
        else:
            _fit(model, shape, pieces, round(steps * shape.effort), np.random.default_rng([seed, 10, number]))
            torch.save(model.state_dict(), path)
        trained[shape.name] = model.eval()
    return trained


def _fit(model: Autoencoder, shape: Shape, pieces: Pieces, steps: int, rng: np.random.Generator) -> None:
    """Reconstruction throughout; from ADVERSARY_FROM of the run on also hinge loss against a judge of the detail."""
    adversary = _adversary().to(memory_format=torch.channels_last)
    optimiser = torch.optim.Adam(model.parameters(), 2e-3, betas=(0.8, 0.99))
    judge = torch.optim.Adam(adversary.parameters(), 5e-4, betas=(0.5, 0.99))
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, total_steps=steps)
    bar = tqdm(range(steps), desc=f"autoencoder {shape.name}", unit="step")
    for step in bar:
        original = pieces.draw(rng, BATCH, PIECE).contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            copy = model(original).float()
            loss = reconstruction_loss(copy, original)
            if step >= ADVERSARY_FROM * steps:
                real, forged = detail(original), detail(copy)
                judged = F.relu(1 - adversary(real)).mean() + F.relu(1 + adversary(forged.detach())).mean()
                judge.zero_grad()
                judged.backward()
                judge.step()
                loss = loss - 0.02 * adversary(forged).mean() + shape.detail * _detail_gap(forged, real)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        if step % 20 == 0:
            bar.set_postfix(grey_levels=f"{(copy.detach() - original).abs().mean().item() * 127.5:.1f}")


def _detail_gap(copy: Tensor, original: Tensor) -> Tensor:
    """Mean absolute difference of the local strength of detail (B, …): a copy must be as sharp, not the same."""
    strengths = [F.avg_pool2d(x.abs(), 8) for x in (copy, original)]
    return (strengths[0] - strengths[1]).abs().mean()


def copy_face(model: nn.Module, region: np.ndarray) -> np.ndarray:
    """Pass a square region (S, S, 3) uint8 through an autoencoder → the same shape."""
    side = region.shape[0]
    x = torch.from_numpy(np.array(region)).permute(2, 0, 1)[None].float() / 127.5 - 1
    spare = -side % 8
    with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16):
        y = model(F.pad(x, (0, spare, 0, spare), mode="replicate"))[0, :, :side, :side].float()
    return ((y.clamp(-1, 1) + 1) * 127.5).round().byte().permute(1, 2, 0).numpy()
