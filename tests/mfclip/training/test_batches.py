"""What a batch holds: pairs under one history, nothing that was left out, and shares that add up to the whole."""

import copy
import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from mfclip.training.batches import CHANGED, RICHEST, Pool, TrainingBatches, most_changed
from mfclip.training.forgeries.make import MAKERS
from mfclip.training.prepare import makers_folder, prepare
from mfclip.training.recipes import SMOKE

WIDE = dataclasses.replace(SMOKE, reals=6, pairs=4, forgeries=3, steps=30)


@pytest.fixture(scope="session")
def caches(photographs, tmp_path_factory):
    return prepare(photographs, tmp_path_factory.mktemp("cache"), SMOKE)


def _planned(batches: TrainingBatches, steps: int = 12) -> list:
    return [
        cache.entries[index]
        for step in range(steps)
        for unit in batches.plan(step)
        for cache, index, _, _ in unit
    ]


def test_a_batch_is_the_same_whenever_it_is_asked_for(caches):
    batches = TrainingBatches(*caches, WIDE)
    first, again, other = batches[2], batches[2], batches[3]
    assert torch.equal(first.faces, again.faces) and torch.equal(first.windows, again.windows)
    assert not torch.equal(first.faces, other.faces)
    assert len(first.entries) == WIDE.reals + WIDE.pairs + WIDE.forgeries
    assert int((first.labels == 0).sum()) == WIDE.reals
    assert all(entry.split == "train" for entry in first.entries)


def test_a_pair_shares_its_photograph_its_history_and_its_window(caches):
    batches = TrainingBatches(*caches, WIDE)
    for step in range(12):
        for unit in batches.plan(step)[: WIDE.pairs]:
            (_, real, *of_real), (cache, forged, *of_forged) = unit
            assert cache.entries[forged].pair == real and of_real == of_forged


def test_a_pair_differs_by_the_forging_alone(caches):
    """The two of a pair share crop, scale, flip and colour, so by coarse structure they are nearly one picture."""
    batch = TrainingBatches(*caches, WIDE)[0]
    pooled = torch.nn.functional.avg_pool2d(batch.faces[: 2 * WIDE.pairs].float().permute(0, 3, 1, 2), 32)
    of_pair = (pooled[::2] - pooled[1::2]).abs().mean()
    assert of_pair < 0.5 * (pooled[::2] - pooled[::2].roll(1, dims=0)).abs().mean()


@pytest.mark.parametrize("processes", [2, 3])
def test_the_shares_of_all_processes_are_the_batch_of_one(caches, processes):
    whole = TrainingBatches(*caches, WIDE)[5]
    shares = [TrainingBatches(*caches, WIDE, process, processes)[5] for process in range(processes)]

    def pictures(batch):
        return sorted(
            zip([e.path for e in batch.entries], batch.faces.sum(dim=(1, 2, 3)).tolist(), strict=True)
        )

    assert sorted(sum((pictures(share) for share in shares), [])) == pictures(whole)
    sizes = [len(share.entries) for share in shares]
    assert max(sizes) - min(sizes) <= 2
    for share in shares:
        for number, entry in enumerate(share.entries):
            if entry.pair is not None:
                assert share.entries[number - 1].path == entry.path and not share.entries[number - 1].fake


@pytest.mark.parametrize(
    "left_out", ["generator=sdxl", "kind=face_swap", "real=camera", "generator=denoiser"]
)
def test_what_is_left_out_is_never_drawn(caches, left_out):
    recipe = dataclasses.replace(WIDE, leave_out=left_out)
    what, name = left_out.split("=")
    for entry in _planned(TrainingBatches(*caches, recipe)):
        if what == "real":
            assert name not in (entry.generator, entry.source)
        else:
            assert getattr(entry, what) != name


@pytest.mark.parametrize(("evenness", "share"), [(0, 1 / 10), (0.5, 1 / 4), (1, 1 / 2)])
def test_evenness_says_how_often_a_small_generator_is_drawn(evenness, share):
    entries = [SimpleNamespace(generator="small"), *[SimpleNamespace(generator="large")] * 9]
    pool = Pool(SimpleNamespace(entries=entries), list(range(10)), evenness)
    drawn = pool.draw(np.random.default_rng(0), 4000)
    assert abs(np.mean(np.array(drawn) == 0) - share) < 0.03


@pytest.mark.parametrize("pool", ["reals", "forgeries"])
def test_a_recipe_hands_its_evenness_to_both_pools(caches, pool):
    faces, made = caches
    first = next(e for e in faces.entries if e.split == "train" and e.fake == (pool == "forgeries"))
    uneven = copy.copy(faces)
    uneven.entries = [dataclasses.replace(e, generator="rare") if e is first else e for e in faces.entries]
    for evenness in (0.0, 1.0):
        batches = TrainingBatches(uneven, made, dataclasses.replace(WIDE, evenness=evenness))
        drawn = getattr(batches, pool)
        pictures = np.array([len(member) for member in drawn.members])
        assert pictures.min() == 1 < pictures.max(), "or every evenness would draw alike"
        sizes = pictures ** (1 - evenness)
        assert np.allclose(drawn.shares, sizes / sizes.sum())


def test_an_evenness_outside_its_range_is_refused():
    with pytest.raises(ValueError, match="evenness is 1.5"):
        dataclasses.replace(WIDE, evenness=1.5)


def test_ingredients_are_drawn_in_equal_shares_and_only_if_named(caches):
    count = {name: 0 for name in WIDE.ingredients}
    for entry in _planned(TrainingBatches(*caches, dataclasses.replace(WIDE, forgeries=0)), 30):
        if entry.fake:
            count[MAKERS[entry.generator].ingredient] += 1
    assert min(count.values()) > 0.5 * max(count.values())
    only = dataclasses.replace(WIDE, ingredients=("blend",), forgeries=0)
    assert {e.generator for e in _planned(TrainingBatches(*caches, only)) if e.fake} == {"self_blend"}


@pytest.mark.parametrize(
    ("histories", "spared", "least", "most"), [(True, 0, 0, 0.2), (True, 1, 1, 1), (False, 0, 1, 1)]
)
def test_re_saving_spares_a_share_of_the_pairs_and_nothing_else(caches, histories, spared, least, most):
    recipe = dataclasses.replace(WIDE, histories=histories, spared=spared)
    pairs, loose = [], []
    for unit in (unit for step in range(30) for unit in TrainingBatches(*caches, recipe).plan(step)):
        draw = unit[0][2]
        as_it_was = not draw.quality and not draw.earlier and draw.scale == draw.soften == 1
        assert all(planned[2] == draw for planned in unit)
        (pairs if len(unit) == 2 else loose).append(as_it_was)
    assert least <= np.mean(pairs) <= most
    assert np.mean(loose) < 0.2 or not histories


def test_windows_are_the_richest_the_changed_or_any(caches):
    def windows(recipe, pairs):
        units = [u for step in range(12) for u in TrainingBatches(*caches, recipe).plan(step)]
        return {planned[3] for unit in units if (len(unit) == 2) == pairs for planned in unit}

    assert windows(WIDE, pairs=True) == {RICHEST, CHANGED}
    assert windows(WIDE, pairs=False) == {RICHEST, 0, 1, 2, 3}
    random = dataclasses.replace(WIDE, patch="random")
    assert windows(random, pairs=True) == windows(random, pairs=False) == {0, 1, 2, 3}


def test_the_changed_window_is_where_the_forgery_differs():
    original = np.random.default_rng(0).integers(0, 255, (230, 230, 3), dtype=np.uint8)
    for window, (y, x) in enumerate([(30, 30), (30, 180), (180, 30), (180, 180)]):
        forgery = original.copy()
        forgery[y : y + 20, x : x + 20] += 40
        assert most_changed(original, forgery) == window
    assert most_changed(original[:100, :100], forgery[:100, :100]) == 0


def test_a_recipe_that_wants_what_is_not_there_is_refused(caches):
    faces, made = caches
    with pytest.raises(ValueError, match="no picture has the generator nothing.*sdxl"):
        TrainingBatches(faces, made, dataclasses.replace(WIDE, leave_out="generator=nothing"))
    only_swaps = dataclasses.replace(WIDE, leave_out="kind=entire_face_synthesis")
    TrainingBatches(faces, made, only_swaps)
    reals_only = type(faces)(faces.folder)
    reals_only.entries = [entry for entry in faces.entries if not entry.fake]
    with pytest.raises(ValueError, match="wants 3 forgeries a batch and the training split has none"):
        TrainingBatches(reals_only, made, WIDE)


def test_makers_of_other_settings_are_not_taken_for_these(caches):
    class Told:
        told = "a b c"

    folder = makers_folder(Told(), SMOKE)
    assert folder == makers_folder(
        Told(), dataclasses.replace(SMOKE, name="other", learning_rate=0.1, seed=5)
    )
    for change in ({"autoencoder_steps": 9}, {"denoiser_steps": 9}):
        assert folder != makers_folder(Told(), dataclasses.replace(SMOKE, **change))
