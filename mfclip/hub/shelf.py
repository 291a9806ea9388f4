"""Which checkpoints are on this machine: the bundled ones, and those that the Hub's cache holds."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mfclip.errors import CheckpointError
from mfclip.hub.folder import REQUIRED, WEIGHTS, WrongHash, compare_hashes
from mfclip.hub.reading import BUNDLED

BUNDLED_PLACE, CACHED_PLACE = "bundled", "cached"


@dataclass(frozen=True)
class Shelved:
    """A checkpoint on this machine.

    name: what `mfclip.load` takes, pinned. place: bundled or cached. revision: the Hub's commit (40 hex), None for a
    bundled one. branches: names that stood for that commit when it was fetched. size: bytes of all its files. sha256:
    of the weights (64 hex), None where `fault` says in words why they cannot be used. folder: where the files lie.
    """

    name: str
    place: str
    revision: str | None
    branches: tuple[str, ...]
    size: int
    sha256: str | None
    fault: str | None
    folder: Path


def shelved() -> list[Shelved]:
    """Every checkpoint on this machine, bundled ones first; each is read in full and compared with its hashes.

    Half-fetched ones count, with their fault; repositories of other projects in the same cache do not. Raises
    CheckpointError where the cache cannot be read.
    """
    return [*_bundled(), *_cached()]


def _bundled() -> Iterator[Shelved]:
    folders = sorted(BUNDLED.iterdir()) if BUNDLED.is_dir() else []
    for folder in folders:
        if (folder / WEIGHTS).is_file():
            yield _examined(folder.name, BUNDLED_PLACE, None, (), folder)


def _cached() -> Iterator[Shelved]:
    from huggingface_hub import constants, scan_cache_dir
    from huggingface_hub.errors import CacheNotFound

    try:
        repositories = scan_cache_dir(constants.HF_HUB_CACHE).repos
    except CacheNotFound:  # nothing was ever fetched
        return
    except (OSError, ValueError):  # ValueError: it is a file
        raise CheckpointError(
            f"The cache of the Hub cannot be read ({constants.HF_HUB_CACHE}): set HF_HOME elsewhere."
        ) from None
    for repository in sorted(repositories, key=lambda one: one.repo_id):
        if repository.repo_type != "model":
            continue
        for revision in sorted(repository.revisions, key=lambda one: one.commit_hash):
            folder = revision.snapshot_path
            if sum((folder / file).is_file() for file in REQUIRED) > 1:  # config.json alone is anybody's
                name = f"{repository.repo_id}@{revision.commit_hash}"
                yield _examined(
                    name, CACHED_PLACE, revision.commit_hash, tuple(sorted(revision.refs)), folder
                )


def _examined(
    name: str, place: str, revision: str | None, branches: tuple[str, ...], folder: Path
) -> Shelved:
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    missing = [file for file in REQUIRED if not (folder / file).is_file()]
    sha256 = None
    fault = f"lacks {', '.join(missing)}" if missing else None
    if not missing:
        try:
            sha256 = compare_hashes(folder)[WEIGHTS]
        except WrongHash as wrong:
            cure = "copy it anew" if revision is None else "its next use fetches it again"
            fault = f"{wrong.file} is damaged; {cure}"
        except CheckpointError as error:
            fault = str(error)
        except OSError as error:
            fault = f"cannot be read ({error.strerror or type(error).__name__})"
    return Shelved(name, place, revision, branches, size, sha256, fault, folder)
