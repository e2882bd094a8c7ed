"""service.access.known_keys: the cache of valid keys"""

from __future__ import annotations

import contextlib
import datetime as dt

import pytest
import sqlalchemy as sa

from service.access import known_keys
from service.access.keys import change_key, create_key, ensure_first_key, revoke_key, rotate_key
from service.access.known_keys import KnownKeys
from service.storage.db import Database
from service.storage.db_errors import is_unavailable
from service.values.vocabulary import Scope

pytestmark = pytest.mark.sqlite_alone  # what is kept in memory

HOUR = dt.timedelta(hours=1)


@pytest.fixture
def now():
    return dt.datetime.now(dt.UTC)


@pytest.fixture
def key(db, now):
    return create_key(db, name="reader", scopes=[Scope.READ], now=now)


@pytest.fixture
def expire(monkeypatch):
    """Make all cached keys expire at once."""
    return lambda: monkeypatch.setattr(known_keys, "_LIFE", -1.0)


@pytest.mark.parametrize("secret", ["", "bo_nobody_0123456789abcdef", "\udc80", "x" * 9000])
def test_nobody(db, now, secret):
    """
    A text that is not a key belongs to no caller.
    """
    assert KnownKeys(db).find(secret, now=now) is None


def test_key_is_looked_up_once(db, now, key):
    """
    A key is looked up once for all reads of the next seconds.
    """
    known, statements = KnownKeys(db), []
    sa.event.listen(db.engine, "before_cursor_execute", lambda *event: statements.append(event[2]))

    found = [known.find(key.secret, now=now) for _ in range(5)]

    assert [key.id] * 5 == [caller.key_id for caller in found]
    assert 1 == len([statement for statement in statements if statement.startswith("SELECT api_key")])


def test_revoked_key_is_known_for_less_than_five_seconds(db, now, key, expire):
    """
    A key that another process revoked is rejected after the next lookup, which is at most five seconds later.
    """
    known = KnownKeys(db)
    expire()
    known.find(key.secret, now=now)
    revoke_key(db, key.id, now=now)

    assert known.find(key.secret, now=now) is None


def test_life():
    """
    Keys are cached for less than five seconds.
    """
    assert 0 < known_keys._LIFE < 5  # noqa: SLF001 - too long for a test to wait for


@pytest.mark.parametrize("end", ["expiry", "overlap"])
def test_end_that_was_known(db, now, key, end):
    """
    A cached key expires at the exact moment at which it or its secret does.
    """
    if end == "expiry":
        change_key(db, key.id, changes={"expires_at": now + HOUR}, if_match=None, now=now)
    else:
        rotate_key(db, key.id, overlap=HOUR, now=now)
    known = KnownKeys(db)

    assert known.find(key.secret, now=now + HOUR - dt.timedelta(microseconds=1)) is not None
    assert known.find(key.secret, now=now + HOUR) is None


def test_key_that_is_made_later(db, now):
    """
    An unknown secret is not cached.
    """
    known, secret = KnownKeys(db), "bo_given_0123456789abcdefgh"
    before = known.find(secret, now=now)
    ensure_first_key(db, given=secret, now=now)

    assert (None, True) == (before, known.find(secret, now=now) is not None)


@pytest.mark.parametrize(("pause", "asks_again"), [(3600.0, False), (-1.0, True)])
def test_database_is_away(now, monkeypatch, pause, asks_again):
    """
    While the database is unavailable, its error is raised, and the next attempt comes after a pause.
    """
    monkeypatch.setattr(known_keys, "_PAUSE", pause)
    errors = []
    with contextlib.closing(Database("postgresql+psycopg://nobody@127.0.0.1:1/none")) as db:
        known = KnownKeys(db)
        for _ in range(2):
            with pytest.raises(sa.exc.OperationalError) as caught:
                known.find("bo_reader_0123456789abcdef", now=now)
            errors.append(caught.value)

    assert all(map(is_unavailable, errors))
    assert asks_again is (errors[0] is not errors[1])


def test_memory_has_an_end(db, now, monkeypatch):
    """
    A process caches a limited number of keys.
    """
    monkeypatch.setattr(known_keys, "_REMEMBERED", 3)
    known = KnownKeys(db)
    keys = [create_key(db, name="reader", scopes=[Scope.READ], now=now) for _ in range(8)]

    assert [key.id for key in keys] == [known.find(key.secret, now=now).key_id for key in keys]
    assert len(known._known) <= 3  # noqa: SLF001 - nowhere else to be seen
