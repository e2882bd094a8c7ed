"""Record the hosts that run workers on a PostgreSQL database, which must all use the same Redis."""

from __future__ import annotations

import datetime as dt
import platform

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.config import Settings
from service.errors import CannotRun
from service.storage.base import UtcDateTime
from service.storage.db import Database, retried
from service.storage.models import WorkerHost

MARK_INTERVAL = 5.0  # seconds
_LIFE = dt.timedelta(seconds=15)
_NAME_LENGTH = 500


class OtherHost(CannotRun):
    """A worker on another host that uses the database with another Redis; the message names the host."""


def host_name(settings: Settings) -> str:
    """Return the name that identifies this host in the database: its host name and data directory."""
    return f"{platform.node()}:{settings.data_dir}"[:_NAME_LENGTH]


@retried
def mark_host(db: Database, name: str) -> None:
    """Record that a worker on this host is running. Does nothing on SQLite, which only one host can use."""
    if db.engine.dialect.name == "postgresql":
        with db.write() as session:
            session.merge(WorkerHost(name=name, seen_at=_now(session)))


def unmark_host(db: Database, name: str) -> None:
    """Record that the worker on this host has stopped."""
    if db.engine.dialect.name == "postgresql":
        with db.write() as session:
            session.execute(sa.delete(WorkerHost).where(WorkerHost.name == name))


def refuse_other_hosts(db: Database, name: str) -> None:
    """Check that no other host runs a worker, as its invalidations would not reach an embedded Redis.

    Raises:
        OtherHost: A worker on another host uses the database.
    """
    if db.engine.dialect.name != "postgresql":
        return
    mark_host(db, name)  # first, so that of two hosts that start together at least one finds the other
    with db.read() as session:
        is_alive = WorkerHost.seen_at > _now(session) - _LIFE
        others = session.scalars(sa.select(WorkerHost.name).where(WorkerHost.name != name, is_alive)).all()
    if others:
        unmark_host(db, name)
        raise OtherHost(
            f"The worker of {others[0]} uses this database with a different Redis. "
            "Set BORNEOUT_REDIS_URL to the same Redis on every host."
        )


def _now(session: Session) -> dt.datetime:
    """Return the time of the database server, because the clocks of hosts differ."""
    return session.execute(sa.select(sa.type_coerce(sa.func.now(), UtcDateTime))).scalar_one()
