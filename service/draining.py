"""Saying that the service stops before it does, so that whoever hands out requests sends no more of them."""

from __future__ import annotations

import contextlib
from pathlib import Path

from service.errors import Stopping

_MARK = "stopping"  # a file in the data directory, which all processes of a service know
_DRAIN = 1.0
_LONGEST_DRAIN = 300.0


def drain_seconds(text: str | None) -> float:
    """How long requests are still taken after it was said that the service stops.

    Raises:
        ValueError: It is not a number of seconds from 0 to 300.

    >>> drain_seconds("2.5"), drain_seconds(None)
    (2.5, 1.0)
    """
    try:
        seconds = _DRAIN if text is None else float(text)
    except ValueError:
        seconds = -1
    if not 0 <= seconds <= _LONGEST_DRAIN:
        raise ValueError(f"must be a number of seconds from 0 to {_LONGEST_DRAIN:.0f}, not {text!r}")
    return seconds


def say_stopping(data_dir: Path) -> None:
    """Have `/readyz` say from now on that the service stops."""
    with contextlib.suppress(OSError):  # a full disk is no reason to go on
        (data_dir / _MARK).touch()


def say_starting(data_dir: Path) -> None:
    """Take back what an earlier run has said."""
    (data_dir / _MARK).unlink(missing_ok=True)


def check_not_stopping(data_dir: Path) -> None:
    """See whether it was said that the service stops.

    Raises:
        Stopping: It was.
    """
    if (data_dir / _MARK).exists():
        raise Stopping("The service is stopping: what still arrives is answered, and more is to go elsewhere.")
