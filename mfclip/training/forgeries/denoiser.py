"""Diffusion traces: a small pixel diffusion model that redraws a real face from partial noise.

The face is drowned in Gaussian noise of a moderate strength and denoised in a few deterministic steps (EDM's
preconditioning and Euler sampling: Karras et al. 2022, table 1), so tones and shapes stay and fine texture is the
model's own invention. Trained on pieces of training reals, without attention, so it redraws faces of any size.
"""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm import tqdm

from mfclip.training.forgeries.masks import blend, feather
from mfclip.training.forgeries.pieces import PIECE, Pieces

SIGMA_DATA = 0.5
SIGMAS = (0.01, 0.5)
"""Range of the noise's standard deviation that is trained for, on the −1..1 scale."""
REDRAWN_FROM = (0.06, 0.22)
"""Strength of the noise that a redrawn face starts from: 8 to 28 grey levels."""
SAMPLING_STEPS = 4
BATCH = 12
LARGEST_REDRAWN = 320
"""Of larger regions the central square of this side is redrawn and blended in softly, to bound the time of a run."""


class _Block(nn.Module):
    """Two convolutions with a residual path; the noise level scales and shifts between them."""

    def __init__(self, inputs: int, outputs: int, told: int) -> None:
        super().__init__()
        self.first = nn.Sequential(
            nn.GroupNorm(8, inputs), nn.SiLU(), nn.Conv2d(inputs, outputs, 3, padding=1)
        )
        self.norm = nn.GroupNorm(8, outputs)
        self.second = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.level = nn.Linear(told, 2 * outputs)
        self.skip = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()

    def forward(self, x: Tensor, level: Tensor) -> Tensor:
        gain, shift = self.level(level)[:, :, None, None].chunk(2, dim=1)
        hidden = self.norm(self.first(x)) * (1 + gain) + shift
        return self.skip(x) + self.second(F.silu(hidden))


class Denoiser(nn.Module):
    """U-Net of three resolutions with EDM preconditioning: D(x; σ) = c_skip·x + c_out·F(c_in·x; ln σ / 4)."""

    def __init__(self, width: int = 24) -> None:
        super().__init__()
        told = 4 * width
        self.told = nn.Sequential(nn.Linear(1, told), nn.SiLU(), nn.Linear(told, told), nn.SiLU())
        self.enter = nn.Conv2d(3, width, 3, padding=1)
        widths = (width, 2 * width, 4 * width)
        self.down = nn.ModuleList([_Block(w, w, told) for w in widths])
        self.reduce = nn.ModuleList([nn.Conv2d(w, 2 * w, 3, 2, 1) for w in widths[:2]])
        self.up = nn.ModuleList([_Block(2 * w, w, told) for w in widths[:2]])
        self.enlarge = nn.ModuleList([nn.Conv2d(2 * w, w, 3, padding=1) for w in widths[:2]])
        self.leave = nn.Sequential(nn.GroupNorm(8, width), nn.SiLU(), nn.Conv2d(width, 3, 3, padding=1))

    def _network(self, x: Tensor, level: Tensor) -> Tensor:
        told = self.told(level[:, None])
        x, kept = self.enter(x), []
        for block, reduce in zip(self.down, [*self.reduce, None], strict=True):
            x = block(x, told)
            if reduce is not None:
                kept.append(x)
                x = reduce(x)
        for block, enlarge in zip(reversed(self.up), reversed(self.enlarge), strict=True):
            x = enlarge(F.interpolate(x, scale_factor=2, mode="nearest"))
            x = block(torch.cat([x, kept.pop()], dim=1), told)
        return self.leave(x)

    def forward(self, noisy: Tensor, sigma: Tensor) -> Tensor:
        """Noisy pictures (B, 3, H, W), H and W multiples of 4, and σ (B,) → the denoised pictures."""
        s = sigma[:, None, None, None]
        total = (s**2 + SIGMA_DATA**2).sqrt()
        drawn = self._network((noisy / total).contiguous(memory_format=torch.channels_last), sigma.log() / 4)
        return noisy * SIGMA_DATA**2 / total**2 + drawn.float() * s * SIGMA_DATA / total


def train_denoiser(pieces: Pieces, steps: int, seed: int, folder: Path) -> Denoiser:
    """Train on pieces of training reals, or read what `folder` holds; evaluation mode."""
    torch.manual_seed(seed)
    model = Denoiser().to(memory_format=torch.channels_last)
    path = folder / "denoiser.pt"
    if path.is_file():
        model.load_state_dict(torch.load(path, weights_only=True))
        return model.eval()
    rng = np.random.default_rng([seed, 20])
    noise = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.Adam(model.parameters(), 1e-3, betas=(0.9, 0.99))
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 2e-3, total_steps=steps)
    bar = tqdm(range(steps), desc="denoiser", unit="step")
    for step in bar:
        clean = pieces.draw(rng, BATCH, PIECE)
        low, high = np.log(SIGMAS)
        sigma = torch.from_numpy(np.exp(rng.uniform(low, high, BATCH))).float()
        noisy = clean + sigma[:, None, None, None] * torch.randn(clean.shape, generator=noise)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            found = model(noisy, sigma)
        weight = (sigma**2 + SIGMA_DATA**2) / (sigma * SIGMA_DATA) ** 2
        loss = (weight[:, None, None, None] * (found - clean).square()).mean()
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        if step % 20 == 0:
            bar.set_postfix(loss=f"{loss.item():.3f}")
    model.eval()
    folder.mkdir(parents=True, exist_ok=True)
    torch.save(model.state_dict(), path)
    return model


@torch.inference_mode()
def redraw(model: Denoiser, pictures: Tensor, sigma: float, noise: torch.Generator) -> Tensor:
    """Pictures (B, 3, H, W), −1..1, drowned in noise of `sigma` and denoised in SAMPLING_STEPS Euler steps."""
    x = pictures + sigma * torch.randn(pictures.shape, generator=noise)
    levels = [*torch.linspace(sigma ** (1 / 3), SIGMAS[0] ** (1 / 3), SAMPLING_STEPS).pow(3).tolist(), 0.0]
    with torch.autocast("cpu", dtype=torch.bfloat16):
        for here, after in zip(levels, levels[1:], strict=False):
            clean = model(x, torch.full((len(x),), here))
            x = clean + (x - clean) * (after / here)
    return x.clamp(-1, 1)


def redraw_face(model: Denoiser, region: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Square region (S, S, 3) uint8 → the same face redrawn from a strength drawn from REDRAWN_FROM."""
    side = min(region.shape[0], LARGEST_REDRAWN)
    first = (region.shape[0] - side) // 2
    inner = (slice(first, first + side), slice(first, first + side))
    x = torch.from_numpy(np.array(region[inner])).permute(2, 0, 1)[None].float() / 127.5 - 1
    spare = -side % 4
    noise = torch.Generator().manual_seed(int(rng.integers(2**31)))
    y = redraw(model, F.pad(x, (0, spare, 0, spare), mode="replicate"), rng.uniform(*REDRAWN_FROM), noise)
    drawn = ((y[0, :, :side, :side] + 1) * 127.5).round().byte().permute(1, 2, 0).numpy()
    if side == region.shape[0]:
        return drawn
    above, mask = np.array(region), np.zeros(region.shape[:2], np.float32)
    above[inner] = drawn
    edge = side // 12
    mask[first + edge : first + side - edge, first + edge : first + side - edge] = 1
    return blend(region, above, feather(mask, edge / (3 * region.shape[0])))
