"""What fuzzing found, each by name, so that it stays mended."""

import io
import json
import struct
import time
import zlib

import pytest
from PIL import Image

from mfclip import MFCLIP, Config, Hierarchy
from mfclip.config import AUTHORS, TINY
from mfclip.containers import MAX_BYTES
from mfclip.photo import read_photo
from mfclip.prompts import published_hierarchy, shown
from tests.fuzz.corpus import SMALL, chunk, encoded, jpeg_claiming, png, seeds
from tests.fuzz.watch import fault_of

ROWS = bytes(SMALL[1] * (1 + 3 * SMALL[0]))


def refusal(work) -> str:
    """The sentence of a refusal that came at once and is as documented."""
    start = time.process_time()
    with pytest.raises(ValueError) as caught:
        work()
    assert time.process_time() - start < 1.0
    assert fault_of(caught.value) == ""
    return str(caught.value)


class TestPicturesThatMakeWork:
    def test_thousands_of_scans(self):
        """12 s for 390 kB: each scan of a progressive JPEG walks over the whole picture."""
        assert "more than 100 scans" in refusal(lambda: read_photo(jpeg_claiming(6_300, 6_300, scans=5_000)))

    def test_thousands_of_pieces_of_exif(self):
        """4.6 s for 4 MB, four times as much for twice the file: Pillow joins them one by one."""
        jpeg = seeds()["jpeg"]
        pieces = b"\xff\xe1\x00\x12Exif\0\0MM12345678" * 20_000
        assert "more than 100 segments" in refusal(lambda: read_photo(jpeg[:2] + pieces + jpeg[2:]))

    def test_thousands_of_segments(self):
        pieces = b"\xff\xfe\x00\x06note" * 1_001
        jpeg = seeds()["jpeg"]
        assert "more than 1000 segments" in refusal(lambda: read_photo(jpeg[:2] + pieces + jpeg[2:]))

    def test_large_pieces_of_exif(self):
        """10 s for 49 MB, though they were fewer than a thousand."""
        jpeg, piece = seeds()["jpeg"], b"\xff\xe1\xff\xffExif\0\0" + bytes(65_527)
        assert "more than 100 segments" in refusal(lambda: read_photo(jpeg[:2] + piece * 750 + jpeg[2:]))
        assert read_photo(jpeg[:2] + piece * 90 + jpeg[2:]).width == 112

    def test_thousands_of_colour_profiles(self):
        """2.2 s for 1 MB: each is unpacked, and the last one kept."""
        profile = chunk(b"iCCP", b"x\0\0" + zlib.compress(bytes(1_000_000)))
        assert "more than 250 chunks" in refusal(lambda: read_photo(png(*SMALL, ROWS, more=profile * 1_000)))

    def test_scans_hidden_behind_filling_bytes_and_an_early_end(self):
        body = jpeg_claiming(512, 512, scans=200)
        for hidden in (b"\xff" * 9, b"\0" * 9, b"\xff\x01", b"\xff\xd9"):
            assert "scans" in refusal(lambda hidden=hidden: read_photo(body[:2] + hidden + body[2:]))

    def test_an_opening_of_exif_without_end(self):
        """0.35 s for 600 kB, 25 times as much for five times the file: Pillow cuts it off six bytes at a time."""
        endless = b"Exif\0\0" * 800_000
        assert read_photo(png(*SMALL, ROWS, more=chunk(b"eXIf", endless))).rgb.shape == (*SMALL, 3)
        jpeg, piece = seeds()["jpeg"], b"\xff\xe1\xff\xfe" + endless[:65_532]
        start = time.process_time()
        assert read_photo(jpeg[:2] + piece * 70 + jpeg[2:]).rgb.shape[2] == 3
        assert time.process_time() - start < 1.0

    def test_pixels_in_a_million_pieces(self):
        """1 s for 12 MB, half a minute for the largest file: Pillow asks for each piece by itself."""
        body = png(*SMALL, ROWS, more=chunk(b"IDAT", b"") * 1_000_000)
        assert "more than 100000 segments" in refusal(lambda: read_photo(body))

    def test_much_beside_the_pixels(self):
        """What lies beside the pixels is kept while they are decoded, some of it twice."""
        beside = chunk(b"eXIf", bytes(51_000_000))
        assert "50000000 are the most beside its pixels" in refusal(
            lambda: read_photo(png(*SMALL, ROWS, more=beside))
        )
        jpeg, note = seeds()["jpeg"], b"\xff\xfe\xff\xff" + bytes(65_533)
        assert "50000000 are the most beside its pixels" in refusal(
            lambda: read_photo(jpeg[:2] + note * 800 + jpeg[2:])
        )

    @pytest.mark.parametrize("frames", [[0], [2**31], [2**32 - 1], [1, 1]])
    def test_an_animation_of_impossible_length(self, frames):
        """Pillow's warning reached the log of the server."""
        counts = b"".join(chunk(b"acTL", struct.pack(">II", count, 0)) for count in frames)
        assert "damaged or incomplete" in refusal(lambda: read_photo(png(*SMALL, ROWS, more=counts)))

    def test_a_file_larger_than_any_picture(self, monkeypatch):
        monkeypatch.setitem(MAX_BYTES, "PNG", 1_000)
        assert "1000 are the most" in refusal(lambda: read_photo(seeds()["png"]))

    def test_what_programs_do_write_is_read(self):
        noise = Image.effect_noise((400, 400), 80).convert("RGB")
        large = b"\xff\xfe" + struct.pack(">H", 65_535) + bytes(65_533)
        jpeg = encoded(noise, "JPEG", progressive=True, quality=95)
        for data in (
            jpeg,
            jpeg[:2] + large * 300 + jpeg[2:],
            jpeg + b"\xff\xda" * 1_000,  # a film behind the photo, as telephones put it there
            encoded(noise, "JPEG", restart_marker_blocks=1),
            png(*SMALL, ROWS, more=chunk(b"tEXt", b"a\0b") * 200),
        ):
            assert read_photo(data).rgb.shape[2] == 3
        frames = [Image.new("RGB", SMALL, (n % 256, 0, 0)) for n in range(300)]
        assert (
            "300 frames"
            in read_photo(encoded(frames[0], "PNG", save_all=True, append_images=frames[1:])).note
        )

    def test_the_stream_is_left_at_its_start(self):
        from mfclip.containers import excess

        for name, kind in (("jpeg", "JPEG"), ("png", "PNG"), ("webp", "WEBP")):
            stream = io.BytesIO(seeds()[name])
            assert excess(stream, kind) == "" and stream.tell() == 0


def nested(depth: int) -> list:
    inside: list = []
    for _ in range(depth):
        inside = [inside]
    return inside


class TestHierarchies:
    def test_deep_nesting(self):
        """A RecursionError came out."""
        assert "nested too deeply" in refusal(lambda: Hierarchy.from_json('{"a":' * 90_000))

    def test_long_values_are_quoted_in_short(self):
        """The sentence repeated 10,000 characters of what it refused."""
        for item in (["x"] * 2_000, {"x" * 3_000: 1}, "x" * 5_000, [["x" * 70] * 6] * 6):
            assert len(refusal(lambda item=item: Hierarchy.from_json([item]))) < 400

    def test_a_number_of_thousands_of_digits(self):
        """Python's own refusal to write it came out."""
        assert "4300 digits" in refusal(lambda: Hierarchy.from_json([10**5_000]))
        assert shown([10**5_000]) == "a list with a number of more than 4300 digits"

    def test_a_number_of_thousands_of_digits_in_a_text(self):
        """Python's advice to its programmers came out: use sys.set_int_max_str_digits."""
        said = refusal(lambda: Hierarchy.from_json(f"[{'9' * 5_000}]"))
        assert "a text with a number of more than 4300 digits; expected a list" in said

    def test_a_number_of_thousands_of_digits_as_a_key(self):
        """An error of sorting the keys came out, without a remedy."""
        assert "Description 1 is a list with a number" in refusal(
            lambda: Hierarchy.from_json([{10**5_000: 1}])
        )

    @pytest.mark.parametrize("long", [10**5_000, [10**5_000], nested(9_000)], ids=["number", "list", "depth"])
    def test_cells_that_python_does_not_write(self, long):
        """An error of str came out: a ValueError without a remedy, or a RecursionError."""
        first = refusal(lambda: Hierarchy.from_rows([[long, "a", "b", "c", "d"]]))
        assert first.startswith("Row 1: The first cell is ") and first.endswith("; write 'real' or 'fake'.")
        third = refusal(lambda: Hierarchy.from_rows([["real", "a", "b", long, "d"]]))
        assert third == (
            "Row 1: The family sentence has more than 1000 characters; at most 1000 are allowed. Shorten it."
        )

    # Names, because pytest does not write such numbers either.
    @pytest.mark.parametrize("row", [5, None, 10**5_000, "real", {"real": 1}, [], True], ids=[*"abcdefg"])
    def test_rows_that_are_none(self, row):
        """A TypeError came out."""
        assert refusal(lambda: Hierarchy.from_rows([row])).startswith("Row 1: ")

    def test_half_a_character(self):
        """A UnicodeEncodeError came out of the tokeniser."""
        rows = published_hierarchy().to_json()
        rows[0]["sentences"][2] = "\ud800"
        assert "half a character" in refusal(lambda: Hierarchy.from_json(json.dumps(rows)))

    def test_keys_that_are_no_text(self):
        """A TypeError came out of sorting them."""
        assert "Description 1 is" in refusal(lambda: Hierarchy.from_json([{1: 2, "fake": True}]))


def changed(config: Config, *path: str, value: object) -> dict:
    values = config.to_dict()
    inside = values
    for key in path[:-1]:
        inside = inside[key]
    inside[path[-1]] = value
    return values


CONFIGURATIONS = {
    "larger than any float: an OverflowError": (TINY, "decision a", 10**400, "1.8e308"),
    "infinite": (TINY, "decision a", float("inf"), "finite number"),
    "layers without end: minutes, then all memory": (TINY, "text layers", 2**31, "at most 128"),
    "width": (TINY, "text width", 10**30, "at most 8192"),
    "embedding": (TINY, "embed_dim", 10**6, "at most 8192"),
    "stages": (TINY, "image stem", [16] * 50, "1 to 7 stages"),
    "channels": (TINY, "noise stem", [24, 10**9], "1 to 4096 channels"),
    "rank": (TINY, "alignment rank", 10**9, "at most 8192"),
    "face not filled: a RuntimeError at the first face": (TINY, "image patch", 64, "divide 224"),
    "patch not filled": (TINY, "noise patch", 24, "divide 112"),
    "published image stem: the sentence of zip": (AUTHORS, "image stem", [32, 64], "5 stages"),
    "published noise stem": (AUTHORS, "noise stem", [32], "2 stages"),
    "published width: an AssertionError of torch": (AUTHORS, "image width", 256, "same number"),
    "long values are quoted in short": (TINY, "name", ["x"] * 2_000, "type str"),
}


@pytest.mark.parametrize(("config", "path", "value", "said"), CONFIGURATIONS.values(), ids=CONFIGURATIONS)
def test_configurations(config, path, value, said):
    assert said in refusal(lambda: Config.from_dict(changed(config, *path.split(), value=value)))


@pytest.mark.parametrize("part", ["image", "noise"])
def test_a_patch_that_the_stem_does_not_end_at(part):
    """The sentence had no remedy."""
    config = Config.from_dict(changed(TINY, part, "patch", value=1))
    assert "do not fit it: change one of them" in refusal(lambda: MFCLIP(config))


def test_many_large_parts_together_are_refused_too():
    values = changed(TINY, "text", "layers", value=128)
    values["text"]["width"] = 8_192
    values["text"]["heads"] = 64
    assert "at most 3000000000" in refusal(lambda: Config.from_dict(values))


def test_unknown_keys_that_are_no_text():
    """A TypeError came out of sorting them."""
    assert "unknown keys" in refusal(lambda: Config.from_dict({1: 2, "a": 3}))
