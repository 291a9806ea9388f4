"""Cached faces equal the ones cut anew, and a broken file is named, not replaced."""

import shutil

import numpy as np

from mfclip.data.cache import RegionCache, cache_photographs
from mfclip.data.regions import read_region
from mfclip.data.sources import read_manifest


def test_a_cached_region_is_the_photo_s_own_pixels(photographs, tmp_path):
    sources = read_manifest(photographs)
    cache = cache_photographs(tmp_path / "faces", sources, photographs)
    assert len(cache) == len(sources)
    for index in (0, 17, 47):
        assert np.array_equal(
            cache.region(index), read_region(photographs / sources[index].path, sources[index].box)[0]
        )
        assert cache.entries[index].split == sources[index].split


def test_an_up_to_date_cache_is_not_cut_again(photographs, tmp_path):
    sources = read_manifest(photographs)
    cache_photographs(tmp_path / "faces", sources, photographs)
    before = (tmp_path / "faces" / "regions.bin").stat().st_mtime_ns
    cache_photographs(tmp_path / "faces", sources, photographs)
    assert (tmp_path / "faces" / "regions.bin").stat().st_mtime_ns == before
    cache_photographs(tmp_path / "faces", sources[:-1], photographs)
    assert len(RegionCache(tmp_path / "faces")) == len(sources) - 1


def test_a_broken_file_is_counted_and_named(photographs, tmp_path):
    folder = tmp_path / "photographs"
    shutil.copytree(photographs, folder)
    sources = read_manifest(folder)
    (folder / sources[3].path).write_bytes(b"not a picture")
    cache = cache_photographs(tmp_path / "faces", sources, folder)
    assert len(cache) == len(sources) - 1
    assert len(cache.broken) == 1 and sources[3].path in cache.broken[0]
