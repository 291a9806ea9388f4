"""A bar that only rises, of one whole, and that the error of a refined path moves."""

import pytest

from explain.progress import WHOLE, Bar, fallen


def test_a_bar_only_rises_and_always_reports():
    seen = []
    bar = Bar(lambda done, of: seen.append((done, of)))
    for share in (0.2, 0.5, 0.3, 0.5, 1.0, 1.7):
        bar.to(share)
    assert [done for done, _ in seen] == [0, 20, 50, 50, 50, 100, 100]
    assert {of for _, of in seen} == {WHOLE}


def test_a_part_of_the_way_fills_its_part_of_the_bar():
    seen = []
    bar = Bar(lambda done, of: seen.append(done))
    part = bar.between(0.5, 1.0)
    inner = Bar(part)  # a part may be a bar again
    inner.to(0.5)
    part(7, 8)
    part(0, 0)  # of nothing there is nothing done
    inner.to(1.0)
    assert seen == [0, 50, 75, 93, 93, 100]


def test_what_is_raised_from_a_bar_passes_through():
    def cancel(done, of):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Bar(cancel)


@pytest.mark.parametrize(
    ("first", "now", "line", "share"),
    [
        (1.0, 1.0, 0.01, 0.0),
        (1.0, 0.1, 0.01, 0.5),
        (1.0, 0.01, 0.01, 1.0),
        (1.0, 5.0, 0.01, 0.0),
        (0.005, 0.005, 0.01, 1.0),
        (1.0, 0.0, 0.01, 1.0),
    ],
)
def test_an_error_falls_by_orders_of_magnitude(first, now, line, share):
    assert fallen(first, now, line) == pytest.approx(share)
