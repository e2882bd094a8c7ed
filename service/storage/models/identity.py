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
    """A random token that the Redis of this database also holds. If they differ, it is the wrong Redis or database."""


class WorkerHost(Base):
    """A host whose worker runs on this database, as of the time of the database."""

    __tablename__ = "worker_host"

    name: Mapped[str] = mapped_column(sa.String(500), primary_key=True)
    seen_at: Mapped[dt.datetime]
