"""Sample pair attention: the visitor's face and the examples against every description."""

from dataclasses import dataclass

import gradio as gr

from space.components.headings import lead
from space.text import words


@dataclass(frozen=True)
class PairsTab:
    """The outputs of the section, filled on its button."""

    run: gr.Button
    stop: gr.Button
    progress: gr.HTML
    gallery: gr.HTML
    figure: gr.Plot
    remarks: gr.HTML

    @property
    def outputs(self) -> list[gr.components.Component]:
        """What the button fills, in the order of its handler's values."""
        return [self.progress, self.gallery, self.figure, self.remarks]


def draw() -> PairsTab:
    """Draw the section, empty."""
    lead(words.PAIRS_LEAD)
    with gr.Row(elem_classes="mf-buttons"):
        run = gr.Button(words.PAIRS_BUTTON, size="sm", elem_id="mf-pairs-run")
        stop = gr.Button(words.STOP, size="sm", elem_id="mf-pairs-stop")
    progress = gr.HTML("", elem_id="mf-pairs-progress")
    gallery = gr.HTML("", elem_id="mf-pairs-gallery")
    figure = gr.Plot(
        label=words.PAIRS_FIGURE, show_label=False, container=False, visible=False, elem_id="mf-pairs-figure"
    )
    remarks = gr.HTML("", elem_id="mf-pairs-remarks")
    return PairsTab(run, stop, progress, gallery, figure, remarks)
