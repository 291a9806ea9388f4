"""What is said when the Hub cannot give what was asked for: one sentence a cause, with the remedy."""

import errno

from mfclip.errors import CheckpointError
from mfclip.hub.folder import REQUIRED

FULL = (errno.ENOSPC, errno.EDQUOT)
_UNWRITABLE = (errno.EACCES, errno.EPERM, errno.EROFS)
_NO_RIGHT, _TOO_MANY = (401, 403), 429  # HTTP


class Unreachable(CheckpointError):
    """The Hub gave no answer, as opposed to an answer that says no. Callers see a CheckpointError."""


def failures() -> tuple[type[Exception], ...]:
    """What the client raises: OSError, its HTTP library's base (httpx or httpx2), and what neither of them is.

    ValueError is an answer that is no JSON or a name that is none, RuntimeError comes from the Xet storage.
    """
    from huggingface_hub.errors import HfHubHTTPError

    bases = (kind for kind in HfHubHTTPError.__bases__ if issubclass(kind, Exception))
    return (*bases, ValueError, RuntimeError)


def sentence(error: Exception, repo: str, revision: str, file: str) -> CheckpointError:
    """The error to raise instead of the client's. file: what was being fetched."""
    from huggingface_hub import errors

    if isinstance(error, (errors.LocalEntryNotFoundError, ValueError)) and isinstance(
        error.__cause__, Exception
    ):
        error = error.__cause__  # the client wraps what its first question met
    known = _answer(error, repo, revision, file) or _own_machine(error, repo, revision, file)
    if known is not None:
        return known
    if isinstance(error, errors.HfHubHTTPError) and error.response is not None:
        return _status(error.response.status_code, repo, revision, file)
    if str(error).startswith("Consistency check failed"):
        return Unreachable(
            f"{file} of {repo}@{revision} arrived with another size than announced: try again."
        )
    if isinstance(error, (ValueError, errors.FileMetadataError)):
        return Unreachable(
            f"What answered for {repo}@{revision} is no Hub ({type(error).__name__}): check HF_ENDPOINT and the "
            "proxy, or log in to this network first."
        )
    name = type(error).__name__
    if name in ("RemoteProtocolError", "ReadError", "ReadTimeout", "RuntimeError"):
        return Unreachable(
            f"The connection broke while {file} of {repo}@{revision} came in ({name}): try again."
        )
    return Unreachable(
        f"{repo}@{revision} is not in the local cache and the Hub cannot be reached ({name}): check the "
        "network, or use a bundled checkpoint or a folder."
    )


def _answer(error: Exception, repo: str, revision: str, file: str) -> CheckpointError | None:
    """What a Hub that answers has said."""
    from huggingface_hub import errors

    if isinstance(error, errors.GatedRepoError):
        said = f"{repo} is gated: accept its terms on its page and log in with `hf auth login`."
    elif isinstance(error, errors.DisabledRepoError):
        said = f"{repo} has been disabled on the Hub: take another checkpoint."
    elif isinstance(error, errors.RepositoryNotFoundError):
        said = (
            f"There is neither a folder {repo!r} here nor a public model of that name on the Hub: check "
            "the spelling, or log in with `hf auth login` if it is private."
        )
    elif isinstance(error, errors.RevisionNotFoundError):
        said = f"{repo} has no revision {revision!r}: take a commit from its history on the Hub."
    elif isinstance(error, errors.RemoteEntryNotFoundError):
        needed = (
            f": an MFCLIP checkpoint holds {', '.join(REQUIRED)}." if file in REQUIRED else ": take another."
        )
        said = f"{repo}@{revision} has no {file}{needed}"
    elif isinstance(error, errors.HFValidationError):
        said = f"{repo!r} is not a name the Hub allows: write owner/name@<40 hex>."
    else:
        return None
    return CheckpointError(said)


def _own_machine(error: Exception, repo: str, revision: str, file: str) -> CheckpointError | None:
    """What stands in the way on this machine."""
    from huggingface_hub import errors

    if isinstance(error, errors.OfflineModeIsEnabled):
        return Unreachable(
            f"{repo}@{revision} is not in the local cache, and HF_HUB_OFFLINE is set: unset it once."
        )
    number, place = getattr(error, "errno", None), getattr(error, "filename", None)
    if number in FULL:
        return CheckpointError(f"The disk is full: {file} of {repo} was not kept; make room and try again.")
    if number in _UNWRITABLE or place is not None:
        where = place or getattr(error, "strerror", None)
        return CheckpointError(f"The cache of the Hub cannot be used ({where}): set HF_HOME elsewhere.")
    return None


def _status(status: int, repo: str, revision: str, file: str) -> CheckpointError:
    if status in _NO_RIGHT:
        return CheckpointError(
            f"The Hub answered {status} for {repo}: its token is not accepted there; log in anew with `hf auth login`, "
            "or unset HF_TOKEN."
        )
    what = f"The Hub answered {status} for {file} of {repo}@{revision}"
    if status == _TOO_MANY:
        return Unreachable(f"{what}, too many requests: wait a few minutes, or log in with `hf auth login`.")
    return Unreachable(f"{what}: try again later.")
