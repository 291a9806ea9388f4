"""Uploading a checkpoint folder with its card to the Hub, through huggingface_hub."""

import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mfclip.errors import CheckpointError
from mfclip.hub.folder import CARD, CONFIG, HASHES, OPTIONAL, RECORD, RESULTS, WEIGHTS
from mfclip.hub.sentences import failures

PUBLISHED = (CARD, CONFIG, WEIGHTS, HASHES, *OPTIONAL, RECORD)
"""What a checkpoint is made of. Whatever else lies in a run's folder stays there."""

LOGIN = "log in with `hf auth login`, or set HF_TOKEN to a token that may write"
_FRONT_MATTER = re.compile(r"---\r?\n(.*?\r?\n)---\s", re.DOTALL)
_LICENCE = re.compile(r"^license:[ \t]*\S", re.MULTILINE)
_SHA256 = re.compile(r"\b[0-9a-f]{64}\b")


def files_to_publish(folder: Path) -> dict[str, int]:
    """Sizes in bytes of the files of `folder` that are the checkpoint's, by name.

    Raises CheckpointError where there is no card, or one whose front matter states no licence.
    """
    card = folder / CARD
    front = _FRONT_MATTER.match(_text(card, "replace")) if card.is_file() else None
    if front is None or not _LICENCE.search(front[1]):
        raise CheckpointError(
            f"{str(card)!r} is no model card with a licence: begin it with the lines '---', 'license: NAME' and '---', "
            "or let `python -m mfclip.evaluation … --card` write it."
        )
    return {file: (folder / file).stat().st_size for file in PUBLISHED if (folder / file).is_file()}


def check_figures(folder: Path, sha256: str) -> None:
    """Raise CheckpointError where the card or the results in `folder` are of other weights than those of that hash.

    sha256: 64 hex, of model.safetensors. Results state the weights they were measured on; of a card that quotes hashes
    one must be theirs. A card that quotes none, and results without a hash, were written by hand and are believed.
    """
    measured = folder / RESULTS
    if measured.is_file():
        found = _measured_on(measured)
        if found not in (None, sha256):
            raise CheckpointError(
                f"{str(measured)!r} was measured on other weights ({_cut(found)}, and these are {_cut(sha256)}): run "
                "`python -m mfclip.evaluation … --card` on this folder anew, or take the file out."
            )
    card = folder / CARD
    quoted = _SHA256.findall(_text(card, "replace"))
    if quoted and sha256 not in quoted:
        raise CheckpointError(
            f"{str(card)!r} describes other weights ({_cut(quoted[0])}, and these are {_cut(sha256)}): run "
            "`python -m mfclip.evaluation … --card` on this folder, or correct it by hand."
        )


def _measured_on(path: Path) -> object:
    try:
        results = json.loads(_text(path))
    except (ValueError, RecursionError):
        raise CheckpointError(
            f"{str(path)!r} is not JSON: run `python -m mfclip.evaluation` on this folder anew, or take the file out."
        ) from None
    checkpoint = results.get("checkpoint") if isinstance(results, dict) else None
    return checkpoint.get("weights_sha256") if isinstance(checkpoint, dict) else None


def _text(path: Path, errors: str = "strict") -> str:
    """A file's text. errors: what becomes of bytes that are no UTF-8, as `open` has it; "strict" raises ValueError."""
    try:
        return path.read_text(encoding="utf-8", errors=errors)
    except OSError as error:
        raise CheckpointError(f"{str(path)!r} cannot be read ({error.strerror}): check its rights.") from None


def _cut(sha256: object) -> str:
    return f"SHA-256 {str(sha256)[:12]}…"


def account() -> str:
    """Name of the account whose token this machine holds. Raises CheckpointError."""
    from huggingface_hub import HfApi

    try:
        return str(HfApi().whoami()["name"])
    except failures() as error:
        raise _refused(error, "the Hub") from None


def publish(folder: Path, repo: str, private: bool, message: str) -> str:
    """Upload what `files_to_publish` names as one commit, and give that commit (40 hex).

    repo: owner/name, made where it does not exist. private: it must not be readable by others; without, a new one is
    what its owner's settings make it. Where nothing has changed, it is the commit that stands there already. Raises
    CheckpointError.
    """
    from huggingface_hub import CommitOperationAdd, HfApi

    api = HfApi()
    try:
        api.create_repo(repo, private=private or None, exist_ok=True)
        # The client leaves a repository that stands there already as public as it is, and says nothing.
        if private and not api.model_info(repo).private:
            raise CheckpointError(
                f"{repo} exists and is public, and nothing was uploaded: make it private in its settings, or leave out "
                "--private."
            )
        with _bars_on_a_terminal_only():
            files = [CommitOperationAdd(file, str(folder / file)) for file in files_to_publish(folder)]
            return str(api.create_commit(repo, files, commit_message=message).oid)
    except failures() as error:
        raise _refused(error, repo) from None


@contextmanager
def _bars_on_a_terminal_only() -> Iterator[None]:
    from huggingface_hub.utils.tqdm import (
        are_progress_bars_disabled,
        disable_progress_bars,
        enable_progress_bars,
    )

    silenced = not sys.stderr.isatty() and not are_progress_bars_disabled()
    if silenced:
        disable_progress_bars()
    try:
        yield
    finally:
        if silenced:
            enable_progress_bars()


def _refused(error: Exception, repo: str) -> CheckpointError:
    from huggingface_hub import errors

    if isinstance(error, RuntimeError) and isinstance(error.__cause__, Exception):
        error = error.__cause__  # the client wraps what a single file met
    if isinstance(error, errors.LocalTokenNotFoundError):
        return CheckpointError(f"There is no login on this machine: {LOGIN}.")
    if isinstance(error, errors.OfflineModeIsEnabled):
        return CheckpointError("HF_HUB_OFFLINE is set, and nothing was uploaded: unset it.")
    if isinstance(error, errors.HFValidationError):
        return CheckpointError(f"{repo!r} is not a name the Hub allows: write owner/name.")
    if isinstance(error, errors.HfHubHTTPError) and error.response is not None:
        status = error.response.status_code
        if status in (401, 403, 404):
            return CheckpointError(
                f"The Hub answered {status} for {repo}: this login may not write there; {LOGIN}, and check the owner's "
                "name."
            )
        return CheckpointError(
            f"The Hub answered {status} for {repo}, and nothing was published: try again later."
        )
    if place := getattr(error, "filename", None):
        return CheckpointError(
            f"{str(place)!r} cannot be read ({getattr(error, 'strerror', None)}), and nothing was published: check its "
            "rights, or set HF_HOME elsewhere."
        )
    if isinstance(error, ValueError):
        reason = " ".join(str(error).split())[:200]
        return CheckpointError(f"The Hub does not take the checkpoint ({reason}): mend {CARD} and try again.")
    return CheckpointError(
        f"The upload to {repo} did not come through ({type(error).__name__}), and nothing was published: check the "
        "network and try again."
    )
