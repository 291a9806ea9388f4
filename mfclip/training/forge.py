"""Forge the face of a photo with one of our generators: `python -m mfclip.training.forge PHOTO OUT GENERATOR`.

GENERATOR is an edit (edit_warp, edit_inpaint, edit_clone, edit_touch_up), self_blend, denoiser, or an autoencoder by
up-sampler and depth (autoencoder-nearest-3). The last two need --makers, the folder that a run kept them in
(.cache/makers-…); edit_clone needs --donor, a photo of another face. This is how space/examples/copied.jpg was made.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from mfclip.faces import find_faces
from mfclip.photo import read_photo
from mfclip.preprocess import cut_square, face_region
from mfclip.training.forgeries import edits
from mfclip.training.forgeries.autoencoders import SHAPES, Autoencoder, copy_face
from mfclip.training.forgeries.blends import self_blend
from mfclip.training.forgeries.denoiser import Denoiser, redraw_face

QUALITY = 95
EDITS = {"edit_warp": edits.warp, "edit_inpaint": edits.inpaint, "edit_touch_up": edits.touch_up}
AUTOENCODERS = {f"autoencoder-{shape.name}": shape for shape in SHAPES}
GENERATORS = (*EDITS, "edit_clone", "self_blend", "denoiser", *AUTOENCODERS)

Forge = Callable[[np.ndarray, np.random.Generator], np.ndarray]


def square_of(rgb: np.ndarray) -> tuple[int, int, int, int]:
    """The square region of a photo's largest face. Raises ValueError if no face is found."""
    faces = find_faces(rgb)
    if not faces:
        raise ValueError("No face was found; use a photo with a face.")
    box = faces[0]
    return face_region(box.edges, rgb.shape[1], rgb.shape[0])


def _weights(makers: Path | None, name: str) -> dict:
    path = (makers or Path()) / f"{name}.pt"
    if makers is None or not path.is_file():
        raise ValueError(
            f"{name} needs its weights, {path.name}; pass --makers FOLDER, the makers-… folder in a run's cache."
        )
    return torch.load(path, weights_only=True)


def generator(name: str, makers: Path | None, donor: np.ndarray | None) -> Forge:
    """The generator of a name of GENERATORS, as a function of a region (S, S, 3) uint8 and random numbers.

    Raises ValueError where the weights or the donor that it needs are not given.
    """
    if name in EDITS:
        return EDITS[name]
    if name == "self_blend":
        return self_blend
    if name == "edit_clone":
        if donor is None:
            raise ValueError("edit_clone takes features from another face; pass --donor PHOTO.")
        return lambda region, rng: edits.clone(region, cut_square(donor, square_of(donor)), rng)
    if name == "denoiser":
        denoiser = Denoiser().eval()
        denoiser.load_state_dict(_weights(makers, name))
        return lambda region, rng: redraw_face(denoiser, region, rng)
    autoencoder = Autoencoder(AUTOENCODERS[name]).eval()
    autoencoder.load_state_dict(_weights(makers, name))
    return lambda region, rng: copy_face(autoencoder, region)


def forge_photo(rgb: np.ndarray, forge: Forge, seed: int) -> np.ndarray:
    """Photo (H, W, 3) uint8 with the region of its largest face forged. Raises ValueError if no face is found."""
    x0, y0, x1, y1 = square_of(rgb)
    forged = rgb.copy()
    forged[y0:y1, x0:x1] = forge(cut_square(rgb, (x0, y0, x1, y1)), np.random.default_rng(seed))
    return forged


def main(arguments: list[str] | None = None) -> int:
    """Read, forge, write a JPEG. Exit codes: 0 done, 2 wrong usage or input."""
    told = argparse.ArgumentParser(prog="python -m mfclip.training.forge", description=__doc__)
    told.add_argument("photo", type=Path)
    told.add_argument("out", type=Path)
    told.add_argument("generator", choices=GENERATORS)
    told.add_argument("--makers", type=Path, default=None, help="folder of trained autoencoders and denoiser")
    told.add_argument("--donor", type=Path, default=None, help="photo whose features edit_clone takes")
    told.add_argument("--seed", type=int, default=0)
    given = told.parse_args(arguments)
    try:
        donor = None if given.donor is None else read_photo(given.donor).rgb
        forge = generator(given.generator, given.makers, donor)
        picture = forge_photo(read_photo(given.photo).rgb, forge, given.seed)
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    Image.fromarray(picture).save(given.out, "JPEG", quality=QUALITY, subsampling=0)
    return 0


if __name__ == "__main__":
    sys.exit(main())
