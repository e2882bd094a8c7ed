"""Announce that the service is draining, so that load balancers stop sending requests to it."""

from __future__ import annotations

import contextlib
from pathlib import Path

from service.errors import Stopping

_MARK = "stopping"
"""The name of the file in the data directory that marks the service as draining."""


def mark_draining(data_dir: Path) -> None:
    """Mark the service as draining, so that `/readyz` returns 503."""
    with contextlib.suppress(OSError):  # the shutdown continues even if the disk is full
        (data_dir / _MARK).touch()


def mark_started(data_dir: Path) -> None:
    """Remove the draining mark that an earlier run left."""
    (data_dir / _MARK).unlink(missing_ok=True)


def check_not_stopping(data_dir: Path) -> None:
    """Check that the service is not draining.

    Raises:
        Stopping: The service is draining.
    """
    if (data_dir / _MARK).exists():
        raise Stopping("The service is stopping. Send new requests to another instance.")
