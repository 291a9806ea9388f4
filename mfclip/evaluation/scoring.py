"""Pictures and everything that is said of them: the detector's readouts and the baselines' scores, each found once.

What costs time, reading a split with a model and its spectra, is kept in a folder under a name made of all that it
depends on: weights, pictures, treatment, and the source of the code that cuts and reads them.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from sklearn.pipeline import Pipeline

import mfclip
from mfclip.config import DecisionConfig
from mfclip.data.cache import Entry, RegionCache
from mfclip.data.held_out import HeldOut
from mfclip.data.readouts import Readouts, read_out
from mfclip.decision import by_band, doubts, evidence, margin, probability, readouts_disagree
from mfclip.detector import build_model
from mfclip.evaluation.baselines import file_features, fit_baseline, split_spectra
from mfclip.evaluation.treatments import Recompressed
from mfclip.hub import RECORD, Checkpoint
from mfclip.model import MFCLIP
from mfclip.prompts import Hierarchy

DETECTOR, BASELINE, FILES = "detector", "baseline", "file metadata"
SCORERS = (
    DETECTOR,
    "head alone",
    "language alone",
    "image stream alone",
    "noise stream alone",
    BASELINE,
    FILES,
)
"""Everything that scores pictures; 'baseline' is spectrum and colour."""

NUMBERS = ("head", "language", "image", "noise", "similarities")
Keep = Callable[[Entry], bool]


def _code() -> str:
    """The source that readouts depend on, as a hash: what was kept under other code is not taken for this one's."""
    root = Path(mfclip.__file__).parent
    digest = hashlib.sha256()
    for path in sorted([*root.glob("*.py"), *(root / "data").glob("*.py")]):
        digest.update(path.read_bytes())
    return digest.hexdigest()


@dataclass(frozen=True)
class Store:
    """Arrays kept on disk by what they depend on."""

    folder: Path
    code: str = field(default_factory=_code)

    def get(self, key: Sequence, make: Callable[[], dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
        """The arrays of a JSON-able key, made if they are not there."""
        name = hashlib.sha256(json.dumps([self.code, *key]).encode()).hexdigest()[:24]
        path = self.folder / f"{name}.npz"
        if path.is_file():
            with np.load(path) as kept:
                return dict(kept)
        made = make()
        self.folder.mkdir(parents=True, exist_ok=True)
        partial = self.folder / f"{name}.partial.npz"
        np.savez(partial, **made)  # type: ignore[arg-type]
        partial.replace(path)
        return made


def pictures_key(held_out: HeldOut) -> list:
    """What a split's pictures are, JSON-able."""
    return [held_out.cache.fingerprint, held_out.indices, held_out.touched, repr(held_out.treatment)]


@dataclass(frozen=True, eq=False)
class Subject:
    """A checkpoint under test. record: its training.json, {} where there is none.

    patch: which window its noise stream is shown: a random one where it was trained on random ones only.
    """

    name: str
    sha256: str
    model: MFCLIP
    record: dict[str, Any]

    @classmethod
    def of(cls, checkpoint: Checkpoint) -> "Subject":
        """Build it. Raises CheckpointError if weights and configuration do not fit."""
        path = checkpoint.folder / RECORD
        record = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        device = "cuda" if torch.cuda.is_available() else "cpu"
        return cls(checkpoint.name, checkpoint.sha256, build_model(checkpoint).eval().to(device), record)

    @property
    def patch(self) -> Literal["richest", "random"]:
        """The window that the model is shown."""
        return "random" if self.record.get("recipe", {}).get("patch") == "random" else "richest"


@dataclass(frozen=True)
class Baselines:
    """Both trivial lines, fitted on the same training pictures; None where they have nothing to look at."""

    spectrum: Pipeline
    files: Pipeline | None


@dataclass(frozen=True, eq=False)
class Scored:
    """N pictures under one condition and every score of them.

    fake (N,) bool; group (N,) str; scores: by scorer, (N,) positive towards fake; chances: P(fake) by scorer that has
    one; readouts: the model's own; recompressed: (N,) P(fake) after one mild JPEG, None if it was not tried;
    partner: (N,) the row of the real that a forgery was made from, −1 for none; None where all reals stand against
    all forgeries.
    """

    entries: tuple[Entry, ...]
    readouts: Readouts
    scores: dict[str, np.ndarray]
    chances: dict[str, np.ndarray]
    decision: DecisionConfig
    hierarchy: Hierarchy
    recompressed: np.ndarray | None = None
    partner: np.ndarray | None = None

    @property
    def fake(self) -> np.ndarray:
        """(N,) bool."""
        return self.readouts.fake

    @property
    def group(self) -> np.ndarray:
        """(N,) str."""
        return self.readouts.group

    def column(self, name: str) -> np.ndarray:
        """(N,) str: a field of the entries ('generator', 'kind', 'family', 'source')."""
        return np.array([getattr(entry, name) for entry in self.entries], dtype=str)

    def disagree(self) -> np.ndarray:
        """(N,) bool: head and language clearly point to opposite sides."""
        pairs = zip(self.readouts.head.tolist(), self.readouts.language.tolist(), strict=True)
        return np.array([readouts_disagree(self.decision, head, language) for head, language in pairs], bool)

    def by_band(self, chances: np.ndarray) -> np.ndarray:
        """(N,) P(fake) → (N,) str: the word that the band alone has for each."""
        return np.array([by_band(self.decision, chance) for chance in chances.tolist()], dtype=str)

    def words(self) -> np.ndarray:
        """(N,) str: 'little', 'uncertain' or 'substantial', by the detector's own rule (mfclip/decision.py)."""
        again = [None] * len(self.fake) if self.recompressed is None else self.recompressed.tolist()
        told = zip(self.chances[DETECTOR].tolist(), self.disagree().tolist(), again, strict=True)
        return np.array(
            [evidence(chance, doubts(self.decision, chance, *rest)) for chance, *rest in told], dtype=str
        )


@dataclass(frozen=True)
class Bench:
    """Where measuring happens: cut faces, the photographs they came from, and what was already found out of them.

    photographs: None where there are no files to look at (made forgeries). workers: loader processes. recompress: ask
    for the verdict's third reason to doubt too, at the price of a second reading of every picture.
    """

    faces: RegionCache
    photographs: Path | None
    store: Store
    workers: int = 0
    recompress: bool = True

    def spectra(self, held_out: HeldOut) -> np.ndarray:
        """Spectrum features (N, 30) of a split."""
        found = self.store.get(
            ["spectra", *pictures_key(held_out)], lambda: {"table": split_spectra(held_out, self.workers)}
        )
        return found["table"]

    def files(self, held_out: HeldOut) -> np.ndarray | None:
        """File features (N, 9) of a split, None where there are no files."""
        folder = self.photographs
        if folder is None:
            return None
        paths = [entry.path for entry in held_out.entries]
        key = ["files", held_out.cache.fingerprint, paths]
        return self.store.get(key, lambda: {"table": file_features(folder, paths)})["table"]

    def baselines(self, touched: bool, keep: Keep | None = None) -> Baselines:
        """Both baselines, fitted on the training pictures that `keep` lets through, under one condition."""
        train = HeldOut(self.faces, "train", touched=touched)
        fake = np.array([entry.fake for entry in train.entries], bool)
        kept = np.array([keep is None or keep(entry) for entry in train.entries], bool)
        files = self.files(train)
        return Baselines(
            fit_baseline(self.spectra(train)[kept], fake[kept]),
            None if files is None else fit_baseline(files[kept], fake[kept]),
        )

    def readouts(self, subject: Subject, held_out: HeldOut) -> Readouts:
        """What a model says of a split."""
        rows = subject.model.config.hierarchy.to_json()
        key = ["readouts", subject.sha256, subject.patch, rows, *pictures_key(held_out)]

        def make() -> dict[str, np.ndarray]:
            found = read_out(subject.model, held_out, self.workers, subject.patch)
            return {name: getattr(found, name) for name in NUMBERS}

        kept = self.store.get(key, make)
        known = {
            name: np.array([getattr(entry, name) for entry in held_out.entries])
            for name in (f.name for f in fields(Readouts))
            if name not in NUMBERS
        }
        return Readouts(**kept, **known)

    def score(
        self, subject: Subject, held_out: HeldOut, baselines: Baselines | None, recompress: bool = True
    ) -> Scored:
        """Every score of a split; recompress: if the bench does so at all. Raises ValueError if it has no picture."""
        if not held_out.indices:
            raise ValueError(
                f"{subject.name}: none of the {len(held_out.cache)} pictures is left to be scored; choose another "
                "split, or give a folder with held-out pictures."
            )
        readouts = self.readouts(subject, held_out)
        config = subject.model.config
        margins = _margins(config.decision, readouts)
        streams = (readouts.head, readouts.language, readouts.image, readouts.noise)
        scores = dict(zip(SCORERS, (margins, *streams), strict=False))
        chances = {DETECTOR: _chances(config.decision, margins)}
        if baselines is not None:
            tables = {BASELINE: (baselines.spectrum, self.spectra(held_out))}
            files = self.files(held_out)
            if baselines.files is not None and files is not None:
                tables[FILES] = (baselines.files, files)
            for name, (pipeline, table) in tables.items():
                scores[name] = pipeline.decision_function(table)
                chances[name] = pipeline.predict_proba(table)[:, 1]
        again = None
        if recompress and self.recompress:
            other = HeldOut(held_out.cache, None, held_out.size, held_out.touched, treatment=Recompressed())
            other.indices = held_out.indices
            again = _chances(config.decision, _margins(config.decision, self.readouts(subject, other)))
        return Scored(
            held_out.entries, readouts, scores, chances, config.decision, config.hierarchy, recompressed=again
        )


def _margins(decision: DecisionConfig, readouts: Readouts) -> np.ndarray:
    return margin(decision, torch.from_numpy(readouts.head), torch.from_numpy(readouts.language)).numpy()


def _chances(decision: DecisionConfig, margins: np.ndarray) -> np.ndarray:
    return probability(decision, torch.from_numpy(margins)).numpy()


def with_partners(scored: Scored, held_out: HeldOut) -> Scored:
    """The same pictures with each forgery's own original, for a cache whose entries carry `pair`."""
    place = {index: row for row, index in enumerate(held_out.indices)}
    pairs = [-1 if entry.pair is None else place.get(entry.pair, -1) for entry in held_out.entries]
    return replace(scored, partner=np.array(pairs))
