"""Progress that a reader can follow: it only rises, of a whole that stays the same, and ends when the work does.

How long a path takes is not known beforehand: points are added until the shares add up. What is left of the way is then
read from the error, which has to fall to a line.
"""

from math import log

from explain.methods import Progress

WHOLE = 100
"""Parts that a bar has, if nothing that can be counted gives it another number."""


class Bar:
    """One bar of (done, WHOLE) for all parts of a run. Every call reports, so that every call may cancel."""

    def __init__(self, progress: Progress) -> None:
        self._progress, self._share = progress, 0.0
        self.to(0.0)

    def to(self, share: float) -> None:
        """Report that a share of the way is done, 0..1; one below what was reported before leaves the bar there."""
        self._share = max(self._share, min(share, 1.0))
        self._progress(int(WHOLE * self._share), WHOLE)

    def between(self, low: float, high: float) -> Progress:
        """The progress of a part of the way, from the share `low` to the share `high` of this bar."""

        def report(done: int, of: int) -> None:
            self.to(low + (high - low) * done / max(of, 1))

        return report


def fallen(first: float, now: float, line: float) -> float:
    """How far an error has come from what it was at first down to a line, by orders of magnitude, 0..1."""
    if first <= line or now <= line:
        return 1.0
    return max(0.0, log(first / now) / log(first / line))
