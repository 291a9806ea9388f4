import io
import os
import struct
import subprocess
import sys
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from mfclip.photo import MAX_PIXELS, Photo, read_photo

ROOT = Path(__file__).resolve().parents[2]


def gradient(height: int = 60, width: int = 90) -> np.ndarray:
    rows, columns = np.mgrid[0:height, 0:width]
    return np.stack([rows * 4, columns * 2, np.full_like(rows, 80)], axis=-1).astype(np.uint8)


def encoded(image: Image.Image, kind: str, **options) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def refusal(source) -> str:
    with pytest.raises(ValueError) as error:
        read_photo(source)
    sentence = str(error.value)
    assert (
        error.value.__cause__ is None and error.value.__suppress_context__ or error.value.__context__ is None
    )
    assert sentence.endswith(".") and "\n" not in sentence and "Traceback" not in sentence
    return sentence


def png(width: int, height: int, bits: int = 8, colour: int = 0, rows: bytes | None = None) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    if rows is None:
        packer, line = zlib.compressobj(9), bytes(1 + width)
        body = b"".join(packer.compress(line) for _ in range(height)) + packer.flush()
    else:
        body = zlib.compress(rows)
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


class TestWhatIsAccepted:
    @pytest.mark.parametrize(("kind", "options"), [("PNG", {}), ("WEBP", {"lossless": True})])
    def test_lossless_files_give_their_own_pixels(self, tmp_path, kind, options):
        path = tmp_path / f"face.{kind.lower()}"
        path.write_bytes(encoded(Image.fromarray(gradient()), kind, **options))
        for source in (path, str(path), path.read_bytes()):
            assert (read_photo(source).rgb == gradient()).all()
        assert read_photo(path).name == path.name
        assert read_photo(path.read_bytes()).name == "photo"
        assert (read_photo(path).width, read_photo(path).height) == (90, 60)

    def test_jpeg_and_an_ending_that_lies(self, tmp_path):
        path = tmp_path / "face.png"
        path.write_bytes(encoded(Image.fromarray(gradient()), "JPEG", quality=95))
        assert np.abs(read_photo(path).rgb.astype(int) - gradient()).mean() < 3

    def test_arrays_images_and_photos(self):
        array = gradient()
        photo = read_photo(array)
        array[:] = 0
        assert (photo.rgb == gradient()).all(), "the photo must not change with the caller's array"
        assert read_photo(photo) is photo
        assert (read_photo(Image.fromarray(gradient())).rgb == gradient()).all()
        assert isinstance(photo, Photo) and photo.note == ""

    def test_grey_and_two_colours(self):
        grey = Image.fromarray(gradient()[..., 0])
        assert (read_photo(encoded(grey, "PNG")).rgb == gradient()[..., :1]).all()
        assert set(np.unique(read_photo(encoded(grey.convert("1"), "PNG")).rgb)) <= {0, 255}

    def test_palette_with_and_without_transparency(self):
        image = Image.fromarray(gradient()).quantize(32)
        plain = read_photo(encoded(image, "PNG"))
        assert (plain.rgb == np.asarray(image.convert("RGB"))).all() and plain.note == ""
        index = image.getpixel((0, 0))
        seen_through = read_photo(encoded(image, "PNG", transparency=index))
        assert (seen_through.rgb[0, 0] == 255).all() and "white" in seen_through.note

    def test_rgba_lies_on_white(self):
        image = Image.new("RGBA", (40, 40), (200, 0, 0, 255))
        image.paste((0, 0, 0, 0), (0, 0, 20, 40))
        image.putpixel((30, 30), (0, 0, 0, 128))
        photo = read_photo(encoded(image, "PNG"))
        assert photo.rgb[0, 0].tolist() == [255, 255, 255]
        assert photo.rgb[0, 39].tolist() == [200, 0, 0]
        assert photo.rgb[30, 30, 0] == pytest.approx(127, abs=1)
        assert photo.note == "transparent parts were laid on white"

    def test_cmyk_jpeg(self):
        photo = read_photo(encoded(Image.fromarray(gradient()).convert("CMYK"), "JPEG", quality=95))
        assert photo.rgb.shape == (60, 90, 3)
        assert np.abs(photo.rgb.astype(int) - gradient()).mean() < 4

    def test_sixteen_bits_are_scaled_not_clipped(self):
        values = np.linspace(0, 65535, 64 * 64).reshape(64, 64).astype(">u2")
        rows = b"".join(b"\0" + line.tobytes() for line in values)
        photo = read_photo(png(64, 64, bits=16, rows=rows))
        expected = values.astype(np.float64) / 257
        assert np.abs(photo.rgb[..., 0] - expected).max() <= 0.51
        assert "16-bit" in photo.note

    def test_sixteen_bit_colour_is_scaled(self):
        values = np.linspace(0, 65535, 64 * 64 * 3).reshape(64, 64, 3).astype(">u2")
        rows = b"".join(b"\0" + line.tobytes() for line in values)
        photo = read_photo(png(64, 64, bits=16, colour=2, rows=rows))
        assert np.abs(photo.rgb - values.astype(np.float64) / 257).max() <= 1

    @pytest.mark.parametrize("kind", ["PNG", "WEBP"])
    def test_of_an_animation_the_first_frame(self, kind):
        frames = [Image.new("RGB", (40, 40), colour) for colour in ("red", "lime", "blue")]
        data = encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=50, lossless=True)
        photo = read_photo(data)
        assert np.abs(photo.rgb.astype(int) - [255, 0, 0]).max() <= 2
        assert "3 frames" in photo.note


class TestUprightAndAnonymous:
    @pytest.mark.parametrize("orientation", range(1, 9))
    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
    def test_exif_orientation_is_applied(self, orientation, kind):
        upright = Image.new("RGB", (64, 48), "black")
        upright.paste("white", (0, 0, 16, 16))  # the corner test: white is top left
        stored = {1: [], 2: [0], 3: [3], 4: [1], 5: [5], 6: [2], 7: [6], 8: [4]}[orientation]
        image = upright
        for method in stored:  # the inverse of what a viewer does
            image = image.transpose(Image.Transpose(method))
        exif = Image.Exif()
        exif[0x0112] = orientation
        photo = read_photo(encoded(image, kind, exif=exif))
        assert photo.rgb.shape == (48, 64, 3)
        assert photo.rgb[:12, :12].mean() > 240 and photo.rgb[:12, -12:].mean() < 15
        assert photo.rgb[-12:, :12].mean() < 15

    def test_a_broken_orientation_does_no_harm(self):
        data = encoded(Image.fromarray(gradient()), "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff")
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert read_photo(data).rgb.shape == (60, 90, 3)


class TestWhatIsRefused:
    def test_missing_path_and_folder(self, tmp_path):
        assert "There is no file" in refusal(tmp_path / "nobody.jpg")
        assert "is a folder" in refusal(tmp_path)
        assert "web address" in refusal("https://example.org/face.jpg")
        assert "cannot be opened" in refusal("x" * 5000)
        assert refusal("a\0b")

    def test_a_named_pipe_does_not_hang(self, tmp_path):
        os.mkfifo(tmp_path / "pipe")
        assert "not a plain file" in refusal(tmp_path / "pipe")

    def test_empty_text_and_svg(self, tmp_path):
        assert "0 bytes" in refusal(b"")
        assert "is not a picture" in refusal(b"dear diary, " * 40)
        assert "SVG drawing" in refusal(
            b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"></svg>'
        )
        path = tmp_path / "notes.jpg"
        path.write_text("not a picture")
        assert "'notes.jpg'" in refusal(path) and str(tmp_path) not in refusal(path)

    @pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF", "PDF"])
    def test_other_formats_are_named(self, kind):
        assert kind in refusal(encoded(Image.fromarray(gradient()), kind))

    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
    @pytest.mark.parametrize("kept", [0.02, 0.3, 0.7])
    def test_truncated_files(self, kind, kept):
        noise = np.random.default_rng(0).integers(0, 256, (200, 200, 3), dtype=np.uint8)
        data = encoded(Image.fromarray(noise), kind)
        assert "damaged or incomplete" in refusal(data[: int(len(data) * kept)])

    @pytest.mark.parametrize("size", [(1, 1), (31, 400), (400, 31)])
    def test_too_small(self, size):
        image = Image.new("RGB", size)
        for source in (encoded(image, "PNG"), image, np.asarray(image)):
            assert f"{size[0]}×{size[1]}" in refusal(source) and "32×32" in refusal(source)

    def test_too_large_an_image_in_memory(self):
        side = int(MAX_PIXELS**0.5) + 1
        assert "40 megapixels" in refusal(Image.new("1", (side, side)))

    @pytest.mark.parametrize(
        ("array", "words"),
        [
            (np.zeros((64, 64), np.uint8), "(64, 64)"),
            (np.zeros((3, 64, 64), np.uint8), "(3, 64, 64)"),
            (np.zeros((64, 64, 4), np.uint8), "(64, 64, 4)"),
            (np.zeros((64, 64, 3), np.float32), "float32"),
            (np.zeros((64, 64, 3), np.uint16), "uint16"),
        ],
    )
    def test_arrays_of_another_kind(self, array, words):
        assert words in refusal(array) and "uint8 RGB" in refusal(array)

    def test_other_objects(self):
        for source in (None, 3, ["a.jpg"]):
            assert type(source).__name__ in refusal(source)

    def test_float_images_are_refused_with_the_remedy(self):
        assert "8 bits" in refusal(Image.fromarray(np.full((64, 64), 0.5, np.float32)))

    @given(st.data())
    @settings(max_examples=150, deadline=None)
    def test_flipped_bytes_end_in_a_photo_or_a_sentence(self, data):
        kind = data.draw(st.sampled_from(["JPEG", "PNG", "WEBP"]))
        body = bytearray(encoded(Image.fromarray(gradient()), kind))
        for _ in range(data.draw(st.integers(1, 8))):
            body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
        try:
            photo = read_photo(bytes(body))
        except ValueError as error:
            assert str(error).endswith(".")
        else:
            assert photo.rgb.dtype == np.uint8 and photo.rgb.ndim == 3


def webp_claiming(width: int, height: int) -> bytes:
    canvas = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBPVP8X" + struct.pack("<I", 10) + bytes(4) + canvas
    return b"RIFF" + struct.pack("<I", len(body)) + body


@pytest.mark.parametrize("kind", ["png", "webp"])
def test_a_bomb_is_refused_before_memory_jumps(tmp_path: Path, kind: str):
    path = tmp_path / f"bomb.{kind}"
    path.write_bytes(png(13000, 13000) if kind == "png" else webp_claiming(13000, 13000))
    assert path.stat().st_size < 400_000
    program = """
import sys
from mfclip.photo import read_photo
from tests.fuzz.watch import peak_memory
before = peak_memory()
try:
    read_photo(sys.argv[1])
except ValueError as error:
    sys.stdout.write(f"{peak_memory() - before} {error}")
"""
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True, cwd=ROOT
    )
    grown, sentence = done.stdout.split(" ", 1)
    assert int(grown) < 20_000_000
    assert "13000×13000" in sentence and "40 megapixels" in sentence
    assert done.stderr == ""
