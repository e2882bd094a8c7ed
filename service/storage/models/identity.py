"""The identity of a database, and the hosts whose workers run on it."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service.storage.base import Base


class Identity(Base):
    """The random id of a database, in a single row."""

    __tablename__ = "identity"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=1)
    database_id: Mapped[str] = mapped_column(sa.String(32))
    redis_token: Mapped[str] = mapped_column(sa.String(32))
    """A random token that is also stored in Redis. If the two differ, Redis belongs to another database."""


class WorkerHost(Base):
    """A host whose worker uses this database. `seen_at` comes from the clock of the database."""

    __tablename__ = "worker_host"

    name: Mapped[str] = mapped_column(sa.String(500), primary_key=True)
    seen_at: Mapped[dt.datetime]
