"""Which weights of a run move: all, the later half of what was pretrained, its norms, or low-rank updates of it.

Low-rank updates (LoRA: Hu et al., arXiv 2106.09685) come from peft where the weight belongs to a linear layer. The
query-key-value matrix of torch's attention is a bare parameter that `mfclip.attention` reads, so it gets the same
update as a parametrization of the parameter. Both are merged before anything is saved: a checkpoint's format does not
tell how it was tuned.
"""

import copy
from typing import cast

import torch
from open_clip.transformer import VisionTransformer
from torch import Tensor, nn
from torch.nn.utils import parametrize

from mfclip.convert import TRUNK
from mfclip.efficientnet import EfficientNetTrunk
from mfclip.model import MFCLIP
from mfclip.training.recipes import Recipe
from mfclip.vision import ClipImageEncoder

RANK, ALPHA = 8, 16
"""Rank of a low-rank update and its gain: the update is B·A·ALPHA/RANK."""

LINEAR_LAYERS = r".*(attn\.out_proj|mlp\.c_fc|mlp\.c_proj)"
"""The linear layers of a transformer block, by name; the query-key-value matrix is no layer of its own."""

TOWER_RATES = {"all": 0.01, "late": 0.02, "norms": 0.1, "lora": 0.2}
"""Learning rate of what moves in a pretrained tower, as a share of the recipe's: a peak of 1e-3 fits fresh weights and
would wipe out pretrained ones, of which fine-tuning moves all by 1e-5, norms or low-rank updates by 1e-4 and more."""

TRUNK_RATE = 0.1
"""The same for a convolutional trunk, which stands more than a transformer does."""


class LowRankUpdate(nn.Module):
    """W → W + B·A·ALPHA/RANK for a matrix (O, I): A (RANK, I) random, B (O, RANK) zero, so that it starts as W."""

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        outputs, inputs = weight.shape
        self.down = nn.Parameter(torch.empty(RANK, inputs))
        self.up = nn.Parameter(torch.zeros(outputs, RANK))
        nn.init.kaiming_uniform_(self.down, a=5**0.5)

    def forward(self, weight: Tensor) -> Tensor:
        """(O, I) → (O, I)."""
        return weight + self.up @ self.down * (ALPHA / RANK)


def trunk_of(model: MFCLIP) -> EfficientNetTrunk | None:
    """The pretrained convolutional trunk of a model's image stream, None where it has none."""
    found = (module for module in model.image.modules() if isinstance(module, EfficientNetTrunk))
    return next(found, None)


def tune(model: MFCLIP, recipe: Recipe) -> None:
    """Mark what the recipe trains and add low-rank updates where it asks for them, in place.

    text 'frozen': of the text tower only the projection moves, and the level weights beside it. tune 'late': of a
    pretrained image tower the later half of its blocks and its projection, of a pretrained trunk what mixes channels
    at the token grid's size; 'norms': of a tower its layer norms, class token, places and projection; 'lora':
    low-rank updates alone. What is not pretrained is always trained. Raises ValueError for 'norms' or 'lora' on an
    image encoder that has no pretrained tower.
    """
    if recipe.text == "frozen":
        for name, value in model.language.tower.named_parameters():
            value.requires_grad_(name == "text_projection")
    if recipe.tune == "all":
        return
    if isinstance(model.image, ClipImageEncoder):
        _tune_tower(model.image.tower, recipe.tune)
    elif recipe.tune == "late":
        _tune_trunk(trunk_of(model))
    else:
        raise ValueError(
            f"tune is {recipe.tune!r}, but configuration {model.config.name!r} has no pretrained image tower; "
            "use tune 'all' or 'late', or the configuration clip-b16."
        )


def _tune_trunk(trunk: EfficientNetTrunk | None) -> None:
    """What is told by edges and textures of full to eighth size stays as a million photographs made it."""
    if trunk is not None:
        trunk.requires_grad_(False)
        for part in trunk.late:
            part.requires_grad_(True)


def _tune_tower(tower: VisionTransformer, tuned: str) -> None:
    blocks = tower.transformer.resblocks
    norms = [module for module in tower.modules() if isinstance(module, nn.LayerNorm)]
    places = ("class_embedding", "positional_embedding", "proj")
    moving = {
        "late": [*blocks[len(blocks) // 2 :].parameters(), *tower.ln_post.parameters(), tower.proj],
        "norms": [
            *(value for module in norms for value in module.parameters(recurse=False)),
            *(getattr(tower, name) for name in places),
        ],
        "lora": [],
    }[tuned]
    tower.requires_grad_(False)
    for value in moving:
        value.requires_grad_(True)
    if tuned == "lora":
        _add_low_rank_updates(tower.transformer)


def _add_low_rank_updates(transformer: nn.Module) -> None:
    from peft import LoraConfig, inject_adapter_in_model  # seconds to import, and few runs want it

    settings = LoraConfig(r=RANK, lora_alpha=ALPHA, lora_dropout=0.0, target_modules=LINEAR_LAYERS)
    inject_adapter_in_model(settings, transformer)
    for module in transformer.modules():
        if isinstance(module, nn.MultiheadAttention):
            update = LowRankUpdate(module.in_proj_weight)
            parametrize.register_parametrization(module, "in_proj_weight", update)
            cast(nn.ModuleDict, module.parametrizations)["in_proj_weight"].original.requires_grad_(False)


def merged(model: MFCLIP) -> MFCLIP:
    """A copy of a model with its low-rank updates added into the weights: modules and state dict of a plain MFCLIP."""
    model = copy.deepcopy(model)
    if not any(parametrize.is_parametrized(module) for module in model.modules()):
        return model
    from peft.tuners.tuners_utils import BaseTunerLayer

    for module in list(model.modules()):
        if parametrize.is_parametrized(module):
            for name in list(cast(nn.ModuleDict, module.parametrizations)):
                parametrize.remove_parametrizations(module, name, leave_parametrized=True)
        for name, child in list(module.named_children()):
            if isinstance(child, BaseTunerLayer):
                child.merge()
                setattr(module, name, child.get_base_layer())
    return model


def parameter_groups(model: MFCLIP, recipe: Recipe) -> list[dict]:
    """Parameters that move, for the optimiser, each group with its decay and learning rate.

    Matrices decay; biases, norms, gains, places and the token table do not (unused words must not fade). Pretrained
    towers and a pretrained trunk move at rates of their own.
    """
    rates = {"image.tower.": TOWER_RATES[recipe.tune], TRUNK: TRUNK_RATE if trunk_of(model) else 1.0}
    if isinstance(model.image, ClipImageEncoder):
        # The text tower beside it is pretrained too, and moves whole or, frozen, by its projection alone.
        rates["language.tower."] = TOWER_RATES["all" if recipe.text == "trained" else "norms"]
    groups: dict[tuple[float, bool], list[Tensor]] = {}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            kept = parameter.ndim < 2 or "token_embedding" in name or "position" in name
            rate = next((rate for start, rate in rates.items() if name.startswith(start)), 1.0)
            groups.setdefault((rate, kept), []).append(parameter)
    return [
        {
            "params": parameters,
            "weight_decay": 0.0 if kept else recipe.weight_decay,
            "lr": recipe.learning_rate * rate,
        }
        for (rate, kept), parameters in sorted(groups.items(), key=lambda item: (-item[0][0], item[0][1]))
    ]
