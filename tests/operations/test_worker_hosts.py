"""service.operations.worker_hosts"""

from __future__ import annotations

import datetime as dt
import socket

import pytest
import sqlalchemy as sa

from service.operations.worker_hosts import OtherHost, host_name, mark_host, refuse_other_hosts, unmark_host
from service.storage.models import WorkerHost
from service.values.instants import utc_now


@pytest.fixture(params=["postgresql"])
def database_url(request):
    """A PostgreSQL database, because several hosts cannot share a SQLite file."""
    assert request.param
    return request.getfixturevalue("empty_postgres")("borneout")


def names(db):
    with db.read() as session:
        return session.scalars(sa.select(WorkerHost.name)).all()


def test_another_host(db):
    """
    A host is refused, and not stored, while another one runs a worker. The error names the other one.
    """
    mark_host(db, "alpha:/srv")

    with pytest.raises(OtherHost, match=r"The worker of alpha:/srv uses this database with a different Redis"):
        refuse_other_hosts(db, "beta:/srv")
    assert ["alpha:/srv"] == names(db)

    unmark_host(db, "alpha:/srv")
    refuse_other_hosts(db, "beta:/srv")
    assert ["beta:/srv"] == names(db)


def test_same_host_after_a_crash(db):
    """
    A host that was killed may start again at once, because its name is its own.
    """
    mark_host(db, "alpha:/srv")

    refuse_other_hosts(db, "alpha:/srv")


def test_other_host_that_was_killed(db):
    """
    A host that was killed does not block others for longer than 15 s.
    """
    mark_host(db, "alpha:/srv")
    with db.write() as session:
        session.execute(sa.update(WorkerHost).values(seen_at=utc_now() - dt.timedelta(seconds=16)))

    refuse_other_hosts(db, "beta:/srv")


def test_name_of_a_host(settings):
    """
    The name of a host contains its data directory, because several services may run on one machine.
    """
    assert f"{socket.gethostname()}:{settings.data_dir}" == host_name(settings)
