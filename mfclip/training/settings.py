"""A recipe from the command line and from files: every field by its name, typed, unknown ones refused."""

import argparse
import dataclasses
import json
import types
import typing
from pathlib import Path
from typing import Any

from mfclip.training.recipes import RECIPES, Recipe

FIELDS: dict[str, Any] = {
    name: hint for name, hint in typing.get_type_hints(Recipe).items() if name != "name"
}


def add_overrides(parser: argparse.ArgumentParser) -> None:
    """One option for every field of a recipe; those that are not given leave the recipe as it is.

    Numbers and words are typed by the field, choices are those of its Literal, a bool gives --NAME and --no-NAME,
    and a tuple takes any number of words.
    """
    group = parser.add_argument_group("recipe overrides")
    for name, hint in FIELDS.items():
        option = f"--{name.replace('_', '-')}"
        if hint is bool:
            group.add_argument(option, action=argparse.BooleanOptionalAction, default=None)
        elif typing.get_origin(hint) is typing.Literal:
            group.add_argument(option, choices=typing.get_args(hint), default=None)
        elif typing.get_origin(hint) is tuple:
            group.add_argument(option, nargs="*", type=typing.get_args(hint)[0], default=None)
        else:
            group.add_argument(option, type=hint, default=None)


def recipe_of(told: argparse.Namespace) -> Recipe:
    """The recipe that `told.recipe` names, a name of RECIPES or a JSON file, with the overrides that were given.

    Without one, the recipe that is called like the configuration.

    Raises ValueError for an unknown name, a file that is no recipe, or settings that do not go together.
    """
    name = told.recipe or told.configuration
    recipe = RECIPES[name] if name in RECIPES else read_recipe(Path(name))
    given: dict[str, Any] = {name: getattr(told, name) for name in FIELDS if getattr(told, name) is not None}
    changed: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in given.items()
    }
    return dataclasses.replace(recipe, **changed)


def read_recipe(path: Path) -> Recipe:
    """A recipe from a JSON object, or from the `recipe` of a run's training.json; keys left out keep their default.

    Raises ValueError naming unknown keys, or the value of another type and what is expected.
    """
    if not path.is_file():
        raise ValueError(
            f"The recipe is {str(path)!r}, which is neither a file nor one of {', '.join(sorted(RECIPES))}."
        )
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is not JSON ({error}); write an object with fields of a recipe.") from None
    if isinstance(content, dict) and isinstance(content.get("recipe"), dict):
        content = content["recipe"]
    if not isinstance(content, dict):
        raise ValueError(
            f"{path} holds a {type(content).__name__}; an object with fields of a recipe is needed."
        )
    unknown = sorted(set(content) - {*FIELDS, "name"})
    if unknown:
        raise ValueError(f"{path}: unknown keys {unknown}; a recipe has {['name', *FIELDS]}.")
    values = {
        name: _typed(value, FIELDS.get(name, str), f"{path}: {name}") for name, value in content.items()
    }
    return Recipe(**{"name": path.stem, **values})


def _typed(value: Any, hint: Any, where: str) -> Any:
    """A JSON value as the field's type; ValueError if it is another's."""
    origin, inside = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Literal:
        if value not in inside:
            raise ValueError(f"{where} is {value!r}; allowed are {', '.join(map(repr, inside))}.")
        return value
    if origin is tuple:
        if not isinstance(value, list):
            raise ValueError(f"{where} is {value!r}; a list is needed.")
        return tuple(_typed(item, inside[0], where) for item in value)
    allowed: type | types.UnionType = int | float if hint is float else hint
    if not isinstance(value, allowed) or (isinstance(value, bool) and hint is not bool):
        raise ValueError(f"{where} is {value!r}; a value of type {hint.__name__} is needed.")
    return hint(value)
