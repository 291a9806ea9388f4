"""Forging a photo changes the face's region and nothing else, and says what it lacks."""

import numpy as np
import pytest
import torch
from PIL import Image

from mfclip.training.forge import main, square_of
from mfclip.training.forgeries.autoencoders import SHAPES, Autoencoder
from mfclip.training.forgeries.denoiser import Denoiser


@pytest.fixture(scope="module")
def makers(tmp_path_factory):
    folder = tmp_path_factory.mktemp("makers")
    torch.manual_seed(0)
    shape = next(shape for shape in SHAPES if shape.name == "nearest-3")
    torch.save(Autoencoder(shape).state_dict(), folder / "autoencoder-nearest-3.pt")
    torch.save(Denoiser().state_dict(), folder / "denoiser.pt")
    return folder


@pytest.mark.parametrize(
    "name", ["autoencoder-nearest-3", "denoiser", "self_blend", "edit_warp", "edit_clone"]
)
def test_only_the_face_changes(name, astronaut, makers, tmp_path):
    photo, out = tmp_path / "in.png", tmp_path / "out.jpg"
    Image.fromarray(astronaut).save(photo)
    donor = tmp_path / "donor.png"
    Image.fromarray(np.ascontiguousarray(astronaut[:, ::-1])).save(donor)
    assert (
        main([str(photo), str(out), name, "--makers", str(makers), "--donor", str(donor), "--seed", "3"]) == 0
    )
    change = np.abs(np.asarray(Image.open(out)).astype(int) - astronaut).mean(axis=-1)
    x0, y0, x1, y1 = square_of(astronaut)
    inside = change[y0:y1, x0:x1].max()
    change[y0 - 16 : y1 + 16, x0 - 16 : x1 + 16] = 0  # JPEG blocks that the square cuts through
    assert inside > 2 * change.max()


@pytest.mark.parametrize(
    ("name", "lack"),
    [("denoiser", "--makers FOLDER"), ("edit_clone", "--donor PHOTO"), ("edit_warp", "No face")],
)
def test_what_is_missing_is_said(name, lack, tmp_path, capsys):
    photo = tmp_path / "in.png"
    Image.new("RGB", (300, 300)).save(photo)
    assert main([str(photo), str(tmp_path / "out.jpg"), name]) == 2
    assert lack in capsys.readouterr().err
    assert not (tmp_path / "out.jpg").exists()
