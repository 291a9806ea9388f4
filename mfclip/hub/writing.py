"""Writing a checkpoint folder: as a whole or not at all."""

import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mfclip.errors import CheckpointError
from mfclip.hub.folder import CARD, CONFIG, HASHES, REQUIRED, WEIGHTS, Checkpoint, sha256_of
from mfclip.hub.reading import read_checkpoint
from mfclip.hub.sentences import FULL

if TYPE_CHECKING:
    from torch import Tensor


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
        lines = [f"{sha256_of(draft / name)}  {name}\n" for name in (CONFIG, WEIGHTS)]
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
    if getattr(error, "errno", None) in FULL or "No space left" in str(error):
        return f"The disk is full: the checkpoint {str(folder)!r} was not written; make room and write again."
    reason = getattr(error, "strerror", None) or error
    return f"The checkpoint {str(folder)!r} was not written ({reason}): choose a folder you may write to."
