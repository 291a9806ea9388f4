"""A stream opened between its stem and its read-out: pure functions over its tokens, for maps on any layer.

Nothing is hooked and nothing kept: whoever wants the tokens of a layer runs the blocks up to it, and whoever wants to
know what follows from other tokens runs the rest on them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from open_clip.transformer import ResidualAttentionBlock
from torch import Tensor

from explain.subject import Subject
from mfclip.attention import run_block
from mfclip.vision import ClipImageEncoder, ConvImageEncoder, GridNoiseEncoder, GridTransformer

Stream = Literal["image", "noise"]
STREAMS: tuple[Stream, ...] = ("image", "noise")

STEM = "stem"
"""The layer before the first: cells as the stem gives them, without places and without a class token."""


@dataclass(frozen=True)
class Tower:
    """One stream's encoder in steps.

    stream: 'image' or 'noise'. side: cells along a side of its grid. blocks: its transformer's. cells: pictures
    (B, 3, H, H) → cells (B, side², W), row-major. enter: cells → tokens (B, 1 + side², W), class token first, as the
    first block takes them. read: the class token after the last block (B, W) → feature (B, D).
    """

    stream: Stream
    side: int
    blocks: tuple[ResidualAttentionBlock, ...]
    cells: Callable[[Tensor], Tensor]
    enter: Callable[[Tensor], Tensor]
    read: Callable[[Tensor], Tensor]

    @property
    def layers(self) -> tuple[str, ...]:
        """What `at` takes: 'stem', then the blocks' numbers from '0'."""
        return (STEM, *(str(number) for number in range(len(self.blocks))))

    def depth(self, layer: str) -> int | None:
        """None for the stem, else the block's number. Raises ValueError for a layer that the stream has not."""
        if layer not in self.layers:
            raise ValueError(
                f"layer is {layer!r}; the {self.stream} stream has {', '.join(map(repr, self.layers))}."
            )
        return None if layer == STEM else int(layer)

    def at(self, layer: str, cells: Tensor) -> Tensor:
        """Cells (B, side², W) → what enters a layer: themselves for 'stem', else the tokens before the block,
        (B, 1 + side², W). Raises ValueError for a layer that the stream has not."""
        depth = self.depth(layer)
        if depth is None:
            return cells
        tokens = self.enter(cells)
        for block in self.blocks[:depth]:
            tokens, _ = run_block(block, tokens)
        return tokens

    def onward(self, layer: str, leaf: Tensor) -> Tensor:
        """What `at` gave (or other tokens in its place) → the stream's feature (B, D)."""
        depth = self.depth(layer)
        tokens = self.enter(leaf) if depth is None else leaf
        for block in self.blocks[depth or 0 :]:
            tokens, _ = run_block(block, tokens)
        return self.read(tokens[:, 0])

    def attention(self, cells: Tensor) -> tuple[Tensor, ...]:
        """Cells (B, side², W) → every block's attention weights (B, heads, 1 + side², 1 + side²), rows sum to 1."""
        tokens, found = self.enter(cells), []
        for block in self.blocks:
            tokens, weights = run_block(block, tokens, need_weights=True)
            if weights is not None:
                found.append(weights)
        return tuple(found)


def _of_grid(stream: Stream, grid: GridTransformer, stem: Callable[[Tensor], Tensor]) -> Tower:
    def enter(cells: Tensor) -> Tensor:
        return grid.tokens(cells.transpose(1, 2).unflatten(2, (grid.side, grid.side)))

    return Tower(
        stream,
        grid.side,
        tuple(grid.transformer.resblocks),
        cells=lambda pictures: stem(pictures).flatten(2).transpose(1, 2),
        enter=enter,
        read=lambda first: grid.projection(grid.ln_post(first)),
    )


def _of_clip(encoder: ClipImageEncoder) -> Tower:
    tower = encoder.tower

    def enter(cells: Tensor) -> Tensor:
        first = tower.class_embedding.to(cells).expand(cells.shape[0], 1, -1)
        return tower.ln_pre(torch.cat([first, cells], dim=1) + tower.positional_embedding)

    return Tower(
        "image",
        int(tower.grid_size[0]),
        tuple(tower.transformer.resblocks),
        cells=lambda faces: tower.conv1((faces - encoder.mean) / encoder.std).flatten(2).transpose(1, 2),
        enter=enter,
        read=lambda first: tower.ln_post(first) @ tower.proj,
    )


def open_stream(subject: Subject, stream: str) -> Tower:
    """A stream of the subject's model, in steps.

    Raises ValueError for a stream without a grid of tokens: a configuration that folds the whole picture into one
    token (`authors`), or that has no such stream.
    """
    encoder = {"image": subject.model.image, "noise": subject.model.noise}.get(stream)
    if encoder is None:
        raise ValueError(f"stream is {stream!r}; allowed are {', '.join(map(repr, STREAMS))}.")
    if isinstance(encoder, ConvImageEncoder):
        return _of_grid("image", encoder.grid, lambda faces: encoder.stem(faces / 127.5 - 1))
    if isinstance(encoder, GridNoiseEncoder):
        return _of_grid("noise", encoder.grid, encoder.stem)
    if isinstance(encoder, ClipImageEncoder):
        return _of_clip(encoder)
    name = subject.model.config.name
    if subject.model.config.noise.kind == "none" and stream == "noise":
        raise ValueError(f"Configuration {name!r} has no noise stream; choose the image stream.")
    raise ValueError(
        f"The {stream} stream of configuration {name!r} folds the whole picture into a single token, so its tokens "
        "have no place on the face; use pixels or occlusion, which need none."
    )


def picture_of(subject: Subject, stream: Stream) -> Tensor:
    """(1, 3, H, H): what a stream takes in, the face or the residual of the chosen window."""
    return subject.face if stream == "image" else subject.residual


def rest_of(subject: Subject, stream: Stream) -> Tensor:
    """(1, D): the feature of the other stream, which stays as it is."""
    return subject.noise if stream == "image" else subject.image
