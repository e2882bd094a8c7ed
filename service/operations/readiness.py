"""Announce that the service is draining, so that load balancers stop sending requests to it."""

from __future__ import annotations

import contextlib
from pathlib import Path

from service.errors import Stopping

_MARK = "stopping"
"""A file in the data directory, which all processes of a service share."""


def mark_draining(data_dir: Path) -> None:
    """Make `/readyz` return 503 from now on."""
    with contextlib.suppress(OSError):  # the shutdown continues even if the disk is full
        (data_dir / _MARK).touch()


def mark_started(data_dir: Path) -> None:
    """Remove the mark of an earlier run."""
    (data_dir / _MARK).unlink(missing_ok=True)


def check_not_stopping(data_dir: Path) -> None:
    """Check that the service is not draining.

    Raises:
        Stopping: It is.
    """
    if (data_dir / _MARK).exists():
        raise Stopping("The service is stopping. Send new requests to another instance.")
