import io
import os

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from mfclip import preprocess
from mfclip.patches import quarters
from mfclip.photo import read_photo
from mfclip.preprocess import (
    FACE_SIZE,
    MARGIN,
    MILD_QUALITY,
    NATIVE_LIMIT,
    WINDOW,
    Frame,
    crop_face,
    crop_twice,
    crop_whole,
    cut_region,
    face_region,
    re_encode,
    resampler,
    resized,
    resized_by_pillow,
    window_starts,
)

SIZES = (20, 63, 111, 112, 113, 150, 223, 224, 225, 500, 704, 705, 1300, 3000)
coordinates = st.floats(-4000, 4000, allow_nan=False)


def picture(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def in_corner(change: np.ndarray) -> bool:
    """Whether the largest change of a map (H, W) lies in its top-left quarter."""
    row, column = np.unravel_index(np.argmax(change), change.shape)
    return row < change.shape[0] / 2 and column < change.shape[1] / 2


@given(coordinates, coordinates, st.floats(0.01, 50), coordinates, coordinates)
def test_maps_are_each_others_inverse(x, y, scale, a, b):
    frame = Frame(x, y, scale)
    assert np.allclose(frame.from_photo(frame.to_photo((a, b))), (a, b), atol=1e-9 + 1e-9 * 8000 / scale)
    assert np.allclose(frame.to_photo(frame.from_photo((a, b))), (a, b), atol=1e-9 + 1e-9 * 8000)


def test_frames_nest():
    frame = Frame(10, 20, 2.0)
    assert frame.to_photo((3, 4)).tolist() == [16, 28]
    assert frame.cells(16).to_photo((1, 0)).tolist() == [42, 20]
    assert frame.within(3, 4).to_photo((0, 0)).tolist() == [16, 28]
    assert frame.to_photo(np.zeros((5, 7, 2))).shape == (5, 7, 2)


@settings(max_examples=200)
@given(
    coordinates,
    coordinates,
    st.floats(1, 5000),
    st.floats(1, 5000),
    st.integers(32, 3000),
    st.integers(32, 3000),
)
def test_a_region_is_a_square_inside_the_photo(x, y, w, h, width, height):
    x0, y0, x1, y1 = face_region((x, y, x + w, y + h), width, height)
    assert x1 - x0 == y1 - y0 >= 1
    assert 0 <= x0 and 0 <= y0 and x1 <= width and y1 <= height
    assert x1 - x0 == max(1, round(min(MARGIN * max(w, h), width, height)))


def test_a_region_is_centred_on_the_box_where_there_is_room():
    assert face_region((400, 300, 500, 400), 1000, 1000) == (385, 285, 515, 415)
    assert face_region((0, 0, 100, 100), 1000, 1000) == (0, 0, 130, 130), "moved, not padded"
    assert face_region((900, 900, 1000, 1000), 1000, 1000) == (870, 870, 1000, 1000)


@pytest.mark.parametrize(("before", "after", "most"), [(496, 224, 1), (900, 704, 1), (113, 224, 2)])
def test_both_resamplers_resize_alike(before, after, most):
    pixels = np.asarray(Image.fromarray(picture(before // 4, before // 4)).resize((before, before)))
    ours, pillows = resized(pixels, after).astype(int), resized_by_pillow(pixels, after).astype(int)
    change = np.abs(ours - pillows)
    assert ours.shape == pillows.shape == (after, after, 3)
    assert (resampler() == "torch") == change.any(), "PyTorch's weights have fewer bits"
    assert change.max() <= most and (change > 0).mean() < 0.01


def test_mirrored_and_read_only_pictures_are_resized_too():
    pixels = picture(300, 300)
    pixels.flags.writeable = False
    assert np.array_equal(resized(pixels[:, ::-1], 224), resized(pixels[:, ::-1].copy(), 224))


@pytest.mark.parametrize("refusal", [ValueError, NotImplementedError, RuntimeError])
def test_an_older_pytorch_leaves_the_kernel_to_pillow(refusal, monkeypatch):
    def interpolate(*given, **options):
        raise refusal("Anti-alias option is restricted to bilinear and bicubic modes")

    monkeypatch.setattr(torch.nn.functional, "interpolate", interpolate)
    resampler.cache_clear()
    try:
        assert resampler() == "pillow"
        pixels = picture(300, 300)
        assert np.array_equal(resized(pixels, 224), resized_by_pillow(pixels, 224))
    finally:
        resampler.cache_clear()


@pytest.mark.parametrize("side", SIZES)
def test_every_size_gives_a_face_and_four_windows(side):
    region = picture(side, side)
    crop = cut_region(region, 7, 9)
    assert crop.face.shape == (FACE_SIZE, FACE_SIZE, 3) and crop.face.dtype == np.uint8
    assert crop.windows.shape == (4, WINDOW, WINDOW, 3) and crop.windows.dtype == np.uint8
    assert crop.native == (WINDOW <= side <= NATIVE_LIMIT)
    assert crop.region == (7, 9, 7 + side, 9 + side)
    assert np.allclose(crop.frame.to_photo([(0, 0), (FACE_SIZE, FACE_SIZE)]), [(7, 9), (7 + side, 9 + side)])
    assert np.allclose(crop.grid_frame(14).to_photo((14, 14)), (7 + side, 9 + side))
    for frame in crop.window_frames:
        corners = frame.to_photo([(0, 0), (WINDOW, WINDOW)])
        assert corners.min() >= 7 - 1e-9 and (corners <= (7 + side + 1e-9, 9 + side + 1e-9)).all()
    if crop.native:
        for window, frame in zip(crop.windows, crop.window_frames, strict=True):
            left, top = (frame.to_photo((0, 0)) - (7, 9)).astype(int)
            assert np.array_equal(window, region[top : top + WINDOW, left : left + WINDOW]), (
                "the photo's own pixels"
            )


def test_a_region_of_224_gives_the_authors_quarters():
    region = picture(224, 224)
    crop = cut_region(region)
    cut = quarters(torch.tensor(region).permute(2, 0, 1)[None])[0].permute(0, 2, 3, 1).numpy()
    assert np.array_equal(crop.windows, cut) and np.array_equal(crop.face, region)
    assert window_starts(224) == (0, 112)


@given(st.integers(WINDOW, 5000))
def test_windows_lie_inside_and_mirror_each_other(side):
    first, last = window_starts(side)
    assert 0 <= first <= last <= side - WINDOW
    assert first == side - WINDOW - last


@pytest.mark.parametrize("side", [90, 130, 224, 600, 1000])
def test_what_changes_top_left_of_the_photo_shows_top_left_everywhere(tiny, side):
    photo = picture(side + 60, side + 90)
    box = (0, 0, side / MARGIN, side / MARGIN)
    marked = photo.copy()
    marked[: side // 8, : side // 8] = 255 - marked[: side // 8, : side // 8]
    before, after = crop_face(photo, box), crop_face(marked, box)
    assert before.region == (0, 0, side, side)

    change = np.abs(before.face.astype(int) - after.face).sum(axis=-1)
    assert in_corner(change) and change[FACE_SIZE // 2 :].max() == change[:, FACE_SIZE // 2 :].max() == 0

    by_window = np.abs(before.windows.astype(int) - after.windows).sum(axis=(1, 2, 3))
    assert by_window.argmax() == 0 or not by_window.any(), (
        "small corners of large regions lie between the windows"
    )

    with torch.no_grad():
        maps = [
            tiny.image.stem(torch.tensor(c.face).permute(2, 0, 1)[None] / 127.5 - 1) for c in (before, after)
        ]
    cells = (maps[0] - maps[1]).abs().sum(dim=(0, 1)).numpy()
    row, column = np.unravel_index(np.argmax(cells), cells.shape)
    x, y = before.grid_frame(14).to_photo((column + 0.5, row + 0.5))
    assert in_corner(cells) and x < side / 4 and y < side / 4


@pytest.mark.parametrize("orientation", range(1, 9))
def test_turned_photos_are_judged_upright(orientation):
    """The stored rows are turned as the camera held them; the mark is seen top-left all the same."""
    seen = np.full((96, 128, 3), 40, dtype=np.uint8)
    seen[:16, :24] = 250
    undo = {
        1: lambda a: a,
        2: lambda a: a[:, ::-1],
        3: lambda a: a[::-1, ::-1],
        4: lambda a: a[::-1],
        5: lambda a: a.transpose(1, 0, 2),
        6: lambda a: np.rot90(a),
        7: lambda a: a.transpose(1, 0, 2)[::-1, ::-1],
        8: lambda a: np.rot90(a, -1),
    }
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(undo[orientation](seen))).save(file, "PNG", exif=exif)
    photo = read_photo(file.getvalue())
    assert np.array_equal(photo.rgb, seen)
    crop = crop_whole(photo.rgb)
    assert crop.region == (16, 0, 112, 96)
    marked = crop.face.astype(int).sum(axis=-1)
    assert marked[:30, :12].min() > 600 and marked[60:].max() < 200 and marked[:, 60:].max() < 200


@pytest.mark.parametrize("side", [80, 300, 900])
@pytest.mark.parametrize("cropped", [False, True])
def test_the_second_crop_is_the_first_one_saved_once_more(side, cropped):
    photo = picture(side, side + 40)
    box = None if cropped else (10.0, 10.0, side * 0.7, side * 0.7)
    crop, again = crop_twice(photo, box)
    alone = crop_whole(photo) if box is None else crop_face(photo, box)
    assert crop.region == alone.region and crop.frame == alone.frame and crop.native == alone.native
    assert np.array_equal(crop.face, alone.face) and np.array_equal(crop.windows, alone.windows)
    x0, y0, x1, y1 = crop.region
    region = photo[y0:y1, x0:x1]
    if side > NATIVE_LIMIT:
        region = resized(region, NATIVE_LIMIT)
    saved = cut_region(re_encode(region, quality=MILD_QUALITY))
    assert np.array_equal(again.face, saved.face) and np.array_equal(again.windows, saved.windows)
    assert not np.array_equal(again.face, crop.face)


@pytest.mark.parametrize("options", [{"quality": 85}, {"quality": 40, "subsampling": 0}])
def test_saving_once_more_gives_what_pillow_gives_with_and_without_memory_files(
    options, astronaut, monkeypatch
):
    stream = io.BytesIO()
    Image.fromarray(astronaut).save(stream, "JPEG", **options)
    expected = np.asarray(Image.open(stream))
    assert np.array_equal(re_encode(astronaut, **options), expected)
    monkeypatch.delattr(os, "memfd_create", raising=False)
    assert np.array_equal(re_encode(astronaut, **options), expected)


def test_saving_once_more_leaves_no_file_open(astronaut, monkeypatch):
    opened = []
    real = preprocess._in_memory
    monkeypatch.setattr(preprocess, "_in_memory", lambda: opened.append(real()) or opened[-1])
    re_encode(astronaut, quality=85)
    with pytest.raises(ValueError):
        re_encode(astronaut, quality="bad")
    assert [file.closed for file in opened] == [True, True]


def test_a_pre_cropped_picture_gives_its_central_square():
    crop = crop_whole(picture(100, 300))
    assert crop.region == (100, 0, 200, 100)
    assert crop_whole(picture(300, 100)).region == (0, 100, 100, 200)
