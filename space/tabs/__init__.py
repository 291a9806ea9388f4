"""The sections of the page: each function draws one and returns its components; nothing is wired here."""

from dataclasses import dataclass

import gradio as gr

from space.tabs import about, compare, language, learn, ledger, noise, pairs, photo, report, trust, where


@dataclass(frozen=True)
class Tabs:
    """Everything on the page that has a listener or is written by one. visit: what all work for a visitor shares."""

    state: gr.State
    visit: gr.State
    explained: gr.State
    theme: gr.Textbox
    photo: photo.PhotoTab
    ledger: ledger.LedgerTab
    where: where.WhereTab
    lab: language.LanguageTab
    noise: noise.NoiseTab
    pairs: pairs.PairsTab
    trust: trust.TrustTab
    compare: compare.CompareTab
    learn: learn.LearnTab
    about: about.AboutTab
    report: report.ReportTab

    @property
    def verdict(self) -> list[gr.components.Component]:
        """What an edit can change, in the order of `Judging.verdict`."""
        lab = self.lab
        return [
            self.photo.card,
            self.ledger.readouts,
            self.ledger.tree,
            self.ledger.branches,
            lab.rows,
            lab.change,
            lab.bars,
        ]

    @property
    def reasons(self) -> list[gr.components.Component]:
        """What a verdict's explanations fill: state, progress, cause, and the sections in ORDER."""
        return [self.explained, self.photo.progress, self.photo.cause, *self.sections]

    @property
    def sections(self) -> list[gr.components.Component]:
        """The outputs of the sections in ORDER."""
        return [*self.ledger.outputs, *self.where.outputs, *self.lab.outputs, *self.noise.outputs]

    @property
    def asked_for(self) -> list[gr.components.Component]:
        """What only a visitor's buttons fill, and another verdict empties, in the order of `handlers.newer.cleared`."""
        return [
            self.where.progress,
            *self.trust.outputs,
            *self.compare.outputs,
            *self.ledger.audited,
            *self.pairs.outputs,
            *self.lab.linked.outputs,
        ]
