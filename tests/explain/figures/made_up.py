"""Results of the documented form with numbers that a person can check, made without a model."""

import numpy as np

from explain.result import Reading, Receipt, Result

PLAYERS = ("image stream", "noise stream", "level 1: authenticity")


def result(method: str = "pixels", gap: float | None = 0.0, labels=None, knobs=None, **values) -> Result:
    """Names with a space are written with an underscore: residual_map is 'residual map'."""
    arrays = {name.replace("_map", " map"): np.asarray(array) for name, array in values.items()}
    return Result(
        method=method,
        values=arrays,
        labels=labels or {},
        knobs=knobs or {},
        site="made up",
        sign="positive towards fake",
        unit="logits",
        gap=gap,
        cost=1.0,
        caveat="It is made up.",
    )


def ledger() -> Result:
    names = dict.fromkeys(("contributions", "ablation", "bookkeeping"), PLAYERS)
    return result(
        "ledger",
        labels=names,
        contributions=[0.5, -0.2, 0.1],
        ablation=[0.6, -0.1, 0.0],
        bookkeeping=[0.4, -0.3, np.nan],
        base=[0.25],
    )


def corner(side: int = 14, value: float = 1.0) -> np.ndarray:
    """A map of zeros but for the cell in the first row and last column."""
    cells = np.zeros((side, side))
    cells[0, -1] = value
    return cells


def words(sentence: str = "a <b>fake</b> face ${x}", unseen: int = 0) -> Result:
    spans = [(0, 1), (sentence.index("fake"), sentence.index("fake") + 4)]
    return result(
        "words",
        labels={"contributions": tuple(sentence[a:b] for a, b in spans), "agreement": (sentence,)},
        contributions=[-0.1, 0.2],
        left_out=[0.0, 0.4],
        sentence=[0, 0],
        span=spans,
        unseen=[0, unseen],
        places=[(0, 0, 1), (0, 3, 1)],
    )


def attention(layers: int = 2, heads: int = 2) -> Result:
    shares = np.full((layers, heads, 3, 3), 0.1)
    shares[0, 0, 0, 2] = 0.7
    return result(
        "attention",
        labels={"mixing": tuple(f"block {n}" for n in range(layers))},
        mixing=shares,
        rollout=corner(3, 0.4),
    )


def noise(spectra: bool = True, leaning: float = 0.3) -> Result:
    rings = np.linspace(0.01, 0.7, 8)
    kept = {
        "real mean": np.zeros((4, 8)),
        "real spread": np.ones((4, 8)),
        "fake mean": np.full((4, 8), 2.0),
        "fake spread": np.ones((4, 8)),
        "separation": np.repeat([[0.1], [0.2], [3.0], [0.0]], 8, axis=1),
    }
    made = result(
        "noise",
        labels={
            "homogeneity": tuple(f"window {n}" for n in range(1, 5)),
            "alternatives": (
                *(f"window {n}" for n in range(1, 5)),
                "without the noise stream",
                "without image",
            ),
            "kernels": ("square 3×3", "square 5×5", "line 1×3"),
            "channels": ("square 3×3", "square 5×5", "line 1×3", "grey"),
        },
        homogeneity=[0.4, 0.2, 0.3, 0.5],
        chosen=1,
        residuals=np.zeros((4, 3, 112, 112)),
        target=[0.1, leaning, -0.2, 0.5, 0.0, 0.9],
        probability=[0.5, 0.6, 0.4, 0.7, 0.5, 0.9],
        map=corner(7, leaning),
        spectra=np.ones((4, 4, 8)),
        frequencies=rings,
    )
    arrays = {**made.values, "by kernel": np.array([0.1, -0.2, 0.3]), **(kept if spectra else {})}
    return Result(**{**vars(made), "values": arrays})


def receipt(verdict: str = "weak", blur: float = 0.2) -> Receipt:
    def curves(beaten: float, end: float) -> dict:
        return {
            "removed": [0.0, 0.25, 0.5],
            "curve": [1.0, 0.5, end],
            "random mean": [1.0, 0.8, 0.6],
            "random low": [1.0, 0.7, 0.5],
            "random high": [1.0, 0.9, 0.7],
            "half": {"beaten": beaten},
        }

    deletion = Reading(
        "deletion",
        blur,
        "at least 95%",
        False,
        {"fills": {"mean": curves(0.9, 0.1), "blur": curves(blur, 0.65)}},
    )
    return Receipt(
        "pixels", verdict, "Because.", (Reading("completeness", 0.001, "below 1%", True), deletion), 9.0, 1.0
    )
