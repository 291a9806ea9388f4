import dataclasses
import json
import math

import pytest

from mfclip import Config
from mfclip.config import CONFIGURATIONS, TINY
from mfclip.tokens import CONTEXT


def refusal(**changes) -> str:
    """The sentence for TINY's values with some replaced; 'part__key' reaches inside a part, None takes a key out."""
    values = json.loads(json.dumps(TINY.to_dict()))
    for name, value in changes.items():
        *path, last = name.split("__")
        owner = values
        for part in path:
            owner = owner[part]
        owner.pop(last, None)
        if value is not None:
            owner[last] = value
    with pytest.raises(ValueError) as error:
        Config.from_dict(values)
    return str(error.value)


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_a_configuration_survives_json(name):
    config = CONFIGURATIONS[name]
    assert config.name == name
    assert Config.from_dict(json.loads(json.dumps(config.to_dict()))) == config


def test_it_is_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        TINY.embed_dim = 3
    with pytest.raises(dataclasses.FrozenInstanceError):
        TINY.text.width = 3


def test_nothing_has_a_default():
    for part in (TINY, TINY.text, TINY.image, TINY.noise, TINY.alignment, TINY.decision):
        for field in dataclasses.fields(part):
            assert field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"dropout": 0.1}, "unknown keys ['dropout']"),
        ({"text__dropout": 0.1}, "config.text: unknown keys ['dropout']"),
        ({"noise__stem": None}, "config.noise: unknown keys [], missing keys ['stem']"),
        ({"decision": None}, "missing keys ['decision']"),
        ({"text": 7}, "config.text is 7"),
        ({"text__width": "128"}, "config.text.width is '128'"),
        ({"text__width": True}, "config.text.width is True"),
        ({"text__width": 128.0}, "config.text.width is 128.0"),
        ({"text__heads": 3}, "width 128 is not a multiple of heads 3"),
        ({"text__layers": 0}, "TextConfig.layers is 0"),
        ({"text__context": 20}, "TextConfig.context is 20"),
        ({"text__activation": "relu"}, "allowed are 'gelu', 'quick_gelu'"),
        ({"image__kind": "vit"}, "allowed are 'efficientnet', 'conv', 'clip', 'authors'"),
        ({"image__kind": "authors"}, "mix the published computation with the repaired one"),
        ({"image__stem": 24}, "config.image.stem is 24; a list"),
        ({"image__stem": []}, "ImageConfig.stem is ()"),
        ({"noise__stem": []}, "NoiseConfig.stem is ()"),
        ({"noise__stem": [24, 0]}, "NoiseConfig.stem is (24, 0)"),
        ({"alignment__rank": 0}, "AlignmentConfig.rank is 0"),
        ({"alignment__kind": "free"}, "AlignmentConfig.slots is 0"),
        ({"alignment__kind": "none"}, "kind is 'none', and {'rank': 16} would be read by nobody"),
        ({"noise__kind": "none"}, "'layers': 2"),
        ({"noise__kind": "silent"}, "allowed are 'grid', 'authors', 'none'"),
        ({"text__levels": "joint"}, "TextConfig.context is 77 and levels 'joint'"),
        ({"text__levels": "joint", "text__context": 400}, "exactly 308 places"),
        ({"text__levels": "last"}, "allowed are 'each', 'first', 'joint'"),
        ({"embed_dim": -1}, "Config.embed_dim is -1"),
        ({"decision__temperature": 0.0}, "temperature is 0.0"),
        ({"decision__a": math.nan}, "config.decision.a is nan; a finite number"),
        ({"decision__temperature": math.inf}, "config.decision.temperature is inf"),
        ({"decision__low": 0.7, "decision__high": 0.4}, "The band is 0.7..0.4"),
        ({"decision__high": 1.5}, "The band is 0.5..1.5"),
        ({"hierarchy": []}, "no real description"),
        ({"hierarchy": [{"fake": True}]}, "Description 1 is ['fake']"),
    ],
)
def test_a_wrong_value_is_named(changes, said):
    assert said in refusal(**changes)


def test_the_decision_refuses_nan_when_built_in_code():
    with pytest.raises(ValueError, match="DecisionConfig.c is nan"):
        dataclasses.replace(TINY.decision, c=math.nan)


def test_whole_numbers_do_for_fractions():
    values = TINY.to_dict()
    values["decision"]["a"] = 1
    assert Config.from_dict(values).decision.a == 1.0


def test_every_sentence_that_is_allowed_has_places():
    assert all(config.text.context >= CONTEXT for config in CONFIGURATIONS.values())
