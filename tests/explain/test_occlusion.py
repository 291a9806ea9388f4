"""Occlusion: the cell that is covered is the cell that is named, and every change of the value is a true one."""

import numpy as np
import pytest
import torch

from explain import occlusion
from explain.baselines import BASELINES
from explain.subject import Subject
from mfclip.preprocess import WINDOW
from tests.explain.conftest import crops
from tests.explain.planted import COLUMNS, ROWS, SHARE, outside, planted_subject


@pytest.fixture(scope="module")
def small(smalls):
    detector = smalls["each"]
    return Subject.of(detector, detector(crops()[0], cropped=True))


def test_the_planted_corner_gets_everything():
    values = occlusion.METHOD.run(planted_subject(), side=14, fill="black").values
    np.testing.assert_allclose(values["map"][ROWS, COLUMNS], 200 * SHARE, rtol=1e-3)
    np.testing.assert_allclose(outside(values["map"]), 40 * SHARE, rtol=1e-3)
    assert float(values["together"]) == pytest.approx(values["map"].sum(), rel=1e-3)  # this model is a sum


def test_each_cell_is_the_change_that_covering_it_makes(small):
    result = occlusion.METHOD.run(small, side=7, fill="blur", batch=5)
    fill = BASELINES["blur"](small.face)
    for row, column in ((0, 0), (1, 5), (6, 2)):
        covered = small.face.clone()
        part = np.s_[:, :, 32 * row : 32 * row + 32, 32 * column : 32 * column + 32]
        covered[part] = fill[part]
        with torch.no_grad():
            value = float(small.value(small.image_of(covered) + small.noise))
        assert result.values["map"][row, column] == pytest.approx(small.explained - value, abs=1e-5)
    np.testing.assert_allclose(result.values["noise map"], 0, atol=1e-12)
    assert any("kept as it is" in note for note in result.notes)


def test_windows_know_the_cells_they_lie_under(detector, verdict, small):
    # The quarters of a face of 224 px hold the cells of their quarter.
    cells = occlusion.cells_of_windows(small.verdict.face.crop, 14)
    assert cells.shape == (4, WINDOW, WINDOW)
    assert cells[0, 0, 0] == 0 and cells[1, 0, 0] == 7 and cells[2, 0, 0] == 7 * 14
    assert cells[1, 17, 40] == 1 * 14 + 7 + 2 and cells[3, -1, -1] == 195
    # Native windows overlap or leave gaps: each pixel by its own place in the photo.
    crop = verdict.face.crop
    cells = occlusion.cells_of_windows(crop, 7)
    for index, frame in enumerate(crop.window_frames):
        x, y = frame.to_photo(np.array([30.5, 90.5]))
        column, row = (np.array([x, y]) - crop.region[:2]) * 7 / (crop.region[2] - crop.region[0])
        assert cells[index, 90, 30] == int(row) * 7 + int(column)


def test_a_covered_patch_changes_the_noise_stream(small):
    index = small.patch_index
    kept = occlusion.METHOD.run(small, side=7, fill="mean colour")
    result = occlusion.METHOD.run(small, side=7, noise="covered", fill="mean colour")
    np.testing.assert_allclose(result.values["image map"], kept.values["map"], atol=1e-6)
    np.testing.assert_allclose(
        result.values["map"], result.values["image map"] + result.values["noise map"], atol=1e-12
    )
    places = occlusion.cells_of_windows(small.verdict.face.crop, 7)[index]
    under = np.isin(np.arange(49), places).reshape(7, 7)
    assert not np.abs(result.values["noise map"][~under]).max() > 1e-6
    cell = int(places[60, 60])
    covered = small.residual * torch.from_numpy(places != cell).float()
    fill, row, column = BASELINES["mean colour"](small.face), *divmod(cell, 7)
    face = small.face.clone()
    part = np.s_[:, :, 32 * row : 32 * row + 32, 32 * column : 32 * column + 32]
    face[part] = fill[part]
    with torch.no_grad():
        value = float(small.value_of_pixels(face, covered))
    assert result.values["map"][row, column] == pytest.approx(small.explained - value, abs=1e-5)
    assert np.abs(result.values["noise map"][under]).max() > 1e-5
    assert any("set to zero" in note for note in result.notes)


def test_a_patch_that_loses_its_texture_is_chosen_no_more(small):
    result = occlusion.METHOD.run(small, side=7, noise="chosen again", fill="mean colour")
    covering = occlusion._Covering(small, 7, "mean colour", "chosen again")
    with torch.no_grad():
        covering.value(torch.zeros(1, 49))
    told = next(note for note in result.notes if "was the richest" in note)
    counted = 0
    places = occlusion.cells_of_windows(small.verdict.face.crop, 7)
    fill = BASELINES["mean colour"](small.windows)
    for covered in (*([cell] for cell in range(49)), range(49)):
        seen = torch.from_numpy(~np.isin(places, covered))[:, None].float()
        windows = (small.windows * seen + fill * (1 - seen)).movedim(1, -1)[None]
        encoded = small.model.encode_faces(small.verdict.face.crop.face[None], windows)
        counted += int(encoded.patch_index[0]) != small.patch_index
    assert f"in {counted} of 50 coverings" in told and counted > 0


def test_batches_change_nothing(small):
    first = occlusion.METHOD.run(small, noise="covered", batch=1).values["map"]
    np.testing.assert_allclose(
        first, occlusion.METHOD.run(small, noise="covered", batch=49).values["map"], atol=1e-5
    )


def test_the_published_configuration_can_be_covered_too(smalls):
    detector = smalls["authors"]
    subject = Subject.of(detector, detector(crops()[0], cropped=True))
    values = occlusion.METHOD.run(subject, noise="covered").values
    assert np.abs(values["image map"]).max() > 0 and np.abs(values["noise map"]).max() > 0


def test_cancelling_and_wrong_settings(small):
    def cancel(done, of):
        if done > 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        occlusion.METHOD.run(small, cancel)
    with pytest.raises(ValueError, match="side is 9; allowed: 7, 14"):
        occlusion.METHOD.run(small, side=9)
