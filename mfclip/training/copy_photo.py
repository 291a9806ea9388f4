"""Pass the face of a photo through one of a run's autoencoders: `python -m mfclip.training.copy_photo IN OUT WEIGHTS`.

This is how space/examples/copied.jpg was made. WEIGHTS is a file that the run kept in its cache, for example
.cache/copies-…/autoencoder-pixel-shuffle-2.pt; up-sampler and depth are read from its name.
"""

import argparse
import re
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from mfclip.faces import find_faces
from mfclip.photo import read_photo
from mfclip.preprocess import cut_square, face_region
from mfclip.training.autoencoders import HALVINGS, UPSAMPLERS, Autoencoder, copy_face

QUALITY = 95


def load_autoencoder(path: Path) -> Autoencoder:
    """The autoencoder of a weights file named as `train_autoencoders` names them. Raises ValueError for others."""
    match = re.fullmatch(
        rf"autoencoder-({'|'.join(UPSAMPLERS)})-([{HALVINGS[0]}-{HALVINGS[-1]}])\.pt", path.name
    )
    if not match or not path.is_file():
        raise ValueError(
            f"{path} is not an autoencoder of a run; give a file such as autoencoder-nearest-1.pt."
        )
    model = Autoencoder(match[1], int(match[2]))
    model.load_state_dict(torch.load(path, weights_only=True))
    return model.eval()


def copy_photo(rgb: np.ndarray, autoencoder: Autoencoder) -> np.ndarray:
    """Photo (H, W, 3) uint8 with the square region of its largest face replaced by its copy.

    Raises ValueError if no face is found.
    """
    faces = find_faces(rgb)
    if not faces:
        raise ValueError("No face was found; use a photo with a face.")
    box = faces[0]
    square = face_region((box.x0, box.y0, box.x1, box.y1), rgb.shape[1], rgb.shape[0])
    x0, y0, x1, y1 = square
    copied = rgb.copy()
    copied[y0:y1, x0:x1] = copy_face(autoencoder, cut_square(rgb, square))
    return copied


def main(arguments: list[str] | None = None) -> int:
    """Read, copy, write a JPEG. Exit codes: 0 done, 2 wrong usage or input."""
    told = argparse.ArgumentParser(prog="python -m mfclip.training.copy_photo", description=__doc__)
    for name in ("photo", "out", "weights"):
        told.add_argument(name, type=Path)
    paths = told.parse_args(arguments)
    try:
        picture = copy_photo(read_photo(paths.photo).rgb, load_autoencoder(paths.weights))
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    Image.fromarray(picture).save(paths.out, "JPEG", quality=QUALITY, subsampling=0)
    return 0


if __name__ == "__main__":
    sys.exit(main())
