import dataclasses
import json

import pytest

from mfclip.data.seen import recipes_before, seen_before
from mfclip.training.recipes import INGREDIENTS, PAIRS, TINY


def record(recipe=TINY, origin=None, **changes) -> dict:
    """A training.json, as JSON gives it back."""
    told = dataclasses.asdict(dataclasses.replace(recipe, **changes))
    return json.loads(json.dumps({"recipe": told, "started_from": origin}))


def began_from(before: dict | None) -> dict:
    return {"weights_sha256": "0" * 64, "record": before}


def test_the_latest_recipe_comes_first_and_the_unknown_is_none():
    chain = record(steps=3, origin=began_from(record(steps=2, origin=began_from(None))))
    assert [before and before["steps"] for before in recipes_before(chain)] == [3, 2, None]


@pytest.mark.parametrize("weights", [None, record(), record(PAIRS, origin=began_from(None))])
def test_whoever_leaves_nothing_out_may_begin_with_any_weights(weights):
    assert seen_before(weights, "", ()) == ""


@pytest.mark.parametrize(
    ("weights", "leave_out", "said"),
    [
        (None, "generator=sdxl", "no record of all"),
        (record(), "generator=sdxl", "the generator 'sdxl'"),
        (record(leave_out="generator=ddpm"), "generator=sdxl", "the generator 'sdxl'"),
        (record(leave_out="generator=sdxl"), "generator=sdxl", ""),
        (record(leave_out="generator=ddpm,sdxl"), "generator=sdxl", ""),
        (record(leave_out="generator=sdxl"), "generator=ddpm,sdxl", "the generator 'ddpm'"),
        (record(leave_out="kind=sdxl"), "generator=sdxl", "the generator 'sdxl'"),
        (record(PAIRS), "generator=sdxl", ""),
        (record(PAIRS), "kind=face_swap", "the kind 'face_swap'"),
        (record(PAIRS), "real=lfw", "the real 'lfw'"),
        (record(leave_out="real=lfw"), "real=lfw", ""),
        (record(leave_out="real=lfw", origin=began_from(record())), "real=lfw", "the real 'lfw'"),
        (record(leave_out="real=lfw", origin=began_from(None)), "real=lfw", "no record of all"),
        (record(PAIRS, origin=began_from(record(PAIRS))), "generator=sdxl", ""),
    ],
)
def test_what_is_left_out_must_not_have_been_seen(weights, leave_out, said):
    reason = seen_before(weights, leave_out, ())
    assert (said in reason) if said else reason == ""


def test_an_ingredient_must_not_have_been_seen_where_pairs_were():
    others = tuple(name for name in INGREDIENTS if name != "blend")
    assert seen_before(record(PAIRS), "", {"blend"}).endswith("of the ingredient blend")
    assert seen_before(record(PAIRS, ingredients=others), "", {"blend"}) == ""
    assert seen_before(record(pairs=0), "", {"blend"}) == ""
    assert "blend" in seen_before(
        record(PAIRS, ingredients=others, origin=began_from(record())), "", {"blend"}
    )
