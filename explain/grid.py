"""Which tokens moved the decision: gradient × activation on the tokens of any layer of either stream, or its integral.

With one step, the gradient at the face times (tokens − reference): a first-order answer for one backward pass. With
the reference 'zero' it is gradient × activation as the literature has it. That one hides a trap: behind a layer
normalisation the gradient is orthogonal to what is normalised (scaling it changes nothing), so before the last block,
where cells are read through such a normalisation alone, gradient × activation of every cell is zero whatever the cell
says. Another reference, the tokens of a face that says nothing, has no such hole.
With more steps, integrated gradients from the reference to the tokens: the shares add up to what the whole stream
changes, and as only the part of the network after the layer runs, that costs a fraction of attributing to pixels.
Every named picture gives the same difference at every layer; what moves with depth is how much of it has already been
gathered in the class token, whose share is told apart.
"""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from explain.baselines import BASELINES
from explain.capture import STEM, STREAMS, Tower, open_stream, picture_of, rest_of
from explain.cost import counting
from explain.integration import Integral, accuracy, gap_of, integrate
from explain.methods import Knob, Method, Progress
from explain.result import Result
from explain.subject import Subject

AVERAGE, ZERO = "average cell", "zero"
BATCH = 8
"""Points of the path that are computed at once."""
REFERENCES = (*BASELINES, AVERAGE, ZERO)

CAVEAT = (
    "A token stands for more than its own cell: the stem's convolutions reach over several, and every block mixes all "
    "of them, so the deeper the layer, the less its places are places of the face. The other stream is kept as it is."
)


def first_order(
    function: Callable[[Tensor], Tensor], leaf: Tensor, reference: Tensor, progress: Progress
) -> Integral:
    """Gradient at the leaf (1, N, W) times (leaf − reference); the gap says how far that is from adding up."""
    progress(0, 1)
    leaf = leaf.detach().clone().requires_grad_()
    with torch.enable_grad():
        value = function(leaf)
        (gradient,) = torch.autograd.grad(value.sum(), leaf)
    with torch.no_grad():
        start = float(function(reference)[0])
        part = gradient * (leaf - reference)
    progress(1, 1)
    value_here = float(value[0].detach())
    gap = gap_of(float(part.double().sum()) - (value_here - start), value_here - start)
    return Integral((part,), value_here, start, gap, gap, np.ones(1), 1)


def reference_tokens(subject: Subject, tower: Tower, layer: str, cells: Tensor, name: str) -> Tensor:
    """What the tokens of a layer are compared with, in their shape.

    name: 'zero' for zeros, 'average cell' for the tokens that follow where every cell of the stem is their mean, or a
    baseline's name for those that follow from the face so filled; for the noise stream, from a residual of zero.
    """
    if name == ZERO:
        return torch.zeros_like(tower.at(layer, cells))
    if name == AVERAGE:
        return tower.at(layer, cells.mean(dim=1, keepdim=True).expand_as(cells))
    picture = picture_of(subject, tower.stream)
    filled = BASELINES[name](picture) if tower.stream == "image" else torch.zeros_like(picture)
    return tower.at(layer, tower.cells(filled))


def _notes(tower: Tower, layer: str, reference: str, integral: Integral, asked: int) -> tuple[str, ...]:
    notes = []
    if integral.steps == 1:
        notes.append("A first-order answer: it need not add up to the difference.")
    else:
        notes += accuracy(integral, asked)
    if layer == tower.layers[-1] and reference == ZERO:
        notes.append(
            "The last block reads the cells through a normalisation alone, so their gradient × activation is zero by "
            "construction: choose another reference or an earlier layer."
        )
    return tuple(notes)


def grid(
    subject: Subject, progress: Progress, stream: str, layer: str, reference: str, steps: int, limit: int
) -> Result:
    """Shares of the tokens of one layer of one stream.

    values, in logits: 'map' (side, side), summed over the tokens' channels; 'class token' (), its share (0 at the
    stem, where there is none yet); 'total' (), map and class token together; 'difference' (), the value here less
    that at the reference; 'reference' (), the value there. Raises ValueError for a layer that the stream has not and
    for a stream without a grid of tokens.
    """
    tower = open_stream(subject, stream)
    rest = rest_of(subject, tower.stream)

    def function(leaf: Tensor) -> Tensor:
        return subject.value(tower.onward(layer, leaf) + rest)

    with counting(subject) as cost:
        with torch.no_grad():
            cells = tower.cells(picture_of(subject, tower.stream))
            leaf = tower.at(layer, cells)
            start = reference_tokens(subject, tower, layer, cells, reference)
        if steps == 1:
            integral = first_order(function, leaf, start, progress)
        else:
            integral = integrate(function, (leaf,), (start,), steps, limit, BATCH, progress)
    shares = integral.attributions[0][0].double().sum(dim=-1).cpu().numpy()
    of_class = 0.0 if layer == STEM else float(shares[0])
    cells_shares = shares if layer == STEM else shares[1:]
    where = "the stem's cells" if layer == STEM else f"the tokens before block {layer}"
    return Result(
        values={
            "map": cells_shares.reshape(tower.side, tower.side),
            "class token": np.array(of_class),
            "total": np.array(float(shares.sum())),
            "difference": np.array(integral.difference),
            "reference": np.array(integral.reference),
        },
        site=(
            f"{tower.side} × {tower.side} cells: {where} of the {stream} stream, over the "
            f"{'face' if stream == 'image' else f'patch (window {subject.patch_index + 1})'}."
        ),
        sign=f"Positive: with this token as it is, and not the reference ({reference}), the target is higher.",
        unit="logits" if steps == 1 else "logits; cells and class token add up to the difference",
        gap=None if steps == 1 else integral.gap,
        cost=cost.passes,
        caveat=CAVEAT,
        notes=_notes(tower, layer, reference, integral, steps),
    )


METHOD = Method(
    name="grid",
    question="Which of the model's tokens moved the decision?",
    kind="map",
    function=grid,
    knobs=(
        Knob("stream", "choice", "image", "The stream whose tokens are asked.", STREAMS),
        Knob("layer", "choice", STEM, "'stem', or the number of the block that the tokens enter, from '0'."),
        Knob(
            "reference",
            "choice",
            "mean colour",
            "What the tokens are compared with: those of a face filled so (for the noise stream, of no residual), of "
            "a face whose cells are all alike, or zeros.",
            REFERENCES,
        ),
        Knob(
            "steps",
            "integer",
            16,
            "1: gradient × (activation − reference). More: its integral; points are added until the shares add up.",
            low=1,
            high=512,
        ),
        Knob("limit", "integer", 256, "The most points that may be added up to.", low=1, high=4096),
    ),
)
