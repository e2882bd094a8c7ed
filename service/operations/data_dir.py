"""Create and check the data directory, which only its owner can access."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from service.errors import CannotRun

METRICS = "metrics"
"""The name of the folder in the data directory where each process stores its metrics."""
_PRIVATE = 0o700
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def keep_files_private() -> None:
    """Make this process and its children create files with mode 0600 and directories with mode 0700."""
    os.umask(_OTHERS)


def make_data_dir(data_dir: Path) -> None:
    """Create the data directory if it does not exist; an existing one keeps its mode.

    Raises:
        CannotRun: The directory cannot be created or written to.
    """
    check_data_dir(data_dir)
    try:
        data_dir.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
    except OSError as exc:
        raise CannotRun(f"The data directory {data_dir} cannot be created: {exc.strerror}.") from None


def check_data_dir(data_dir: Path) -> None:
    """Check that the data directory, if it exists, is a directory that this user can write to.

    Raises:
        CannotRun: The path is a file, or this user may not write to it.
    """
    if not os.path.lexists(data_dir):
        return
    if not data_dir.is_dir():
        raise CannotRun(f"The data directory {data_dir} is not a directory. Choose another one with --data-dir.")
    if not os.access(data_dir, os.R_OK | os.W_OK | os.X_OK):
        raise CannotRun(f"This user cannot write to the data directory {data_dir}. Change its owner or its mode.")


def shared_mode(data_dir: Path) -> str | None:
    """Return the octal mode of the data directory if other users can access it, else None."""
    try:
        mode = data_dir.stat().st_mode
    except OSError:
        return None
    return f"{stat.S_IMODE(mode):04o}" if stat.S_ISDIR(mode) and mode & _OTHERS else None
