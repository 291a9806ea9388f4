"""Audit: which inputs can move this decision at all, before anybody explains how they did.

Every input is tried twice: its largest gradient, and the largest change when something else is put in its place. An
input with both exactly 0 cannot have driven anything, and no map of it should be drawn. On the published configuration
this finds the text without influence on the margin and, even for the language readout, levels 2 to 4.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor

from explain.cost import counting
from explain.methods import Knob, Method, Progress
from explain.result import Result
from explain.subject import Subject
from mfclip import decision as rule
from mfclip.patches import choose_richest
from mfclip.prompts import LEVELS
from mfclip.tokens import tokenize

CANNOT, CHOICE, MOVES = "cannot move it", "moves it only through the choice of patch", "moves it"
FINDINGS = (CANNOT, CHOICE, MOVES)
"""What is found of an input; the array 'finding' holds positions in this tuple."""

CONTROL = "a photo"
"""The sentence that is put in the place of others: it says nothing about forging."""

GREY = 127.0

ROWS_AT_ONCE = 8
"""Descriptions whose tokens are differentiated together: bounds the memory of a large text tower."""

CAVEAT = (
    "It says which inputs this decision depends on at all, tried with a few replacements, not where or why. Gradients "
    "of different inputs have different units and are not to be compared with each other."
)
TRAINING_ONLY = "Sample pair attention and the predictor take part in training alone: no decision reads them."
PUBLISHED = (
    "The published code passes the face through NumPy and detaches it, so no gradient reaches a pixel there; this port "
    "computes the same numbers with the graph whole, and the gradients of face and patch are those it would have had."
)

Row = Sequence[str]
Step = Callable[[], "Finding"]


@dataclass(frozen=True)
class Finding:
    """What was found of one input of the decision.

    gradient: the largest |∂target/∂input|. change: the change of the target that is largest in size, with its sign,
    and replacement: what was put in to get it. frozen: the largest change with the chosen patch kept, which is the
    same number for everything that has no say in the choice.
    """

    name: str
    gradient: float
    change: float
    replacement: str
    frozen: float

    @classmethod
    def of(
        cls,
        name: str,
        gradient: float,
        changes: Mapping[str, float],
        frozen: Mapping[str, float] | None = None,
    ) -> "Finding":
        """The largest of the changes that replacements, by their names, have made."""
        replacement = max(changes, key=lambda tried: abs(changes[tried]))
        kept = max((changes if frozen is None else frozen).values(), key=abs)
        return cls(name, gradient, changes[replacement], replacement, kept)

    @property
    def verdict(self) -> str:
        """One of FINDINGS."""
        if self.gradient or self.frozen:
            return MOVES
        return CHOICE if self.change else CANNOT


def in_random_order(pixels: Tensor, random: torch.Generator) -> Tensor:
    """The same pixels (B, C, H, W), those of all channels moved to the same new places."""
    flat = pixels.flatten(2)
    return flat[..., torch.randperm(flat.shape[-1], generator=random)].view_as(pixels)


class _Pictures:
    """Face, residual and candidates. Features are computed one face at a time throughout, so that a change of exactly
    0 means that nothing reached the decision, and not that two batches rounded alike."""

    def __init__(self, subject: Subject, seed: int) -> None:
        self.subject = subject
        self.random = torch.Generator().manual_seed(seed)
        self.index = subject.patch_index
        self.others = torch.arange(len(subject.windows)) != self.index
        face = subject.face.clone().requires_grad_()
        windows = subject.windows.clone().requires_grad_()
        with torch.enable_grad():
            residual = subject.residual_of(windows[self.index][None])
            value = subject.value_of_pixels(face, residual).sum()
            inputs = (face, residual, windows)
            gradients = torch.autograd.grad(value, inputs, allow_unused=True, materialize_grads=True)
        self.of_face, self.of_residual = (float(gradient.abs().max()) for gradient in gradients[:2])
        self.of_windows = gradients[2].abs().amax(dim=(1, 2, 3))
        with torch.no_grad():
            self.image, self.noise = subject.image_of(subject.face), subject.noise_of(subject.residual)
            self.value = float(subject.value(self.image + self.noise)[0])

    def steps(self) -> list[Step]:
        """One for each finding; with a single candidate there are no patches that were not chosen."""
        return [self._face, self._residual, self._chosen, *[self._not_chosen] * bool(self.others.any())]

    def _face(self) -> Finding:
        face = self.subject.face
        put = {
            "its mirror image": face.flip(-1),
            "its pixels in random order": in_random_order(face, self.random),
        }
        changes = {
            name: self._change(self.subject.image_of(other), self.noise) for name, other in put.items()
        }
        # A face of random pixels is a strange picture and not no picture: what the stream says of it is left out too.
        changes["nothing of the image stream"] = self._change(torch.zeros_like(self.image), self.noise)
        return Finding.of("face pixels", self.of_face, changes)

    def _residual(self) -> Finding:
        residual = self.subject.residual
        put = {
            "no residual": torch.zeros_like(residual),
            "its values in random order": in_random_order(residual, self.random),
        }
        changes = {
            name: self._change(self.image, self.subject.noise_of(other)) for name, other in put.items()
        }
        return Finding.of("residual of the chosen patch", self.of_residual, changes)

    def _chosen(self) -> Finding:
        window = self.subject.windows[self.index][None]
        put = {"its mirror image": window.flip(-1), "a flat grey": torch.full_like(window, GREY)}
        return self._of_windows("pixels of the chosen patch", ~self.others, put)

    def _not_chosen(self) -> Finding:
        windows = self.subject.windows[self.others]
        put = {
            "a flat grey": torch.full_like(windows, GREY),
            "their pixels in random order": in_random_order(windows, self.random),
        }
        return self._of_windows("pixels of the patches not chosen", self.others, put)

    def _of_windows(self, name: str, where: Tensor, put: Mapping[str, Tensor]) -> Finding:
        changes, frozen = {}, {}
        for replacement, other in put.items():
            windows = self.subject.windows.clone()
            windows[where] = other
            frozen[replacement] = self._with_window(windows[self.index])
            changes[replacement] = self._with_window(windows[choose_richest(windows[None])[1][0]])
        return Finding.of(name, float(self.of_windows[where].max()), changes, frozen)

    def _with_window(self, window: Tensor) -> float:
        return self._change(self.image, self.subject.noise_of(self.subject.residual_of(window[None])))

    def _change(self, image: Tensor, noise: Tensor) -> float:
        return float(self.subject.value(image + noise)[0]) - self.value


class _Texts:
    """Levels and descriptions: gradients at the embeddings of their tokens, and other sentences in their places."""

    def __init__(self, subject: Subject) -> None:
        self.subject, self.model = subject, subject.model
        self.rows: list[Row] = [row.sentences for row in subject.hierarchy]
        self.gradients = token_gradients(subject)
        levels = [self._levels_replaced(level) for level in range(len(LEVELS))]
        descriptions = [self._description_replaced(number) for number in range(len(self.rows))]
        every = [row for put in (*levels, *descriptions) for rows in put.values() for row in rows]
        # All in one call: a sentence then has the same feature to the last bit wherever it appears.
        self.known = subject.sentence_features(self.model.sentences_read([*self.rows, *every]))
        self.value = self._value(self.rows)
        self.of_levels, self.of_descriptions = levels, descriptions

    def steps(self) -> list[Step]:
        """One for each level, then one for each description."""
        levels = [
            partial(self._finding, f"level {number + 1}: {name}", self.gradients[:, number], put)
            for number, (name, put) in enumerate(zip(LEVELS, self.of_levels, strict=True))
        ]
        descriptions = [
            partial(self._finding, f"description {number + 1}", self.gradients[number], put)
            for number, put in enumerate(self.of_descriptions)
        ]
        return [*levels, *descriptions]

    def _levels_replaced(self, level: int) -> dict[str, list[Row]]:
        following = [*self.rows[1:], self.rows[0]]
        return {
            "the next description's": [
                (*row[:level], other[level], *row[level + 1 :])
                for row, other in zip(self.rows, following, strict=True)
            ],
            f"“{CONTROL}” for all": [(*row[:level], CONTROL, *row[level + 1 :]) for row in self.rows],
        }

    def _description_replaced(self, number: int) -> dict[str, list[Row]]:
        put = {
            "the next description": self.rows[(number + 1) % len(self.rows)],
            f"“{CONTROL}” at every level": (CONTROL,) * len(LEVELS),
        }
        return {name: [*self.rows[:number], row, *self.rows[number + 1 :]] for name, row in put.items()}

    def _finding(self, name: str, gradients: Tensor, put: Mapping[str, list[Row]]) -> Finding:
        changes = {replacement: self._value(rows) - self.value for replacement, rows in put.items()}
        return Finding.of(name, float(gradients.max()), changes)

    def _value(self, rows: Sequence[Row]) -> float:
        text = self.model.combine_sentences(rows, self.known)
        return float(self.subject.value(self.subject.image + self.subject.noise, text)[0])


def token_gradients(subject: Subject) -> Tensor:
    """(K, 4): the largest |∂target/∂embedding| over the tokens of each description's sentence at each level.

    Levels that the text tower is never given have 0; where the target does not read the text, all are 0.
    """
    text = subject.text.clone().requires_grad_()
    with torch.enable_grad():
        value = subject.value(subject.image + subject.noise, text).sum()
    rows = [row.sentences for row in subject.hierarchy]
    found = torch.zeros(len(rows), len(LEVELS))
    if not value.requires_grad:
        return found
    by_text = torch.autograd.grad(value, text)[0]
    for start in range(0, len(rows), ROWS_AT_ONCE):
        chunk = slice(start, start + ROWS_AT_ONCE)
        found[chunk] = _of_tokens(subject, rows[chunk], by_text[chunk])
    return found


def _of_tokens(subject: Subject, rows: Sequence[Row], by_text: Tensor) -> Tensor:
    language, device = subject.model.language, subject.model.device
    read = [list(language.read_of(row)) for row in rows]
    tokens = language.tokens([sentence for texts in read for sentence in texts])
    embedded = language.embed(tokens.ids.to(device)).clone().requires_grad_()
    with torch.enable_grad():
        features, _ = language.read(embedded, tokens.end.to(device))
        combined = language.combine(features.view(len(rows), -1, features.shape[-1]))
        gradient = torch.autograd.grad(combined, embedded, by_text)[0]
    peaks = gradient.abs().amax(dim=-1).view(len(rows), -1, embedded.shape[1]).cpu()
    found = torch.zeros(len(rows), len(LEVELS))
    if language.levels != "joint":
        found[:, : peaks.shape[1]] = peaks.amax(dim=-1)
        return found
    for number, row in enumerate(rows):
        ends = (tokenize(row).end + 1).cumsum(dim=0).tolist()
        for level, (start, end) in enumerate(zip([0, *ends], ends, strict=False)):
            found[number, level] = peaks[number, 0, start:end].max()
    return found


def _readouts(subject: Subject) -> Iterator[Finding]:
    """The head's and the language readout's say in the target; a description's similarity is neither."""
    if subject.target.of == "description":
        return
    model = subject.model
    fused = subject.image + subject.noise
    values = {
        "head": float(rule.head_margin(model.head_logits(fused))[0]),
        "language": float(
            rule.language_margin(model.similarities(fused, subject.text)[0], subject.hierarchy.fake)
        ),
    }
    decision = model.config.decision
    shares = {"head": decision.a, "language": decision.b}
    if subject.target.of != "margin":
        shares = {name: float(name == subject.target.of) for name in values}
    for name, value in values.items():
        yield Finding.of(f"{name} readout", abs(shares[name]), {"0": 0.0 - shares[name] * value})


def audit(subject: Subject, progress: Progress, seed: int) -> Result:
    """Every input with what is found of it.

    values, all (N,): 'gradient' the largest |∂target/∂input| (per grey level for pixels, per unit for residual, token
    embeddings and readouts); 'change' of the target under the replacement that moved it most, signed; 'frozen' the
    same with the chosen patch kept; 'finding' the position in FINDINGS. labels: the inputs, under the arrays' names,
    and beside them 'findings' and 'replacements' in words.
    """
    with counting(subject) as cost:
        pictures, texts = _Pictures(subject, seed), _Texts(subject)
        steps = [*pictures.steps(), *texts.steps()]
        found: list[Finding] = []
        for number, step in enumerate(steps, start=1):
            with torch.no_grad():
                found.append(step())
            progress(number, len(steps))
        with torch.no_grad():
            found.extend(_readouts(subject))
    names = tuple(finding.name for finding in found)
    published = subject.model.config.image.kind == "authors"
    return Result(
        values={
            "gradient": np.array([finding.gradient for finding in found]),
            "change": np.array([finding.change for finding in found]),
            "frozen": np.array([finding.frozen for finding in found]),
            "finding": np.array([FINDINGS.index(finding.verdict) for finding in found]),
        },
        labels={
            **dict.fromkeys(("gradient", "change", "frozen", "finding"), names),
            "findings": tuple(finding.verdict for finding in found),
            "replacements": tuple(finding.replacement for finding in found),
        },
        site="every input of the decision, each as a whole",
        sign="positive where the replacement moved the decision towards fake",
        unit="logits; gradients in logits per unit of the input",
        gap=None,
        cost=cost.passes,
        caveat=CAVEAT,
        notes=(TRAINING_ONLY, *[PUBLISHED] * published),
    )


METHOD = Method(
    name="audit",
    question="Which inputs can move this decision at all?",
    kind="audit",
    function=audit,
    knobs=(
        Knob(
            "seed",
            "integer",
            0,
            "Of the random order that pixels are put in as a replacement.",
            low=0,
            high=2**31 - 1,
        ),
    ),
)
