"""The richest patch in closed form, against scikit-image's co-occurrence matrix and homogeneity."""

import numpy as np
import torch
from skimage import data
from skimage.feature import graycomatrix, graycoprops

from benchmarks.report import Line, paired_ratio
from mfclip.patches import choose_richest, grey_levels, homogeneity, quarters

BAR = 25.0


def reference_homogeneity(grey: np.ndarray) -> float:
    """Homogeneity of a uint8 patch as the published code asks scikit-image for it."""
    matrix = graycomatrix(grey, distances=[1], angles=[0], levels=256, symmetric=True, normed=True)
    return float(graycoprops(matrix, "homogeneity")[0, 0])


def reference_scores(grey: np.ndarray) -> np.ndarray:
    """Homogeneity of uint8 grey patches (B, N, H, W), patch by patch: (B, N)."""
    return np.array([[reference_homogeneity(patch) for patch in row] for row in grey])


def reference_choice(windows: torch.Tensor) -> np.ndarray:
    """Index of the richest of (B, N, 3, H, W) candidates."""
    return np.argmin(reference_scores(grey_levels(windows).numpy().astype(np.uint8)), axis=1)


def faces(count: int) -> torch.Tensor:
    """(count, 3, 224, 224) crops of a public photograph, 0..255, no two alike."""
    photo = np.ascontiguousarray(data.astronaut()[..., :3])
    crops = [photo[4 * i : 4 * i + 224, 90 + 3 * i : 314 + 3 * i] for i in range(count)]
    return torch.from_numpy(np.stack(crops)).permute(0, 3, 1, 2).float()


def run() -> list[Line]:
    """One face, and sixteen at once: the scores of given grey patches, and the choice with the grey levels made."""
    lines = []
    for count in (1, 16):
        windows = quarters(faces(count)).contiguous()
        grey = grey_levels(windows)
        bytes_ = grey.numpy().astype(np.uint8)
        same = choose_richest(windows)[1].numpy() == reference_choice(windows)
        if not same.all():
            raise AssertionError(f"the richest patch differs for {int((~same).sum())} of {count} faces")
        for what, slow, fast, bar in (
            (
                "matrix and homogeneity",
                lambda g=bytes_: reference_scores(g),
                lambda g=grey: homogeneity(g),
                BAR,
            ),
            (
                "with grey levels",
                lambda w=windows: reference_choice(w),
                lambda w=windows: choose_richest(w),
                None,
            ),
        ):
            ratio, reference, ours = paired_ratio(slow, fast, repeats=9)
            note = f"{reference * 1e3:.2f} ms against {ours * 1e3:.3f} ms, same index for {count} faces"
            name = f"richest patch against scikit-image, {count} at once, {what}"
            lines.append(Line(name, ratio, "times faster", "≥", bar, note))
    return lines
