from __future__ import annotations

from service.backtest.coverage import coverage
from service.backtest.timeline import run
from tests.support.backtest_records import line, read


def test_coverage_of_certain_outlets():
    """
    Outlets with constant records are covered, outlets whose record reverses are not, and short records are left out.
    """
    lines = []
    for number in range(40):
        when = {"published_at": f"2024-01-01T{number // 4:02}:{number % 4:02}:00", "outcome": True}
        lines += [
            line("steady", f"c{number}", **when),
            line("turning", f"c{number}", stance="asserts" if number < 20 else "denies", **when),
            *([line("short", f"c{number}", **when)] if number < 12 else []),
        ]
    found = coverage(run(read(lines), []).resolutions)

    assert (2, 1, 0.5) == (found.outlets, found.inside, found.share)


def test_coverage_of_nothing():
    """
    Coverage is undefined without long records.
    """
    assert coverage([]).share is None
