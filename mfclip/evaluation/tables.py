"""What is reported of scored pictures, as nested dictionaries that go into JSON as they are.

A figure is {"value", "low", "high", "n"}: the value, its 95 % bootstrap interval over groups, and the pictures it rests
on. Where one class is absent no AUC is given, only recall or false alarms.
"""

from collections.abc import Collection
from typing import Any

import numpy as np
from sklearn.metrics import roc_curve

from mfclip.evaluation.levels import level_accuracies
from mfclip.evaluation.scores import (
    BINS,
    Sampled,
    class_shares,
    group_weights,
    mean_of,
    probability_figures,
    rank_figures,
    said,
    share,
    told,
)
from mfclip.evaluation.scoring import BASELINE, DETECTOR, FILES, Scored

ALIKE = "sources_alike"
ROC_POINTS = np.linspace(0, 1, 101)


def against(scored: Scored, forgeries: np.ndarray) -> np.ndarray:
    """(N,) bool: the chosen forgeries and the reals they stand against, their own originals where these are known."""
    if scored.partner is None:
        return forgeries | ~scored.fake
    chosen = forgeries.copy()
    partners = scored.partner[forgeries]
    chosen[partners[partners >= 0]] = True
    return chosen


def score_figures(scored: Scored, chosen: np.ndarray, weights: np.ndarray, name: str) -> dict[str, Sampled]:
    """Every figure of one scorer over the chosen rows, both classes among them; weights (R, chosen)."""
    fake = scored.fake[chosen]
    figures = rank_figures(fake, scored.scores[name][chosen], weights)
    if name in scored.chances:
        cut_off = scored.decision.high if name == DETECTOR else None
        figures |= probability_figures(fake, scored.chances[name][chosen], weights, cut_off)
    return figures


def row(scored: Scored, chosen: np.ndarray) -> dict[str, Any]:
    """The chosen rows: counts; by scorer its AUC; 'difference', detector minus baseline; 'metrics', all the others."""
    fake = scored.fake[chosen]
    found: dict[str, Any] = {"forgeries": int(fake.sum()), "reals": int((~fake).sum())}
    weights = group_weights(fake, scored.group[chosen])
    if fake.all() or not fake.any():
        return {**found, "metrics": {DETECTOR: one_class(scored, chosen, weights)}}
    aucs, metrics = {}, {}
    for name in scored.scores:
        figures = score_figures(scored, chosen, weights, name)
        aucs[name] = figures.pop("auc")
        if name in scored.chances:
            metrics[name] = said(figures)
    found |= said(aucs)
    for name, key in ((BASELINE, "difference"), (FILES, "difference to file metadata")):
        if name in aucs:
            found[key] = told(aucs[DETECTOR].minus(aucs[name]))
    return {**found, "metrics": metrics}


def one_class(scored: Scored, chosen: np.ndarray, weights: np.ndarray) -> dict[str, dict[str, float]]:
    """Rows of one class: how many are called forged, at one half and at the stored cut-off."""
    chance = scored.chances[DETECTOR][chosen]
    kind = "recall" if scored.fake[chosen].all() else "false_alarms"
    everything = np.ones(len(chance), bool)
    return said(
        {
            f"{kind}_at_one_half": share(chance >= 0.5, everything, weights),
            f"{kind}_at_cut_off": share(chance >= scored.decision.high, everything, weights),
        }
    )


def overall(scored: Scored, weights: np.ndarray) -> dict[str, Sampled | None]:
    """The detector over all pictures; the last three are of the band of probabilities alone."""
    everything = np.ones(len(scored.fake), bool)
    chance, low, high = scored.chances[DETECTOR], scored.decision.low, scored.decision.high
    figures: dict[str, Sampled | None] = {}
    if not scored.fake.all() and scored.fake.any():
        figures |= score_figures(scored, everything, weights, DETECTOR)
    return {
        **figures,
        "reals_called_substantial": share(chance >= high, ~scored.fake, weights),
        "forgeries_called_substantial": share(chance >= high, scored.fake, weights),
        "forgeries_called_little": share(chance <= low, scored.fake, weights),
        "in_the_band": share((chance > low) & (chance < high), everything, weights),
    }


def words(scored: Scored, weights: np.ndarray) -> dict[str, Any]:
    """What the page would say, by the detector's whole rule: how often 'uncertain', why, and how right the rest is."""
    word, fake, chance = scored.words(), scored.fake, scored.chances[DETECTOR]
    everything, uncertain = np.ones(len(fake), bool), word == "uncertain"
    right = np.where(fake, word == "substantial", word == "little")
    reasons = {
        "in_the_band": (chance > scored.decision.low) & (chance < scored.decision.high),
        "readouts_disagree": scored.disagree(),
    }
    if scored.recompressed is not None:
        before, after = scored.by_band(chance), scored.by_band(scored.recompressed)
        reasons["turned_by_recompression"] = before != after
    figures = {
        "uncertain": share(uncertain, everything, weights),
        "uncertain_of_reals": share(uncertain, ~fake, weights),
        "uncertain_of_forgeries": share(uncertain, fake, weights),
        "right_of_the_rest": share(right, ~uncertain, weights),
        "right_of_the_rest_of_reals": share(right, ~uncertain & ~fake, weights),
        "right_of_the_rest_of_forgeries": share(right, ~uncertain & fake, weights),
        "reals_called_substantial": share(word == "substantial", ~fake, weights),
        "forgeries_called_substantial": share(word == "substantial", fake, weights),
        "forgeries_called_little": share(word == "little", fake, weights),
        **{name: share(flag, everything, weights) for name, flag in reasons.items()},
    }
    return {"recompression_tried": scored.recompressed is not None, **said(figures)}


def real_sources(scored: Scored) -> dict[str, Any]:
    """False alarms by source of the real photographs: at one half, by the band, and in the words of the page."""
    source, word, chance = scored.column("generator"), scored.words(), scored.chances[DETECTOR]
    found = {}
    for name in sorted(set(source[~scored.fake])):
        chosen = (source == name) & ~scored.fake
        weights = group_weights(scored.fake[chosen], scored.group[chosen])
        everything = np.ones(int(chosen.sum()), bool)
        shares = {
            "at_or_above_one_half": share(chance[chosen] >= 0.5, everything, weights),
            "called_substantial": share(chance[chosen] >= scored.decision.high, everything, weights),
            "verdict_substantial": share(word[chosen] == "substantial", everything, weights),
            "verdict_uncertain": share(word[chosen] == "uncertain", everything, weights),
        }
        found[str(name)] = {"pictures": int(chosen.sum()), **said(shares)}
    return found


def mean_over_generators(
    scored: Scored, weights: np.ndarray, name: str, among: Collection[str] | None = None
) -> Sampled | None:
    """AUC of one scorer, each generator (or each of `among`) against its reals, averaged; None if a class is absent."""
    generator = scored.column("generator")
    makers = set(generator[scored.fake]).intersection(generator if among is None else among)
    if scored.fake.all() or not makers:
        return None
    figures = []
    for maker in sorted(makers):
        chosen = against(scored, scored.fake & (generator == maker))
        figures.append(
            rank_figures(scored.fake[chosen], scored.scores[name][chosen], weights[:, chosen])["auc"]
        )
    return mean_of(figures, len(scored.fake))


def sources_alike(scored: Scored) -> dict[str, dict[str, float]]:
    """AUC of detector and baseline with every generator and every source of reals counted alike, and their difference.

    The mean over all pairs of a generator and a source: where one source has most of the pictures, an AUC over all
    pictures is mostly of that one. {} where a class is absent, or where forgeries stand against their own originals.
    """
    if scored.partner is not None or scored.fake.all() or not scored.fake.any():
        return {}
    name, weights = scored.column("generator"), group_weights(scored.fake, scored.group)
    pairs = [
        (name == maker) & scored.fake | (name == source) & ~scored.fake
        for maker in sorted(set(name[scored.fake]))
        for source in sorted(set(name[~scored.fake]))
    ]
    found = {}
    for scorer in (DETECTOR, BASELINE):
        if scorer in scored.scores:
            values = scored.scores[scorer]
            figures = [rank_figures(scored.fake[p], values[p], weights[:, p])["auc"] for p in pairs]
            found[scorer] = mean_of(figures, len(scored.fake))
    if BASELINE in found:
        found["difference"] = found[DETECTOR].minus(found[BASELINE])
    return said(found)


def group_counts(scored: Scored) -> dict[str, dict[str, int]]:
    """By generator or source of reals: its pictures, and the groups of pictures that they make."""
    name = scored.column("generator")
    return {
        str(one): {
            "pictures": int((name == one).sum()),
            "groups": len(set(scored.group[name == one])),
        }
        for one in sorted(set(name))
    }


def curves(scored: Scored) -> dict[str, Any]:
    """Points to draw: ROC of every scorer with a probability, and the detector's reliability.

    The share of forgeries in a bin is that of a set with as many forgeries as reals, which P(fake) is calibrated for.
    """
    fake, chance = scored.fake, scored.chances[DETECTOR]
    both = not fake.all() and bool(fake.any())
    alike = class_shares(fake) if both else np.ones(len(fake))
    place = np.minimum((chance * BINS).astype(int), BINS - 1)
    reliability = [
        {
            "probability": float(np.average(chance[place == number], weights=alike[place == number])),
            "share_of_forgeries": float(np.average(fake[place == number], weights=alike[place == number])),
            "n": int((place == number).sum()),
        }
        for number in np.unique(place)
    ]
    if not both:
        return {"reliability": reliability}
    roc = {}
    for name in scored.chances:
        fpr, tpr, _ = roc_curve(fake, scored.scores[name])
        roc[name] = np.interp(ROC_POINTS, fpr, tpr).round(4).tolist()
    return {"reliability": reliability, "roc": {"false_positives": ROC_POINTS.round(4).tolist(), **roc}}


def measure(scored: Scored) -> dict[str, Any]:
    """Everything that is reported of a condition."""
    everything = np.ones(len(scored.fake), bool)
    weights = group_weights(scored.fake, scored.group)
    found: dict[str, Any] = {}
    for section, name in (("generators", "generator"), ("kinds", "kind"), ("families", "family")):
        column = scored.column(name)
        values = sorted(set(column[scored.fake]) - {""})
        found[section] = {
            str(value): row(scored, against(scored, scored.fake & (column == value))) for value in values
        }
    means = {name: mean_over_generators(scored, weights, name) for name in scored.scores}
    found |= {
        "all": row(scored, everything),
        "overall": said(overall(scored, weights)),
        "mean_over_generators": said(means),
        ALIKE: sources_alike(scored),
        "reals": real_sources(scored),
        "groups": group_counts(scored),
        "words": words(scored, weights),
        "levels": level_accuracies(scored),
        "curves": curves(scored),
    }
    rows = [line for line in found["generators"].values() if "difference" in line]
    found["above_baseline"] = sum(line[DETECTOR]["value"] > line[BASELINE]["value"] for line in rows)
    found["surely_above_baseline"] = sum(line["difference"]["low"] > 0 for line in rows)
    return found
