"""The secret that cookies are signed with, where the operator gives none: made once, and kept beside the data."""

from __future__ import annotations

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

_NAME = "secret_key"


def kept_secret_key(data_dir: Path) -> str:
    """The secret in a data directory, the same for all processes on it; made by the first that asks.

    It is there as a whole or not at all, and only its owner can read it.
    """
    path = data_dir / _NAME
    if not path.exists():
        _make(path)
    return path.read_text("ascii")


def _make(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}-") as file:  # made with mode 0600
        file.write(secrets.token_urlsafe(48))
        file.flush()
        os.fsync(file.fileno())
        with suppress(FileExistsError):  # another process was faster, and its secret is the one
            os.link(file.name, path)
