"""Wait for a condition, however slow the machine is, or advance the clock."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator

import pytest

DEADLINE = 120.0
"""Seconds, much longer than any condition takes, so that only a condition that never holds fails a test."""


def wait_until(holds: Callable[[], object]) -> None:
    """Wait until a condition holds.

    Args:
        holds: The condition, which is checked repeatedly.
    """
    ends_at = time.monotonic() + DEADLINE
    while not holds():
        assert time.monotonic() < ends_at, f"the condition did not hold within {DEADLINE:.0f} s"
        time.sleep(0.02)


@contextlib.contextmanager
def later(seconds: float) -> Iterator[None]:
    """Advance the monotonic clock of this process."""
    now = time.monotonic
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "monotonic", lambda: now() + seconds)
        yield
