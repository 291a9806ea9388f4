"""What a run never sees: a generator, a kind of forgery, or a set of real faces with all that was made from it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, cast, get_args

from mfclip.data.cache import Entry

What = Literal["", "generator", "kind", "real"]


@dataclass(frozen=True)
class LeaveOut:
    """Entries to hold back: what == '' for none, else those whose generator, kind or real set is called `name`."""

    what: What = ""
    name: str = ""

    @classmethod
    def parse(cls, text: str) -> "LeaveOut":
        """From '' or 'generator=NAME', 'kind=NAME', 'real=NAME'. Raises ValueError for anything else."""
        if not text.strip():
            return cls()
        what, _, name = (part.strip() for part in text.partition("="))
        if what not in get_args(What) or not what or not name:
            raise ValueError(
                f"leave_out is {text!r}; it must be empty or generator=NAME, kind=NAME or real=NAME."
            )
        return cls(cast(What, what), name)

    def __str__(self) -> str:
        """The text that `parse` reads."""
        return f"{self.what}={self.name}" if self.what else ""

    def excludes(self, entry: Entry) -> bool:
        """Whether an entry is held back. 'real' also holds back the forgeries made here from faces of that set."""
        return bool(self.what) and self.name in self._names(entry)

    def check(self, entries: Iterable[Entry]) -> None:
        """Raise ValueError if nothing would be held back, listing the names there are."""
        if not self.what:
            return
        names = sorted({name for entry in entries for name in self._names(entry)})
        if self.name not in names:
            raise ValueError(
                f"leave_out is {str(self)!r}, but no picture has that {self.what}; "
                f"there are: {', '.join(names) or 'none at all'}."
            )

    def _names(self, entry: Entry) -> tuple[str, ...]:
        """What of an entry the name is compared with."""
        names: tuple[str, ...]
        if self.what == "real":
            names = (entry.source,) if entry.fake else (entry.generator, entry.source)
        elif self.what == "generator":
            names = (entry.generator,) if entry.fake else ()
        else:
            names = (entry.kind,)
        return tuple(name for name in names if name)
