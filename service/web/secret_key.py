"""The secret that signs session cookies and hashes addresses.

It is generated once in the data directory if the operator sets none.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

from service.config import Settings

_NAME = "secret_key"


def keyed_hash(settings: Settings, text: str) -> str:
    """Return a hash of a text, keyed with the service's secret so that the text cannot be guessed from it."""
    return hmac.new(secret_key(settings).encode(), text.encode(), hashlib.sha256).hexdigest()


def secret_key(settings: Settings) -> str:
    """Return the secret of a service, from the settings or else from the data directory."""
    return settings.secret_key or stored_secret_key(settings.data_dir)


def stored_secret_key(data_dir: Path) -> str:
    """Return the secret stored in a data directory; the first call generates it.

    All processes that share the directory use the same secret. The file is created atomically, and only its owner can
    read it.
    """
    path = data_dir / _NAME
    if not path.exists():
        _generate(path)
    return path.read_text("ascii")


def _generate(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}-") as file:  # created with mode 0600
        file.write(secrets.token_urlsafe(48))
        file.flush()
        os.fsync(file.fileno())
        with suppress(FileExistsError):  # another process was faster; its secret is used
            os.link(file.name, path)
