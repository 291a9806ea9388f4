"""What is explained: one number a face, in logits, positive towards fake.

The default is the margin, a contrast of fake and real. The map of a single description explains mostly "a face" (with
prompts as alike as these the maps of *fake* and *real* nearly coincide); it is offered as an example of that.
"""

from dataclasses import dataclass
from typing import Literal, cast, get_args

from torch import Tensor

from mfclip import decision as rule
from mfclip.model import MFCLIP
from mfclip.prompts import Hierarchy

Of = Literal["margin", "head", "language", "description"]


@dataclass(frozen=True)
class Target:
    """of: 'margin' (a·m_head + b·m_lang + c), 'head' (m_head), 'language' (m_lang) or 'description' (its scaled
    similarity s·v̂·t̂, number `row` of the hierarchy, from 0)."""

    of: Of = "margin"
    row: int = 0

    @classmethod
    def parse(cls, text: str) -> "Target":
        """From 'margin', 'head', 'language' or 'description:ROW'. Raises ValueError for anything else."""
        of, _, row = text.partition(":")
        if of not in get_args(Of) or bool(row) != (of == "description") or (row and not row.isdecimal()):
            raise ValueError(
                f"The target is {text!r}; it must be margin, head, language or description:ROW (a number from 0)."
            )
        return cls(cast(Of, of), int(row or 0))

    def __str__(self) -> str:
        """The text that `parse` reads."""
        return f"description:{self.row}" if self.of == "description" else self.of

    def check(self, hierarchy: Hierarchy) -> None:
        """Raise ValueError if the hierarchy has no such row."""
        if self.of == "description" and self.row >= len(hierarchy):
            raise ValueError(
                f"The target is {self} and the hierarchy has {len(hierarchy)} descriptions; "
                f"choose 0 to {len(hierarchy) - 1}."
            )

    def value(self, model: MFCLIP, fused: Tensor, text: Tensor, hierarchy: Hierarchy) -> Tensor:
        """Fused features (B, D) and description features (K, D) → (B,) logits, differentiable in both."""
        if self.of == "description":
            return model.similarities(fused, text)[:, self.row]
        head = rule.head_margin(model.head_logits(fused))
        if self.of == "head":
            return head
        language = rule.language_margin(model.similarities(fused, text), hierarchy.fake)
        if self.of == "language":
            return language
        return rule.margin(model.config.decision, head, language)


MARGIN = Target()
"""The margin of the decision, the default everywhere."""
