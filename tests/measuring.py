"""What coverage is not asked about: tests that run the same lines as others, and what they stand on."""

from __future__ import annotations

from contextlib import contextmanager

import coverage

_paused = []


@contextmanager
def unmeasured():
    """Measure nothing, which takes a third of the time."""
    measuring = coverage.Coverage.current()
    if measuring is None or _paused:
        yield
        return
    measuring.stop()
    _paused.append(measuring)
    try:
        yield
    finally:
        measuring.start()
        _paused.clear()
