"""Captum's two metrics, through functions of ours: nothing of Captum's touches the model."""

from typing import Any

import numpy as np
import torch
from captum.metrics import infidelity as captum_infidelity
from captum.metrics import sensitivity_max as captum_sensitivity
from torch import Tensor

from explain.metrics.trial import Trial
from explain.result import Reading

TAKEN = 0.2
"""Share of the cells that one perturbation of infidelity takes away."""

RADIUS = 0.02
"""How far pixels are moved for sensitivity, as a share of their range: 5 of 255 grey levels."""


def infidelity(trial: Trial) -> Reading:
    """value: share of the target's squared changes that the map does not foresee, 0 (all foreseen) to 1 (nothing).

    Captum's infidelity (Yeh et al. 2019) with normalize=True: the map's scale is fitted, so only its shape counts; a
    map turned upside down fares no worse. The input is the presence of each cell, 1 or 0, and a perturbation takes
    random ones away: a share already holds the pixel's value, so it must not be multiplied by pixels once more.
    """
    field, samples = trial.field, trial.settings.samples
    changes: list[float] = []

    def value(present: Tensor) -> Tensor:
        removed = (present < 0.5).flatten(1).cpu().numpy()
        found = np.array([trial.explained] * len(removed))
        some = removed.any(axis=1)
        if some.any():
            found[some] = field.values(removed[some], trial.settings.fills[0], trial.step)
            changes.extend(trial.explained - found[some])
        return torch.from_numpy(found)

    random = trial.random("infidelity")
    count = max(1, round(TAKEN * field.cells))

    def perturbed(present: Tensor) -> tuple[Tensor, Tensor]:
        taken = np.zeros((len(present), field.cells))
        for row in taken:
            row[random.permutation(field.cells)[:count]] = 1
        away = torch.from_numpy(taken).view_as(present)
        return away, present - away

    whole = torch.ones(1, 1, field.side, field.side, dtype=torch.float64)
    shares = torch.from_numpy(trial.cells).view_as(whole)
    missed = float(
        captum_infidelity(value, perturbed, whole, shares, n_perturb_samples=samples, normalize=True)[0]
    )
    size = float(np.mean(np.square(changes)))
    return Reading(
        "infidelity",
        missed / size if size > 0 else 1.0,
        "reported; to compare methods with",
        None,
        {"squared logits": missed, "samples": samples, "taken": TAKEN, "fill": trial.settings.fills[0]},
    )


def sensitivity(trial: Trial) -> Reading:
    """value: largest change of the map under small changes of the picture, as a share of the map's own size.

    Captum's sensitivity_max (Yeh et al. 2019), norm 2. The method runs once more for every sample.
    """
    rerun, subject, where = trial.rerun, trial.subject, trial.field.where
    if rerun is None:
        raise ValueError(
            f"{trial.result.method!r} cannot be run again; sensitivity needs a method of METHODS."
        )
    picture = trial.field.picture
    span = float(picture.max() - picture.min()) if where == "patch" else 255.0
    own = torch.from_numpy(trial.map_of(trial.result))[None]

    def explained(pictures: tuple[Tensor, ...] | Tensor) -> tuple[Tensor, ...]:
        maps = []
        for row in pictures[0] if isinstance(pictures, tuple) else pictures:
            moved = row[None] * span
            if torch.equal(moved, scaled * span):
                maps.append(own)
                continue
            trial.step()
            # Captum asks without gradients, which most methods need.
            with torch.enable_grad():
                seen = subject.seen_as(face=moved) if where == "face" else subject.seen_as(residual=moved)
                maps.append(torch.from_numpy(trial.map_of(rerun(seen)))[None])
        return (torch.cat(maps),)

    random = trial.random("sensitivity")

    def moved(pictures: Any) -> tuple[Tensor, ...]:
        rows = pictures[0] if isinstance(pictures, tuple) else pictures
        step = torch.from_numpy(random.uniform(-RADIUS, RADIUS, tuple(rows.shape)))
        return (rows + step.to(rows),)

    scaled = picture / span
    found = captum_sensitivity(explained, scaled, moved, n_perturb_samples=trial.settings.samples)
    return Reading(
        "sensitivity",
        float(found[0]),
        "reported; to compare methods with",
        None,
        {"samples": trial.settings.samples, "radius": RADIUS},
    )
