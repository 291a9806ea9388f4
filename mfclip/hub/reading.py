"""Which checkpoint a name means, and reading it: a folder, a bundled one, or a commit on the Hub."""

import os
import re
from pathlib import Path

from mfclip.errors import CheckpointError
from mfclip.hub import download
from mfclip.hub.folder import (
    CONFIG,
    HASHES,
    WEIGHTS,
    Checkpoint,
    WrongHash,
    is_pickle,
    pickle_refused,
    read_folder,
)

BUNDLED = Path(__file__).resolve().parents[2] / "checkpoints"
DEFAULT = "tiny"
ENVIRONMENT = "MFCLIP_CHECKPOINT"

_REPOSITORY = re.compile(r"(?P<repo>[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*)(?:@(?P<revision>[^@\s]+))?")


def read_checkpoint(name: str | Path | None = None) -> Checkpoint:
    """The checkpoint of that name, verified.

    None: the one that the environment variable MFCLIP_CHECKPOINT names, else the bundled `tiny`. A path or
    the name of a bundled one: that folder. "owner/name@<40 hex>": that commit on the Hub, from the local
    cache when it is there. "owner/name" or "owner/name@branch": as above, with the commit it stood for logged
    as a warning. A cached file that is damaged is fetched once more. Raises CheckpointError with one sentence
    that holds the remedy.
    """
    if name is None:
        name = os.environ.get(ENVIRONMENT) or BUNDLED / DEFAULT
    folder = _local_folder(name)
    if folder is not None:
        return read_folder(folder, folder.resolve().name, None)
    repo, _, revision = str(name).partition("@")
    return _from_hub(repo, download.folder_of(repo, revision))


def _from_hub(repo: str, folder: Path) -> Checkpoint:
    """The checkpoint in the cache's folder of a commit; what is damaged there is fetched once more."""
    commit, mended = folder.name, set[str]()
    while True:
        try:
            return read_folder(folder, repo, commit)
        except WrongHash as wrong:
            if wrong.file in mended:
                raise CheckpointError(
                    f"{wrong.file} of {repo}@{commit} is not the file that its {HASHES} was made of, on the Hub "
                    "itself: take another commit, and tell its owner."
                ) from None
            mended.add(wrong.file)
            download.again(repo, commit, wrong.file, HASHES)


def _local_folder(name: str | Path) -> Path | None:
    """The folder that `name` means, None when it names a repository on the Hub."""
    text = str(name)
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder
    if folder.is_file():
        if is_pickle(folder):
            raise CheckpointError(pickle_refused(text))
        raise CheckpointError(
            f"{text!r} is a file: give the folder that holds {CONFIG}, {WEIGHTS} and {HASHES}."
        )
    if re.fullmatch(r"[\w-][\w.-]*", text) and (BUNDLED / text).is_dir():
        return BUNDLED / text
    if isinstance(name, str) and _REPOSITORY.fullmatch(text):
        return None
    if BUNDLED in folder.parents:
        raise CheckpointError(
            f"The bundled checkpoint {folder.name!r} is missing from {str(BUNDLED)!r}: clone the project "
            f"again, or name another one with {ENVIRONMENT}."
        )
    raise CheckpointError(
        f"There is no checkpoint folder {text!r}: give a folder, one of the bundled ones, or "
        "owner/name@<40 hex> for the Hub."
    )
