import io
import os
import socketserver
import sys
import threading
from fractions import Fraction

import numpy as np
import pytest

from mfclip.video import stills
from mfclip.video.stills import open_clip, turned
from tests.mfclip.clips import greys, write_clip, write_sound

CORNERS = {"red": (230, 20, 20), "green": (20, 200, 20), "blue": (20, 20, 230)}


def read(source, moments):
    with open_clip(source) as clip:
        found = list(clip.stills(moments))
    return clip, found


def at(found) -> list[float]:
    return [round(still.seconds, 3) for still in found]


def level(still) -> int:
    return int(still.rgb.mean())


@pytest.fixture
def marked() -> np.ndarray:
    """Red top left, green top right, blue bottom left, grey elsewhere: (96, 160, 3)."""
    picture = np.full((96, 160, 3), 128, np.uint8)
    picture[:32, :32], picture[:32, -32:], picture[-32:, :32] = CORNERS.values()
    return picture


def corners(rgb: np.ndarray) -> dict[str, str]:
    """Colour of each corner, by place."""
    places = {"top left": (8, 8), "top right": (8, -9), "bottom left": (-9, 8), "bottom right": (-9, -9)}
    found = {}
    for place, (row, column) in places.items():
        distances = {
            name: np.abs(rgb[row, column].astype(int) - value).max() for name, value in CORNERS.items()
        }
        nearest = min(distances, key=distances.get)
        found[place] = nearest if distances[nearest] < 40 else "grey"
    return found


class TestMoments:
    @pytest.mark.parametrize(
        ("name", "codec", "pixels"),
        [
            ("a.mp4", "libx264", "yuv420p"),
            ("a.mov", "libx264", "yuv444p"),
            ("a.mkv", "libx264", "yuv420p10le"),
            ("a.webm", "libvpx", "yuv420p"),
            ("a.avi", "mjpeg", "yuvj420p"),
            ("a.ts", "libx264", "yuv420p"),
            ("a.mpg", "mpeg2video", "yuv420p"),
            ("a.flv", "libx264", "yuv420p"),
            ("a.wmv", "wmv2", "yuv420p"),
        ],
    )
    def test_what_was_on_screen_in_every_container(self, tmp_path, name, codec, pixels):
        path = write_clip(tmp_path / name, greys(50), rate=25, codec=codec, pixels=pixels)
        clip, found = read(path, [0.1, 0.5, 1.0, 1.9])
        assert clip.seconds == pytest.approx(2, abs=0.15) and clip.rate == pytest.approx(25)
        assert np.allclose(at(found), [0.1, 0.5, 1.0, 1.9], atol=0.041)
        shown = [20 + 200 * round(25 * still.seconds) / 50 for still in found]
        assert np.allclose([level(still) for still in found], shown, atol=8)
        assert all(still.rgb.shape == (96, 160, 3) and still.rgb.dtype == np.uint8 for still in found)
        assert clip.notes == []

    def test_a_frame_on_screen_twice_comes_once(self, tmp_path):
        path = write_clip(tmp_path / "a.mp4", greys(4), rate=2)
        _, found = read(path, np.linspace(0, 1.99, 40).tolist())
        assert at(found) == [0, 0.5, 1.0, 1.5]

    def test_a_variable_rate_is_read_by_its_clock(self, tmp_path):
        shown = [0, 40, 80, 3000, 3040, 9000]
        path = write_clip(tmp_path / "a.mkv", greys(6), at=shown)
        _, found = read(path, [0.05, 1.0, 2.9, 3.01, 5.0, 9.0])
        assert at(found) == [0.04, 0.08, 3.0, 3.04, 9.0]

    def test_one_frame_is_a_clip(self, tmp_path):
        clip, found = read(write_clip(tmp_path / "a.mp4", greys(1)), [0.05])
        assert at(found) == [0] and clip.notes == []

    def test_a_length_that_the_file_does_not_state_is_measured(self):
        sink = Unseekable()
        write_clip(sink, greys(30), codec="libvpx", kind="webm")
        clip, found = read(sink.getvalue(), [0.0, 1.5, 2.95])
        assert clip.seconds == pytest.approx(3, abs=0.11) and at(found) == [0, 1.5, 2.9]

    def test_jumping_gives_what_decoding_on_gives(self, tmp_path, monkeypatch):
        path = write_clip(tmp_path / "a.mp4", greys(300), options={"g": "15", "bf": "2"})
        moments = np.linspace(0.5, 29.5, 8).tolist()
        jumped, by_jumps = read(path, moments)
        jumps = []
        monkeypatch.setattr(stills, "SEEK_AHEAD", 1e9)
        monkeypatch.setattr(stills.Clip, "_jump", lambda *a: jumps.append(a))
        _, one_by_one = read(path, moments)
        assert not jumps and jumped._may_jump
        assert at(by_jumps) == at(one_by_one)
        assert all(np.array_equal(a.rgb, b.rgb) for a, b in zip(by_jumps, one_by_one, strict=True))

    def test_few_key_frames_are_not_jumped_to_again_and_again(self, tmp_path):
        path = write_clip(tmp_path / "a.mp4", greys(120), options={"g": "1000", "sc_threshold": "0"})
        clip, found = read(path, [2.5, 5.0, 7.5, 11.0])
        assert at(found) == [2.5, 5.0, 7.5, 11.0] and not clip._may_jump

    def test_a_clip_may_be_bytes(self, tmp_path):
        path = write_clip(tmp_path / "a.mp4", greys(5))
        clip, found = read(path.read_bytes(), [0.2])
        assert clip.name == "video" and at(found) == [0.2]

    def test_a_name_of_any_bytes_can_be_written(self, tmp_path):
        path = write_clip(tmp_path / "a.mp4", greys(1))
        odd = tmp_path / os.fsdecode(b"caf\xe9.mp4")
        path.rename(odd)
        clip, _ = read(odd, [0.0])
        assert clip.name == "caf\N{REPLACEMENT CHARACTER}.mp4"


class TestUpright:
    @pytest.mark.parametrize(
        ("rotation", "expected"),
        [
            ((), ("red", "green", "blue", "grey")),
            ((90,), ("green", "grey", "red", "blue")),
            ((-90,), ("blue", "red", "grey", "green")),
            ((180,), ("grey", "blue", "green", "red")),
            ((0, True), ("green", "red", "grey", "blue")),
            ((0, False, True), ("blue", "grey", "red", "green")),
            ((88,), ("green", "grey", "red", "blue")),
        ],
    )
    def test_a_turned_or_mirrored_clip_is_shown_as_a_player_shows_it(
        self, tmp_path, marked, rotation, expected
    ):
        path = write_clip(tmp_path / "a.mp4", [marked] * 3, rotation=rotation)
        _, (still,) = read(path, [0.0])
        assert tuple(corners(still.rgb).values()) == expected
        quarter = bool(rotation) and abs(rotation[0]) in (88, 90)
        assert still.rgb.shape == ((160, 96, 3) if quarter else (96, 160, 3))

    def test_a_matrix_is_applied_as_the_standard_says(self):
        picture = np.arange(6, dtype=np.uint8).reshape(2, 3, 1)
        one = 65536
        for a, b, c, d in [
            (0, -one, one, 0),
            (0, one, -one, 0),
            (0, one, one, 0),
            (0, -one, -one, 0),
            (-one, 0, 0, one),
        ]:
            shown = turned(picture, np.array([a, b, 0, c, d, 0, 0, 0, 1 << 30]))
            places = {(a * p + c * q, b * p + d * q): picture[q, p, 0] for q in range(2) for p in range(3)}
            columns = sorted({x for x, _ in places})
            rows = sorted({y for _, y in places})
            assert [[places[x, y] for x in columns] for y in rows] == shown[..., 0].tolist()

    def test_a_matrix_that_is_none_turns_nothing(self):
        picture = np.arange(6, dtype=np.uint8).reshape(2, 3, 1)
        assert np.array_equal(turned(picture, np.zeros(9)), picture)
        assert np.array_equal(turned(picture, np.zeros(4)), picture)

    def test_pixels_that_are_not_square_are_stretched(self, tmp_path, marked):
        path = write_clip(tmp_path / "a.mp4", [marked] * 3, aspect=Fraction(3, 2), rotation=(90,))
        clip, (still,) = read(path, [0.0])
        assert still.rgb.shape == (240, 96, 3) and "1.5 to 1" in clip.notes[0]

    def test_colours_without_a_tag_are_those_that_players_show(self, tmp_path):
        import av

        colour = np.array([200, 60, 40])
        for height, standard in ((720, "ITU709"), (480, "ITU601")):
            picture = np.broadcast_to(colour.astype(np.uint8), (height, 640, 3))
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            planes = frame.reformat(format="yuv444p", dst_colorspace=standard)
            path = tmp_path / f"{height}.mp4"
            with av.open(str(path), "w") as container:
                stream = container.add_stream("libx264", rate=10)
                stream.width, stream.height, stream.pix_fmt = 640, height, "yuv444p"
                container.mux(stream.encode(planes))
                container.mux(stream.encode(None))
            _, (still,) = read(path, [0.0])
            assert np.abs(still.rgb[9, 9].astype(int) - colour).max() <= 3


class TestRefusals:
    def test_a_file_cut_short_is_judged_as_far_as_it_goes(self, tmp_path, landscape):
        pictures = [np.roll(landscape[:96, :160], step, axis=1) for step in range(60)]
        # Matroska needs no index at its end, so that what was received can be shown.
        path = write_clip(tmp_path / "a.mkv", pictures, options={"g": "10"})
        whole = path.read_bytes()
        clip, found = read(whole[: len(whole) // 2], np.linspace(0, 5.9, 12).tolist())
        assert 3 <= len(found) < 10 and found[-1].seconds < 4
        assert any("its pictures end at" in note for note in clip.notes)

    @pytest.mark.parametrize(
        ("share", "words"),
        [
            (0.3, "is damaged, incomplete .* get the file again, or convert"),
            (0.9, "can be decoded.* Get it again, or"),
        ],
    )
    def test_a_file_without_its_index_is_refused(self, tmp_path, share, words):
        whole = write_clip(tmp_path / "a.mp4", greys(20)).read_bytes()
        path = tmp_path / "cut.mp4"
        path.write_bytes(whole[: int(share * len(whole))])
        with pytest.raises(ValueError, match=f"'cut.mp4'.* {words}"):
            read(path, [0.0])

    @pytest.mark.parametrize("name", ["a.mkv", "a.mp4", "a.ts"])
    def test_damage_in_the_middle_is_left_out_and_told(self, tmp_path, landscape, name):
        pictures = [np.roll(landscape[:240, :320], 5 * step, axis=1) for step in range(40)]
        raw = bytearray(write_clip(tmp_path / name, pictures, options={"g": "5"}).read_bytes())
        moments = np.linspace(0, 3.9, 20).tolist()
        whole, undamaged = read(bytes(raw), moments)
        middle = len(raw) // 2
        raw[middle : middle + 3000] = bytes(3000)
        clip, found = read(bytes(raw), moments)
        assert len(undamaged) == 20 and whole.notes == []
        assert 15 <= len(found) <= 20 and clip.damaged == 1
        assert clip.notes == ["1 damaged piece of the stream could not be decoded and had to be left out"]

    @pytest.mark.parametrize("cover", [False, True])
    def test_sound_alone_is_refused_even_with_a_cover(self, tmp_path, cover):
        path = write_sound(tmp_path / "a.mp4", cover)
        with pytest.raises(ValueError, match="holds sound and no pictures: give a video in which a face"):
            read(path, [0.0])

    @pytest.mark.parametrize("content", [b"", b"\0" * 4096, b"This is a letter.\n" * 99])
    def test_what_is_no_video_is_refused(self, tmp_path, content):
        path = tmp_path / "a.mp4"
        path.write_bytes(content)
        with pytest.raises(ValueError, match="a.mp4' is (empty|damaged).* get (it|the file) again"):
            read(path, [0.0])

    def test_places_that_are_no_file_are_refused(self, tmp_path):
        os.mkfifo(tmp_path / "pipe.mp4")
        for path, words in [
            (tmp_path, "is a folder"),
            (tmp_path / "none.mp4", "no file .* check the path"),
            (tmp_path / "pipe.mp4", "not a plain file"),
            ("http://127.0.0.1/a.mp4", "no file"),
            ("x" * 5000 + ".mp4", "no file|cannot be opened"),
        ]:
            with pytest.raises(ValueError, match=words):
                read(path, [0.0])

    @pytest.mark.parametrize("name", ["list.mp4", "list.m3u8", "list.ts"])
    def test_a_playlist_opens_nothing_else(self, tmp_path, name):
        asked = []

        class Listen(socketserver.BaseRequestHandler):
            def handle(self):
                asked.append(self.request.recv(100))

        clip = write_clip(tmp_path / "other.ts", greys(5))
        with socketserver.TCPServer(("127.0.0.1", 0), Listen) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            for target in (f"http://127.0.0.1:{server.server_address[1]}/x.ts", str(clip)):
                path = tmp_path / name
                path.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{target}\n#EXT-X-ENDLIST\n")
                with pytest.raises(ValueError, match="no video that can be read"):
                    read(path, [0.0])
            server.shutdown()
        assert asked == []

    def test_frames_have_a_largest_and_a_smallest_size(self, tmp_path, monkeypatch):
        small = write_clip(tmp_path / "small.mp4", greys(3, height=24, width=24))
        with pytest.raises(ValueError, match="24×24 pixels, and at least 32×32"):
            read(small, [0.0])
        large = write_clip(tmp_path / "large.mp4", greys(3))
        monkeypatch.setattr(stills, "MAX_PIXELS", 96 * 160 - 1)
        with pytest.raises(ValueError, match="160×96 pixels, more than .* give a smaller copy"):
            read(large, [0.0])

    def test_a_missing_reader_is_named_with_its_remedy(self, tmp_path, monkeypatch):
        path = write_clip(tmp_path / "a.mp4", greys(1))
        monkeypatch.setitem(sys.modules, "av", None)
        with pytest.raises(ImportError, match="run `pip install av`"):
            read(path, [0.0])

    def test_the_file_is_closed_whatever_happens(self, tmp_path):
        path = write_clip(tmp_path / "a.mp4", greys(3))
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(3):
            read(path, [0.0])
            with pytest.raises(RuntimeError), open_clip(path) as clip:
                next(clip.stills([0.0]))
                raise RuntimeError
        assert len(os.listdir("/proc/self/fd")) <= before


class Unseekable(io.BytesIO):
    """A sink that a length cannot be written into afterwards."""

    def seekable(self):
        return False

    seek = None
    tell = None
