"""Who decided: the sum, the shares that add up to it, the tree, and the audit of every input."""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from space.components.headings import lead
from space.text import words


@dataclass(frozen=True)
class LedgerTab:
    """The outputs of the section; audit fills on its button."""

    readouts: gr.HTML
    waterfall: gr.Plot
    remarks: gr.HTML
    tree: gr.Plot
    branches: gr.HTML
    audit_run: gr.Button
    audit_stop: gr.Button
    audit_progress: gr.HTML
    audit: gr.Plot
    audit_guide: gr.HTML

    @property
    def outputs(self) -> list[gr.components.Component]:
        """What an explanation fills, in the order of its handler's values."""
        return [self.waterfall, self.remarks]

    @property
    def audited(self) -> list[gr.components.Component]:
        """What the audit fills, in the order of its handler's values."""
        return [self.audit_progress, self.audit, self.audit_guide]


def draw(readouts: str, tree: Any, branches: str, first: list[Any]) -> LedgerTab:
    """Draw the section with what it shows at first: HTML, the tree's figure, and the values of `outputs`."""
    lead(words.SUM_LEAD)
    readouts_html = gr.HTML(readouts, elem_id="mf-readouts")
    lead(words.LEDGER_LEAD)
    waterfall = gr.Plot(
        first[0], label=words.LEDGER_FIGURE, show_label=False, container=False, elem_id="mf-ledger-figure"
    )
    remarks = gr.HTML(first[1], elem_id="mf-ledger-remarks")
    lead(words.TREE_LEAD)
    with gr.Row(equal_height=False, elem_classes="mf-split"):
        with gr.Column(scale=7, min_width=300, elem_id="mf-tree-column"):
            plot = gr.Plot(
                tree, label=words.TREE_FIGURE, show_label=False, container=False, elem_id="mf-tree-figure"
            )
        with gr.Column(scale=5, min_width=300):
            tree_html = gr.HTML(branches, elem_id="mf-tree-list")
    lead(words.AUDIT_LEAD)
    with gr.Row(elem_classes="mf-buttons"):
        audit_run = gr.Button(words.AUDIT_BUTTON, size="sm", elem_id="mf-audit-run")
        audit_stop = gr.Button(words.STOP, size="sm", elem_id="mf-audit-stop")
    audit_progress = gr.HTML("", elem_id="mf-audit-progress")
    guide = gr.HTML("", elem_id="mf-audit-guide")
    # Hidden while empty: gradio's own sign for an empty figure has a label where none is allowed.
    audit = gr.Plot(
        label=words.AUDIT_FIGURE, show_label=False, container=False, visible=False, elem_id="mf-audit-figure"
    )
    return LedgerTab(
        readouts=readouts_html,
        waterfall=waterfall,
        remarks=remarks,
        tree=plot,
        branches=tree_html,
        audit_run=audit_run,
        audit_stop=audit_stop,
        audit_progress=audit_progress,
        audit=audit,
        audit_guide=guide,
    )
