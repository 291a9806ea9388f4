"""Word by patch: how much each word and each cell of a stream's grid say to one another, in the similarity of a target.

Forward-mode derivatives give two matrices by integration along a path: J_i (D × cells), how the face's direction is
made of cells, and J_t (words × D), how the text's direction is made of words. Their product is the table of pairs.
Because a similarity is linear in the text's direction, J_i holds the map of ANY prompt: `map_of` needs no backward pass
and no second look at the face. Möller et al. (exCLIP, TMLR 2025) compute the same table by reverse mode.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import numpy as np
import torch
from open_clip.transformer import ResidualAttentionBlock
from torch import Tensor
from torch.nn import functional as F

from explain.capture import STEM, STREAMS, Stream, Tower, open_stream, picture_of, rest_of
from explain.cost import counting
from explain.integration import NODES, gap_of
from explain.jacobian import TOGETHER, Side, directional, integrate_rows
from explain.methods import Knob, Method, Progress, ignore_progress
from explain.progress import Bar
from explain.result import Result
from explain.sentences import ALL, Passage, Wording, dead_notes, word_table
from explain.subject import Subject
from explain.tangents import through_block
from explain.token_paths import BASELINES, TextRows, TokenPaths, text_rows
from mfclip import decision as rule

SIDES = (7, 14)
"""Cells along a side that the table may have; the grid's own at most."""

FILLS = ("mean", "zero")
"""What stands in a cell's place at the start of the path: the mean of this face's cells, or nothing."""

MAX_STEPS = 256

OF_TEXT, OF_FEATURES = 0.45, 0.8
"""Shares of the work: of the whole, what the text's side takes; of that side, what the texts' features take."""

WORD_STEPS = 2
"""Points on the path of a text's words for one on that of a face's cells. The way bends more there, and a point costs
less: with 8 on both, words missed 5.7 % of the text vector's change and cells 0.6 % of the face's; with 16, 0.5 %."""

GROUPS = 3
"""Of texts of about the same length, which run together."""

MANY = 64
"""Words whose part in a description is followed at once: it bounds memory."""

CAVEAT = (
    "A pair is a product of two attributions, not a test: nothing was taken away. It covers what changes from the "
    "blanked words and blanked cells to the real ones, and the other stream stays as it is. Weights of descriptions in "
    "the contrast are kept as they are on this face. From a later layer on, cells have already been mixed."
)


def description_weights(subject: Subject) -> Tensor:
    """(K,): by how much the target moves with each description's similarity on this face, by which the contrast is
    made. Margin and language: their softmax shares, positive for fake rows and negative for real ones, times b for the
    margin; a description: 1 for itself; head: zeros."""
    target, model = subject.target, subject.model
    fused = subject.image + subject.noise
    similarities = model.similarities(fused, subject.text)[0].detach()
    if target.of == "description":
        return F.one_hot(torch.tensor(target.row), len(similarities)).to(similarities)
    if target.of == "head":
        return torch.zeros_like(similarities)
    leaf = similarities.clone().requires_grad_()
    with torch.enable_grad():
        (shares,) = torch.autograd.grad(rule.language_margin(leaf, subject.hierarchy.fake), leaf)
    return shares * (model.config.decision.b if target.of == "margin" else 1.0)


def text_vector(subject: Subject) -> np.ndarray:
    """(D,): the direction whose product with the face's is explained: Σ_k weight_k · t̂_k.

    Of a revised verdict's subject it is what `map_of` takes to paint an edited prompt's map.
    """
    return _direction(description_weights(subject), subject.text).detach().double().cpu().numpy()


def _direction(weights: Tensor, descriptions: Tensor) -> Tensor:
    return weights @ F.normalize(descriptions, dim=-1)


def map_of(result: Result, vector: np.ndarray | Sequence[float]) -> np.ndarray:
    """The map of any text on the face of a result of `pairs`: (side, side) logits, positive where a cell speaks for it.

    vector: (D,), a description's normalised feature t̂ or a sum of several with weights, as `text_vector` gives. No
    model is run. Raises ValueError for a vector of another length or a result of another method.
    """
    matrix = result.values.get("image_matrix")
    if matrix is None:
        raise ValueError(f"The result is of {result.method or 'no method'}; map_of takes one of pairs.")
    direction = np.asarray(vector, dtype=np.float64)
    if direction.shape != (len(matrix),):
        raise ValueError(
            f"The text vector has shape {direction.shape}; ({len(matrix)},) is needed, as text_vector gives it."
        )
    side = round(matrix.shape[1] ** 0.5)
    return (direction @ matrix.astype(np.float64)).reshape(side, side)


def _entered(tower: Tower, layer: str, leaf: Tensor) -> tuple[Tensor, tuple[ResidualAttentionBlock, ...]]:
    """The tokens that a leaf at a layer becomes, and the blocks that are before them."""
    depth = tower.depth(layer)
    return (tower.enter(leaf) if depth is None else leaf), tower.blocks[depth or 0 :]


def _along(
    tower: Tower, layer: str, leaf: Tensor, ways: Iterable[Tensor], read: Callable[[Tensor], Tensor]
) -> Tensor:
    """Derivatives of `read`, a function of the class token (B, W) that leaves the last block, along the ways from a
    leaf (1, L, W), chunks (n, 1, L, W) of N in all → (N, D)."""
    found = []
    for some in ways:
        tokens, blocks = _entered(tower, layer, leaf)
        moved = directional(lambda given: _entered(tower, layer, given)[0], leaf, (some,))
        for block in blocks:
            tokens, moved = through_block(block, tokens, moved, first=block is blocks[-1])
        found.append(directional(lambda first: read(first[:, 0]), tokens[:, :1], (moved[:, :, :1],)))
    return torch.cat(found)


def _of_cells(leaf: Tensor, side: int, cells: int) -> Tensor:
    """(cells², 1, tokens, 1): which tokens of a leaf belong to each cell; a class token before them to none."""
    number = torch.arange(side, device=leaf.device) * cells // side
    owner = (number[:, None] * cells + number).flatten()
    owner = torch.cat([owner.new_full((leaf.shape[1] - side * side,), -1), owner])
    return (owner == torch.arange(cells * cells, device=leaf.device)[:, None])[:, None, :, None]


def _image_side(
    subject: Subject,
    stream: Stream,
    layer: str,
    cells: int,
    fill: str,
    steps: int,
    limit: int,
    progress: Progress,
    towards: Tensor,
) -> Side:
    """J_i transposed (cells², D) and the scaled direction s·v̂ with blanked and with real cells (D,).

    towards: (D,), how the text's direction changes, with which the rows are multiplied.
    """
    tower = open_stream(subject, stream)
    side = min(cells, tower.side)
    if tower.side % side:
        raise ValueError(f"cells is {cells} and the {stream} grid has {tower.side} a side; choose a divisor.")
    rest = rest_of(subject, stream)
    axes = torch.eye(rest.shape[-1], device=rest.device)
    with torch.no_grad():
        leaf = tower.at(layer, tower.cells(picture_of(subject, stream)))
    within = _of_cells(leaf, tower.side, side)
    cell = within.any(dim=0)
    filling = (
        leaf[:, -(tower.side**2) :].mean(dim=1, keepdim=True) if fill == "mean" else torch.zeros_like(leaf)
    )
    start = torch.where(cell, filling, leaf)

    def read(first: Tensor) -> Tensor:  # its similarity to every axis is the direction itself, s·v̂
        return subject.model.similarities(tower.read(first) + rest, axes)[0]

    def scaled(tokens: Tensor) -> Tensor:
        return subject.model.similarities(tower.onward(layer, tokens) + rest, axes)[0]

    way = leaf - start
    return integrate_rows(
        lambda place: scaled(start + place * way),
        lambda place: _along(
            tower, layer, start + place * way, (some * way for some in within.split(TOGETHER)), read
        ),
        steps,
        limit,
        progress,
        towards,
    )


def _text_side(
    wording: Wording, passages: Sequence[Passage], baseline: str, steps: int, limit: int, progress: Progress
) -> Side:
    """J_t (W, D) and the text vector with blanked and with real words (D,).

    In two steps, each of which adds up: every text's feature is made of its words on a path of its own, and the text
    vector is made of the texts' features on the straight line from blanked to real ones.
    """
    weights = description_weights(wording.subject)
    numbers = list(dict.fromkeys(passage.number for passage in passages if passage.number is not None))
    bar = Bar(progress)
    made, numbers = _of_words(wording, passages, numbers, baseline, steps, limit, bar.between(0, OF_FEATURES))
    places = torch.tensor(numbers, device=made.rows.device)
    texts = [numbers.index(p.number) if p.number is not None else 0 for p in passages for _ in p.words]
    own = F.one_hot(torch.tensor(texts, dtype=torch.int64, device=made.rows.device), len(numbers))[..., None]

    def vector(features: Tensor) -> Tensor:  # (X, D) → (D,)
        table = wording.features.index_copy(0, places, features)
        return _direction(weights, wording.descriptions(table))

    def rows(place: float) -> Tensor:
        chunks = zip(own.split(MANY), made.rows.split(MANY), strict=True)
        return directional(
            vector,
            made.start + place * (made.end - made.start),
            (which * some[:, None] for which, some in chunks),
        )

    side = integrate_rows(
        lambda place: vector(made.start + place * (made.end - made.start)),
        rows,
        steps,
        limit,
        bar.between(OF_FEATURES, 1),
    )
    # In the caller's measure, which counts the points that `steps` asked for.
    return replace(side, points=max(side.points, -(-made.points // WORD_STEPS)))


def _of_words(
    wording: Wording,
    passages: Sequence[Passage],
    numbers: Sequence[int],
    baseline: str,
    steps: int,
    limit: int,
    progress: Progress,
) -> tuple[TextRows, list[int]]:
    """How the features of texts are made of their words, and the texts' numbers in the order of those features.

    Short texts and long ones on their own: what runs together is as long, and has as many turns, as its longest.
    """
    ends = wording.subject.model.language.tokens([wording.texts[number] for number in numbers]).end.tolist()
    ordered = [number for _, number in sorted(zip(ends, numbers, strict=True))]
    groups = [group.tolist() for group in np.array_split(ordered, GROUPS) if len(group)]
    steps, limit, bar = WORD_STEPS * steps, max(limit, WORD_STEPS * steps), Bar(progress)
    parts = []
    for at, group in enumerate(groups):
        part = bar.between(at / len(groups), (at + 1) / len(groups))
        parts.append(text_rows(TokenPaths(wording, group, passages, baseline), passages, steps, limit, part))
    rows, start, end = (
        sum((one.rows for one in parts[1:]), start=parts[0].rows),
        torch.cat([one.start for one in parts]),
        torch.cat([one.end for one in parts]),
    )
    return TextRows(rows, start, end, max(one.points for one in parts)), ordered


def pairs(
    subject: Subject,
    progress: Progress = ignore_progress,
    *,
    stream: Stream = "image",
    layer: str = STEM,
    cells: int = 7,
    fill: str = "mean",
    baseline: str = "pad",
    steps: int = 8,
    limit: int = 64,
) -> Result:
    """What W words and P cells say to one another.

    Explained is Σ_k weight_k · s·v̂·t̂_k with the weights of `description_weights`: the target itself for a description,
    for margin and language their linear part on this face. values: 'pairs' (W, P) logits, positive towards fake (for a
    description: towards it), cells row-major; 'map' (side, side) the map of the whole text, `map_of(result, 'vector')`;
    'image_matrix' (D, P), 'text_matrix' (W, D), 'vector' (D,), which the two above are products of; 'terms' (4,) the
    explained value with all, without words, without cells, without both; 'sentence', 'span', 'piece', 'unseen',
    'places' as in `words`.

    gap: |Σ pairs − (all − no words − no cells + neither)| as a share of the latter. Raises ValueError for a stream
    without a grid, a layer that it lacks, or cells that do not divide the grid.
    """
    wording = Wording.of(subject)
    passages = wording.passages(subject.target.row if subject.target.of == "description" else ALL)
    with counting(subject) as cost:
        bar = Bar(progress)
        text = _text_side(wording, passages, baseline, steps, limit, bar.between(0, OF_TEXT))
        on_image = bar.between(OF_TEXT, 1)
        image = _image_side(
            subject, stream, layer, cells, fill, steps, limit, on_image, text.end - text.start
        )
        bar.to(1.0)
    left, right = text.matrix.double().cpu().numpy(), image.matrix.double().cpu().numpy().T
    table, whole, terms = left @ right, text.end.double().cpu().numpy(), _terms(image, text)
    difference = float(terms[0] - terms[1] - terms[2] + terms[3])
    side = round(right.shape[1] ** 0.5)
    return Result(
        values={
            "pairs": table,
            "map": (whole @ right).reshape(side, side),
            "image_matrix": right,
            "text_matrix": left,
            "vector": whole,
            "terms": terms,
        }
        | word_table(subject, passages),
        labels={
            "pairs": tuple(word.text for passage in passages for word in passage.words),
            "sentences": tuple(passage.sentence for passage in passages),
        },
        site=f"words × cells of the {stream} stream's {side} × {side} grid, {_place(layer)}",
        sign="positive: the two together speak for "
        + ("the description" if subject.target.of == "description" else "fake"),
        unit="logits of the similarity"
        + ("" if subject.target.of == "description" else f", as the {subject.target} weighs it"),
        gap=gap_of(float(table.sum()) - difference, difference),
        cost=cost.passes,
        caveat=CAVEAT,
        notes=_notes(subject, passages, whole, max(image.points, text.points), steps),
    )


def _terms(image: Side, text: Side) -> np.ndarray:
    """(4,): the product of the two directions with all, without words, without cells, without both."""
    found = [
        [float(t.double() @ v.double()) for t in (text.end, text.start)] for v in (image.end, image.start)
    ]
    return np.array(found).ravel()


def _notes(
    subject: Subject, passages: Sequence[Passage], whole: np.ndarray, points: int, steps: int
) -> tuple[str, ...]:
    notes = dead_notes(subject, passages)
    if points > -(-steps // NODES) * NODES:
        notes += (f"{steps} points of a path were not enough everywhere; the hardest one took {points}.",)
    if not np.any(whole):
        notes += (f"The {subject.target} reads no text: every pair is exactly 0.",)
    return notes


def _place(layer: str) -> str:
    return "as the stem gives it" if layer == STEM else f"before block {layer}"


METHOD = Method(
    name="pairs",
    question="Which word looks at which part of the face?",
    kind="pairs",
    function=pairs,
    knobs=(
        Knob("stream", "choice", "image", "Image: the face. Noise: the richest patch.", choices=STREAMS),
        Knob("layer", "choice", STEM, "Where cells are blanked: 'stem', or before a block, '0' onwards."),
        Knob("cells", "choice", 7, "Cells along a side; at most the grid's own.", choices=SIDES),
        Knob("fill", "choice", "mean", "What stands in a cell's place at the start.", choices=FILLS),
        Knob("baseline", "choice", "pad", "What stands in a word's place at the start.", choices=BASELINES),
        Knob(
            "steps",
            "integer",
            8,
            "Points of the path to begin with, for each side.",
            low=4,
            high=MAX_STEPS,
        ),
        Knob(
            "limit",
            "integer",
            64,
            "Points at most; more are spent where a side does not add up to within 1 %.",
            low=4,
            high=MAX_STEPS,
        ),
    ),
)
