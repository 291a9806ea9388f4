"""Cached faces equal the ones cut anew, are known by content, and a broken file is named, not replaced."""

import dataclasses
import json
import logging
import multiprocessing
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mfclip.data import regions
from mfclip.data.cache import RegionCache, cache_photographs, write_cache
from mfclip.data.regions import read_region
from mfclip.data.sources import Source, read_manifest
from mfclip.preprocess import NATIVE_LIMIT, face_region
from mfclip.prompts import describe_real


@pytest.fixture
def cuts(monkeypatch) -> list[object]:
    """What is decoded and cut from now on, one item each."""
    done = []

    def counted(photo, box):
        done.append(box)
        return read_region(photo, box)

    monkeypatch.setattr(regions, "read_region", counted)
    return done


def _source(path: str, box: tuple | None = None) -> Source:
    return Source(path, "camera", describe_real(), box, f"group of {path}", "train")


def test_a_cached_region_is_the_photo_s_own_pixels(photographs, tmp_path):
    sources = read_manifest(photographs)
    cache = cache_photographs(tmp_path / "faces", sources, photographs)
    assert len(cache) == len(sources)
    for index in (0, 17, 47):
        region, square = read_region(photographs / sources[index].path, sources[index].box)
        entry = cache.entries[index]
        assert np.array_equal(cache.region(index), region)
        assert entry.square == square and entry.split == sources[index].split
        assert (entry.kind, entry.family) == (sources[index].kind, sources[index].family)
        with Image.open(photographs / sources[index].path) as image:
            assert np.array_equal(np.asarray(image.convert("RGB").crop(square)), region)


def test_an_up_to_date_cache_is_not_cut_again(photographs, tmp_path, cuts):
    sources = read_manifest(photographs)
    first = cache_photographs(tmp_path / "faces", sources, photographs)
    before = (tmp_path / "faces" / "regions.bin").stat().st_mtime_ns
    again = cache_photographs(tmp_path / "faces", sources, photographs)
    assert again.fingerprint == first.fingerprint and again.entries == first.entries
    assert (tmp_path / "faces" / "regions.bin").stat().st_mtime_ns == before
    assert len(cache_photographs(tmp_path / "faces", sources[:-1], photographs)) == len(sources) - 1
    assert len(cuts) == len(sources)


def test_changed_labels_are_read_without_cutting_and_change_the_fingerprint(photographs, tmp_path, cuts):
    sources = read_manifest(photographs)
    first = cache_photographs(tmp_path / "faces", sources, photographs)
    seen = {first.fingerprint}
    for change in ({"split": "test"}, {"group": "x"}, {"generator": "x"}, {"kind": "x"}):
        other = [dataclasses.replace(sources[0], **change), *sources[1:]]
        cache = cache_photographs(tmp_path / "faces", other, photographs)
        assert {name: getattr(cache.entries[0], name) for name in change} == change
        assert np.array_equal(cache.region(0), first.region(0))
        seen.add(cache.fingerprint)
    seen.add(cache_photographs(tmp_path / "faces", sources[::-1], photographs).fingerprint)
    assert len(seen) == 6 and len(cuts) == len(sources)


def test_the_fingerprint_is_of_content_not_of_place_or_time(photographs, tmp_path):
    sources = read_manifest(photographs)
    shutil.copytree(photographs, tmp_path / "elsewhere")
    for path in (tmp_path / "elsewhere").rglob("*.*"):
        path.touch()
    first = cache_photographs(tmp_path / "one", sources, photographs)
    # The other cache has held something else before, so that its regions lie at other places.
    cache_photographs(tmp_path / "two", sources[5:], tmp_path / "elsewhere")
    second = cache_photographs(tmp_path / "two", sources, tmp_path / "elsewhere")
    assert first.fingerprint == second.fingerprint
    assert [e.offset for e in first.entries] != [e.offset for e in second.entries]
    assert all(np.array_equal(first.region(i), second.region(i)) for i in range(len(first)))


def test_only_a_changed_picture_or_box_is_cut_anew(photographs, tmp_path, cuts):
    folder = tmp_path / "photographs"
    shutil.copytree(photographs, folder)
    sources = read_manifest(folder)
    before = cache_photographs(tmp_path / "faces", sources, folder)
    kept, old = before.region(3), before.region(4).copy()
    shutil.copy(folder / sources[0].path, folder / sources[4].path)
    moved = dataclasses.replace(sources[7], box=(20.0, 20.0, 90.0, 90.0))
    after = cache_photographs(tmp_path / "faces", [*sources[:7], moved, *sources[8:]], folder)
    assert len(cuts) == len(sources) + 1 + (sources[4].box != sources[0].box)
    assert after.fingerprint != before.fingerprint
    assert after.entries[7].side == 91
    # A process that mapped the file before still reads what it read.
    assert np.array_equal(kept, after.region(3)) and np.array_equal(before.region(4), old)


def test_broken_files_are_counted_and_named(photographs, tmp_path, caplog):
    folder = tmp_path / "photographs"
    shutil.copytree(photographs, folder)
    sources = read_manifest(folder)
    (folder / sources[3].path).write_bytes(b"not a picture")
    (folder / sources[5].path).unlink()
    outside = dataclasses.replace(sources[8], box=(900.0, 10.0, 990.0, 80.0))
    with caplog.at_level(logging.WARNING):
        cache = cache_photographs(tmp_path / "faces", [*sources[:8], outside, *sources[9:]], folder)
    assert len(cache) == len(sources) - 3
    assert "3 of 48 photographs are left out" in caplog.text
    for line, place in zip(cache.broken, (3, 5, 8), strict=True):
        assert line.startswith(f"{sources[place].path}: ") and line in caplog.text
    assert "lies outside the photo" in cache.broken[2]
    assert cache.fingerprint != cache_photographs(tmp_path / "faces", sources, folder).fingerprint


def test_nothing_usable_is_refused(tmp_path):
    with pytest.raises(ValueError, match="No photograph is listed"):
        cache_photographs(tmp_path / "faces", [], tmp_path)
    with pytest.raises(ValueError, match=r"None of the 1 photographs.*gone\.png: No such file"):
        cache_photographs(tmp_path / "faces", [_source("gone.png")], tmp_path)


def test_a_face_is_found_once_and_a_photo_without_one_is_named(
    astronaut, two_faces, landscape, tmp_path, monkeypatch
):
    for name, rgb in (("one", astronaut), ("two", two_faces), ("hills", landscape)):
        Image.fromarray(rgb).save(tmp_path / f"{name}.png")
    sources = [_source("one.png"), _source("two.png"), _source("hills.png")]
    searches = []
    found = regions.find_faces
    monkeypatch.setattr(regions, "find_faces", lambda rgb: searches.append(rgb.shape) or found(rgb))
    cache = cache_photographs(tmp_path / "faces", sources, tmp_path)
    assert [entry.path for entry in cache.entries] == ["one.png", "two.png"]
    assert cache.broken[0].startswith("hills.png: No face was found")
    for entry, rgb in zip(cache.entries, (astronaut, two_faces), strict=True):
        face = found(rgb)[0]
        assert entry.square == face_region(face.edges, rgb.shape[1], rgb.shape[0])
    renamed = [dataclasses.replace(sources[1], generator="phone"), sources[2], sources[0]]
    again = cache_photographs(tmp_path / "faces", renamed, tmp_path)
    assert len(searches) == 3 and len(again) == 2 and again.broken == cache.broken
    # Boxes that another finder found are not taken for this one's.
    boxes = tmp_path / "faces" / "boxes.json"
    boxes.write_text(json.dumps(json.loads(boxes.read_text()) | {"finder": "another"}))
    cache_photographs(tmp_path / "faces", sources, tmp_path)
    assert len(searches) == 6


def test_photos_are_cut_upright_and_large_faces_reduced(astronaut, tmp_path):
    Image.fromarray(astronaut).save(tmp_path / "upright.png")
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(np.rot90(astronaut)).save(tmp_path / "turned.png", exif=exif)
    box = (182.0, 58.0, 270.0, 178.0)
    assert np.array_equal(
        read_region(tmp_path / "upright.png", box)[0], read_region(tmp_path / "turned.png", box)[0]
    )
    Image.fromarray(astronaut).resize((1500, 1500)).save(tmp_path / "large.png")
    region, square = read_region(tmp_path / "large.png", (100, 100, 1000, 1000))
    assert region.shape == (NATIVE_LIMIT, NATIVE_LIMIT, 3) and square[2] - square[0] == 1170


def test_what_a_killed_run_left_is_cut_off_and_what_was_lost_is_cut_again(photographs, tmp_path, cuts):
    sources = read_manifest(photographs)
    folder = tmp_path / "faces"
    whole = cache_photographs(folder, sources[:9], photographs)
    size = (folder / "regions.bin").stat().st_size
    with (folder / "regions.bin").open("ab") as file:
        file.write(b"half a region")
    assert cache_photographs(folder, sources[:9], photographs).fingerprint == whole.fingerprint
    assert (folder / "regions.bin").stat().st_size == size and len(cuts) == 9
    (folder / "places.json").write_text("{ half", encoding="utf-8")
    again = cache_photographs(folder, sources[:9], photographs)
    assert len(cuts) == 18 and np.array_equal(again.region(8), whole.region(8))
    with (folder / "regions.bin").open("r+b") as file:
        file.truncate(100)
    shorter = cache_photographs(folder, sources[:9], photographs)
    assert len(cuts) == 27 and shorter.fingerprint == whole.fingerprint


def test_an_interrupted_run_keeps_what_it_cut(photographs, tmp_path, monkeypatch, cuts):
    sources = read_manifest(photographs)
    region_of = regions.RegionStore.region_of

    def stopping(store, photo, box):
        if len(cuts) == 20:
            raise KeyboardInterrupt
        return region_of(store, photo, box)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(regions.RegionStore, "region_of", stopping)
        cache_photographs(tmp_path / "faces", sources, photographs)
    cache = cache_photographs(tmp_path / "faces", sources, photographs)
    assert len(cuts) == len(cache) == len(sources)


def _cache_in_a_process(folder: Path, photographs: Path) -> None:
    cache_photographs(folder, read_manifest(photographs), photographs)


def test_processes_that_ask_at_once_write_one_cache(photographs, tmp_path):
    spawn = multiprocessing.get_context("fork")
    both = [
        spawn.Process(target=_cache_in_a_process, args=(tmp_path / "both", photographs)) for _ in range(2)
    ]
    for process in both:
        process.start()
    for process in both:
        process.join(60)
    alone = cache_photographs(tmp_path / "alone", read_manifest(photographs), photographs)
    shared = RegionCache(tmp_path / "both")
    assert [process.exitcode for process in both] == [0, 0]
    assert shared.fingerprint == alone.fingerprint
    assert (tmp_path / "both" / "regions.bin").stat().st_size == sum(e.side**2 * 3 for e in alone.entries)


def test_a_written_cache_is_read_back_and_may_be_written_over_while_it_is_mapped(tmp_path):
    random = np.random.default_rng(0)
    squares = [random.integers(0, 256, (side, side, 3), dtype=np.uint8) for side in (5, 9)]
    fields = {
        "path": "a.png",
        "generator": "maker",
        "sentences": ("a", "b", "c", "d"),
        "fake": True,
        "group": "g",
        "split": "train",
        "pair": 0,
        "kind": "reconstruction",
        "source": "lfw",
    }
    first = write_cache(tmp_path, "print", [(fields, square) for square in squares], ["b.png: broken"])
    assert first.fingerprint == "print" and first.broken == ["b.png: broken"]
    assert first.entries[1].source == "lfw" and first.entries[1].description.sentences == ("a", "b", "c", "d")
    write_cache(tmp_path, "other", [(fields, squares[1])], [])
    assert all(np.array_equal(first.region(i), squares[i]) for i in range(2))
    assert np.array_equal(RegionCache(tmp_path).region(0), squares[1])
