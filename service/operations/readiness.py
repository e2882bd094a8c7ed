"""Saying that the service stops before it does, so that whoever hands out requests sends no more of them."""

from __future__ import annotations

import contextlib
from pathlib import Path

from service.errors import Stopping

_MARK = "stopping"  # a file in the data directory, which all processes of a service know


def mark_draining(data_dir: Path) -> None:
    """Have `/readyz` say from now on that the service stops."""
    with contextlib.suppress(OSError):  # a full disk is no reason to go on
        (data_dir / _MARK).touch()


def mark_started(data_dir: Path) -> None:
    """Take back what an earlier run has said."""
    (data_dir / _MARK).unlink(missing_ok=True)


def check_not_stopping(data_dir: Path) -> None:
    """See whether it was said that the service stops.

    Raises:
        Stopping: It was.
    """
    if (data_dir / _MARK).exists():
        raise Stopping("The service is stopping: what still arrives is answered, and more is to go elsewhere.")
