"""What a metric works with: a result, the field its map lies on, the settings, and a way to ask the method again."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from explain.metrics.field import Field, Step, Where
from explain.result import Reading, Result
from explain.subject import Subject

FIELDS: Mapping[str, Where] = {"map": "face", "rollout": "face", "residual map": "patch"}
"""What the cells of a result's array lie on, by the array's name; a method of the noise stream overrules it."""


@dataclass(frozen=True)
class Settings:
    """How much a receipt does.

    orders: random orders that a map is compared with. steps: cells are taken away in so many equal steps up to one
    half, and in so many up to all. whole: whether to go beyond one half. fills: names of FILLS. groups: K of SaCo.
    units: cells of either sign whose polarity is tried. samples: random perturbations of infidelity and sensitivity.
    seed: of every random choice.
    """

    orders: int = 20
    steps: int = 10
    whole: bool = True
    fills: tuple[str, ...] = ("mean", "blur", "linear")
    groups: int = 10
    units: int = 10
    samples: int = 10
    seed: int = 0

    def counts(self, cells: int) -> np.ndarray:
        """How many cells are gone at each point of a curve, ascending, 0 left out; the half is always among them."""
        shares = np.arange(1, self.steps + 1) / self.steps
        points = np.concatenate([shares / 2, shares[shares > 0.5] if self.whole else []])
        return np.unique(np.rint(points * cells).astype(int).clip(1))


QUICK = Settings(steps=5, whole=False, fills=("mean",), units=5, samples=5)
"""One fill and half the points: about a tenth of the work, and a weaker proof."""


@dataclass(eq=False)
class Trial:
    """One map under test.

    kind: of the method; a 'mixing' map has no sign of its own (attention) and is read as speaking for the verdict's
    side, a 'noise' map lies on the patch. rerun: the same method on another subject; None where the method is not
    known. step: called between batches.
    """

    subject: Subject
    result: Result
    settings: Settings
    name: str = "map"
    kind: str = "map"
    rerun: Callable[[Subject], Result] | None = None
    step: Step = lambda: None

    @property
    def explained(self) -> float:
        """The target's value on the face as it is."""
        return self.subject.explained

    @property
    def unsigned(self) -> bool:
        """Whether the map has no sign of its own."""
        return self.kind == "mixing"

    def map_of(self, result: Result) -> np.ndarray:
        """(side, side) float64 cells of a result, signed. Raises ValueError for a map that is not square."""
        cells = np.asarray(result.values[self.name], dtype=np.float64)
        if cells.ndim != 2 or cells.shape[0] != cells.shape[1]:
            raise ValueError(
                f"{result.method or 'The result'} holds a {self.name!r} of shape {cells.shape}; a receipt needs "
                "square cells, (side, side)."
            )
        return cells * (np.sign(self.explained) or 1.0) if self.unsigned else cells

    @cached_property
    def cells(self) -> np.ndarray:
        """(side²,) the map under test, row-major, signed, positive towards fake."""
        return self.map_of(self.result).ravel()

    @cached_property
    def field(self) -> Field:
        """What the cells lie on."""
        of_noise = self.kind == "noise" or self.result.knobs.get("stream") == "noise"
        where: Where = "patch" if of_noise else FIELDS[self.name]
        return Field(self.subject, where, self.map_of(self.result).shape[0])

    @property
    def constant(self) -> bool:
        """Whether the map says the same of every cell, to float32's last digits."""
        return bool(np.ptp(self.cells) <= 1e-6 * np.abs(self.cells).max())

    def random(self, purpose: str) -> np.random.Generator:
        """A source of numbers for a purpose: the same for every map, whatever else is measured."""
        return np.random.default_rng([self.settings.seed, *purpose.encode()])


Function = Callable[[Trial], Reading]


@dataclass(frozen=True)
class Metric:
    """A reading that a receipt may hold.

    kinds: of methods whose results it applies to (`Method.kind`). passes: forward passes at default settings, what
    maps share (the random orders) left out. reruns: times that the method itself runs again, at default settings.
    vital: what a map that fails it is worth does not depend on the rest. thorough: quick receipts leave it out unless
    it is asked for. orders: whether it asks for the random orders, which the first reading of a face pays for.
    applies: whether a trial can be asked at all.
    """

    name: str
    question: str
    kinds: tuple[str, ...]
    function: Function
    passes: int = 0
    reruns: int = 0
    vital: bool = False
    thorough: bool = False
    orders: bool = False
    applies: Callable[[Trial], bool] = lambda trial: True

    def cost(self, trial: Trial) -> float:
        """Forward-equivalents of this reading on a trial, roughly: forward passes and runs of the method."""
        reruns = trial.settings.samples if self.name == "sensitivity" else self.reruns
        return self.passes + reruns * trial.result.cost

    def work(self, trial: Trial) -> float:
        """`cost`, and the random orders where it asks for them: by how much a bar has to move for it."""
        if not self.orders:
            return self.cost(trial)
        settings = trial.settings
        points = len(settings.counts(trial.field.cells))
        return self.cost(trial) + settings.orders * points * len(settings.fills)
