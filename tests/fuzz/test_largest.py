"""Memory of reading the largest pictures; `python -m benchmarks fuzz` measures every kind."""

import io

import numpy as np
import pytest
from PIL import Image

from mfclip.photo import MAX_PIXELS, STRIP, read_photo
from tests.fuzz import largest
from tests.fuzz.corpus import encoded
from tests.fuzz.largest import BOUND, KINDS, memory_of_reading


@pytest.mark.parametrize("kind", ["WebP, lossless, alpha", "JPEG, progressive, CMYK"])
def test_the_largest_picture_takes_no_more_than_is_stated(kind):
    """1,040 MB and 560 MB, when the whole picture was turned into RGB at once."""
    assert 3 * MAX_PIXELS < memory_of_reading(kind) < BOUND


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_what_it_is_called(kind, monkeypatch):
    monkeypatch.setattr(largest, "WIDTH", 80)
    monkeypatch.setattr(largest, "HEIGHT", 60)
    data = KINDS[kind]()
    photo = read_photo(data)
    assert {photo.width, photo.height} == {80, 60}
    with Image.open(io.BytesIO(data)) as image:
        assert kind.startswith(image.format.replace("WEBP", "WebP"))
        assert ("animated" in kind) == getattr(image, "is_animated", False)
        assert ("progressive" in kind) == ("progressive" in image.info)
    assert ("16-bit" in photo.note) == (kind == "PNG, 16 bits, grey"), "Pillow reads 16-bit colour as 8 bits"
    assert ("white" in photo.note) == any(
        word in kind for word in ("alpha", "RGBA", "transparent", "animated")
    )


def test_every_kind_that_is_read_is_measured():
    assert {kind.split(",")[0] for kind in KINDS} == {"JPEG", "PNG", "WebP"}


@pytest.mark.parametrize("orientation", range(1, 9))
def test_strips_come_together_as_the_whole_picture(orientation, monkeypatch):
    monkeypatch.setattr("mfclip.photo.STRIP", 90 * 7)
    random = np.random.default_rng(orientation)
    pixels = random.integers(0, 256, (50, 90, 4), dtype=np.uint8)
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(Image.fromarray(pixels), "PNG", exif=exif)
    strips = read_photo(data)
    monkeypatch.setattr("mfclip.photo.STRIP", STRIP)
    assert (
        strips.rgb == read_photo(data).rgb
    ).all() and strips.note == "transparent parts were laid on white"


def test_a_picture_far_wider_than_a_strip(monkeypatch):
    monkeypatch.setattr("mfclip.photo.STRIP", 10)
    pixels = np.arange(40 * 600 * 3, dtype=np.uint8).reshape(40, 600, 3)
    assert (read_photo(encoded(Image.fromarray(pixels), "PNG")).rgb == pixels).all()
    assert (
        read_photo(encoded(Image.fromarray(pixels.transpose(1, 0, 2)), "PNG")).rgb.transpose(1, 0, 2)
        == pixels
    ).all()
