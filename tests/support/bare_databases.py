"""Databases without a schema, for tests of its creation."""

from __future__ import annotations

import contextlib
from uuid import uuid4

import psycopg


@contextlib.contextmanager
def bare_database(request, dialect, folder):
    """Yield the URL of an empty database: a SQLite file that does not exist yet, or a PostgreSQL database."""
    if dialect == "sqlite":
        yield f"sqlite:///{folder}/borneout.db"
        return
    server, name = request.getfixturevalue("postgres"), f"bare_{uuid4().hex[:8]}"
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        try:
            yield server.get_uri(name).replace("postgresql://", "postgresql+psycopg://")
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
