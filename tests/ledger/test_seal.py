"""service.ledger.seal: the chain that entries are sealed in"""

from __future__ import annotations

import itertools
import threading

import pytest
import sqlalchemy as sa

from service.ledger import seal as sealing
from service.ledger.seal import head_of, last_head, seal_entries
from service.ledger.verify import verify_ledger
from service.operations.worker import tick
from service.storage.db import Database
from service.storage.models import Entry, Outlet, Seal
from tests.support.full_database import NOW


def write(db, *names):
    with db.write() as session:
        for name in names:
            session.add(Outlet(slug=name, name=name, name_key=name, kind="website", scorable=True, recorded_at=NOW))


def seals(db):
    with db.read() as session:
        return list(session.scalars(sa.select(Seal).order_by(Seal.number)))


def unsealed(db):
    with db.read() as session:
        return session.scalar(sa.select(sa.func.count()).where(Entry.seal.is_(None)))


def test_worker_seals_what_was_entered(db, cache):
    """
    Each round seals what was entered since the last one, and takes in the head of the seal before.
    """
    write(db, "a", "b")
    tick(db, cache, now=NOW)
    tick(db, cache, now=NOW)
    write(db, "c")
    tick(db, cache, now=NOW)

    first, second = seals(db)
    with db.read() as session:
        of_first = sa.select(Entry.digest).where(Entry.seal == 1).order_by(Entry.id)
        assert first.head == head_of(1, None, NOW, session.scalars(of_first))
        assert second.head == last_head(session)
    assert [(1, None, 2), (2, first.head, 1)] == [
        (seal.number, seal.previous, seal.entries) for seal in (first, second)
    ]
    assert 0 == unsealed(db)
    assert [] == list(verify_ledger(db))


def test_nothing_to_seal(db):
    """
    Where nothing was entered there is no seal, and no head.
    """
    assert 0 == seal_entries(db, now=NOW)
    assert [] == seals(db)
    with db.read() as session:
        assert last_head(session) is None


def test_many_entries_are_sealed_in_parts(db, monkeypatch):
    """
    A seal holds so many entries at most, so that other writers hardly wait for it.
    """
    monkeypatch.setattr(sealing, "AT_ONCE", 2)
    write(db, *"abcde")

    assert 5 == seal_entries(db, now=NOW)
    assert [2, 2, 1] == [seal.entries for seal in seals(db)]
    assert [] == list(verify_ledger(db))


def test_several_workers_and_writers(database_url, db):
    """
    Workers that seal at once while others write make one chain, in which every entry stands once.
    """
    failed = []

    def run(act):
        own = Database(database_url)
        try:
            for number in range(6):
                act(own, number)
        except Exception as exc:  # noqa: BLE001 - the test shows it
            failed.append(exc)
        finally:
            own.close()

    def seal(own, _number):
        seal_entries(own, now=NOW)

    def writer(name):
        return lambda own, number: write(own, f"{name}-{number}")

    threads = [threading.Thread(target=run, args=(act,)) for act in (seal, seal, writer("a"), writer("b"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seal_entries(db, now=NOW)

    chain = seals(db)
    assert [] == failed
    assert list(range(1, len(chain) + 1)) == [seal.number for seal in chain]
    assert all(one.head == next_one.previous for one, next_one in itertools.pairwise(chain))
    assert 12 == sum(seal.entries for seal in chain)
    assert [] == list(verify_ledger(db))


def test_seal_that_is_given_up_leaves_the_entries_to_the_next(db, monkeypatch):
    """
    A worker that dies while it seals leaves the chain as it was, and nothing out of it.
    """
    write(db, "a")

    def die(*_):
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr(sealing, "head_of", die)
        with pytest.raises(ZeroDivisionError):
            seal_entries(db, now=NOW)
        assert 1 == unsealed(db)

    assert 1 == seal_entries(db, now=NOW)
    assert [] == list(verify_ledger(db))


def test_head_of_nothing_else():
    """
    A head is another one when any of what it is made of is.
    """
    heads = {head_of(1, None, NOW, ["a"]), head_of(2, None, NOW, ["a"]), head_of(1, "x", NOW, ["a"])}

    assert 5 == len(heads | {head_of(1, None, NOW, ["b"]), head_of(1, None, NOW, ["a", "b"])})
