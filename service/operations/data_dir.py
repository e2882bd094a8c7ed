"""The data directory: private to its owner, as everything in it is."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from service.errors import CannotRun

METRICS = "metrics"
"""The folder in it for the counts of processes."""
_PRIVATE = 0o700
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def keep_files_private() -> None:
    """Have every file that this process and its children make be 0600, and every directory 0700."""
    os.umask(_OTHERS)


def make_data_dir(data_dir: Path) -> None:
    """Make the directory if it is not there; one that is there stays as it is.

    Raises:
        CannotRun: It cannot be made, or nothing can be written to it.
    """
    check_data_dir(data_dir)
    try:
        data_dir.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
    except OSError as exc:
        raise CannotRun(f"The data directory {data_dir} cannot be made: {exc.strerror}.") from None


def check_data_dir(data_dir: Path) -> None:
    """Check that a directory can be used if it is there.

    Raises:
        CannotRun: It is a file, or this user may not write to it.
    """
    if not os.path.lexists(data_dir):
        return
    if not data_dir.is_dir():
        raise CannotRun(f"The data directory {data_dir} is not a directory; choose another one by --data-dir.")
    if not os.access(data_dir, os.R_OK | os.W_OK | os.X_OK):
        raise CannotRun(f"This user cannot write to the data directory {data_dir}; change its owner or its mode.")


def open_to_others(data_dir: Path) -> str | None:
    """Return the mode of a data directory that other users can look into, as `chmod` takes it; else None."""
    try:
        mode = data_dir.stat().st_mode
    except OSError:
        return None
    return f"{stat.S_IMODE(mode):04o}" if stat.S_ISDIR(mode) and mode & _OTHERS else None
