"""service.storage.db: instants, and writers who meet"""

from __future__ import annotations

import contextlib
import datetime as dt
import shutil

import psycopg
import pytest
import sqlalchemy as sa

from service.storage.db import Database, UtcDateTime, after_commit, retried
from service.storage.models import Outbox


def test_instant_keeps_its_moment(db):
    """
    An instant given in any zone comes back as the same moment in UTC, on SQLite too.
    """
    there = dt.datetime(2026, 7, 1, 3, tzinfo=dt.timezone(dt.timedelta(hours=3)))
    moments = sa.Table("moment", sa.MetaData(), sa.Column("at", UtcDateTime), sa.Column("none", UtcDateTime))
    with db.write() as session:
        moments.create(session.connection())
        session.execute(moments.insert().values(at=there))
        found = session.execute(sa.select(moments)).one()

    assert (there, dt.UTC, None) == (found.at, found.at.tzinfo, found.none)


def test_instant_without_a_zone_is_refused():
    """
    A naive instant is a mistake of ours, found before it is stored.
    """
    with pytest.raises(ValueError, match="has no time zone"):
        UtcDateTime().process_bind_param(dt.datetime(2026, 7, 1), None)  # noqa: DTZ001 - what it is about


@pytest.fixture
def somewhere(tmp_path):
    """A database that is not asked anything."""
    with contextlib.closing(Database(f"sqlite:///{tmp_path / 'none.db'}")) as db:
        yield db


def lost_race():
    return sa.exc.IntegrityError("", {}, psycopg.errors.UniqueViolation())


@pytest.mark.parametrize(
    ("errors", "attempts"),
    [
        ([], 1),
        ([lost_race()], 2),
        ([sa.exc.OperationalError("", {}, psycopg.errors.DeadlockDetected())] * 3, 4),
        ([sa.exc.OperationalError("", {}, psycopg.errors.SerializationFailure())] * 3, 4),
    ],
)
def test_loser_of_a_race_tries_again(somewhere, errors, attempts):
    """
    What another writer was in the way of is tried again, a few times.
    """
    waiting, tried = list(errors), []

    @retried
    def use_case(_db, given):
        tried.append(given)
        if waiting:
            raise waiting.pop()
        return "done"

    assert "done" == use_case(somewhere, "given")
    assert ["given"] * attempts == tried


@pytest.mark.parametrize(
    ("error", "attempts"),
    [(lost_race(), 4), (sa.exc.OperationalError("", {}, psycopg.errors.DiskFull()), 1), (KeyError("a"), 1)],
)
def test_trying_again_has_an_end(somewhere, error, attempts):
    """
    What is nobody else's doing is not tried again, and the rest not for ever.
    """
    tried = []

    @retried
    def use_case(_db):
        tried.append(1)
        raise error

    with pytest.raises(type(error)):
        use_case(somewhere)
    assert attempts == len(tried)


def test_whole_transaction_is_tried_again(db):
    """
    A use case within another's transaction is not tried again by itself, since that transaction is lost: the other is,
    with all that it did.
    """
    waiting, tried = [lost_race()], []

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


def test_what_the_database_refuses_is_refused_where_it_was_asked(db):
    """
    A `write()` within another one is refused what it would be alone, at its own end.
    """
    row = Outbox(kind=None, payload={}, recorded_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))

    with contextlib.suppress(sa.exc.IntegrityError), db.write():
        inner = db.write()
        inner.__enter__().add(row)
        with pytest.raises(sa.exc.IntegrityError):
            inner.__exit__(None, None, None)
        assert db.is_writing


def test_two_databases_are_written_apart(db, tmp_path, sqlite_template):
    """
    A transaction of one database is none of another's.
    """
    other = Database(f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'other.db')}")
    with contextlib.closing(other), db.write() as session, other.write() as elsewhere:
        assert session is not elsewhere


def test_one_read_sees_the_same_rows_throughout(db):
    """
    What is written while a transaction reads is seen by the next one, and not by half of this one.
    """
    count = sa.select(sa.func.count()).select_from(Outbox)
    with db.read() as reading:
        before = reading.scalar(count)
        with db.write() as writing:
            writing.add(Outbox(kind="test", payload={}, recorded_at=dt.datetime.now(dt.UTC)))
        assert before == reading.scalar(count)
    with db.read() as later:
        assert before + 1 == later.scalar(count)


def test_nothing_is_forgotten_when_the_transaction_fails(db):
    """
    What was to be done after the commit is not done where there is none.
    """
    done = []
    with contextlib.suppress(ZeroDivisionError), db.write() as session:
        with db.write() as inner:
            after_commit(inner, lambda: done.append(1))
        assert session is inner
        raise ZeroDivisionError

    assert [] == done
