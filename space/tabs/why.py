"""What the verdict is made of: the sum, the face, its patch and the tree."""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from space.components.headings import heading
from space.components.markup import text
from space.text import words


@dataclass(frozen=True)
class WhyTab:
    """The outputs that explain a verdict."""

    readouts: gr.HTML
    face: gr.HTML
    patch: gr.HTML
    tree: gr.Plot
    branches: gr.HTML


def draw(readouts: str, face: str, patch: str, tree: Any, branches: str) -> WhyTab:
    """Draw the sections with what they show at first: HTML, and the tree's figure."""
    heading("why", words.SUM_LEAD)
    readouts_html = gr.HTML(readouts, elem_id="mf-readouts")
    heading("face", words.FACE_LEAD)
    face_html = gr.HTML(face, elem_id="mf-face-view")
    gr.HTML(f'<p class="mf-lead mf-second">{text(words.PATCH_LEAD)}</p>')
    patch_html = gr.HTML(patch, elem_id="mf-patch-view")
    heading("tree", words.TREE_LEAD)
    with gr.Row(equal_height=False, elem_classes="mf-split"):
        with gr.Column(scale=7, min_width=300, elem_id="mf-tree-column"):
            plot = gr.Plot(
                tree, label=words.TREE_FIGURE, show_label=False, container=False, elem_id="mf-tree-figure"
            )
        with gr.Column(scale=5, min_width=300):
            tree_html = gr.HTML(branches, elem_id="mf-tree-list")
    return WhyTab(readouts_html, face_html, patch_html, plot, tree_html)
