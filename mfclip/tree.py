"""Where the probability goes: P(fake) split over the descriptions, summed up level by level.

P(fake) comes from the margin. It is shared among the fake descriptions by a softmax of their scaled similarities, and
1 − P(fake) among the real ones in the same way; a node is the sum of the descriptions that share its sentences up to
that level. So the children of a node add up to it at every level, and the root's two sides add up to 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from mfclip.prompts import LEVELS, Hierarchy


@dataclass(frozen=True)
class Node:
    """One branch: `label` for reading, `level` 0 (root) to 4, `probability` 0..1, `fake` side (None at the root)."""

    label: str
    level: int
    probability: float
    fake: bool | None
    children: tuple["Node", ...]

    def to_dict(self) -> dict[str, Any]:
        """JSON-able copy of the whole branch."""
        level = LEVELS[self.level - 1] if self.level else "photo"
        children = [child.to_dict() for child in self.children]
        return {"label": self.label, "level": level, "probability": self.probability, "children": children}


def description_probabilities(similarities: Tensor, fake: Sequence[bool], chance: float) -> Tensor:
    """Scaled similarities (K,), sides, P(fake) → P of each description (K,), sums to 1."""
    side = torch.tensor(fake, dtype=torch.bool)
    shares = torch.zeros(len(side), dtype=torch.float64)
    shares[side] = chance * similarities.double()[side].softmax(dim=0)
    shares[~side] = (1 - chance) * similarities.double()[~side].softmax(dim=0)
    return shares


def build_tree(hierarchy: Hierarchy, shares: Sequence[float]) -> Node:
    """Group descriptions by their sentences, level by level; descriptions alike at a level share a node there.

    A side all of whose sentences are one and the same ends at level 1: there is nothing to tell apart.
    """
    rows = list(zip(hierarchy, shares, strict=True))
    sides = []
    for fake, label in ((False, "real"), (True, "fake")):
        members = [(row, share) for row, share in rows if row.fake is fake]
        total = float(sum(share for _, share in members))
        sides.append(Node(label, 1, total, fake, _branches(members, 2)))
    return Node("photo", 0, sides[0].probability + sides[1].probability, None, tuple(sides))


def _branches(members: list, level: int) -> tuple[Node, ...]:
    if level > len(LEVELS) or len({sentence for row, _ in members for sentence in row.sentences}) == 1:
        return ()
    groups: dict[str, list] = {}
    for row, share in members:
        groups.setdefault(row.sentences[level - 1].strip().lower(), []).append((row, share))
    return tuple(
        Node(
            group[0][0].labels[level - 1],
            level,
            float(sum(share for _, share in group)),
            group[0][0].fake,
            _branches(group, level + 1),
        )
        for group in groups.values()
    )
