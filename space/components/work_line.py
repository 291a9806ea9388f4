"""How far work that takes seconds has come, in one line."""

from space.components.markup import text
from space.text import words


def bar_line(sentence: str, share: float) -> str:
    """HTML: what is being done, and a bar of which a share, 0..1, is filled."""
    filled = f'<span class="mf-fill" style="width:{100 * min(share, 1):.0f}%"></span>'
    return (
        f'<div class="mf-progress" role="status"><span>{text(sentence)}</span>'
        f'<span class="mf-meter" aria-hidden="true">{filled}</span></div>'
    )


def about(seconds: float) -> int:
    """Seconds that are left as a line tells them, which is read aloud whenever it changes: the more, the rounder."""
    step = 1 if seconds < 10 else 5 if seconds < 60 else 30
    return max(1, step * round(seconds / step))


def work_line(name: str, number: int, count: int, left: float | None = None) -> str:
    """HTML: step `number` of `count`, and about how long the rest takes (s, None where it is not known yet)."""
    rest = "" if left is None else words.TRUST_LEFT.format(seconds=about(left))
    said = words.TRUST_STEP.format(name=name, number=min(number, count), count=count, left=rest)
    return bar_line(said, (number - 1) / count if count else 0.0)


def ended_line(sentence: str) -> str:
    """HTML: how the work ended."""
    return f'<div class="mf-progress" role="status"><span>{text(sentence)}</span></div>'


def done_line(name: str, seconds: float) -> str:
    """HTML: the work is done, and how long it took (s)."""
    return ended_line(words.TRUST_DONE.format(name=name, seconds=f"{seconds:.1f}"))


def stopped_line() -> str:
    """HTML: the visitor stopped the work."""
    return ended_line(words.TRUST_STOPPED)
