"""Locks between the processes of one machine that end with whoever holds them, even by kill -9."""

from __future__ import annotations

import fcntl
import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_FILES = 256
_PAUSE = 0.02  # seconds between two looks


@contextmanager
def hold_name(folder: Path, name: str, *, patience: float) -> Iterator[None]:
    """Hold a name; who wants the same one waits, in this process or another.

    Names share a few files, which stay: a file that is taken away while somebody waits for it locks nothing. So
    it can happen that one waits for another name, which costs time and is harmless.

    Args:
        folder: Where the files are; made if it is not there.
        name: What to hold.
        patience: How many seconds to wait for it.

    Raises:
        TimeoutError: Somebody else held it for longer.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4]) % _FILES
    deadline = time.monotonic() + patience
    with (folder / str(number)).open("ab") as file:
        while not _try_lock(file.fileno()):
            if time.monotonic() > deadline:
                raise TimeoutError(f"Somebody else does {name!r}")
            time.sleep(_PAUSE)
        yield


@contextmanager
def hold_file(path: Path) -> Iterator[None]:
    """Hold a file, or do not begin.

    Raises:
        BlockingIOError: Somebody else holds it.
    """
    with path.open("ab") as file:
        if not _try_lock(file.fileno()):
            raise BlockingIOError(f"Somebody else holds {path}")
        yield


def _try_lock(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
