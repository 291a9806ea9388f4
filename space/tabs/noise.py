"""Which noise: the face's four patches, the richest one's residual, and what another patch would have said."""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from space.components.headings import lead
from space.text import words


@dataclass(frozen=True)
class NoiseTab:
    """The outputs of the section."""

    face: gr.HTML
    patch: gr.HTML
    figure: gr.Plot
    remarks: gr.HTML

    @property
    def outputs(self) -> list[gr.components.Component]:
        """What an explanation fills, in the order of its handler's values."""
        return [self.figure, self.remarks]


def draw(face: str, patch: str, first: list[Any]) -> NoiseTab:
    """Draw the section with what it shows at first: HTML of face and patch, and the values of `outputs`."""
    lead(words.NOISE_LEAD)
    face_html = gr.HTML(face, elem_id="mf-face-view")
    lead(words.PATCH_LEAD)
    patch_html = gr.HTML(patch, elem_id="mf-patch-view")
    figure = gr.Plot(
        first[0], label=words.NOISE_FIGURE, show_label=False, container=False, elem_id="mf-noise-figure"
    )
    remarks = gr.HTML(first[1], elem_id="mf-noise-remarks")
    return NoiseTab(face_html, patch_html, figure, remarks)
