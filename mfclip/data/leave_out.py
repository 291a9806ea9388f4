"""What a run never sees: generators, kinds of forgery, or sets of real faces with all that was made from them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, cast, get_args

from mfclip.data.cache import Entry

What = Literal["", "generator", "kind", "real"]


@dataclass(frozen=True)
class LeaveOut:
    """Entries to hold back: what == '' for none, else those whose generator, kind or real set is one of `names`."""

    what: What = ""
    names: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> "LeaveOut":
        """From '' or 'generator=NAME', 'kind=NAME', 'real=NAME'; several names with commas between them.

        Raises ValueError for anything else.
        """
        if not text.strip():
            return cls()
        what, _, listed = (part.strip() for part in text.partition("="))
        names = tuple(dict.fromkeys(name.strip() for name in listed.split(",")))
        if what not in get_args(What) or not what or not all(names):
            raise ValueError(
                f"leave_out is {text!r}; it must be empty or generator=NAME, kind=NAME or real=NAME "
                "(several names: NAME,NAME)."
            )
        return cls(cast(What, what), names)

    def __str__(self) -> str:
        """The text that `parse` reads."""
        return f"{self.what}={','.join(self.names)}" if self.what else ""

    def excludes(self, entry: Entry) -> bool:
        """Whether an entry is held back. 'real' also holds back the forgeries made here from faces of that set."""
        return bool(self.what) and not set(self.names).isdisjoint(self._names(entry))

    def check(self, entries: Iterable[Entry]) -> None:
        """Raise ValueError if a name holds nothing back, listing the names there are."""
        if not self.what:
            return
        there = sorted({name for entry in entries for name in self._names(entry)})
        absent = [name for name in self.names if name not in there]
        if absent:
            raise ValueError(
                f"leave_out is {str(self)!r}, but no picture has the {self.what} {', '.join(absent)}; "
                f"there are: {', '.join(there) or 'none at all'}."
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
