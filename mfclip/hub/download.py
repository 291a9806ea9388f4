"""Fetching from the Hub through huggingface_hub: the local copy first, so that being offline costs nothing."""

import logging
import re
import shutil
from pathlib import Path
from typing import Any

from mfclip.errors import CheckpointError
from mfclip.hub.folder import OPTIONAL, REQUIRED, sha256_of
from mfclip.hub.sentences import Unreachable, failures, sentence

_TIMEOUT = 10.0  # seconds until an unreachable Hub is called unreachable
_COMMIT = re.compile(r"[0-9a-f]{40}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_LARGE = 1_000_000  # bytes from which a bar is worth a line
_SHORT = 7  # digits of a commit where it is shown to be recognised
_log = logging.getLogger(__name__)


def is_commit(revision: str) -> bool:
    """Whether a revision names one commit for good, as a branch or a tag does not."""
    return _COMMIT.fullmatch(revision) is not None


def folder_of(
    repo: str, revision: str, files: tuple[str, ...] = REQUIRED, optional: tuple[str, ...] = OPTIONAL
) -> Path:
    """Folder of a revision with `files`, and those of `optional` that it has: from the cache, else fetched.

    revision: a commit (40 hex) is looked for in the cache first, and costs no request when it is there; a branch
    ("": main) is the commit it stands for now, or last stood for when the Hub is away, and which one is logged as a
    warning. Raises CheckpointError with a sentence of mfclip/hub/sentences.py.
    """
    if not is_commit(revision):
        return _unpinned(repo, revision or "main", files, optional)
    folder = _cached(repo, revision, files)
    if folder is not None:
        return folder
    # One cheap question first: an unreachable Hub would be asked five times over 24 s by the download.
    _, sizes = _ask(repo, revision, files)
    return _fetch(repo, revision, files, optional, sizes)


def file_of(repo: str, revision: str, file: str) -> Path:
    """One file of a repository that holds no hashes of ours, fetched as `folder_of` does.

    It is compared with the SHA-256 that the Hub itself states of large files, and fetched once more where they
    differ. Raises CheckpointError.
    """
    path = folder_of(repo, revision, (file,), ()) / file
    if not _sound(path):
        again(repo, path.parent.name, file)
        if not _sound(path):
            raise CheckpointError(
                f"{file} of {repo}@{path.parent.name} arrives damaged each time: try another network, and delete "
                f"{str(path)!r} before."
            )
    return path


def again(repo: str, commit: str, damaged: str, *beside: str) -> None:
    """Fetch a damaged file of the cache anew, and those `beside` it that it was judged by. Raises CheckpointError."""
    from huggingface_hub import hf_hub_download

    _log.warning("%s of %s@%s is damaged in the cache and is fetched again", damaged, repo, commit)
    for file in (damaged, *beside):
        try:
            hf_hub_download(
                repo, file, revision=commit, force_download=True, tqdm_class=_bar(repo, commit, file)
            )
        except failures() as error:
            told = sentence(error, repo, commit, file)
            if isinstance(told, Unreachable):
                told = CheckpointError(
                    f"{damaged} of {repo}@{commit} is damaged in the cache and could not be fetched again "
                    f"({type(error.__cause__ or error).__name__}): load it once where the Hub can be reached."
                )
            raise told from None


def _unpinned(repo: str, branch: str, files: tuple[str, ...], optional: tuple[str, ...]) -> Path:
    from huggingface_hub import hf_hub_download

    try:
        commit, sizes = _ask(repo, branch, files)
    except Unreachable:
        folder = _cached(repo, branch, files)
        if folder is None:
            raise
        _log.warning(
            "The Hub cannot be reached; %s@%s is read from the cache as %s", repo, branch, folder.name
        )
        return folder
    _log.warning(
        "%s@%s is commit %s; write %s@%s to get the same weights again", repo, branch, commit, repo, commit
    )
    folder = _cached(repo, commit, files) or _fetch(repo, commit, files, optional, sizes)
    try:
        # By its branch, so that the client notes which commit it stood for: offline, that is what is read.
        hf_hub_download(repo, files[-1], revision=branch, tqdm_class=_bar(repo, commit, files[-1]))
    except failures() as error:
        _log.info("which commit %s@%s stands for was not noted (%s)", repo, branch, type(error).__name__)
    return folder


def _cached(repo: str, revision: str, files: tuple[str, ...]) -> Path | None:
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        paths = [hf_hub_download(repo, file, revision=revision, local_files_only=True) for file in files]
    except LocalEntryNotFoundError:
        return None
    except failures() as error:
        raise sentence(error, repo, revision, files[-1]) from None
    return Path(paths[0]).parent


def _ask(repo: str, revision: str, files: tuple[str, ...]) -> tuple[str, dict[str, int]]:
    """The commit that `revision` stands for, and the sizes of its files in bytes, as far as the Hub tells them."""
    from huggingface_hub import HfApi

    try:
        info = HfApi().model_info(repo, revision=revision, files_metadata=True, timeout=_TIMEOUT)
        if not is_commit(str(info.sha)):
            raise ValueError(f"the commit is {info.sha!r}")
    except failures() as error:
        raise sentence(error, repo, revision, files[-1]) from None
    return str(info.sha), {file.rfilename: file.size or 0 for file in info.siblings or ()}


def _fetch(
    repo: str, commit: str, files: tuple[str, ...], optional: tuple[str, ...], sizes: dict[str, int]
) -> Path:
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import RemoteEntryNotFoundError

    _check_room(repo, commit, sum(sizes.get(file, 0) for file in (*files, *optional)))
    # The optional ones first: a cache that holds what is required then also holds them, if there are any.
    for file in (*optional, *files):
        try:
            path = Path(hf_hub_download(repo, file, revision=commit, tqdm_class=_bar(repo, commit, file)))
        except failures() as error:
            if file in optional and isinstance(error, RemoteEntryNotFoundError):
                continue
            raise sentence(error, repo, commit, file) from None
    return path.parent


def _check_room(repo: str, commit: str, needed: int) -> None:
    """Refuse before the download what would fill the disk at its end. needed: bytes."""
    from huggingface_hub.constants import HF_HUB_CACHE

    cache = Path(HF_HUB_CACHE)
    place = next((folder for folder in (cache, *cache.parents) if folder.is_dir()), None)
    free = needed if place is None else shutil.disk_usage(place).free
    if free < needed:
        raise CheckpointError(
            f"The disk is full: {repo}@{commit} takes {needed / 1e6:.1f} MB and {str(place)!r} has {free / 1e6:.1f} MB "
            "left; make room, or set HF_HOME elsewhere."
        )


def _sound(path: Path) -> bool:
    """Whether a cached file has the SHA-256 the Hub stated, by which the cache has named it; small ones have none."""
    stated = path.readlink().name if path.is_symlink() else ""
    return not _SHA256.fullmatch(stated) or sha256_of(path) == stated


def _bar(repo: str, commit: str, file: str) -> type[Any]:
    """A progress bar that says what is fetched: of large files, on a terminal, unless the client's bars are off."""
    from huggingface_hub.utils.tqdm import tqdm

    class Bar(tqdm):
        def __init__(self, *args: Any, **options: Any) -> None:
            _, colon, phase = str(options.get("desc") or "").rpartition(": ")  # the Xet storage has two bars
            options["desc"] = f"{repo}@{commit[:_SHORT]} {file}{colon}{phase if colon else ''}"
            if (options.get("total") or 0) < _LARGE:
                options["disable"] = True
            super().__init__(*args, **options)

    return Bar
