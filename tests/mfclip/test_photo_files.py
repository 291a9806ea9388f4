"""What is believed of a picture's metadata, against Pillow's own reader of it."""

import io
import struct
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from mfclip.photo import read_photo
from mfclip.photo_files import ORIENTATION, JpegFile, PngFile, WebpFile, stored_orientation

READERS = {"JPEG": JpegFile, "PNG": PngFile, "WEBP": WebpFile}


def directory(*entries: tuple[int, int, int, bytes], order: str = ">") -> bytes:
    """A block of EXIF with one directory of (tag, type, count, four bytes)."""
    body = b"MM\0*" if order == ">" else b"II*\0"
    body += struct.pack(f"{order}IH", 8, len(entries))
    for tag, kind, count, value in entries:
        body += struct.pack(f"{order}HHI", tag, kind, count) + value
    return body + bytes(4)


def as_pillow_reads(data: bytes) -> int:
    exif = Image.Exif()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            exif.load(data)
            found = exif.get(ORIENTATION, 1)
        except Exception:  # noqa: BLE001  its ways to fail are why it is not asked
            return 1
    return found if found in range(1, 9) else 1


@pytest.mark.parametrize("order", [">", "<"])
@pytest.mark.parametrize("opening", [b"", b"Exif\0\0", b"Exif\0\0" * 3])
@pytest.mark.parametrize("turned", range(1, 9))
def test_the_orientation_in_exif(order, opening, turned):
    short = struct.pack(f"{order}HH", turned, 0)
    for value, kind in ((short, 3), (struct.pack(f"{order}I", turned), 4)):
        data = opening + directory((0x010F, 2, 2, b"a\0\0\0"), (ORIENTATION, kind, 1, value), order=order)
        assert stored_orientation({"exif": data}) == as_pillow_reads(data) == turned


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"MM",
        b"MM\0*\0\0\0\x08\xff\xff",
        b"XX\0*\0\0\0\x08\0\x01" + bytes(12),
        b"MM\0*\xff\xff\xff\xff\xff\xff",
        directory((ORIENTATION, 3, 1, b"\0\x09\0\0")),
        directory((ORIENTATION, 3, 1, bytes(4))),
        directory((ORIENTATION, 2, 1, b"\0\x06\0\0")),
        directory((0x0113, 3, 1, b"\0\x06\0\0")),
        directory((ORIENTATION, 3, 1, b"\0\x06\0\0"))[:-7],
    ],
)
def test_nonsense_is_upright(data):
    assert stored_orientation({"exif": data}) == 1


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_damaged_exif_is_read_as_pillow_reads_it(data):
    short = st.integers(0, 9).map(lambda turned: struct.pack(">HH", turned, 0))
    entries = data.draw(
        st.lists(st.tuples(st.sampled_from([0x0100, 0x0112, 0x0132]), st.just(3), st.just(1), short))
    )
    entries = list({entry[0]: entry for entry in entries}.values())
    body = bytearray(directory(*entries))
    del body[data.draw(st.integers(0, len(body))) :]
    assert stored_orientation({"exif": bytes(body)}) == as_pillow_reads(bytes(body))


def test_older_places_of_the_orientation():
    exif = directory((ORIENTATION, 3, 1, b"\0\x06\0\0"))
    profile = f"\nexif\n{len(exif):8}\n{exif.hex()}\n"
    assert stored_orientation({"Raw profile type exif": profile}) == 6
    assert stored_orientation({"Raw profile type exif": "\nexif\n 2\nnone"}) == 1
    for packet in ('<rdf tiff:Orientation="8"/>', "<tiff:Orientation>8</tiff:Orientation>"):
        assert stored_orientation({"xmp": packet.encode()}) == 8
        assert stored_orientation({"XML:com.adobe.xmp": packet}) == 8
    assert stored_orientation({"xmp": b'tiff:Orientation="9"', "exif": b""}) == 1
    assert stored_orientation({"xmp": b'tiff:Orientation="8"', "exif": exif}) == 6, "EXIF is believed first"


@pytest.mark.parametrize("kind", READERS)
def test_broken_metadata_is_read_in_silence_and_no_filter_is_touched(kind):
    broken = b"Exif\0\0MM\0*\0\0\0\x08\0\x02" + struct.pack(">HHII", 0x010F, 2, 900, 9_000) + b"\x01"
    stream = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(stream, kind, exif=broken)
    before = list(warnings.filters)
    with pytest.warns(UserWarning):
        Image.open(io.BytesIO(stream.getvalue())).getexif()
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        assert read_photo(stream.getvalue()).width == 64
    assert said == [] and warnings.filters == before


@pytest.mark.parametrize("kind", READERS)
def test_pixels_are_those_of_pillow(kind):
    stream = io.BytesIO()
    noise = Image.effect_noise((70, 50), 90)
    Image.merge("RGB", [noise, noise.transpose(0), noise.transpose(1)]).save(stream, kind)
    data = stream.getvalue()
    with Image.open(io.BytesIO(data)) as expected:
        assert READERS[kind](io.BytesIO(data)).tobytes() == expected.tobytes()
