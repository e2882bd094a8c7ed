"""service.known_keys: for whom a read is counted"""

from __future__ import annotations

import contextlib
import datetime as dt
import time

import pytest

from service import known_keys
from service.db import Database
from service.keys import create_key, revoke_key
from service.known_keys import KnownKeys
from service.vocabulary import Scope

pytestmark = pytest.mark.sqlite_alone  # what is kept in memory


def make(db):
    return create_key(db, name="reader", scopes=[Scope.READ], now=dt.datetime.now(dt.UTC))


@pytest.mark.parametrize("secret", ["", "bo_nobody_0123456789abcdef", "\udc80", "x" * 9000])
def test_nobody(db, secret):
    """
    What is no key is nobody's.
    """
    assert KnownKeys(db).find(secret) is None


def test_key_is_looked_up_once_a_minute(db):
    """
    A key is known for a while without the database, and what has become of it is seen after that.
    """
    known, key = KnownKeys(db), make(db)
    before = time.monotonic()

    assert key.id == known.find(key.secret)
    revoke_key(db, key.id, now=dt.datetime.now(dt.UTC))
    assert key.id == known.find(key.secret)
    [(digest, (until, key_id))] = known._known.items()  # noqa: SLF001 - a minute is too long for a test
    assert before + 60 <= until <= time.monotonic() + 60
    known._known[digest] = (time.monotonic(), key_id)  # noqa: SLF001 - the same
    assert known.find(key.secret) is None


def test_database_is_away():
    """
    While the database cannot say, a reader counts as one without a key, and is not refused for it.
    """
    with contextlib.closing(Database("postgresql+psycopg://nobody@127.0.0.1:1/none")) as db:
        assert KnownKeys(db).find("bo_reader_0123456789abcdef") is None


def test_memory_has_an_end(db, monkeypatch):
    """
    A process remembers so many secrets and not more.
    """
    monkeypatch.setattr(known_keys, "_REMEMBERED", 5)
    known, key = KnownKeys(db), make(db)
    for number in range(12):
        known.find(f"bo_guess_{number:020}")

    assert len(known._known) <= 5  # noqa: SLF001 - nowhere else to be seen
    assert key.id == known.find(key.secret)
