"""How head and language share the margin, and what every share is worth on pictures whose answer is known.

Both readouts are standardised first. Design §3: equal shares unless that costs more than half a point of AUC, and
neither is ever fitted away.
"""

from collections.abc import Mapping

import numpy as np
from sklearn.metrics import roc_auc_score

from mfclip.data.readouts import Readouts

AUC_TOLERANCE = 0.005
SHARES = np.round(np.arange(0.1, 0.91, 0.05), 2)


def picture_weights(readouts: Readouts) -> np.ndarray:
    """(N,) weights under which both classes count alike and, within a class, every source or generator does."""
    weights = np.zeros(len(readouts.fake))
    for side in (False, True):
        names = np.unique(readouts.generator[readouts.fake == side])
        for name in names:
            chosen = (readouts.generator == name) & (readouts.fake == side)
            weights[chosen] = 1 / (len(names) * chosen.sum())
    return weights / weights.sum()


def share_aucs(
    readouts: Readouts, weights: np.ndarray, spread: tuple[float, float] | None = None
) -> dict[float, float]:
    """Weighted AUC of the margin for every share of the head in SHARES.

    weights: (N,), as `picture_weights` gives them. spread: what head and language are divided by, their standard
    deviations over the pictures that the decision was fitted on; None: over these pictures.
    """
    head, language = spread or (float(readouts.head.std()), float(readouts.language.std()))
    return {
        float(share): float(
            roc_auc_score(
                readouts.fake,
                share * readouts.head / head + (1 - share) * readouts.language / language,
                sample_weight=weights,
            )
        )
        for share in SHARES
    }


def nearest_to_equal(aucs: Mapping[float, float]) -> float:
    """Of the shares that are within AUC_TOLERANCE of the best one, the nearest to one half."""
    enough = [share for share, auc in aucs.items() if auc >= max(aucs.values()) - AUC_TOLERANCE]
    return min(enough, key=lambda share: abs(share - 0.5))
