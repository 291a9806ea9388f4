"""Pairs: every forgery beside its original, in its split, under its photograph's own JPEG generation."""

import copy
import io

import numpy as np
import pytest
from PIL import Image

from mfclip.data.cache import cache_photographs
from mfclip.data.sources import read_photographs
from mfclip.training.forgeries.autoencoders import SHAPES, Autoencoder
from mfclip.training.forgeries.denoiser import Denoiser
from mfclip.training.forgeries.make import MAKERS, Forger, make_forgeries, with_own_generation
from mfclip.training.recipes import INGREDIENTS


@pytest.fixture(scope="module")
def forger(photographs, tmp_path_factory):
    faces = cache_photographs(tmp_path_factory.mktemp("faces"), read_photographs(photographs), photographs)
    autoencoders = {shape.name: Autoencoder(shape).eval() for shape in SHAPES[:2]}
    return Forger(autoencoders, Denoiser().eval(), faces)


@pytest.fixture(scope="module")
def made(forger, photographs, tmp_path_factory):
    return make_forgeries(
        forger.donors, forger, 0, tmp_path_factory.mktemp("made"), photographs, "x", workers=0
    )


def test_a_forgery_has_its_original_before_it_in_the_same_split(forger, made):
    splits = {entry.path: entry.split for entry in forger.donors.entries}
    forged = [entry for entry in made.entries if entry.fake]
    assert {MAKERS[entry.generator].ingredient for entry in forged} == set(INGREDIENTS)
    for entry in forged:
        original = made.entries[entry.pair]
        assert not original.fake and original.pair is None
        assert (original.path, original.split, original.side) == (entry.path, entry.split, entry.side)
        assert entry.source == original.generator and entry.split == splits[entry.path]
        maker = MAKERS[entry.generator]
        assert (entry.kind, entry.family) == (maker.kind, maker.family)
    reals = {entry.path for entry in forger.donors.entries if not entry.fake}
    assert {entry.path for entry in made.entries} == reals


def test_every_real_gives_every_ingredient(made):
    for path in {entry.path for entry in made.entries}:
        found = {MAKERS[e.generator].ingredient for e in made.entries if e.path == path and e.fake}
        assert found == set(INGREDIENTS)


def test_loader_processes_change_nothing(forger, made, photographs, tmp_path):
    again = make_forgeries(forger.donors, forger, 0, tmp_path, photographs, "x", workers=2)
    assert again.entries == made.entries
    assert all(np.array_equal(again.region(i), made.region(i)) for i in range(len(made)))


def test_donors_come_from_the_same_source_and_split(forger):
    entries = forger.donors.entries
    for (source, split), indices in forger.sources.items():
        assert all(
            (entries[i].generator, entries[i].split, entries[i].fake) == (source, split, False)
            for i in indices
        )


def test_a_face_is_never_its_own_donor(forger, monkeypatch):
    entries, faces = forger.donors.entries, forger.donors
    index = next(i for i, entry in enumerate(entries) if not entry.fake)
    shared = [i for i in forger.sources[entries[index].generator, entries[index].split] if i != index]
    taken = []
    monkeypatch.setattr(
        "mfclip.training.forgeries.edits.clone", lambda region, donor, rng: taken.append(donor)
    )
    rng = np.random.default_rng(0)
    for _ in range(120):
        forger.forge("edit", faces.region(index), entries[index], rng)
    others = [faces.region(i) for i in shared]
    assert len(taken) > 20
    for donor in taken:
        assert donor.shape != faces.region(index).shape or not np.array_equal(donor, faces.region(index))
        assert any(donor.shape == other.shape and np.array_equal(donor, other) for other in others)


def test_where_nobody_else_is_there_no_face_is_cloned(forger):
    entries = forger.donors.entries
    index = next(i for i, entry in enumerate(entries) if not entry.fake)
    alone = copy.copy(forger)
    alone.sources = {(entries[index].generator, entries[index].split): [index]}
    rng = np.random.default_rng(0)
    made = {alone.forge("edit", forger.donors.region(index), entries[index], rng)[0] for _ in range(60)}
    assert made == {"edit_warp", "edit_inpaint", "edit_touch_up"}


def test_a_forgery_gets_its_photograph_s_own_tables_on_its_own_grid(astronaut, tmp_path):
    path = tmp_path / "photo.jpg"
    Image.fromarray(astronaut).save(path, quality=70, subsampling=2)
    once = np.asarray(Image.open(path))
    square = (131, 21, 315, 205)  # not on the grid of 8
    x0, y0, x1, y1 = square
    original = once[y0:y1, x0:x1]
    unchanged = with_own_generation(path, square, original)
    assert np.abs(unchanged.astype(int) - original).mean() < 0.5, (
        "a second pass of the same tables is nearly idempotent"
    )
    buffer = io.BytesIO()
    Image.fromarray(original).save(buffer, "JPEG", quality=70, subsampling=2)
    moved = np.asarray(Image.open(buffer))
    assert np.abs(moved.astype(int) - original).mean() > 1.5, "on another grid it is not"


def test_photographs_without_a_usable_grid_leave_the_forgery_alone(astronaut, tmp_path):
    forged = np.ascontiguousarray(astronaut[21:205, 131:315, ::-1])
    png, turned = tmp_path / "photo.png", tmp_path / "turned.jpg"
    Image.fromarray(astronaut).save(png)
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(astronaut).save(turned, exif=exif)
    for path in (png, turned):
        assert np.array_equal(with_own_generation(path, (131, 21, 315, 205), forged), forged)
