"""Checkpoints: the only room that touches weights on disk and the network.

A checkpoint is a folder: config.json, model.safetensors, SHA256 (as `sha256sum config.json model.safetensors`
writes it) and README.md, the model card. The Hub serves the same folder. Hashes are compared here, because a
download checks no more than the length; pickles are refused, because reading one runs its code.
"""

import errno
import hashlib
import json
import logging
import os
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mfclip.errors import CheckpointError

if TYPE_CHECKING:
    from torch import Tensor

BUNDLED = Path(__file__).resolve().parent.parent / "checkpoints"
DEFAULT = "tiny"
ENVIRONMENT = "MFCLIP_CHECKPOINT"
CONFIG, WEIGHTS, HASHES, CARD = "config.json", "model.safetensors", "SHA256", "README.md"
RECORD, WORDS = "training.json", "words.json"  # beside them: the run that made the weights, words it has seen
SPECTRA = "spectra.json"  # and what the noise of its training faces looked like
RESULTS = "results.json"  # and what its evaluation has measured
REQUIRED = (CONFIG, WEIGHTS, HASHES)
OPTIONAL = (WORDS, SPECTRA, RESULTS)

_PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle")
_REPOSITORY = re.compile(r"(?P<repo>[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*)(?:@(?P<revision>[^@\s]+))?")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_HASH_LINE = re.compile(r"([0-9a-f]{64}) [ *](.+)")
_HUB_TIMEOUT = 10.0  # seconds until an unreachable Hub is called unreachable
_FULL = (errno.ENOSPC, errno.EDQUOT)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """Weights that were checked against their hash, with the configuration they were trained with.

    name: folder name or "owner/name". revision: the Hub's commit (40 hex), None for a folder. folder: where
    the files lie. sha256: of model.safetensors (64 hex). config: the JSON object as it stands. state: tensors
    by key, on the CPU.
    """

    name: str
    revision: str | None
    folder: Path
    sha256: str
    config: dict[str, Any]
    state: "dict[str, Tensor]"


def read_checkpoint(name: str | Path | None = None) -> Checkpoint:
    """The checkpoint of that name, verified.

    None: the one that the environment variable MFCLIP_CHECKPOINT names, else the bundled `tiny`. A path or
    the name of a bundled one: that folder. "owner/name@<40 hex>": that commit on the Hub, from the local
    cache when it is there. "owner/name" or "owner/name@branch": as above, with the commit it stood for logged
    as a warning. Raises CheckpointError with one sentence that holds the remedy.
    """
    if name is None:
        name = os.environ.get(ENVIRONMENT) or BUNDLED / DEFAULT
    folder = _local_folder(name)
    if folder is not None:
        return _read_folder(folder, folder.resolve().name, None)
    repo, _, revision = str(name).partition("@")
    folder = _pinned(repo, revision) if _COMMIT.fullmatch(revision) else _unpinned(repo, revision)
    return _read_folder(folder, repo, folder.name)


def write_checkpoint(
    folder: str | Path, config: dict[str, Any], state: "dict[str, Tensor]", card: str
) -> Checkpoint:
    """Write a checkpoint folder as a whole or not at all, and read it back.

    config: must be a JSON object. state: tensors by key, from any device. card: Markdown for README.md. A
    checkpoint that stands there is replaced, and other files beside it are kept; a folder that is no
    checkpoint is never overwritten. Raises CheckpointError.
    """
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    folder = Path(folder).expanduser()
    others = _others_to_keep(folder)
    if not isinstance(config, dict):
        raise CheckpointError(f"The configuration is a {type(config).__name__}: give a dictionary.")
    try:
        text = json.dumps(config, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    except (TypeError, ValueError) as error:
        raise CheckpointError(
            f"The configuration is not JSON ({error}): use numbers, strings, lists."
        ) from None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    except OSError as error:
        raise CheckpointError(_cannot_write(folder, error)) from None
    try:
        (draft / CONFIG).write_text(text, encoding="utf-8")
        # Own, contiguous memory for each: safetensors refuses tensors that share it.
        save_file(
            {key: value.detach().cpu().contiguous().clone() for key, value in state.items()}, draft / WEIGHTS
        )
        lines = [f"{_sha256(draft / name)}  {name}\n" for name in (CONFIG, WEIGHTS)]
        (draft / HASHES).write_text("".join(lines), encoding="ascii")
        (draft / CARD).write_text(card, encoding="utf-8")
        for other in others:
            copy = shutil.copytree if other.is_dir() else shutil.copy2
            copy(other, draft / other.name)
        for path in filter(Path.is_file, draft.rglob("*")):
            path.chmod(0o644)
            with path.open("rb") as stream:
                os.fsync(stream.fileno())
        draft.chmod(0o755)
        _swap(draft, folder)
    except (OSError, SafetensorError) as error:
        raise CheckpointError(_cannot_write(folder, error)) from None
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return read_checkpoint(folder)


def _others_to_keep(folder: Path) -> list[Path]:
    if not folder.exists():
        return []
    if not folder.is_dir():
        raise CheckpointError(f"{str(folder)!r} is a file: give the name of a folder.")
    inside = list(folder.iterdir())
    if inside and not all((folder / name).is_file() for name in REQUIRED):
        raise CheckpointError(
            f"{str(folder)!r} holds files but no checkpoint: give another folder, or empty it."
        )
    return [path for path in inside if path.name not in (*REQUIRED, CARD)]


def _swap(draft: Path, folder: Path) -> None:
    """Put `draft` in the place of `folder`; what stood there comes back if that fails."""
    if not folder.exists():
        draft.rename(folder)
        return
    aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    folder.rename(aside)
    try:
        draft.rename(folder)
    except OSError:
        aside.rename(folder)
        raise
    shutil.rmtree(aside, ignore_errors=True)


def _cannot_write(folder: Path, error: Exception) -> str:
    # safetensors hides the number of the system's error in its words.
    if getattr(error, "errno", None) in _FULL or "No space left" in str(error):
        return f"The disk is full: the checkpoint {str(folder)!r} was not written; make room and write again."
    reason = getattr(error, "strerror", None) or error
    return f"The checkpoint {str(folder)!r} was not written ({reason}): choose a folder you may write to."


def _local_folder(name: str | Path) -> Path | None:
    """The folder that `name` means, None when it names a repository on the Hub."""
    text = str(name)
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder
    if folder.is_file():
        if folder.suffix in _PICKLES:
            raise CheckpointError(_pickle(text))
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
            "again, "
            f"or name another one with {ENVIRONMENT}."
        )
    raise CheckpointError(
        f"There is no checkpoint folder {text!r}: give a folder, one of the bundled ones, or "
        "owner/name@<40 hex> for the Hub."
    )


def _read_folder(folder: Path, name: str, revision: str | None) -> Checkpoint:
    missing = [file for file in REQUIRED if not (folder / file).is_file()]
    if missing:
        pickles = sorted(path.name for path in folder.iterdir() if path.suffix in _PICKLES)
        if WEIGHTS in missing and pickles:
            raise CheckpointError(_pickle(pickles[0]))
        raise CheckpointError(
            f"The checkpoint {str(folder)!r} lacks {', '.join(missing)}: a checkpoint holds "
            f"{', '.join(REQUIRED)}."
        )
    try:
        hashes = _compare_hashes(folder, revision)
        return Checkpoint(
            name,
            revision,
            folder,
            hashes[WEIGHTS],
            _read_config(folder / CONFIG),
            _read_weights(folder / WEIGHTS),
        )
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise CheckpointError(
            f"The checkpoint {str(folder)!r} cannot be read ({reason}): check its rights."
        ) from None


def _compare_hashes(folder: Path, revision: str | None) -> dict[str, str]:
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
        actual = _sha256(folder / file)
        if actual != wanted[file]:
            source = "copy it anew" if revision is None else f"delete {str(folder)!r} and fetch it again"
            raise CheckpointError(
                f"{str(folder / file)!r} is not the file it should be (SHA-256 {actual[:12]}…, expected "
                f"{wanted[file][:12]}…): {source}."
            )
    return wanted


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _read_config(path: Path) -> dict[str, Any]:
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise CheckpointError(f"{str(path)!r} is not JSON ({error}): copy the file anew.") from None
    if not isinstance(config, dict):
        raise CheckpointError(f"{str(path)!r} holds a {type(config).__name__}: it must be a JSON object.")
    return config


def _read_weights(path: Path) -> "dict[str, Tensor]":
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    with path.open("rb") as stream:
        head = stream.read(9)
    # torch.save writes a ZIP archive, pickle starts with 0x80; safetensors has "{" after its length.
    if head[8:] != b"{" and head.startswith((b"PK\x03\x04", b"\x80")):
        raise CheckpointError(_pickle(str(path)))
    try:
        return load_file(path, device="cpu")
    except (SafetensorError, ValueError, KeyError) as error:
        raise CheckpointError(
            f"{str(path)!r} is not a safetensors file ({error}): copy the file anew."
        ) from None


def _pickle(name: str) -> str:
    return (
        f"{name!r} is a pickle, and reading one would run the code inside: convert it to {WEIGHTS} where "
        "you trust it, or take its weights through mfclip.from_authors."
    )


def _pinned(repo: str, commit: str) -> Path:
    """Folder of that commit: from the local cache, else fetched."""
    folder = _cached(repo, commit)
    if folder is not None:
        return folder
    # One cheap question first: an unreachable Hub would be asked five times over 24 s by the download.
    _ask(repo, commit)
    return _fetch(repo, commit)


def _unpinned(repo: str, revision: str) -> Path:
    """Folder of the commit that a branch stands for now; that it last stood for when the Hub is away."""
    wanted = revision or "main"
    try:
        commit = _ask(repo, wanted)
    except _Unreachable:
        folder = _cached(repo, wanted)
        if folder is None:
            raise
        _log.warning(
            "The Hub cannot be reached; %s@%s is read from the cache as %s", repo, wanted, folder.name
        )
        return folder
    _log.warning(
        "%s@%s is commit %s; write %s@%s to get the same weights again", repo, wanted, commit, repo, commit
    )
    return _cached(repo, commit) or _fetch(repo, commit)


class _Unreachable(CheckpointError):
    """The Hub gave no answer, as opposed to an answer that says no."""


def _cached(repo: str, revision: str) -> Path | None:
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        paths = [hf_hub_download(repo, file, revision=revision, local_files_only=True) for file in REQUIRED]
    except LocalEntryNotFoundError:
        return None
    except HFValidationError:
        raise CheckpointError(f"{repo!r} is not a name the Hub allows: write owner/name@<40 hex>.") from None
    return Path(paths[0]).parent


def _ask(repo: str, revision: str) -> str:
    """The commit that `revision` stands for."""
    from huggingface_hub import HfApi

    try:
        return str(HfApi().model_info(repo, revision=revision, timeout=_HUB_TIMEOUT).sha)
    except _failures() as error:
        raise _sentence(error, repo, revision, WEIGHTS) from None


def _fetch(repo: str, commit: str) -> Path:
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import RemoteEntryNotFoundError

    # The optional ones first: a cache that holds what is required then also holds them, if there are any.
    for file in (*OPTIONAL, *REQUIRED):
        try:
            path = Path(hf_hub_download(repo, file, revision=commit))
        except _failures() as error:
            if file in OPTIONAL and isinstance(error, RemoteEntryNotFoundError):
                continue
            raise _sentence(error, repo, commit, file) from None
    return path.parent


def _failures() -> tuple[type[Exception], ...]:
    """OSError, and the base of what the HTTP client below huggingface_hub raises: httpx or httpx2."""
    from huggingface_hub.errors import HfHubHTTPError

    return tuple(kind for kind in HfHubHTTPError.__bases__ if issubclass(kind, Exception))


def _sentence(error: Exception, repo: str, revision: str, file: str) -> CheckpointError:
    from huggingface_hub import errors

    if isinstance(error, errors.GatedRepoError):
        return CheckpointError(
            f"{repo} is gated: accept its terms on its page and log in with `hf auth login`."
        )
    if isinstance(error, errors.RepositoryNotFoundError):
        return CheckpointError(
            f"There is neither a folder {repo!r} here nor a public model of that name on the Hub: check "
            "the spelling, or log in with `hf auth login` if it is private."
        )
    if isinstance(error, errors.RevisionNotFoundError):
        return CheckpointError(
            f"{repo} has no revision {revision!r}: take a commit from its history on the Hub."
        )
    if isinstance(error, errors.OfflineModeIsEnabled):
        return _Unreachable(
            f"{repo}@{revision} is not in the local cache, and HF_HUB_OFFLINE is set: unset it once."
        )
    if isinstance(error, errors.EntryNotFoundError) and not isinstance(error, errors.LocalEntryNotFoundError):
        return CheckpointError(
            f"{repo}@{revision} has no {file}: an MFCLIP checkpoint holds {', '.join(REQUIRED)}."
        )
    if isinstance(error, OSError) and error.errno in _FULL:
        return CheckpointError(f"The disk is full: {file} of {repo} was not kept; make room and try again.")
    if isinstance(error, PermissionError):
        return CheckpointError(
            f"The cache of the Hub cannot be written ({error.filename}): set HF_HOME elsewhere."
        )
    if isinstance(error, errors.HfHubHTTPError) and error.response is not None:
        status = error.response.status_code
        return _Unreachable(f"The Hub answered {status} for {file} of {repo}@{revision}: try again later.")
    return _Unreachable(
        f"{repo}@{revision} is not in the local cache and the Hub cannot be reached "
        f"({type(error).__name__}): check the "
        "network, or use a bundled checkpoint or a folder."
    )
