"""Copying a face changes the face's region and nothing else."""

import numpy as np
import torch
from PIL import Image

from mfclip.training.autoencoders import Autoencoder
from mfclip.training.copy_photo import main


def test_only_the_face_changes(astronaut, tmp_path, capsys):
    torch.manual_seed(0)
    weights = tmp_path / "autoencoder-nearest-1.pt"
    torch.save(Autoencoder("nearest", 1).state_dict(), weights)
    Image.fromarray(astronaut).save(tmp_path / "in.png")
    assert main([str(tmp_path / "in.png"), str(tmp_path / "out.jpg"), str(weights)]) == 0
    copied = np.asarray(Image.open(tmp_path / "out.jpg")).astype(int)
    change = np.abs(copied - astronaut).mean(axis=-1)
    assert change[60:170, 185:265].mean() > 2 * change[300:, 300:].mean()
    assert main([str(tmp_path / "in.png"), str(tmp_path / "x.jpg"), str(tmp_path / "in.png")]) == 2
    assert "not an autoencoder" in capsys.readouterr().err
    assert not (tmp_path / "x.jpg").exists()
