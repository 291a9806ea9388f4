"""A checkpoint folder: which files it has, and how it is read and verified. Nothing here touches the network."""

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mfclip.errors import CheckpointError

if TYPE_CHECKING:
    from torch import Tensor

CONFIG, WEIGHTS, HASHES, CARD = "config.json", "model.safetensors", "SHA256", "README.md"
RECORD, WORDS = "training.json", "words.json"  # beside them: the run that made the weights, words it has seen
SPECTRA = "spectra.json"  # and what the noise of its training faces looked like
RESULTS = "results.json"  # and what its evaluation has measured
REQUIRED = (CONFIG, WEIGHTS, HASHES)
OPTIONAL = (WORDS, SPECTRA, RESULTS)

MAX_TEXT = 1_000_000
"""Bytes of config.json and SHA256; a configuration takes ten thousand."""

_PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle")
_HASH_LINE = re.compile(r"([0-9a-f]{64}) [ *](.+)")


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """Weights that were checked against their hash, with the configuration they were trained with.

    name: folder name or "owner/name". revision: the Hub's commit (40 hex), None for a folder. folder: where
    the files lie. sha256: of model.safetensors (64 hex). config: the JSON object as it stands. state: tensors
    by key, on the CPU; once a detector was loaded from them, on "meta", without their numbers.
    """

    name: str
    revision: str | None
    folder: Path
    sha256: str
    config: dict[str, Any]
    state: "dict[str, Tensor]"


class WrongHash(CheckpointError):
    """A file is not the one its hash was taken of; `file` names it. Callers see a CheckpointError."""

    def __init__(self, message: str, file: str) -> None:
        super().__init__(message)
        self.file = file


def read_folder(folder: Path, name: str, revision: str | None) -> Checkpoint:
    """The checkpoint in `folder`, its files compared with their hashes. Raises CheckpointError."""
    try:
        missing = [file for file in REQUIRED if not (folder / file).is_file()]
        if missing:
            raise _lacking(folder, missing)
        hashes = compare_hashes(folder)
        config, state = _read_config(folder / CONFIG), read_weights(folder / WEIGHTS)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise CheckpointError(
            f"The checkpoint {str(folder)!r} cannot be read ({reason}): check its rights."
        ) from None
    return Checkpoint(name, revision, folder, hashes[WEIGHTS], config, state)


def _lacking(folder: Path, missing: list[str]) -> CheckpointError:
    pickles = sorted(path.name for path in folder.iterdir() if is_pickle(path))
    if WEIGHTS in missing and pickles:
        return CheckpointError(pickle_refused(pickles[0]))
    return CheckpointError(
        f"The checkpoint {str(folder)!r} lacks {', '.join(missing)}: a checkpoint holds {', '.join(REQUIRED)}."
    )


def compare_hashes(folder: Path) -> dict[str, str]:
    """SHA-256 (64 hex) by file name, as the folder states them, after comparison with its files.

    Raises WrongHash for the first file that differs, CheckpointError where a hash is not stated or a text is over
    MAX_TEXT, OSError.
    """
    for file in (CONFIG, HASHES):
        if (folder / file).stat().st_size > MAX_TEXT:
            raise CheckpointError(
                f"{str(folder / file)!r} holds more than {MAX_TEXT} bytes, which are the most allowed: copy the right "
                "file there."
            )
    text = (folder / HASHES).read_text(encoding="utf-8", errors="replace")
    found = (_HASH_LINE.fullmatch(line.strip()) for line in text.splitlines())
    wanted = {match[2]: match[1] for match in found if match}
    for file in (CONFIG, WEIGHTS):
        if file not in wanted:
            raise CheckpointError(
                f"{str(folder / HASHES)!r} has no hash of {file}: write it with `sha256sum {CONFIG} "
                f"{WEIGHTS} > {HASHES}` "
                "where the files are known to be sound."
            )
        actual = sha256_of(folder / file)
        if actual != wanted[file]:
            raise WrongHash(
                f"{str(folder / file)!r} is not the file it should be (SHA-256 {actual[:12]}…, expected "
                f"{wanted[file][:12]}…): copy it anew.",
                file,
            )
    return wanted


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, 64 hex. Raises OSError."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _read_config(path: Path) -> dict[str, Any]:
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{str(path)!r} is not JSON ({error}): copy the file anew.") from None
    if not isinstance(config, dict):
        raise CheckpointError(f"{str(path)!r} holds a {type(config).__name__}: it must be a JSON object.")
    return config


def read_weights(path: Path) -> "dict[str, Tensor]":
    """Tensors by key from a safetensors file, on the CPU. Raises CheckpointError, for a pickle too; OSError."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    with path.open("rb") as stream:
        head = stream.read(9)
    # torch.save writes a ZIP archive, pickle starts with 0x80; safetensors has "{" after its length.
    if head[8:] != b"{" and head.startswith((b"PK\x03\x04", b"\x80")):
        raise CheckpointError(pickle_refused(str(path)))
    try:
        state = load_file(path, device="cpu")
    except (SafetensorError, ValueError, KeyError) as error:
        raise CheckpointError(
            f"{str(path)!r} is not a safetensors file ({error}): copy the file anew."
        ) from None
    for key, tensor in state.items():
        if tensor.is_complex():  # torch would drop the imaginary parts, with a warning
            raise CheckpointError(f"{str(path)!r} holds complex numbers in {key[:80]!r}: copy the file anew.")
    return state


def is_pickle(path: Path) -> bool:
    """Whether a file's ending is one that pickles go by."""
    return path.suffix in _PICKLES


def pickle_refused(name: str) -> str:
    """What is said of a pickle."""
    return (
        f"{name!r} is a pickle, and reading one would run the code inside: convert it to {WEIGHTS} where "
        "you trust it, or take its weights through mfclip.from_authors."
    )
