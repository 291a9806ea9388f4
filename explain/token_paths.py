"""Paths of texts through embedding space, and how a text's feature is made of its words on the way.

The start and the end token stay as they are: blanking them too would move the position that is read.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from explain.integration import BEGUN, NODES, TOLERANCE
from explain.jacobian import NOTHING, TOGETHER, directional, pieces_of
from explain.methods import Progress
from explain.progress import Bar
from explain.sentences import Passage, Wording, batches
from explain.subject import Subject
from explain.tangents import through_block

CLOSE = TOLERANCE / 4
"""The share of its change by which a text's feature may be missed: differences of descriptions are smaller than what
they differ in, so errors weigh more there."""

ROWS = 64
"""Points of paths, of whatever texts, that run at once: it bounds memory."""

BASELINES = ("pad", "mean")
"""What stands in a word's place: CLIP's padding, which is the token “!”, or the mean of all token embeddings."""


def blank(subject: Subject, embedded: Tensor, content: Tensor, baseline: str) -> Tensor:
    """Embeddings (N, L, W) with the content (N, L) blanked, every other token as it is. baseline: of BASELINES."""
    language = subject.model.language
    if baseline == "mean":
        empty = language.tower.token_embedding.weight.detach().mean(dim=0)
    else:
        empty = language.embed(torch.zeros(1, dtype=torch.int64, device=embedded.device))[0].detach()
    return torch.where(content[..., None], empty, embedded)


def _content(passages: Sequence[Passage], numbers: Sequence[int], shape: tuple[int, int]) -> Tensor:
    content = torch.zeros(shape, dtype=torch.bool)
    for passage in passages:
        if passage.number in numbers:
            for word in passage.words:
                content[numbers.index(passage.number), passage.pieces(word)] = True
    return content


class TokenPaths:
    """X texts, numbers of `Wording.texts`, each on a path of its own from blanked (0) to as it is (1).

    embedded, blanked: (X, L, W); content: (X, L) the pieces of the passages' words, which are what is blanked. ends:
    (X,) places of the end tokens. numbers: (X,).
    """

    def __init__(
        self, wording: Wording, numbers: Sequence[int], passages: Sequence[Passage], baseline: str
    ) -> None:
        subject = wording.subject
        self.wording, self.language = wording, subject.model.language
        tokens = self.language.tokens([wording.texts[number] for number in numbers])
        device = subject.model.device
        self.ends, self.numbers = tokens.end.to(device), torch.tensor(numbers, device=device)
        with torch.no_grad():
            self.embedded = self.language.embed(tokens.ids.to(device))
        self.content = _content(passages, numbers, (len(numbers), tokens.ids.shape[1])).to(device)
        self.blanked = blank(subject, self.embedded, self.content, baseline)

    def at(self, places: Sequence[tuple[int, float]]) -> Tensor:
        """Embeddings (R, L, W) of texts at places of their paths."""
        texts = [text for text, _ in places]
        share = torch.tensor([place for _, place in places], device=self.blanked.device)[:, None, None]
        start = self.blanked[texts]
        # At 1 the text itself, to the bit.
        return torch.where(share == 1, self.embedded[texts], start + share * (self.embedded[texts] - start))


@dataclass(frozen=True)
class TextRows:
    """How the features of X texts are made of W words.

    rows: (W, D), zero for words that are not read; by text they sum to end − start, (X, D) each. points: those that
    the longest path took, of replaced pieces too.
    """

    rows: Tensor
    start: Tensor
    end: Tensor
    points: int


@dataclass(frozen=True)
class _Piece:
    """A piece of a text's path: rows (turns, D), and by how much they miss the difference of its ends, (D,)."""

    text: int
    start: float
    end: float
    rows: Tensor
    missed: Tensor


class _FeaturePaths:
    """Features (D,) on the texts' paths, and their derivatives along every word.

    The n-th word of every text is followed at once, in turn n, since texts do not see one another.
    """

    def __init__(self, paths: TokenPaths, turns: Tensor) -> None:
        self.paths, self.turns = paths, turns
        self.way = paths.embedded - paths.blanked
        self.known: dict[tuple[int, float], Tensor] = {}

    def features(self, texts: Sequence[int], points: Tensor) -> Tensor:
        """Embeddings (R, L, W) of texts → features (R, D)."""
        return self.paths.language.read(points, self.paths.ends[list(texts)])[0]

    def learn(self, places: Iterable[tuple[int, float]]) -> None:
        """Remember the features at places, (text, 0..1)."""
        new = [place for place in dict.fromkeys(places) if place not in self.known]
        for at in batches(len(new), ROWS):
            with torch.no_grad():
                found = self.features([text for text, _ in new[at]], self.paths.at(new[at]))
            self.known.update(zip(new[at], found, strict=True))

    def integrate(
        self, bounds: Sequence[tuple[int, float, float]], progress: Progress, count: int = NODES
    ) -> list[_Piece]:
        """Gauss–Legendre quadrature of the derivatives over pieces (text, start, end), `count` points each."""
        self.learn(place for text, start, end in bounds for place in ((text, start), (text, end)))
        nodes, weights = (given.tolist() for given in np.polynomial.legendre.leggauss(count))
        found: list[_Piece] = []
        for at in batches(len(bounds), max(1, ROWS // count)):
            progress(len(found), len(bounds))
            some = bounds[at]
            places = [
                (text, start + (node + 1) / 2 * (end - start)) for text, start, end in some for node in nodes
            ]
            shares = [weight / 2 * (end - start) for _, start, end in some for weight in weights]
            texts = [text for text, _ in places]
            rows = self.derivatives(texts, self.paths.at(places))
            rows = rows * torch.tensor(shares, dtype=rows.dtype, device=rows.device)[:, None]
            for bound, part in zip(some, rows.unflatten(1, (-1, count)).sum(dim=2).unbind(1), strict=True):
                text, start, end = bound
                missed = part.sum(dim=0) - (self.known[text, end] - self.known[text, start])
                found.append(_Piece(*bound, part, missed))
        return found

    def derivatives(self, texts: list[int], points: Tensor) -> Tensor:
        """At embeddings (R, L, W) of texts: (turns, R, D) along each text's n-th word."""
        way, tower = self.way[texts], self.paths.language.tower
        rows, ends = torch.arange(len(texts), device=points.device), self.paths.ends[texts]

        def read(last: Tensor) -> Tensor:  # (R, W) → (R, D)
            return tower.ln_final(last) @ tower.text_projection

        found = []
        for some in self.turns.split(TOGETHER):
            tokens = points + tower.positional_embedding[: points.shape[1]]
            moved = some[:, texts, :, None] * way
            for block in tower.transformer.resblocks:
                tokens, moved = through_block(block, tokens, moved, causal=True)
            found.append(directional(read, tokens[rows, ends], (moved[:, rows, ends],)))
        return torch.cat(found) if found else points.new_zeros(0, len(texts), tower.text_projection.shape[-1])


def text_rows(
    paths: TokenPaths, passages: Sequence[Passage], steps: int, limit: int, progress: Progress
) -> TextRows:
    """Integrate how the features of texts change with their words, at most `limit` points a text.

    As in `explain.integration`, points are spent where a piece misses its own difference, and every text has its own:
    one that is hard must not make the easy ones dear.
    """
    places, turns = _turns(paths, passages)
    found, bar = _FeaturePaths(paths, turns), Bar(progress)
    cuts, nodes = pieces_of(steps, limit)
    texts = range(len(paths.numbers))
    pieces = found.integrate(
        [(text, *cut) for text in texts for cut in zip(cuts[:-1], cuts[1:], strict=True)],
        bar.between(0, BEGUN),
        nodes,
    )
    spent = [nodes * (len(cuts) - 1) for _ in texts]
    while True:
        halved = {}
        for text in texts:
            own = [piece for piece in pieces if piece.text == text]
            missed = torch.stack([piece.missed for piece in own]).sum(dim=0).norm()
            whole = (found.known[text, 1.0] - found.known[text, 0.0]).norm().clamp_min(NOTHING)
            if missed >= CLOSE * whole and spent[text] + 2 * NODES <= limit:
                halved[text] = max(own, key=lambda piece: float(piece.missed.norm()))
                spent[text] += 2 * NODES
        if not halved:
            break
        # Every text may be refined up to the limit; few are, so the longest path tells how far this has come.
        reached = BEGUN + (1 - BEGUN) * max(spent) / limit
        pieces = [piece for piece in pieces if piece is not halved.get(piece.text)]
        middles = [(piece, (piece.start + piece.end) / 2) for piece in halved.values()]
        pieces += found.integrate(
            [half for p, middle in middles for half in ((p.text, p.start, middle), (p.text, middle, p.end))],
            bar.between(reached, reached),
        )
    bar.to(1.0)
    # In the order of the paths: sums of floats depend on their order, and results must not.
    pieces.sort(key=lambda piece: (piece.text, piece.start))
    ends = [torch.stack([found.known[text, bound] for text in texts]) for bound in (0.0, 1.0)]
    table = ends[0].new_zeros(len(texts), len(turns), ends[0].shape[-1])
    for piece in pieces:
        table[piece.text] += piece.rows
    rows = ends[0].new_zeros(sum(len(passage.words) for passage in passages), ends[0].shape[-1])
    for row, text, turn in places:
        rows[row] = table[text, turn]
    return TextRows(rows, ends[0], ends[1], max(spent, default=0))


def _turns(paths: TokenPaths, passages: Sequence[Passage]) -> tuple[list[tuple[int, int, int]], Tensor]:
    """(row among all words, text, turn) of every word of the texts, and the pieces (turns, X, L) that a turn moves."""
    words = [(passage, word) for passage in passages for word in passage.words]
    taken: Counter[int] = Counter()
    order, found = paths.numbers.tolist(), []
    for row, (passage, word) in enumerate(words):
        if passage.number in order:
            text = order.index(passage.number)
            found.append((row, text, taken[text], passage.pieces(word)))
            taken[text] += 1
    turns = torch.zeros(max(taken.values(), default=0), *paths.content.shape, dtype=torch.bool)
    for _, text, turn, pieces in found:
        turns[turn, text, pieces] = True
    return [(row, text, turn) for row, text, turn, _ in found], turns.to(paths.content.device)
