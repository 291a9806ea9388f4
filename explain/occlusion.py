"""What the decision loses when a part of the face is covered: one cell after the other, by Captum's Occlusion."""

from dataclasses import dataclass, field

import numpy as np
import torch
from captum.attr import Occlusion
from torch import Tensor

from explain.baselines import BASELINES
from explain.cost import counting
from explain.methods import Knob, Method, Progress
from explain.result import Result
from explain.subject import Subject
from mfclip.patches import choose_richest
from mfclip.preprocess import FACE_SIZE, WINDOW, FaceCrop

FROZEN, COVERED, CHOSEN_AGAIN = "frozen", "covered", "chosen again"

CAVEAT = (
    "A covered face is no photograph: filling and its edges are themselves traces of manipulation, so a part may seem "
    "to matter because of what was put there. Each cell is covered alone; evidence that is in two places at once "
    "shows in neither, and the cells do not add up to anything."
)


def cells_of_windows(crop: FaceCrop, side: int) -> np.ndarray:
    """For every pixel of every window, the cell of a `side` × `side` grid over the face that it lies in.

    Returns (N, 112, 112) int64, cells numbered row-major; exact through the photo's coordinates, pixel by its centre.
    """
    grid = crop.grid_frame(side)
    centres = np.stack(np.meshgrid(np.arange(WINDOW), np.arange(WINDOW), indexing="xy"), axis=-1) + 0.5
    places = [grid.from_photo(frame.to_photo(centres)) for frame in crop.window_frames]
    cells = np.clip(np.floor(np.stack(places)), 0, side - 1).astype(np.int64)
    return np.asarray(cells[..., 1] * side + cells[..., 0])


@dataclass
class _Covering:
    """The target as a function of which cells are seen, and what of it the image stream alone accounts for."""

    subject: Subject
    side: int
    fill: str
    noise: str
    image_only: dict[int, float] = field(default_factory=dict)
    rechosen: int = 0

    def __post_init__(self) -> None:
        subject = self.subject
        self.face_fill = BASELINES[self.fill](subject.face)
        self.window_fill = BASELINES[self.fill](subject.windows)
        places = cells_of_windows(subject.verdict.face.crop, self.side)
        self.places = torch.from_numpy(places).to(subject.face.device)
        self.residuals = subject.residual_of(subject.windows)
        self.residuals[subject.patch_index] = subject.residual[0]  # a subject may be seen with another one

    def touched(self) -> int:
        """How many cells cover some of the chosen window."""
        return len(self.places[self.subject.patch_index].unique())

    def value(self, seen: Tensor) -> Tensor:
        """Cells seen (B, side²), 1 or 0 → the target's value (B,)."""
        subject, cell = self.subject, FACE_SIZE // self.side
        grid = seen.view(-1, 1, self.side, self.side)
        mask = grid.repeat_interleave(cell, dim=-1).repeat_interleave(cell, dim=-2)
        image = subject.image_of(subject.face * mask + self.face_fill * (1 - mask))
        noise = self._noise(seen)
        values = subject.value(torch.cat([image + subject.noise, image + noise]))
        alone, together = values.chunk(2)
        for row, value in zip(seen, alone.tolist(), strict=True):
            covered = (row == 0).nonzero().flatten().tolist()
            if len(covered) == 1:
                self.image_only[covered[0]] = value
        return together

    def _noise(self, seen: Tensor) -> Tensor:
        """(B, D): the noise stream's feature, computed anew for those rows alone in which it sees less than before."""
        subject = self.subject
        noise = subject.noise.expand(len(seen), -1)
        if self.noise == FROZEN:
            return noise
        masks = seen[:, self.places]  # (B, N, 112, 112)
        index = torch.full((len(seen),), subject.patch_index, device=seen.device)
        if self.noise == CHOSEN_AGAIN:
            shown = masks[:, :, None]
            index = choose_richest(subject.windows * shown + self.window_fill * (1 - shown))[1]
            self.rechosen += int((index != subject.patch_index).sum())
        chosen = masks[torch.arange(len(seen), device=seen.device), index]
        changed = (chosen.amin(dim=(-2, -1)) == 0) | (index != subject.patch_index)
        if bool(changed.any()):
            noise = noise.clone()
            noise[changed] = subject.noise_of(self.residuals[index[changed]] * chosen[changed][:, None])
        return noise


def _notes(covering: _Covering, noise: str, native: bool, together: float) -> tuple[str, ...]:
    cells, touched = covering.side**2, covering.touched()
    window = f"window {covering.subject.patch_index + 1} of the noise stream"
    whence = "the photo's own pixels" if native else "the resized face"
    notes = [f"{touched} of {cells} cells lie over {window}, which is cut from {whence}."]
    if noise == FROZEN:
        notes.append("The noise stream was kept as it is: the map is the image stream's alone.")
    else:
        notes.append("Where a cell lies over the patch, the residual there was set to zero.")
    if noise == CHOSEN_AGAIN:
        notes.append(f"Another patch was the richest in {covering.rechosen} of {cells + 1} coverings.")
    notes.append(f"Covering all of the face at once lowers the target by {together:.3g} logits.")
    return tuple(notes)


def occlusion(subject: Subject, progress: Progress, side: int, fill: str, noise: str, batch: int) -> Result:
    """The target on the face as it is, less the target with one cell covered, for every cell.

    values, in logits: 'map' (side, side), the whole effect; 'image map' (side, side), what of it comes through the
    image stream while the noise stream stays as it is; 'noise map', the rest; 'together' (), the effect of
    covering everything.
    """
    covering = _Covering(subject, side, fill, noise)
    cells = side**2
    done = 0

    def watched(seen: Tensor) -> Tensor:
        nonlocal done
        progress(min(done, cells), cells)
        done += len(seen)
        return covering.value(seen)

    with counting(subject) as cost, torch.no_grad():
        everything = torch.ones(1, cells, device=subject.face.device)
        whole, none = float(covering.value(everything)[0]), float(covering.value(0 * everything)[0])
        effect = Occlusion(watched).attribute(
            everything, sliding_window_shapes=(1,), baselines=0, perturbations_per_eval=batch
        )
    progress(cells, cells)
    total = effect.double().cpu().numpy().reshape(side, side)
    alone = np.array([whole - covering.image_only[cell] for cell in range(cells)]).reshape(side, side)
    return Result(
        values={
            "map": total,
            "image map": alone,
            "noise map": total - alone,
            "together": np.array(whole - none),
        },
        site=f"{side} × {side} cells of {FACE_SIZE // side} px of the face, each covered alone ({fill}).",
        sign="Positive: with the cell covered the target is lower, so what is there speaks for it.",
        unit="logits; the cells need not add up to anything",
        gap=None,
        cost=cost.passes,
        caveat=CAVEAT,
        notes=_notes(covering, noise, subject.verdict.face.crop.native, whole - none),
    )


METHOD = Method(
    name="occlusion",
    question="What does the decision lose when a part of the face is covered?",
    kind="map",
    function=occlusion,
    knobs=(
        Knob("side", "choice", 7, "Cells along a side of the face; 14 costs four times as much.", (7, 14)),
        Knob(
            "fill",
            "choice",
            "blur",
            "What a covered cell shows instead; a blur leaves the faintest edges behind.",
            tuple(BASELINES),
        ),
        Knob(
            "noise",
            "choice",
            FROZEN,
            "The noise stream: kept as it is, its patch covered where the cell lies over it, or its patch chosen "
            "again among the covered candidates.",
            (FROZEN, COVERED, CHOSEN_AGAIN),
        ),
        Knob(
            "batch",
            "integer",
            14,
            "Coverings that are computed at once: memory against speed.",
            low=1,
            high=196,
        ),
    ),
)
