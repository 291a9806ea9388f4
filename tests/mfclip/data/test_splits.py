"""Splits are written, read back, and refused where they leak."""

import dataclasses
import shutil

import pytest

from mfclip.data.cache import cache_photographs
from mfclip.data.sources import read_manifest
from mfclip.data.splits import check_splits, check_twins, read_splits, with_splits, write_splits


def test_a_leaking_group_and_a_missing_class_are_refused_by_name(photographs):
    sources = read_manifest(photographs)
    check_splits(sources)
    train, test = (next(s for s in sources if s.split == split) for split in ("train", "test"))
    leak = dataclasses.replace(test, path="leak.png", group=train.group)
    with pytest.raises(ValueError) as refused:
        check_splits([*sources, leak])
    for part in (repr(train.group), "train", "test", train.path, "leak.png"):
        assert part in str(refused.value)
    with pytest.raises(ValueError, match="The split validation has no real photograph"):
        check_splits([s for s in sources if s.fake or s.split != "validation"])


def test_splits_come_back_as_they_were_written(photographs, tmp_path):
    sources = read_manifest(photographs)
    sources[0] = dataclasses.replace(sources[0], group='a "strange", group\nof two lines')
    write_splits(tmp_path / "splits.csv", sources)
    table = read_splits(tmp_path / "splits.csv")
    assert table == {source.path: (source.group, source.split) for source in sources}
    moved = [dataclasses.replace(source, split="test", group="x") for source in sources]
    assert with_splits(moved, table) == sources
    new = dataclasses.replace(sources[0], path="new.png", group="another", split="train")
    assert with_splits([*sources, new], table)[-1] == new, "nobody's kin goes where its own name puts it"


def test_a_grown_folder_moves_nothing_that_was_placed(photographs, tmp_path):
    first, second = read_manifest(photographs)[:2]
    tested = dataclasses.replace(first, group="video 456", split="test")
    table = {tested.path: ("video 456", "test")}
    # A frame of videos 100 and 456 ties them, and the group takes another name, whose hash is of another split.
    renamed = dataclasses.replace(tested, group="video 100", split="train")
    frame = dataclasses.replace(second, path="frame.png", group="video 100", split="train")
    assert [(s.group, s.split) for s in with_splits([renamed, frame], table)] == [("video 456", "test")] * 2
    trained = dataclasses.replace(second, group="video 100", split="train")
    table[trained.path] = ("video 100", "train")
    with pytest.raises(
        ValueError, match="frame.png ties together groups that lie in the splits test and train"
    ):
        with_splits([renamed, trained, frame], table)


@pytest.mark.parametrize(
    "text, said",
    [
        ("", "does not begin with the columns path,group,split"),
        ("path,split\n", "does not begin with"),
        ("path,group,split\na.png,g,holdout\n", "line 2: .*one of train, validation, test"),
        ("path,group,split\na.png,g\n", "line 2"),
        ("path,group,split\na.png,g,train\na.png,g,test\n", "line 3: 'a.png' is listed twice"),
    ],
)
def test_a_file_that_holds_no_splits_is_refused(tmp_path, text, said):
    (tmp_path / "splits.csv").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=said):
        read_splits(tmp_path / "splits.csv")
    with pytest.raises(ValueError, match="does not exist"):
        read_splits(tmp_path / "none.csv")


def test_one_photograph_under_two_names_is_no_leak_only_within_a_split(photographs, tmp_path):
    folder = tmp_path / "photographs"
    shutil.copytree(photographs, folder)
    sources = read_manifest(folder)
    shutil.copy(folder / sources[0].path, folder / "twin.png")
    for change, said in (
        ({}, None),
        ({"split": "test" if sources[0].split != "test" else "train"}, "same photograph in the splits"),
        ({"description": sources[-1].description}, "same photograph in the labels real and fake"),
    ):
        twin = dataclasses.replace(sources[0], path="twin.png", **change)
        entries = cache_photographs(tmp_path / "faces", [*sources, twin], folder).entries
        if said is None:
            check_twins(entries)
        else:
            with pytest.raises(ValueError, match=f"{sources[0].path} and twin.png are the {said}"):
                check_twins(entries)
