"""Spectra of the training split, kept beside the weights for whoever wants to compare a face with them."""

import json
import logging
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from mfclip.data.cache import Entry, RegionCache
from mfclip.data.held_out import collect
from mfclip.data.history import apply_history, draw_history
from mfclip.data.leave_out import LeaveOut
from mfclip.hub import SPECTRA
from mfclip.spectra import Spread, TrainingSpectra, window_spectra
from mfclip.vision import grey_residual

logger = logging.getLogger(__name__)

FEWEST = 2
"""Pictures below which a set has no spread and is left out."""

_BATCH = 32


class _TrainingWindows(Dataset):
    """Batches of the training split's richest windows as the noise stream meets them: item → ((B, 4, RINGS), entries).

    Each picture has one training history, fixed by its path.
    """

    def __init__(self, faces: RegionCache, left_out: LeaveOut, resaved: bool) -> None:
        self.faces, self.resaved = faces, resaved
        self.indices = [
            index
            for index, entry in enumerate(faces.entries)
            if entry.split == "train" and not left_out.excludes(entry)
        ]

    def __len__(self) -> int:
        return -(-len(self.indices) // _BATCH)

    def __getitem__(self, number: int) -> tuple[np.ndarray, list[Entry]]:
        items = []
        for index in self.indices[number * _BATCH : (number + 1) * _BATCH]:
            entry = self.faces.entries[index]
            rng = np.random.default_rng([8, *entry.path.encode()])
            items.append((apply_history(self.faces.region(index), draw_history(rng, self.resaved)), entry))
        batch = collect(items, np.full(len(items), -1))
        windows = batch.windows[:, 0].movedim(-1, -3).float()
        return window_spectra(windows, grey_residual(windows)).numpy(), [entry for _, entry in items]


def training_spectra(
    faces: RegionCache, leave_out: str = "", resaved: bool = True, workers: int = 0
) -> TrainingSpectra | None:
    """Mean and spread of the richest window's spectra over the training split, by set of reals and by generator.

    leave_out, resaved: as the recipe has them (`leave_out`, `histories`). workers: loader processes. Sets of fewer
    than FEWEST pictures are left out. None if no set of reals or no generator is left: a run may be trained on
    forgeries made from reals alone.
    """
    windows = _TrainingWindows(faces, LeaveOut.parse(leave_out), resaved)
    found: dict[bool, dict[str, list[np.ndarray]]] = {False: {}, True: {}}
    with torch.inference_mode():
        for spectra, entries in DataLoader(windows, batch_size=None, num_workers=workers):
            for spectrum, entry in zip(np.asarray(spectra), entries, strict=True):
                found[entry.fake].setdefault(entry.generator, []).append(spectrum)
    reals, forgeries = (
        {name: Spread.of(np.stack(rows)) for name, rows in sorted(found[fake].items()) if len(rows) >= FEWEST}
        for fake in (False, True)
    )
    if not reals or not forgeries:
        return None
    pictures = sum(one.pictures for one in (*reals.values(), *forgeries.values()))
    origin = (
        f"the richest window of each of {pictures} photographs of the training split, each under one "
        f"{'training history (crop, colour, rescaling, JPEG)' if resaved else 'jittered crop and colour'}; "
        "data fingerprint " + faces.fingerprint[:12]
    )
    return TrainingSpectra(reals, forgeries, origin)


def write_spectra(folder: Path, faces: RegionCache, leave_out: str = "", resaved: bool = True) -> Path | None:
    """Write spectra.json into a checkpoint folder; arguments as of `training_spectra`.

    None, with a warning in the log, if there is nothing to write.
    """
    spectra = training_spectra(faces, leave_out, resaved)
    if spectra is None:
        logger.warning("no %s was written: the training split lacks photographs of one class", SPECTRA)
        return None
    path = folder / SPECTRA
    path.write_text(json.dumps(spectra.to_dict(), ensure_ascii=False) + "\n", encoding="utf-8")
    return path
