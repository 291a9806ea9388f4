"""Which weights of a run move: all, the norms of a pretrained image tower, or low-rank updates of its matrices.

Low-rank updates (LoRA: Hu et al., arXiv 2106.09685) come from peft where the weight belongs to a linear layer. The
query-key-value matrix of torch's attention is a bare parameter that `mfclip.attention` reads, so it gets the same
update as a parametrization of the parameter. Both are merged before anything is saved: a checkpoint's format does not
tell how it was tuned.
"""

import copy
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from mfclip.model import MFCLIP
from mfclip.training.recipes import Recipe
from mfclip.vision import ClipImageEncoder

RANK, ALPHA = 8, 16
"""Rank of a low-rank update and its gain: the update is B·A·ALPHA/RANK."""

LINEAR_LAYERS = r".*(attn\.out_proj|mlp\.c_fc|mlp\.c_proj)"
"""The linear layers of a transformer block, by name; the query-key-value matrix is no layer of its own."""

TOWER_RATES = {"all": 0.01, "norms": 0.1, "lora": 0.2}
"""Learning rate of what moves in a pretrained tower, as a share of the recipe's: a peak of 1e-3 fits fresh weights and
would wipe out pretrained ones, of which fine-tuning moves all by 1e-5, norms or low-rank updates by 1e-4 and more."""


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


def tune(model: MFCLIP, recipe: Recipe) -> None:
    """Mark what the recipe trains and add low-rank updates where it asks for them, in place.

    text 'frozen': of the text tower only the projection moves, and the level weights beside it. tune 'norms': of a
    pretrained image tower its layer norms, class token, places and projection; 'lora': low-rank updates alone. What
    is not pretrained is always trained. Raises ValueError for 'norms' or 'lora' on an image encoder that has no
    pretrained tower.
    """
    if recipe.text == "frozen":
        for name, value in model.language.tower.named_parameters():
            value.requires_grad_(name == "text_projection")
    if recipe.tune == "all":
        return
    if not isinstance(model.image, ClipImageEncoder):
        raise ValueError(
            f"tune is {recipe.tune!r}, but configuration {model.config.name!r} has no pretrained image tower; "
            "use tune 'all', or the configuration clip-b16."
        )
    tower = model.image.tower
    norms = {
        id(value)
        for module in tower.modules()
        if isinstance(module, nn.LayerNorm)
        for value in module.parameters(recurse=False)
    }
    places = ("class_embedding", "positional_embedding", "proj")
    for name, value in tower.named_parameters():
        value.requires_grad_(recipe.tune == "norms" and (id(value) in norms or name in places))
    if recipe.tune == "lora":
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

    Matrices decay; biases, norms, gains, places and the token table do not (unused words must not fade). A pretrained
    image tower moves at its own rate.
    """
    pretrained = isinstance(model.image, ClipImageEncoder)
    groups: dict[tuple[bool, bool], list[Tensor]] = {}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            kept = parameter.ndim < 2 or "token_embedding" in name or "position" in name
            of_tower = pretrained and name.startswith("image.tower.")
            groups.setdefault((of_tower, kept), []).append(parameter)
    return [
        {
            "params": parameters,
            "weight_decay": 0.0 if kept else recipe.weight_decay,
            "lr": recipe.learning_rate * (TOWER_RATES[recipe.tune] if of_tower else 1.0),
        }
        for (of_tower, kept), parameters in sorted(groups.items(), key=lambda item: item[0])
    ]
