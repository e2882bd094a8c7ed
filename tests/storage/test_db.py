"""service.storage.db: instants, transactions and retries"""

from __future__ import annotations

import contextlib
import datetime as dt
import shutil

import psycopg
import pytest
import sqlalchemy as sa

from service.storage.base import UtcDateTime
from service.storage.db import Database, after_commit, retried
from service.storage.models import Outbox


def test_instant_is_read_in_utc(db):
    """
    An instant with any offset is read back as the same instant in UTC, on both databases.
    """
    there = dt.datetime(2026, 7, 1, 3, tzinfo=dt.timezone(dt.timedelta(hours=3)))
    moments = sa.Table("moment", sa.MetaData(), sa.Column("at", UtcDateTime), sa.Column("none", UtcDateTime))
    with db.write() as session:
        moments.create(session.connection())
        session.execute(moments.insert().values(at=there))
        found = session.execute(sa.select(moments)).one()

    assert (there, dt.UTC, None) == (found.at, found.at.tzinfo, found.none)


def test_naive_datetime_is_rejected():
    """
    A naive datetime is rejected before it is stored.
    """
    with pytest.raises(ValueError, match="has no time zone"):
        UtcDateTime().process_bind_param(dt.datetime(2026, 7, 1), None)  # noqa: DTZ001 - naive on purpose


@pytest.fixture
def idle_db(tmp_path):
    """A database without a connection."""
    with contextlib.closing(Database(f"sqlite:///{tmp_path / 'none.db'}")) as db:
        yield db


def conflict():
    return sa.exc.IntegrityError("", {}, psycopg.errors.UniqueViolation())


@pytest.mark.parametrize(
    ("errors", "attempts"),
    [
        ([], 1),
        ([conflict()], 2),
        ([sa.exc.OperationalError("", {}, psycopg.errors.DeadlockDetected())] * 3, 4),
        ([sa.exc.OperationalError("", {}, psycopg.errors.SerializationFailure())] * 3, 4),
    ],
)
def test_conflict_is_retried(idle_db, errors, attempts):
    """
    A use case is retried after conflicts with other writers.
    """
    waiting, tried = list(errors), []

    @retried
    def use_case(_db, given):
        tried.append(given)
        if waiting:
            raise waiting.pop()
        return "done"

    assert "done" == use_case(idle_db, "given")
    assert ["given"] * attempts == tried


@pytest.mark.parametrize(
    ("error", "attempts"),
    [(conflict(), 4), (sa.exc.OperationalError("", {}, psycopg.errors.DiskFull()), 1), (KeyError("a"), 1)],
)
def test_retries_are_limited(idle_db, error, attempts):
    """
    Other errors are not retried, and conflicts only a few times.
    """
    tried = []

    @retried
    def use_case(_db):
        tried.append(1)
        raise error

    with pytest.raises(type(error)):
        use_case(idle_db)
    assert attempts == len(tried)


def test_outer_use_case_is_retried(db):
    """
    A use case inside an outer transaction is not retried by itself; the outer use case is.
    """
    waiting, tried = [conflict()], []

    @retried
    def inner(_db):
        tried.append("inner")
        if waiting:
            raise waiting.pop()

    @retried
    def outer(db):
        tried.append("outer")
        with db.write() as session:
            session.execute(sa.select(1))
            inner(db)

    outer(db)

    assert ["outer", "inner"] * 2 == tried


def test_nested_write_raises_at_its_end(db):
    """
    A nested `write()` raises constraint violations at its own end.
    """
    row = Outbox(kind=None, payload={}, recorded_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))

    with contextlib.suppress(sa.exc.IntegrityError), db.write():
        inner = db.write()
        inner.__enter__().add(row)
        with pytest.raises(sa.exc.IntegrityError):
            inner.__exit__(None, None, None)
        assert db.is_writing


def test_transactions_of_two_databases(db, tmp_path, sqlite_template):
    """
    Transactions of two databases are independent.
    """
    other = Database(f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'other.db')}")
    with contextlib.closing(other), db.write() as session, other.write() as elsewhere:
        assert session is not elsewhere


def test_read_sees_one_snapshot(db):
    """
    A read sees one snapshot; rows written meanwhile are visible to the next read.
    """
    count = sa.select(sa.func.count()).select_from(Outbox)
    with db.read() as reading:
        before = reading.scalar(count)
        with db.write() as writing:
            writing.add(Outbox(kind="test", payload={}, recorded_at=dt.datetime.now(dt.UTC)))
        assert before == reading.scalar(count)
    with db.read() as later:
        assert before + 1 == later.scalar(count)


def test_no_callback_without_a_commit(db):
    """
    Callbacks of `after_commit` do not run if the transaction fails.
    """
    done = []
    with contextlib.suppress(ZeroDivisionError), db.write() as session:
        with db.write() as inner:
            after_commit(inner, lambda: done.append(1))
        assert session is inner
        raise ZeroDivisionError

    assert [] == done
