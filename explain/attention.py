"""Where information was mixed: every head's attention from the class token to the cells, and its rollout.

Attention is not explanation (Jain and Wallace, NAACL 2019): a head may look at a cell and take nothing from it that
the decision uses. Rollout follows attention through the layers (Abnar and Zuidema, ACL 2020): heads averaged, the
skip connection counted with a fixed share, layers multiplied.
"""

import numpy as np
import torch
from torch import Tensor

from explain.capture import STREAMS, open_stream, picture_of
from explain.cost import counting
from explain.methods import Knob, Method, Progress
from explain.result import Result
from explain.subject import Subject

CAVEAT = (
    "It shows where information was mixed, not why the decision fell: it has no sign, knows no target, and a cell may "
    "be looked at for nothing. Deep layers look at tokens that have long been mixed with others."
)


def rollout(weights: tuple[Tensor, ...], skip: float) -> Tensor:
    """Attention (1, H, L, L) of each block, first to last → (L, L): row i, how token i was mixed from the first tokens.

    skip: the share of a token that passes by the attention, 0..1; one half as published. Rows sum to 1.
    """
    length = weights[0].shape[-1]
    own = torch.eye(length, dtype=torch.float64, device=weights[0].device)
    mixed = own
    for layer in weights:
        mixed = (skip * own + (1 - skip) * layer[0].double().mean(dim=0)) @ mixed
    return mixed


def attention(subject: Subject, progress: Progress, stream: str, skip: float) -> Result:
    """Attention of the class token in one stream.

    values, all unsigned: 'mixing' (layers, heads, side, side), attention of the class token to every cell; 'class
    token' (layers, heads), to itself, so that 'mixing' sums to 1 with it; 'rollout' (side, side), how the last class
    token was mixed from the first cells; 'rollout class token' (), from itself. Raises ValueError for a stream without
    a grid of tokens.
    """
    tower = open_stream(subject, stream)
    progress(0, 1)
    with counting(subject) as cost, torch.no_grad():
        weights = tower.attention(tower.cells(picture_of(subject, tower.stream)))
    progress(1, 1)
    from_class = torch.stack([layer[0, :, 0] for layer in weights]).cpu().numpy()
    through = rollout(weights, skip)[0].cpu().numpy()
    side = tower.side
    return Result(
        values={
            "mixing": from_class[..., 1:].reshape(*from_class.shape[:2], side, side),
            "class token": from_class[..., 0],
            "rollout": through[1:].reshape(side, side),
            "rollout class token": np.array(through[0]),
        },
        labels={
            "mixing": tuple(f"block {number}" for number in range(len(weights))),
        },
        site=(
            f"{side} × {side} cells of the {stream} stream, over the "
            f"{'face' if stream == 'image' else f'patch (window {subject.patch_index + 1})'}, "
            "seen from the class token."
        ),
        sign="None: a share of what was mixed, 0 to 1, neither for nor against anything.",
        unit="share of the attention; cells and class token add up to 1",
        gap=None,
        cost=cost.passes,
        caveat=CAVEAT,
    )


METHOD = Method(
    name="attention",
    question="Where was information mixed?",
    kind="mixing",
    function=attention,
    knobs=(
        Knob("stream", "choice", "image", "The stream whose attention is shown.", STREAMS),
        Knob(
            "skip",
            "number",
            0.5,
            "Rollout: the share of a token that passes by the attention, one half as published.",
            low=0.0,
            high=1.0,
        ),
    ),
)
